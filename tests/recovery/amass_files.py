"""AMASS's two layouts, as its files are: beside what is read lies what is not."""

import numpy as np


def smplh(path, *, frames=30, seed=0, **changes):
    """Write a file of SMPL-H's, and return its poses."""
    poses = changes.get("poses", 0.3 * np.random.default_rng(seed).normal(size=(frames, 156)))
    arrays = {
        "poses": poses,
        "betas": np.linspace(-1, 1, 16),
        "trans": np.zeros((frames, 3)),
        "dmpls": np.zeros((frames, 8)),
        "gender": np.array("female"),
        "mocap_framerate": np.array(120.0),
    }
    np.savez(path, **{name: value for name, value in (arrays | changes).items() if value is not None})
    return poses


def smplx(path, *, frames=30, seed=0):
    """Write a file of SMPL-X's, and return its poses: after the body jaw, eyes and hands."""
    poses = 0.3 * np.random.default_rng(seed).normal(size=(frames, 165))
    np.savez(
        path, poses=poses, betas=np.linspace(-1, 1, 16), trans=np.zeros((frames, 3)), gender=np.array("neutral"),
        mocap_frame_rate=np.array(120.0), surface_model_type=np.array("smplx"), root_orient=poses[:, :3],
        pose_body=poses[:, 3:66], pose_hand=poses[:, 75:], pose_jaw=poses[:, 66:69], pose_eye=poses[:, 69:75],
        num_betas=np.array(16), labels=np.array(["LANK"], dtype=object),
    )  # fmt: skip
    return poses

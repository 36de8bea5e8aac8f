"""Real bodies from motion capture, from files of SMPL parameters, and from made people."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from amass_files import smplh, smplx

from habitus.body.assets import load_body_data
from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.recovery import real_bodies as room
from habitus.recovery.parameter_files import load_params, save_params
from habitus.recovery.real_bodies import real_bodies
from habitus.synthetic.photos.making import look_of
from habitus.synthetic.worlds.world import World
from habitus.types import SMPL_JOINTS, BodyParams


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel.load()


@pytest.fixture(scope="module")
def smpl() -> BodyModel:
    """The open body under SMPL's name."""
    return BodyModel(replace(load_body_data(), topology="smpl"))


def amass(folder):
    """Three subjects; frame f of file k turns its first joint by k + f / 1000 about x."""
    expected = []
    for k, frames in enumerate((240, 12, 600)):
        (folder / f"CMU/{k:02d}").mkdir(parents=True)
        poses = np.zeros((frames, 156))
        poses[:, 0] = np.pi / 2
        poses[:, 3] = k + np.arange(frames) / 1000
        smplh(folder / f"CMU/{k:02d}/walk_poses.npz", poses=poses, betas=np.full(16, k / 2))
        np.savez(folder / f"CMU/{k:02d}/shape.npz", betas=np.zeros(16), gender=np.array("male"))
        expected += [(k, frame) for frame in range(0, frames, 12)]
    return expected


def marks(real):
    """(file, frame) of each sample."""
    marked = real.theta[:, 1, 0].astype(np.float64)
    return [(int(mark), round((mark - int(mark)) * 1000)) for mark in marked + 1e-6]


def test_amass_as_a_whole(smpl, tmp_path, caplog):
    expected = amass(tmp_path)
    real = real_bodies(tmp_path, smpl, seed=0)
    assert marks(real) == expected and len(real) == 71
    assert real.theta.shape == (71, 24, 3) and real.theta.dtype == real.beta.dtype == np.float32
    np.testing.assert_allclose(real.beta[:, 9], [k / 2 for k, _ in expected])
    assert not caplog.text
    posed = smpl(torch.from_numpy(real.theta), torch.from_numpy(real.beta)).joints
    assert (posed[:, SMPL_JOINTS.index("head"), 1] - posed[:, 0, 1] > 0.5).all()  # upright
    np.testing.assert_allclose(real.theta[:, 0, [0, 2]], 0, atol=1e-5)
    quarters = np.histogram(real.theta[:, 0, 1], 4, (-np.pi, np.pi))[0]
    assert (quarters > 71 / 10).all()


def test_a_part_of_it_is_drawn_by_the_seed(smpl, tmp_path):
    everything = amass(tmp_path)
    real = real_bodies(tmp_path, smpl, seed=1, most=30)
    drawn = marks(real)
    assert len(set(drawn)) == 30 and set(drawn) <= set(everything)
    again, other = (real_bodies(tmp_path, smpl, seed=seed, most=30) for seed in (1, 2))
    np.testing.assert_array_equal(again.theta, real.theta)
    assert marks(other) != drawn
    assert len(real_bodies(tmp_path / "CMU/01/walk_poses.npz", smpl, seed=0)) == 1


def test_files_of_which_nothing_is_drawn_are_not_read(smpl, tmp_path, monkeypatch):
    amass(tmp_path)
    read = []
    original = room.read_motion
    monkeypatch.setattr(room, "read_motion", lambda motion, *rest: read.append(motion) or original(motion, *rest))
    real_bodies(tmp_path, smpl, seed=0, most=1)
    assert len(read) == 1


@pytest.mark.parametrize("write", [smplh, smplx])
def test_builds_of_another_body_are_drawn_from_this_ones_population(body, tmp_path, caplog, write):
    poses = write(tmp_path / "a.npz", frames=1200)
    real = real_bodies(tmp_path, body, seed=0)
    np.testing.assert_allclose(real.theta[:, 1:22], poses[::12, 3:66].reshape(-1, 21, 3), atol=1e-6)
    assert np.abs(real.beta).max() <= 2 and abs(real.beta.mean()) < 0.1
    assert abs(real.beta.std() - 0.959) < 0.07  # of a standard normal whose values are cut at two
    assert "builds are drawn from the body's population" in caplog.text


def test_smpl_parameters_as_they_are(smpl, body, tmp_path, caplog):
    rng = torch.Generator().manual_seed(0)
    params = BodyParams(
        0.4 * torch.randn(3, 24, 3, generator=rng), torch.randn(3, 10, generator=rng),
        torch.zeros(3, smpl.num_vertices, 3), torch.ones(3, 3),
    )  # fmt: skip
    save_params(tmp_path / "a.npz", params, topology="smpl")
    np.savez(tmp_path / "b.npz", poses=params.theta.reshape(3, 72).numpy(), betas=np.zeros(10))
    hmr = torch.cat([params.psi, params.theta.flatten(1), params.beta], 1).numpy()
    (tmp_path / "c.pkl").write_bytes(pickle.dumps({"theta": hmr}))
    (tmp_path / ".d.pkl").write_bytes(b"no pickle")
    real = real_bodies(tmp_path, smpl, seed=0)
    loaded = [load_params(tmp_path / name, smpl) for name in ("a.npz", "b.npz", "c.pkl")]
    np.testing.assert_allclose(real.theta, torch.cat([one.theta for one in loaded]), atol=1e-6)
    np.testing.assert_allclose(real.beta, torch.cat([one.beta for one in loaded]))
    assert not caplog.text
    other = real_bodies(tmp_path, body, seed=0)
    np.testing.assert_array_equal(other.theta, real.theta)
    assert np.abs(other.beta - real.beta).min(1).max() > 0
    assert "holds builds of smpl, not of 'habitus-open-1'" in caplog.text


def test_made_people(body):
    real = real_bodies("made", body, seed=4, most=20)
    assert real.theta.shape == (20, 24, 3) and real.theta.dtype == real.beta.dtype == np.float32
    np.testing.assert_array_equal(real.beta[8], look_of(World(seed=4).person_seed(1)).beta)
    assert len(np.unique(real.beta[:, 0])) == 3 and len(np.unique(real.theta[:, 0, 1])) == 20
    posed = body(torch.from_numpy(real.theta), torch.from_numpy(real.beta)).joints
    assert (posed[:, SMPL_JOINTS.index("head"), 1] - posed[:, 0, 1] > 0.4).all()
    np.testing.assert_array_equal(real_bodies("made", body, seed=4, most=20).theta, real.theta)


def test_bad_sources(body, tmp_path):
    with pytest.raises(InputError, match=r"seed 900001 is held out"):
        real_bodies("made", body, seed=900001)
    with pytest.raises(InputError, match="no such folder or file"):
        real_bodies(tmp_path / "absent", body, seed=0)
    with pytest.raises(InputError, match=r"holds no \.npz or \.pkl"):
        real_bodies(tmp_path, body, seed=0)
    np.savez(tmp_path / "a.npz", vertices=np.zeros((3, 3)))
    with pytest.raises(InputError, match=r"a\.npz: has no poses; give AMASS's own"):
        real_bodies(tmp_path, body, seed=0)
    smplh(tmp_path / "a.npz", poses=np.zeros((4, 99)))
    with pytest.raises(InputError, match=r"a\.npz: its poses are \(4, 99\)"):
        real_bodies(tmp_path, body, seed=0)
    np.savez(tmp_path / "a.npz", poses=np.full((4, 72), np.inf), betas=np.zeros(10))
    with pytest.raises(InputError, match=r"a\.npz: pose holds NaN or infinite"):
        real_bodies(tmp_path, body, seed=0)

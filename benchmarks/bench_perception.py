"""What perception costs and how well it sees: milliseconds a stage, errors on rendered people, counts on real ones.

    python benchmarks/bench_perception.py
    python benchmarks/bench_perception.py photos/ street.avi

Photos and videos that are named are counted. In a video of a fixed camera, what moves before the median picture says,
independently, where upright people are: recall is counted against that.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
import logging
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import habitus  # noqa: F401
import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image

from habitus.body.model import BodyModel
from habitus.body.uv import uv_region
from habitus.errors import InputError
from habitus.perception import perceive
from habitus.perception.crop import Person, frame, make_crop
from habitus.perception.detector import scan
from habitus.perception.landmarks import Roi, estimate_pose
from habitus.perception.masks import person_mask
from habitus.perception.people import find_people
from habitus.perception.photo import Photo, read_photo
from habitus.rendering.camera import project
from habitus.rendering.render import render
from habitus.rendering.shading import Lambert
from habitus.types import Box, Crop

PHOTO_SIZE = (4000, 3000)
REPEATS = 5
VIDEO_FRAMES = 16
CLOTHES = {"hair": (0.2, 0.1, 0.1), "torso": (0.7, 0.2, 0.2), "thigh": (0.2, 0.2, 0.5), "calf": (0.2, 0.2, 0.5)}


def main() -> None:
    """Read the command line, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", nargs="*", type=Path, help="photos, folders of photos, videos")
    options = parser.parse_args()
    logging.getLogger("habitus").setLevel(logging.ERROR)
    if options.inputs:
        for path in options.inputs:
            count(path)
    else:
        stage = Stage()
        accuracy(stage)
        costs(stage)


class Stage:
    """Renders the open body, standing, before a noisy wall."""

    def __init__(self) -> None:
        self.body = BodyModel.load()
        self.texture = torch.tensor([0.8, 0.6, 0.5])[None, :, None, None].repeat(1, 1, 256, 256)
        for region in self.body.regions:
            for word, colour in CLOTHES.items():
                if word in region:
                    self.texture[0, :, uv_region(self.body, region, 256)] = torch.tensor(colour)[:, None]

    def photo(self, height: float, yaw: float, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """RGB pixels, mask and COCO-17 keypoints (17, 2) of a person `height` pixels high, turned by `yaw` degrees."""
        body = self.body
        theta = torch.zeros(1, 24, 3)
        theta[0, 0, 1] = np.deg2rad(yaw)
        theta[0, 16, 2], theta[0, 17, 2] = -1.1, 1.1
        theta[0, 1, 0], theta[0, 2, 0], theta[0, 5, 0] = -0.3, 0.3, 0.3
        vertices = body(theta, torch.zeros(1, body.num_betas)).vertices
        low, high = vertices[0].amin(0), vertices[0].amax(0)
        scale = 2 * height / size[0] / (high[1] - low[1])
        psi = torch.stack([scale, *(-(low + high) / 2)[:2]])[None]
        noise = np.random.default_rng(int(yaw)).normal(0.55, 0.03, size)
        wall = torch.from_numpy(noise).float().expand(1, 3, *size)
        seen = render(
            vertices, body.faces, psi, body.uv, body.uv_faces, self.texture,
            size=size, background=wall, shading=Lambert(),
        )  # fmt: skip
        pixels = (seen.image[0].clamp(0, 1) * 255).byte().permute(1, 2, 0).contiguous().numpy()
        keypoints = project(body.coco_keypoints(vertices), psi, size)[0, :, :2]
        return pixels, seen.silhouette[0].numpy() > 0.5, keypoints.numpy()


def accuracy(stage: Stage) -> None:
    """Errors on rendered people of several sizes, turned all round."""
    print("rendered people     keypoint error, % of the height      mask IoU")
    print("height, pixels      mean    without hips   95 %          median   worst     found")
    for height in (64, 96, 128, 256, 512):
        errors, overlaps, tried = [], [], 0
        for yaw in range(0, 360, 30):
            pixels, mask, keypoints = stage.photo(height, yaw, (round(1.3 * height), round(0.9 * height)))
            tried += 1
            try:
                (crop,) = perceive(pixels)
            except InputError:
                continue
            errors.append(np.linalg.norm(in_photo(crop) - keypoints, axis=1) / height * 100)
            overlaps.append(overlap(crop, mask))
        error = np.array(errors)
        body = np.delete(error, [11, 12], axis=1)
        print(
            f"{height:8d} {error.mean():15.2f} {body.mean():12.2f} {np.percentile(error, 95):11.2f}"
            f" {np.median(overlaps):16.3f} {min(overlaps):8.3f} {len(errors):6d}/{tried}"
        )


def costs(stage: Stage) -> None:
    """Milliseconds, median of a few runs, with the models loaded."""
    small, _, _ = stage.photo(220, 30, (256, 128))
    height, width = PHOTO_SIZE
    large = cv2.resize(stage.photo(700, 30, (1000, 750))[0], (width, height), interpolation=cv2.INTER_CUBIC)
    far = cv2.resize(stage.photo(250, 30, (1000, 750))[0], (width, height), interpolation=cv2.INTER_CUBIC)
    pose = estimate_pose(small, Roi.from_box(Box(0, 0, 128, 256)))
    person = Person(Box(20, 20, 108, 240), pose.keypoints, pose.keypoint_confidence)
    to_photo, size = frame(person.box)
    photo = Photo(small, (256, 128))
    mask = person_mask(photo, person, pose, to_photo, size)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "photo.jpg"
        Image.fromarray(large).save(file, quality=90)
        rows: list[tuple[str, Callable[[], object]]] = [
            ("read a JPEG of 12 million pixels", lambda: read_photo(file)),
            ("detector, one tile", lambda: scan(small, 256)),
            ("landmarks, one look", lambda: estimate_pose(small, pose.roi, rounds=1)),
            ("mask, pose model, edges fitted", lambda: person_mask(photo, person, pose, to_photo, size)),
            ("mask, GrabCut from the skeleton", lambda: person_mask(photo, person, None, to_photo, size)),
            ("crop", lambda: make_crop(photo, person, mask, to_photo, size)),
            ("perceive: a crop of 256 x 128", lambda: perceive(small)),
            ("perceive: 12 million pixels, a large person", lambda: perceive(large)),
            ("perceive: 12 million pixels, a small person", lambda: perceive(far)),
            ("perceive: 12 million pixels, everyone", lambda: perceive(far, person="all")),
        ]
        print("\nstage                                                ms")
        for name, work in rows:
            print(f"{name:45s} {milliseconds(work):9.1f}")


def count(path: Path) -> None:
    """How many people are found in a photo, in each photo of a folder, or in a video."""
    if path.is_dir():
        for file in sorted(p for p in path.iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp")):
            count(file)
    elif path.suffix.lower() in (".avi", ".mp4", ".mkv", ".mov"):
        count_in_video(path)
    else:
        start = time.perf_counter()
        try:
            crops = perceive(path, person="all")
        except InputError as error:
            print(error)
            return
        heights = ", ".join(f"{pixels_high(crop):.0f}" for crop in crops)
        print(f"{path.name}: {len(crops)} people, {heights} pixels high, {time.perf_counter() - start:.2f} s")


def count_in_video(path: Path) -> None:
    """Recall against what moves, and people found where nothing moves."""
    pictures = list(video_frames(path, VIDEO_FRAMES * 4))
    still = np.median(np.stack(pictures), axis=0).astype(np.uint8)
    moving = found = matched = elsewhere = 0
    for picture in pictures[:: len(pictures) // VIDEO_FRAMES]:
        upright, others = blobs(picture, still)
        hips = [pose.keypoints[11:13].mean(0) for pose in find_people(picture)]
        moving += len(upright)
        found += len(hips)
        matched += sum(any(holds(blob, point) for point in hips) for blob in upright)
        elsewhere += sum(not any(holds(blob, point) for blob in upright + others) for point in hips)
    print(
        f"{path.name}: {found} people found; {matched} of {moving} upright moving shapes wholly in the picture hold "
        f"one; {elsewhere} found where nothing moves"
    )


def blobs(
    picture: UInt8[np.ndarray, "H W 3"], still: UInt8[np.ndarray, "H W 3"]
) -> tuple[list[Float[np.ndarray, "4"]], list[Float[np.ndarray, "4"]]]:
    """Boxes of what differs from the still picture: upright shapes of a person's size, and everything else."""
    change = cv2.GaussianBlur(cv2.absdiff(picture, still).max(2), (3, 3), 0) > 26
    closed = cv2.morphologyEx(change.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((11, 5), np.uint8))
    stats = cv2.connectedComponentsWithStats(closed)[2][1:]
    height, width = picture.shape[:2]
    upright, others = [], []
    for left, top, w, h, area in stats.tolist():
        inside = left > 1 and top > 1 and left + w < width - 1 and top + h < height - 1
        is_person = inside and h >= 50 and 1.5 * w < h and area > 400
        if area > 100:
            (upright if is_person else others).append(np.array([left, top, left + w, top + h], dtype=np.float64))
    return upright, others


def holds(box: Float[np.ndarray, "4"], point: Float[np.ndarray, "2"]) -> bool:
    """Whether a point lies in a box or within 5 pixels of it."""
    return bool((point > box[:2] - 5).all() and (point < box[2:] + 5).all())


def video_frames(path: Path, number: int) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
    """Frames spread evenly over a video, RGB."""
    reader = cv2.VideoCapture(str(path))
    total = int(reader.get(cv2.CAP_PROP_FRAME_COUNT))
    wanted = set(np.linspace(0, total - 1, number).astype(int).tolist())
    for index in range(total):
        if not reader.grab():
            break
        if index in wanted:
            yield np.ascontiguousarray(reader.retrieve()[1][..., ::-1])


def in_photo(crop: Crop) -> Float[np.ndarray, "17 2"]:
    """The keypoints in pixels of the photo."""
    return (crop.keypoints.double() @ crop.to_photo[:, :2].T + crop.to_photo[:, 2]).numpy()


def pixels_high(crop: Crop) -> float:
    """Height of the mask in pixels of the photo."""
    return float((crop.mask > 0.5).any(1).sum() * crop.to_photo[1, 1])


def overlap(crop: Crop, mask: np.ndarray) -> float:
    """IoU of the crop's mask with the true one, brought into the crop."""
    matrix = crop.to_photo.numpy().copy()
    matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5
    size = crop.size[::-1]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    truth = cv2.warpAffine(mask.astype(np.float32), matrix, size, flags=flags) > 0.5
    seen = crop.mask.numpy() > 0.5
    return float((truth & seen).sum() / (truth | seen).sum())


def milliseconds(work: Callable[[], object]) -> float:
    """Median of a few runs after a first one."""
    work()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1e3


if __name__ == "__main__":
    main()

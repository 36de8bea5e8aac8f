"""Cut distinct pedestrians out of a street video, one PNG each, and a contact sheet of what was seen of them.

    python tools/cut_pedestrians.py street.avi -o pedestrians --count 10

The PNGs keep a margin around the person, so that they serve as photos; `sheet.png` shows masks and skeletons. Look at
it: two people, one before the other, may pass for one. `--without FRAME` then chooses someone else.
"""

import argparse
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from habitus.export.pictures import contact_sheet, overlay, save_picture, to_picture
from habitus.perception import perceive
from habitus.perception.skeleton import LIMBS, oks
from habitus.types import Box, Crop

MARGIN = 0.4  # of the person's height, around them
MIN_HEIGHT = 75.0  # of a person, in pixels of the video
MIN_CONFIDENCE = 0.45  # of each keypoint below the neck: the whole body is seen
MIN_AGREEMENT = 0.9  # OKS with what is seen in the mirrored frame: someone half hidden is seen differently
MIRRORED = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]
PEOPLE_COLOUR, LEFT, RIGHT = (255, 0, 255), (255, 60, 60), (60, 120, 255)


@dataclass(frozen=True)
class Pedestrian:
    """Someone in a frame of the video."""

    frame: int
    crop: Crop
    box: Float[np.ndarray, "4"]
    """left, top, right, bottom in the frame."""
    look: Float[Tensor, "K 3"]
    """Mean colours from head to foot: tells different people apart."""

    @property
    def height(self) -> float:
        """In pixels of the video."""
        return float(self.box[3] - self.box[1])


def main() -> None:
    """Read the command line; cut, draw, say where."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder for the PNGs")
    parser.add_argument("--count", type=int, default=10, help="how many people (default 10)")
    parser.add_argument("--frames", type=int, default=100, help="how many frames to look at (default 100)")
    parser.add_argument(
        "--without",
        type=int,
        nargs="*",
        default=[],
        metavar="FRAME",
        help="frames to leave out, after a look at sheet.png",
    )
    options = parser.parse_args()
    logging.getLogger("habitus").setLevel(logging.ERROR)  # cut-off people are expected here, and left out
    sampled = sampled_frames(options.video, options.frames)
    pictures = {index: picture for index, picture in sampled if index not in options.without}
    candidates = [p for index, picture in pictures.items() for p in whole_and_alone(index, picture)]
    chosen = most_distinct(candidates, options.count)
    print(f"{len(candidates)} whole people alone in {len(pictures)} frames, {len(chosen)} chosen")
    for number, pedestrian in enumerate(chosen):
        name = options.output / f"pedestrian_{number:02d}.png"
        save_picture(name, cut(pictures[pedestrian.frame], pedestrian.box))
        print(f"{name}: frame {pedestrian.frame}, {pedestrian.height:.0f} pixels high")
    if chosen:
        labels = [f"{i:02d}: frame {p.frame}, {p.height:.0f} px" for i, p in enumerate(chosen)]
        sheet = contact_sheet([drawn(p.crop) for p in chosen], labels, columns=5)
        save_picture(options.output / "sheet.png", sheet)


def sampled_frames(video: Path, count: int) -> Iterator[tuple[int, UInt8[np.ndarray, "H W 3"]]]:
    """Frames spread evenly over a video, RGB."""
    reader = cv2.VideoCapture(str(video))
    total = int(reader.get(cv2.CAP_PROP_FRAME_COUNT))
    wanted = set(np.linspace(0, total - 1, count + 2).round().astype(int)[1:-1].tolist())
    if not reader.isOpened() or total <= 0:
        raise SystemExit(f"{video}: cannot be read as a video")
    for index in range(total):
        if not reader.grab():
            break
        if index in wanted:
            yield index, np.ascontiguousarray(reader.retrieve()[1][..., ::-1])


def whole_and_alone(frame: int, picture: UInt8[np.ndarray, "H W 3"]) -> list[Pedestrian]:
    """The people of a frame who are seen from head to foot, with nobody else in their margin."""
    try:
        crops = perceive(picture, person="all")
    except ValueError:
        return []
    boxes = [outline(crop) for crop in crops]
    found = []
    for crop, box in zip(crops, boxes, strict=True):
        around = with_margin(box)
        others = [b for b in boxes if b is not box and (b[:2] < around[2:]).all() and (b[2:] > around[:2]).all()]
        inside = (box[:2] > 4).all() and (box[2:] < np.array(picture.shape[1::-1]) - 4).all()
        upright = box[3] - box[1] > 1.5 * (box[2] - box[0])
        tall = box[3] - box[1] > MIN_HEIGHT
        whole = inside and tall and upright and not others and crop.confidence[5:].min() > MIN_CONFIDENCE
        if whole and agreement_with_mirrored(picture, crop, box) > MIN_AGREEMENT:
            found.append(Pedestrian(frame, crop, box, colours(crop)))
    return found


def agreement_with_mirrored(picture: UInt8[np.ndarray, "H W 3"], crop: Crop, box: Float[np.ndarray, "4"]) -> float:
    """OKS of the keypoints with those that are found when the frame is mirrored."""
    width = picture.shape[1]
    left, top, right, bottom = box.tolist()
    (other,) = perceive(np.ascontiguousarray(picture[:, ::-1]), box=Box(width - right, top, width - left, bottom))
    points, mirrored = (c.keypoints.double() @ c.to_photo[:, :2].T + c.to_photo[:, 2] for c in (crop, other))
    mirrored = mirrored[MIRRORED]
    mirrored[:, 0] = width - mirrored[:, 0]
    return oks(points.numpy(), mirrored.numpy(), crop.confidence.numpy())


def outline(crop: Crop) -> Float[np.ndarray, "4"]:
    """The mask's box in the photo."""
    rows, columns = torch.nonzero(crop.mask > 0.5, as_tuple=True)
    corners = torch.stack([columns, rows], 1).double() + 0.5
    corners = corners @ crop.to_photo[:, :2].T + crop.to_photo[:, 2]
    return torch.cat([corners.amin(0), corners.amax(0)]).numpy()


def colours(crop: Crop) -> Float[Tensor, "K 3"]:
    """Mean colour of the person in four bands from head to foot."""
    rows = torch.nonzero(crop.mask.amax(1) > 0.5)[:, 0]
    bands = torch.tensor_split(torch.arange(int(rows.min()), int(rows.max()) + 1), 4)
    means = [(crop.image[:, b] * crop.mask[b]).sum((1, 2)) / crop.mask[b].sum().clamp(min=1) for b in bands]
    return torch.stack(means)


def most_distinct(candidates: list[Pedestrian], count: int) -> list[Pedestrian]:
    """Choose greedily who looks least like those already chosen, and stands elsewhere in time; in order of time."""
    if not candidates:
        return []
    chosen = [max(candidates, key=lambda p: p.height)]
    while len(chosen) < count:
        left = [p for p in candidates if all(abs(p.frame - c.frame) > 2 for c in chosen)]
        if not left:
            break
        chosen.append(max(left, key=lambda p: min(float((p.look - c.look).norm()) for c in chosen)))
    return sorted(chosen, key=lambda p: p.frame)


def with_margin(box: Float[np.ndarray, "4"]) -> Float[np.ndarray, "4"]:
    """The box grown by the margin on every side."""
    margin = MARGIN * (box[3] - box[1]) / 2
    return box + np.array([-margin, -margin, margin, margin])


def cut(picture: UInt8[np.ndarray, "H W 3"], box: Float[np.ndarray, "4"]) -> UInt8[np.ndarray, "h w 3"]:
    """The part of a frame about a box."""
    left, top, right, bottom = with_margin(box).round().astype(int).clip(0).tolist()
    return picture[top:bottom, left:right]


def drawn(crop: Crop) -> UInt8[np.ndarray, "h w 3"]:
    """Outline and skeleton over the crop, beside the person cut out."""
    scale = 2
    with_outline = overlay(to_picture(crop.image), crop.mask.numpy(), scale=scale)
    points = (crop.keypoints * scale).round().int().tolist()
    for a, b in LIMBS:
        cv2.line(with_outline, points[a], points[b], LEFT if a % 2 else RIGHT, 2, cv2.LINE_AA)
    for point in points[:5]:
        cv2.circle(with_outline, point, 3, (255, 255, 0), -1, cv2.LINE_AA)
    backdrop = torch.tensor(PEOPLE_COLOUR).float().div(255)[:, None, None]
    alone = to_picture(crop.image * crop.mask + backdrop * (1 - crop.mask))
    alone = cv2.resize(alone, with_outline.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return np.hstack([with_outline, alone])


if __name__ == "__main__":
    main()

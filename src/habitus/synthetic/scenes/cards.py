"""Flat pictures that stand upright in the street, or lie on it as shadows, in true perspective."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from habitus.synthetic.scenes.camera import Camera

Sprite = UInt8[np.ndarray, "h w 4"]
"""RGB, multiplied by the opacity, and opacity."""


@dataclass(frozen=True)
class Card:
    """A sprite with the size of what it shows; it stands on the middle of its lower edge."""

    sprite: Sprite
    width: float
    height: float
    """Metres."""


def premultiplied(colours: UInt8[np.ndarray, "h w 4"]) -> Sprite:
    """A sprite of colours that are not yet multiplied by their opacity."""
    sprite = colours.copy()
    sprite[..., :3] = (colours[..., :3].astype(np.uint16) * colours[..., 3:] + 127) // 255
    return sprite


def project(camera: Camera, points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 2"]:
    """Column and row in the camera's picture of points on the ground's axes, metres, before the camera."""
    cos, sin = np.cos(camera.pitch), np.sin(camera.pitch)
    x, y, z = points[:, 0], points[:, 1], points[:, 2] - camera.height
    depth = np.maximum(y * cos - z * sin, 0.05)
    column = 0.5 * camera.size[1] + camera.focal * x / depth
    row = 0.5 * camera.size[0] - camera.focal * (y * sin + z * cos) / depth
    return np.stack([column, row], 1)


def upright(card: Card, camera: Camera, x: float, y: float) -> Float[np.ndarray, "4 2"]:
    """The card's corners in the picture, from the upper left clockwise, where it faces the camera at (x, y)."""
    across = np.array((y, -x, 0.0)) / np.hypot(x, y) * 0.5 * card.width
    foot, top = np.array((x, y, 0.0)), np.array((x, y, card.height))
    return project(camera, np.stack([top - across, top + across, foot + across, foot - across]))


def fallen(card: Card, camera: Camera, x: float, y: float) -> Float[np.ndarray, "4 2"] | None:
    """The corners in the picture of the card's shadow on the ground; None where the sun throws none."""
    right, up, back = camera.light.direction
    if camera.indoor or up < 0.1:
        return None
    away = np.array((right, -back, 0.0)) / max(float(np.hypot(right, back)), 1e-6)
    across = np.array((-away[1], away[0], 0.0)) * 0.5 * card.width
    foot = np.array((x, y, 0.0))
    top = foot - away * card.height * float(np.hypot(right, back)) / up
    corners = np.stack([top - across, top + across, foot + across, foot - across])
    return project(camera, corners) if (corners[:, 1] > 0.8).all() else None


def warp(
    sprite: Sprite, corners: Float[np.ndarray, "4 2"], size: tuple[int, int]
) -> tuple[UInt8[np.ndarray, "h w 4"], tuple[slice, slice]] | None:
    """The sprite between four corners of a picture of `size`, and where that lies.

    Returns:
        the part within the picture and its rows and columns; None where nothing of it is within.
    """
    left, top = np.floor(corners.min(0)).astype(int) - 1
    right, low = np.ceil(corners.max(0)).astype(int) + 1
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(right, size[1]), min(low, size[0])
    if x0 >= x1 or y0 >= y1:
        return None
    rows, columns = sprite.shape[:2]
    wide = max(np.hypot(*(corners[1] - corners[0])), np.hypot(*(corners[2] - corners[3])))
    tall = max(np.hypot(*(corners[3] - corners[0])), np.hypot(*(corners[2] - corners[1])))
    small = (int(np.clip(round(wide), 1, columns)), int(np.clip(round(tall), 1, rows)))
    source = cv2.resize(sprite, small, interpolation=cv2.INTER_AREA)
    edges = np.array(((0, 0), (small[0], 0), small, (0, small[1])), np.float32) - 0.5
    moved = (corners - (x0 + 0.5, y0 + 0.5)).astype(np.float32)
    part = cv2.warpPerspective(source, cv2.getPerspectiveTransform(edges, moved), (x1 - x0, y1 - y0))
    return part, (slice(y0, y1), slice(x0, x1))


def lay_over(
    picture: Float[np.ndarray, "H W 3"], sprite: Sprite, corners: Float[np.ndarray, "4 2"], light: np.ndarray
) -> None:
    """Put a sprite into the picture, lit by RGB `light`."""
    warped = warp(sprite, corners, picture.shape[:2])
    if warped is not None:
        part, where = warped
        levels = part.astype(np.float32) / 255
        picture[where] = picture[where] * (1 - levels[..., 3:]) + levels[..., :3] * light.astype(np.float32)


def darken(dark: Float[np.ndarray, "H W"], sprite: Sprite, corners: Float[np.ndarray, "4 2"], strength: float) -> None:
    """Raise how dark the ground is where the sprite's shadow falls."""
    warped = warp(sprite, corners, dark.shape)
    if warped is not None:
        part, where = warped
        dark[where] = np.maximum(dark[where], part[..., 3] * np.float32(strength / 255))

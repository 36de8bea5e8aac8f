"""Masks of the face and the hands, seams and pasted faces on the open body's map."""

import numpy as np
import pytest
import torch

from habitus.body.uv import uv_region
from habitus.losses.seams import seam_loss
from habitus.texture.pasted import paste_face
from habitus.texture.region_masks import face_hand_mask, seam_texels
from habitus.texture.surface import surface_texels


@pytest.mark.parametrize("size", [64, 128])
def test_face_and_hands_and_nothing_else_of_the_body(body, size):
    mask = face_hand_mask(body, size)
    wanted = torch.zeros(size, size, dtype=torch.bool)
    for name in ("face", "left_hand", "right_hand"):
        wanted |= uv_region(body, name, size)
    covered = torch.from_numpy(surface_texels(body, size).index >= 0)
    assert mask.dtype == torch.float32
    assert torch.equal(mask.bool() & covered, wanted)


def test_the_mask_reaches_a_texel_past_the_charts(body):
    mask = face_hand_mask(body, 64).numpy() > 0
    covered = surface_texels(body, 64).index >= 0
    row, column = np.nonzero(mask & ~covered)
    assert len(row)
    beside = np.pad(mask & covered, 1)
    assert all(beside[r : r + 3, c : c + 3].any() for r, c in zip(row, column, strict=True))


@pytest.mark.parametrize("size", [64, 256])
def test_its_share_hardly_depends_on_the_size(body, size):
    assert face_hand_mask(body, size).mean().item() == pytest.approx(0.12, abs=0.03)


def test_seams_join_the_same_place_of_the_body(body):
    size = 128
    texels, pairs = surface_texels(body, size), seam_texels(body, size)
    place = texels.scatter(texels.spread @ body.v_template.numpy()).reshape(3, -1).T
    apart = np.linalg.norm(place[pairs[:, 0]] - place[pairs[:, 1]], axis=1)
    assert np.median(apart) < 0.02
    smooth = torch.from_numpy(place.T.reshape(1, 3, size, size))
    assert seam_loss(smooth, pairs).item() < 0.02
    noise = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(0))
    assert seam_loss(noise, pairs).item() == pytest.approx(1 / 3, abs=0.02)


def test_pasted_face(body):
    generator = torch.Generator().manual_seed(1)
    texture, scan = torch.rand(2, 3, 64, 64, generator=generator), torch.rand(1, 3, 64, 64, generator=generator)
    mask = face_hand_mask(body, 64)
    pasted = paste_face(texture.requires_grad_(), scan, mask)
    torch.testing.assert_close(pasted, torch.where(mask > 0, scan, texture))
    pasted.sum().backward()
    assert texture.grad is not None
    assert torch.equal(texture.grad != 0, (mask == 0).expand(2, 3, 64, 64))

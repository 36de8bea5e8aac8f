"""Silhouettes through the real body and renderer: too large a body is told to shrink, too small a one to grow.

An early experiment rounded the silhouette before comparing it, which kills the gradient within the body: it could grow
but never shrink. Each case asks of a loss, at a body that differs from the mask in one way (camera, build or clothes),
which way that one number should go, and takes a step to see.
"""

import pytest
import torch

from habitus.body.model import BodyModel
from habitus.losses import author_2020
from habitus.losses.silhouettes import silhouette_loss
from habitus.rendering.render import render_silhouette
from habitus.rendering.shading import vertex_normals
from habitus.types import SMPL_JOINTS

SIZE = (128, 64)
LOSSES = {
    "paper": silhouette_loss,
    "fit": lambda silhouette, mask: silhouette_loss(silhouette, mask, uncovered=0.3),
    "author-2020": author_2020.silhouette_loss,
}
AMOUNTS = {"scale": 0.08, "build": 1.5, "clothes": 0.02}
"""By how much a body is larger or smaller: a share of the camera's scale, standard deviations, metres."""


@pytest.fixture(scope="module")
def render():
    """The silhouette of a body that differs from a plain one by an amount of one kind."""
    body = BodyModel.load()
    theta = torch.zeros(1, body.num_joints, 3)
    for side, sign in (("left", -1), ("right", 1)):
        theta[0, SMPL_JOINTS.index(f"{side}_shoulder"), 2] = sign * 1.1
    psi, normals = torch.tensor([[0.95, 0.0, 0.25]]), vertex_normals(body.v_template[None], body.faces)

    def shown(scale, beta, delta):
        vertices = body(theta, beta, delta).vertices
        return render_silhouette(vertices, body.faces, psi * torch.stack([scale, *torch.ones(2)]), size=SIZE)

    one, plain = torch.ones(()), torch.zeros(1, body.num_betas, requires_grad=True)
    # The build that covers more of the picture for the least change: thick and tall in one.
    (larger,) = torch.autograd.grad(shown(one, plain, None).sum(), plain)
    larger, plain = torch.nn.functional.normalize(larger), plain.detach()

    def rendered(kind, amount):
        if kind == "scale":
            return shown(1 + amount, plain, None)
        return shown(one, amount * larger, None) if kind == "build" else shown(one, plain, amount * normals)

    return rendered


@pytest.mark.parametrize("sign", [1, -1], ids=["too large", "too small"])
@pytest.mark.parametrize("kind", AMOUNTS)
def test_it_is_told_which_way_to_go(render, kind, sign):
    amount = torch.tensor(sign * AMOUNTS[kind], requires_grad=True)
    mask, silhouette = render(kind, torch.zeros(())), render(kind, amount)
    assert sign * (silhouette.sum() - mask.sum()) > 0
    nearer = render(kind, amount.detach() / 2)
    for name, loss in LOSSES.items():
        costs = loss(silhouette, mask)
        (slope,) = torch.autograd.grad(costs.sum(), amount, retain_graph=True)
        assert sign * slope > 0, name
        assert loss(nearer, mask) < costs, name


def test_a_body_wholly_within_the_mask_and_one_wholly_around_it(render):
    """Nothing but the border between body and background has a gradient; it says the same all around."""
    inside, around = torch.zeros(1, *SIZE), torch.ones(1, *SIZE)
    inside[:, 50:80, 30:34] = 1
    for mask, sign in ((inside, 1), (around, -1)):
        for name, loss in LOSSES.items():
            amount = torch.zeros((), requires_grad=True)
            (slope,) = torch.autograd.grad(loss(render("clothes", amount), mask).sum(), amount)
            assert sign * slope > 0, name

"""How tall a build is, and the build that is left when height is taken out, which no single photo tells."""

from weakref import WeakKeyDictionary

import torch
from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel

_INVERSES: WeakKeyDictionary[BodyModel, Tensor] = WeakKeyDictionary()


def stature(
    body: BodyModel, beta: Float[Tensor, "B 10"], delta: Float[Tensor, "B N 3"] | None = None
) -> Float[Tensor, "B"]:
    """From the lowest to the highest vertex of the rest pose, which stands upright; metres. With delta, shoes and hair
    count."""
    height = body.rest(beta, delta)[..., 1]
    return height.amax(1) - height.amin(1)


def height_normalised(body: BodyModel, beta: Float[Tensor, "B 10"]) -> Float[Tensor, "B 10"]:
    """The coefficients of the same bodies, scaled to the height of the template.

    A crop shows a person in whatever size: a tall and a small one of the same proportions look alike. The scaled body
    is brought back into the body's shape space by least squares over its vertices (on the open body that leaves 3 mm of
    the 42 mm by which builds differ in the mean). Differentiable.
    """
    if body not in _INVERSES:
        _INVERSES[body] = torch.linalg.pinv(body.shapedirs.flatten(0, 1).double()).float()
    inverse = _INVERSES[body].to(beta.device)
    scale = to_template(body, beta)
    return ((body.rest(beta) * scale[:, None, None] - body.v_template).flatten(1)) @ inverse.T


def to_template(body: BodyModel, beta: Float[Tensor, "B 10"]) -> Float[Tensor, "B"]:
    """The factor that makes naked bodies as tall as the template."""
    return stature(body, torch.zeros_like(beta[:1])) / stature(body, beta)


def levelled(body: BodyModel, beta: Float[Tensor, "B 10"], vertices: Float[Tensor, "B N 3"]) -> Float[Tensor, "B N 3"]:
    """Bodies brought to one height and place: naked as tall as the template, bare soles at y = 0, root above x = z = 0.

    Args:
        body: that the vertices are of.
        beta: their build, which says how much larger they become and where they stand.
        vertices: metres; at rest or in a pose that has them upright, naked or dressed.

    Returns:
        Metres; differentiable.
    """
    root = body.rest_joints(beta)[:, 0]
    foot = torch.stack([root[:, 0], body.rest(beta)[..., 1].amin(1), root[:, 2]], 1)
    return (vertices - foot[:, None]) * to_template(body, beta)[:, None, None]

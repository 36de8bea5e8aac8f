"""How builds and clothes differ vertex by vertex, all bodies brought to one height, which no single photo tells."""

from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.body.stature import levelled, to_template
from habitus.rendering.shading import vertex_normals


def build_difference(
    body: BodyModel, first: Float[Tensor, "B 10"], second: Float[Tensor, "B 10"]
) -> Float[Tensor, "B N"]:
    """How much farther out the second build's surface is than the first's, both as tall as the template, metres.

    The way from a vertex of the first body at rest to the same vertex of the second, along the normal of the body
    halfway between them: builds exchanged give the same with the other sign, and what slides along the skin does not
    count. Differentiable.
    """
    ours, theirs = (levelled(body, beta, body.rest(beta)) for beta in (first, second))
    return ((theirs - ours) * vertex_normals((ours + theirs) / 2, body.faces)).sum(-1)


def thickness(body: BodyModel, beta: Float[Tensor, "B 10"], delta: Float[Tensor, "B N 3"]) -> Float[Tensor, "B N"]:
    """How far out of the skin delta, clothes and hair, reaches along the naked body's normals, metres.

    Of the person as tall as the template, so that it goes with `build_difference`; negative where delta reaches inside.
    Differentiable.
    """
    along = (delta * vertex_normals(body.rest(beta), body.faces)).sum(-1)
    return to_template(body, beta)[:, None] * along

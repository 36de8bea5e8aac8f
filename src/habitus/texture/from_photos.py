"""The whole way from photos to a texture: unwrap each, fuse, complete."""

from collections.abc import Iterable

from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.texture.complete import complete
from habitus.texture.fuse import fuse
from habitus.texture.unwrap import unwrap
from habitus.types import BodyParams, Texture


def texture_from_photos(
    body: BodyModel,
    photos: Iterable[tuple[BodyParams, Float[Tensor, "3 H W"], Float[Tensor, "H W"]]],
    *,
    size: int = 512,
) -> Texture:
    """One complete texture from one or several photos of a person.

    Args:
        body: the body of the parameters.
        photos: of each the person's parameters (B = 1) in it, the picture and the person's mask; see `unwrap`.
        size: T, texels along a side.
    """
    return complete(body, fuse([unwrap(body, *photo, size=size) for photo in photos]))

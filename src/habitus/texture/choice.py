"""Which way a texture is made: by unwrapping, by a network, or both; unless asked, the best that is installed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.texture.from_photos import texture_from_photos
from habitus.texture.generate import PhotoOfPerson, generate_texture, network_texture
from habitus.texture.generator.model import TextureGenerator
from habitus.texture.generator.pretrained import load_generator, ships_for
from habitus.types import Texture

TextureWay = Literal["unwrap", "generate", "both"]
"""What photos show, completed from itself; what a network says; what photos show over what a network says."""
BEST = "ours"
"""The weights that are used unless others are asked for."""


@dataclass(frozen=True)
class TextureMaker:
    """A way to make textures, ready to be used on many people."""

    way: TextureWay
    name: str
    """The way, and whose network: "unwrap", "both, ours"."""
    make: Callable[[Sequence[PhotoOfPerson], int], Texture]

    def __call__(self, photos: Sequence[PhotoOfPerson], size: int) -> Texture:
        """A whole texture of `size` x `size` from photos of one person."""
        return self.make(photos, size)


def texture_maker(
    body: BodyModel, way: TextureWay | None = None, *, generator: TextureGenerator | str | Path | None = None
) -> TextureMaker:
    """The way that is asked for, or the best that is installed for a body.

    Args:
        body: that the textures are for.
        way: None is both where a generator is given or one for this body comes with Habitus, unwrap elsewhere.
        generator: a network, or what `load_generator` takes; None is the one that comes with Habitus.

    Raises:
        InputError: a network is asked for and there are no such weights, or they are for another body; or a generator
            is given that unwrapping has no use for.
    """
    if way is None:
        way = "both" if generator is not None or ships_for(BEST, body) else "unwrap"
    if way == "unwrap":
        if generator is not None:
            raise InputError("texture unwrap: uses no generator; leave it away, or choose generate or both")
        return TextureMaker(way, way, lambda photos, size: texture_from_photos(body, photos, size=size))
    given = BEST if generator is None else generator
    name = given.preset if isinstance(given, TextureGenerator) else str(given)
    network = given if isinstance(given, TextureGenerator) else load_generator(given, body)
    if network.preset == "no-pose":
        raise InputError(f"{name}: no-pose makes pictures, not textures; give another generator")
    make = network_texture if way == "generate" else generate_texture
    return TextureMaker(way, f"{way}, {name}", lambda photos, size: make(body, network, photos, size=size))

"""A look and an outfit on a body: one texture, one displacement."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.synthetic.clothes.bags import bag_displacement, paint_bag
from habitus.synthetic.clothes.draping import outfit_displacement
from habitus.synthetic.clothes.hanging import Hanging
from habitus.synthetic.clothes.hats import Hat, hat_displacement, paint_hat
from habitus.synthetic.clothes.outfits import Outfit
from habitus.synthetic.clothes.painting import paint_outfit
from habitus.synthetic.clothes.props import Prop, hand_bag
from habitus.synthetic.clothes.skirts import hung
from habitus.synthetic.people.hair import hair_displacement
from habitus.synthetic.people.heads import face_displacement, paint_head, paint_skin
from habitus.synthetic.people.look import Look
from habitus.synthetic.people.skull import skull_of
from habitus.synthetic.surface.mannequin import Mannequin, mannequin_of


@dataclass(frozen=True)
class Worn:
    """What hair and an outfit do to the geometry."""

    delta: Float[np.ndarray, "N 3"]
    """Displacement of the rest pose by hair, face, clothes, hat, bag and shoes, metres."""
    hanging: Hanging | None
    """Skirts, dresses, coats and long shirts, which `hang` places anew in every pose."""
    props: tuple[Prop, ...]
    """Carried things that are no part of the body's surface."""


def paint(body: BodyModel, look: Look, outfit: Outfit, *, size: int = 512) -> Float[Tensor, "3 T T"]:
    """The texture of a person in an outfit, RGB in [0, 1]. Colours continue past the charts."""
    mannequin = mannequin_of(body)
    texels = mannequin.texels(size)
    own, weave = np.random.default_rng(look.marks), np.random.default_rng(outfit.weave)
    colours = paint_skin(look, texels.points, own)
    paint_outfit(colours, outfit, mannequin, texels, weave)
    if outfit.bag is not None and outfit.bag.kind != "hand":
        paint_bag(colours, outfit.bag, mannequin, texels)
    paint_head(colours, look, mannequin, size)
    if outfit.hat is not None:
        paint_hat(colours, outfit.hat, skull_of(mannequin), size)
    return torch.from_numpy(texels.image(colours))


def dress(body: BodyModel, look: Look, outfit: Outfit) -> Worn:
    """What a look and an outfit do to the geometry of a body."""
    mannequin = mannequin_of(body)
    beta = torch.from_numpy(look.beta)[None]
    rest, joints = body.rest(beta)[0].numpy(), body.rest_joints(beta)[0].numpy()
    rng = np.random.default_rng(outfit.weave)
    delta = outfit_displacement(outfit, mannequin, look.beta, rng) + _head(look, outfit.hat, mannequin)
    worn, hanging = hung(outfit, mannequin, rest + delta, joints, rng)
    bag = outfit.bag
    if bag is not None and bag.kind != "hand":
        carried = bag_displacement(bag, mannequin, worn)
        worn += carried
        if hanging is not None:
            hanging = replace(hanging, carried=carried[hanging.index])
    props = (hand_bag(bag),) if bag is not None and bag.kind == "hand" else ()
    return Worn(worn - rest, hanging, props)


def _head(look: Look, hat: Hat | None, mannequin: Mannequin) -> Float[np.ndarray, "N 3"]:
    """Face, hair and hat."""
    skull = skull_of(mannequin)
    hair = hair_displacement(look.hair, skull)
    return face_displacement(look, mannequin) + (hair if hat is None else hat_displacement(hat, hair, skull))

"""L_adv: bodies that a discriminator takes for real ones (3DSL, section 3.3), in the form of least squares.

Least squares (LSGAN: Mao et al., ICCV 2017) punish a fake by how far it is from 1 even where the discriminator is sure
of itself, so a generator that is behind still learns.
"""

import torch
from jaxtyping import Float
from torch import Tensor

EXPLODED = 40.0
"""Of `discriminator_loss`, a judge: its outputs are off by 4.5, where saying 1/2 to everything would cost 1/2. M times
this is what a training should end at (`training.task.Step.largest`)."""


def discriminator_loss(real: Float[Tensor, "B M"], fake: Float[Tensor, "B M"]) -> Float[Tensor, "B"]:
    """L_adv(D) = (1 - D(theta_real, beta_real))^2 + D(theta, beta)^2, summed over the M judges as in HMR.

    It is M where all outputs are 0 or all are 1, and M / 2 where the judges cannot tell and say 1/2.

    Args:
        real: D's outputs for real parameters, one set beside each fake.
        fake: D's outputs for what the encoder made of photos, detached from it.
    """
    return ((1 - _exact(real)) ** 2 + _exact(fake) ** 2).sum(1)


def generator_loss(fake: Float[Tensor, "B M"]) -> Float[Tensor, "B"]:
    """L_adv(E) = (1 - D(theta, beta))^2, summed over the M judges as in HMR.

    Args:
        fake: D's outputs for what the encoder made of photos; only the encoder is to be changed by it.
    """
    return ((1 - _exact(fake)) ** 2).sum(1)


def _exact(outputs: Tensor) -> Tensor:
    """At least float32: outputs crowd around 1/2, where half precision has two digits."""
    return outputs.to(torch.promote_types(outputs.dtype, torch.float32))

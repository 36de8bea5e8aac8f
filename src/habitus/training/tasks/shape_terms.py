"""ASSP, adversarial self-supervised projection (3DSL, section 3.3): what bodies are held against that nobody has seen.

Projected keypoints and silhouettes, a discriminator's opinion, and what a displacement costs; beyond the paper, the
same body in every photo of a person.
"""

import copy

import torch
from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel, Frames
from habitus.losses import author_2020
from habitus.losses.adversarial import discriminator_loss, generator_loss
from habitus.losses.displacement import displacement_loss
from habitus.losses.keypoints import keypoint_loss
from habitus.losses.shape_consistency import shape_consistency_loss
from habitus.losses.silhouettes import silhouette_loss
from habitus.recovery.discriminator import BodyDiscriminator
from habitus.recovery.objective import KeypointProbe
from habitus.recovery.regressor.model import Regression
from habitus.rendering.camera import project, stretched
from habitus.rendering.render import render_silhouette
from habitus.training.distributed import gathered
from habitus.training.recipes.shape_reid import ShapeReidRecipe
from habitus.training.task import Batch, Losses


class BodyTerms:
    """What a recipe holds regressed bodies against.

    Bodies have the proportions of people; what a photo shows, it shows as it was stretched.

    Args:
        recipe: with the weights.
        body: that is regressed.
        discriminator: whose opinion counts; None: there is none.
    """

    def __init__(self, recipe: ShapeReidRecipe, body: BodyModel, discriminator: BodyDiscriminator | None):
        self.recipe, self.weights = recipe, recipe.chosen
        self.body, self.probe = body, KeypointProbe(body)
        self.discriminator = discriminator

    def on(self, device: torch.device) -> "BodyTerms":
        """The same on a device; sheets are drawn by the body on the CPU."""
        if self.body.faces.device == device:
            return self
        return BodyTerms(self.recipe, copy.deepcopy(self.body).to(device), self.discriminator)

    def losses(self, found: Regression, batch: Batch) -> Losses:
        """Weighted terms, means over the batch; those of weight 0 are left out. In float32 whatever the precision of
        the network: millimetres of two metres are more than half precision has."""
        with torch.autocast(found.beta.device.type, enabled=False):
            return {name: term.mean() for name, term in self._terms(found, batch).items()}

    def _terms(self, found: Regression, batch: Batch) -> dict[str, Float[Tensor, "B"]]:
        size = (batch["mask"].shape[1], batch["mask"].shape[2])
        frames = found.frames(self.body)
        points, psi = stretched(self.probe(frames, found.beta), found.psi, batch["stretch"])
        terms = self._keypoints(points, psi, batch, size)
        terms |= self._surface(frames, found, batch, size)
        if self.discriminator is not None:
            opinion = self.discriminator.from_rotations(found.rotations, found.beta)
            terms["adversarial"] = self.weights.adversarial * generator_loss(opinion)
        return terms | self._consistency(found, batch)

    def discriminated(self, found: Regression, batch: Batch) -> Losses:
        """L_adv(D), of bodies that the network has made of the batch; its gradient is the discriminator's alone."""
        assert self.discriminator is not None
        real = self.discriminator(batch["real_theta"], batch["real_beta"])
        fake = self.discriminator.from_rotations(found.rotations.detach(), found.beta.detach())
        return {"discriminator": discriminator_loss(real, fake).mean()}

    def _keypoints(
        self, points: Float[Tensor, "B 17 3"], psi: Float[Tensor, "B 3"], batch: Batch, size: tuple[int, int]
    ) -> dict[str, Float[Tensor, "B"]]:
        if not self.weights.keypoints:
            return {}
        unit, seen = size[0] / 2, batch["keypoints"]
        confidence = seen[..., 2] if self.recipe.confidence else (seen[..., 2] > 0).to(seen)
        loss = author_2020.keypoint_loss if self._of_2020 else keypoint_loss
        found = loss(project(points, psi, size)[..., :2] / unit, seen[..., :2] / unit, confidence)
        return {"keypoints": self.weights.keypoints * found}

    def _surface(
        self, frames: Frames, found: Regression, batch: Batch, size: tuple[int, int]
    ) -> dict[str, Float[Tensor, "B"]]:
        if not self.weights.silhouette and not self.weights.displaced:
            return {}
        delta = found.delta.float()
        vertices = self.body.pose(frames, found.beta, delta)
        terms = {}
        if self.weights.silhouette:
            mask, valid = batch["mask"].float() / 255, batch["valid"].float() / 255
            loss = author_2020.silhouette_loss if self._of_2020 else silhouette_loss
            shown, psi = stretched(vertices, found.psi, batch["stretch"])
            silhouette = render_silhouette(shown, self.body.faces, psi, size=size)
            terms["silhouette"] = self.weights.silhouette * loss(silhouette, mask, valid)
        if self.weights.displaced:
            terms["displaced"] = self.weights.displaced * (
                author_2020.displacement_loss(vertices, self.body.pose(frames, found.beta, None))
                if self._of_2020
                else displacement_loss(delta)
            )
        return terms

    def _consistency(self, found: Regression, batch: Batch) -> dict[str, Float[Tensor, "B"]]:
        """Over the batch of all processes, as triplets."""
        terms = {}
        if self.recipe.beta_consistency:
            loss = shape_consistency_loss(gathered(found.beta), gathered(batch["pid"]))
            terms["beta consistency"] = self.recipe.beta_consistency * loss
        if self.recipe.delta_consistency:
            loss = shape_consistency_loss(gathered(found.delta.float()), gathered(batch["clothes_id"]))
            terms["delta consistency"] = self.recipe.delta_consistency * loss
        return terms

    @property
    def _of_2020(self) -> bool:
        return self.recipe.preset == "author-2020"


def known_share(batch: Batch) -> dict[str, Float[Tensor, ""]]:
    """The shares of a batch's photos that have masks and keypoints."""
    masks = batch["valid"].flatten(1).any(1)
    keypoints = (batch["keypoints"][..., 2] > 0).any(1)
    return {"masks known": masks.float().mean(), "keypoints known": keypoints.float().mean()}

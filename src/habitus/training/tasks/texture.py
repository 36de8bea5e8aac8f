"""Texture generation supervised by re-identification (RSTG, CVPR 2019).

A generator makes a texture from a photo; the texture is rendered as a body stands in a photo, over another background;
frozen networks and, where it is known, the true texture say how good it is.
"""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from habitus.body.assets import load_body_data
from habitus.body.model import BodyModel
from habitus.data.dataset import Key
from habitus.data.loading import loader
from habitus.data.samplers import PKBatches
from habitus.errors import InputError
from habitus.export.pictures import save_picture
from habitus.losses.pixel import pixel_l1_loss
from habitus.rendering.cached_views_render import render_views
from habitus.synthetic.scenes.backgrounds import Backgrounds
from habitus.texture.generator.model import TextureGenerator
from habitus.texture.generator.pretrained import load_generator
from habitus.texture.pasted import paste_face
from habitus.texture.region_masks import face_hand_mask
from habitus.texture.scans import scan_textures
from habitus.training import schedules
from habitus.training.recipes.texture import TextureRecipe
from habitus.training.task import Batch, Losses, Step
from habitus.training.tasks.texture_caches import Caches
from habitus.training.tasks.texture_data import Beside, TextureDataset, posed_photos, sight_of, unit
from habitus.training.tasks.texture_sheet import sheet_of
from habitus.training.tasks.texture_terms import Made, Terms, terms_of
from habitus.training.tasks.training_data import TrainingData


class TextureTask:
    """A texture generator trained on photos of people; see `habitus.training.task.Task`.

    Args:
        generator: to train.
        dataset: the photos.
        sampler: which make a batch.
        caches: of the photos' views and unwrapping, made when loading begins.
        terms: what is minimised.
        recipe: what is trained with.
    """

    def __init__(
        self,
        generator: TextureGenerator,
        *,
        dataset: TextureDataset,
        sampler: PKBatches,
        caches: Caches,
        terms: Terms,
        recipe: TextureRecipe,
    ):
        self.generator, self.dataset, self.sampler, self.caches = generator, dataset, sampler, caches
        self.terms = terms.losses
        self.judges = nn.ModuleDict(terms.judges)
        self.modules = nn.ModuleDict({"generator": generator})
        self.paste = recipe.chosen.face == "pasted"
        self.face = face_hand_mask(caches.body, generator.size)
        self.steps = (Step("generator", _optimizer(recipe, generator), self.losses, _rate(recipe)),)

    def batches(self, epoch: int) -> list[list[Key]]:
        """The photos of every batch of an epoch."""
        return self.sampler.batches(epoch)

    def load(self, batches: Iterable[list[Key]], *, workers: int) -> Iterable[Batch]:
        """Make what is missing of the caches, then decode."""
        self.caches.make()
        self.dataset.known = self.caches.known
        return loader(self.dataset, batches, workers=workers)

    def forward(self, batch: Batch, _epoch: int) -> Made:
        """Textures, rendered beside the photos that they are compared with."""
        texture = self.generator(sight_of(batch)).float()
        target = unit(batch["target"])
        if self.generator.preset == "no-pose":
            render = F.interpolate(texture, target.shape[-2:], mode="bilinear", align_corners=False)
            return Made(texture, render, torch.ones_like(target[:, 0]), target)
        if self.paste:
            texture = paste_face(texture, unit(batch["scan"]), self.face.to(texture.device))
        with torch.autocast(texture.device.type, enabled=False):
            render, mask = render_views(self.caches.views_of(batch["partner"]), texture, unit(batch["background"]))
        return Made(texture, render, mask, target)

    def losses(self, made: Made, batch: Batch, _epoch: int) -> Losses:
        """All terms."""
        self.judges.to(made.render.device)
        return {name: weight * term(made, batch).mean() for name, (weight, term) in self.terms.items()}

    def measures(self, shared: Made, batch: Batch) -> Losses:
        """How far pixels of the render are from the photo's, to watch."""
        del batch
        return {"pixels off": pixel_l1_loss(shared.render, shared.target, shared.mask).mean()}

    def scores(self) -> dict[str, float]:
        """None: `habitus evaluate texture` scores a run's model."""
        return {}

    def draw(self, path: Path) -> None:
        """A sheet of some photos with what the network makes of them."""
        save_picture(path, sheet_of(self.generator, self.dataset, self.caches.body))

    def names(self, items: Sequence[Key]) -> list[str]:
        """The files."""
        return [str(self.dataset.records.paths[row]) for row, _, _ in items]

    def save(self, folder: Path, about: dict[str, Any]) -> None:
        """The generator, in the form that `habitus.texture.generator.pretrained.load_generator` reads."""
        self.generator.trained = about
        self.generator.save_pretrained(folder)


def texture_task(recipe: TextureRecipe, data: TrainingData, *, run: Path) -> TextureTask:
    """What a recipe describes.

    Args:
        recipe: options.
        data: the photos at `recipe.data`.
        run: folder of the run, where the cache is kept unless the recipe says where.

    Raises:
        InputError: options do not go together, files cannot be used, or photos have no body parameters.
    """
    _check(recipe)
    chosen = recipe.chosen
    body = BodyModel(load_body_data(recipe.body, uv_obj=recipe.uv))
    generator = _generator(recipe, body)
    photos = posed_photos(data.records, data.roots, recipe.bodies, body, truth=chosen.truth > 0)
    wanted = generator.size if generator.needs_known or chosen.truth else None
    caches = Caches(recipe.cache or run / "cache", body, photos, size=recipe.size, texture_size=wanted)
    beside = Beside(
        scans=None if chosen.face == "none" else scan_textures(recipe.scans, body, generator.size),
        backgrounds=None if recipe.no_pose else Backgrounds(recipe.backgrounds, recipe.size, seed=recipe.seed),
        truth_size=generator.size if chosen.truth else None,
    )
    dataset = TextureDataset(
        photos, beside, size=recipe.size, partners=chosen.reid in ("same_person", "triplet"), seed=recipe.seed,
        on_broken="stop" if recipe.strict else "skip",
    )  # fmt: skip
    labels = photos.records.labels()
    sampler = PKBatches(labels=labels, people=recipe.people, images=recipe.images, seed=recipe.seed)
    terms = terms_of(recipe, body, generator.size)
    return TextureTask(generator, dataset=dataset, sampler=sampler, caches=caches, terms=terms, recipe=recipe)


def deciding(task: TextureTask, recipe: TextureRecipe) -> dict[str, Any]:
    """What decides the outcome, as JSON values: of files, what is in them and not where they are."""
    options = recipe.options()
    for name in ("data", "layout", "strict", "cache", "body", "uv"):
        del options[name]
    options |= {name: str(options[name]) for name in ("scans", "backgrounds")}
    options |= {"perceptual": None, "reid_weights": None, "bodies": task.dataset.photos.digest}
    networks = {"reid": "reid_weights", "perceptual": "perceptual"}
    options |= {networks[name]: weights_digest(network) for name, network in task.judges.items()}
    if recipe.init is not None:
        options["init"] = weights_digest(task.generator)
    return options


def weights_digest(network: nn.Module) -> str:
    """The same for the same weights, wherever they came from."""
    digest = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def _check(recipe: TextureRecipe) -> None:
    """See that the options go together."""
    chosen = recipe.chosen
    if recipe.no_pose and (recipe.pixel or chosen.truth or chosen.face != "none"):
        raise InputError("--no-pose: makes a picture, no texture; give it --face none --truth 0 and no --pixel")
    if recipe.no_pose and chosen.reid in ("same_person", "triplet"):
        raise InputError(f"--no-pose: draws a photo anew in its own pose; --reid {chosen.reid} needs another's")
    if recipe.uv is not None and recipe.body is None:
        raise InputError(f"{recipe.uv}: --uv goes with --body; the open body has its own layout")
    if recipe.unet_width is not None and (recipe.init is not None or recipe.preset != "rstg"):
        raise InputError(
            f"--unet-width {recipe.unet_width}: is for --preset rstg from scratch; leave it, or --init, away"
        )
    weights = (recipe.reid_weight, recipe.face_weight, recipe.perceptual_weight, recipe.pixel, recipe.deep)
    if min(*weights, recipe.seams, chosen.truth, recipe.margin) < 0:
        raise InputError("weights of losses: must be 0 at least")


def _generator(recipe: TextureRecipe, body: BodyModel) -> TextureGenerator:
    preset = "no-pose" if recipe.no_pose else recipe.preset
    if recipe.init is None:
        size = recipe.texture_size if preset == "ours" else None
        return TextureGenerator(body, preset=preset, size=size, width=recipe.unet_width)
    generator = load_generator(recipe.init, body)
    if generator.preset != preset:
        raise InputError(f"--init {recipe.init}: is a generator of the preset {generator.preset}, not {preset}")
    return generator


def _optimizer(recipe: TextureRecipe, generator: TextureGenerator) -> torch.optim.Optimizer:
    return torch.optim.Adam(generator.parameters(), recipe.chosen.lr, weight_decay=recipe.weight_decay)


def _rate(recipe: TextureRecipe) -> schedules.Rate:
    after = {"cosine": schedules.cosine(epochs=recipe.epochs), "constant": schedules.constant}[recipe.chosen.schedule]
    return schedules.warm_up(after, epochs=recipe.chosen.warmup)

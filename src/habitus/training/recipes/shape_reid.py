"""3DSL (3D shape learning for texture-insensitive re-ID, CVPR 2021), and an experiment's settings of 2020."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import arg

from habitus.training.recipes.body import BodyHeads
from habitus.training.recipes.presets import chosen
from habitus.training.recipes.reid import Backbone, TripletRecipe


@dataclass(frozen=True, kw_only=True)
class Preset:
    """What a preset decides where the user does not."""

    adversarial: float
    keypoints: float
    silhouette: float
    displaced: float
    body_lr: float
    discriminator_lr: float


PRESETS: dict[str, Preset] = {
    # The paper gives no weights. These bring the terms of an untrained network to one order of magnitude.
    "3dsl": Preset(
        adversarial=0.1, keypoints=60.0, silhouette=1.0, displaced=0.05, body_lr=3.5e-4, discriminator_lr=1e-4
    ),
    # Its terms have the recorded weights in them (`habitus.losses.author_2020`); that of L_adv is not recorded.
    "author-2020": Preset(
        adversarial=1.0, keypoints=1.0, silhouette=1.0, displaced=1.0, body_lr=1e-5, discriminator_lr=1e-4
    ),
}


@dataclass(frozen=True, kw_only=True)
class ShapeReidRecipe(BodyHeads, TripletRecipe):
    """Appearance and 3D shape side by side: 3D shape learning for texture-insensitive re-ID (3DSL, CVPR 2021).

    E_3D must say the body that it sees, so that clothes cannot explain its feature. Nobody tells it how bodies are: it
    is held against keypoints and silhouettes, and a discriminator tells its bodies from real ones. First it learns
    that alone, then people as well, beside an ordinary network. Masks and keypoints come from `habitus perceive`, or
    are the truth of a made world.

    Try:
        habitus synth world/ --preset small && habitus train shape-reid --data world/ --out run/

        habitus perceive LTCC_ReID/ -o seen.parquet

        habitus train shape-reid --data LTCC_ReID/ --seen seen.parquet --real AMASS/ --out run/ --init resnet50.pth

        habitus train shape-reid --data world/ --out baseline/ --streams rgb+rgb
    """

    preset: Literal["3dsl", "author-2020"] = "3dsl"
    """author-2020: silhouettes, keypoints and displacement as an experiment weighed them that is very likely the first
    author's, with its learning rates."""
    streams: Literal["rgb+shape", "rgb+rgb"] = "rgb+shape"
    """rgb+rgb: the paper's baseline, a second ordinary network instead of E_3D."""
    seen: Annotated[tuple[Path, ...], arg(metavar="FILE...")] = ()
    """Masks and keypoints of the photos, from `habitus perceive` or `habitus bodies`: one file for each of --data.
    Without: the truth of made worlds. Photos without them are counted and teach identity alone."""
    real: Annotated[str, arg(metavar="made|DIR")] = "made"
    """Bodies of real people for the discriminator: a folder of AMASS or of SMPL's parameters, or poses of made ones."""
    shape_init: Annotated[Path | None, arg(metavar="DIR")] = None
    """E_3D to start from, of `habitus train body`; what it is made of is taken from there. Without: from scratch."""
    shape_backbone: Backbone = "resnet18"
    """Convolutional network of E_3D, or of the second ordinary one; the author's is resnet18."""
    width: int = 768
    """Of F_rgb, and of the global shape feature."""
    body_epochs: int = 5
    """First epochs, in which E_3D learns bodies alone, and identity has not begun."""
    adversarial: Annotated[float | None, arg(metavar="WEIGHT")] = None
    """Of L_adv: bodies that the discriminator takes for real (3dsl: 0.1, author-2020: 1)."""
    keypoints: Annotated[float | None, arg(metavar="WEIGHT")] = None
    """Of L_key: projected keypoints, in half heights of the picture (3dsl: 60, author-2020: 1, which has 3 in it)."""
    confidence: bool = False
    """Keypoints count as much as the detector believes in them; without, those that were found count alike (paper)."""
    silhouette: Annotated[float | None, arg(metavar="WEIGHT")] = None
    """Of the first part of L_sil: rendered silhouettes against masks (1)."""
    displaced: Annotated[float | None, arg(metavar="WEIGHT")] = None
    """Of the second part of L_sil: the norm of the displacement (3dsl: 0.05, author-2020: 1, which has 1800 in it)."""
    beta_consistency: Annotated[float, arg(metavar="WEIGHT")] = 0.0
    """Of the distance of betas in photos of one person, standard deviations squared. Not in the paper."""
    delta_consistency: Annotated[float, arg(metavar="WEIGHT")] = 0.0
    """Of the distance of displacements in photos of one outfit, metres squared. Not in the paper."""
    shape_identity: Annotated[float, arg(metavar="WEIGHT")] = 1.0
    """Of the identity losses on F_shape, against 1 on F_rgb."""
    body_lr: Annotated[float | None, arg(metavar="RATE")] = None
    """Learning rate of E_3D (3dsl: 3.5e-4, author-2020: 1e-5)."""
    discriminator_lr: Annotated[float | None, arg(metavar="RATE")] = None
    """Learning rate of the discriminator (1e-4)."""
    body: Annotated[Path | None, arg(metavar="FILE")] = None
    """Your SMPL .npz or .pkl, instead of the open body."""
    epochs: int = 30
    """Passes over the data."""
    people: Annotated[int, arg(metavar="P")] = 8
    """People in a batch."""
    images: Annotated[int, arg(metavar="K")] = 4
    """Photos of each of them."""
    erase: float = 0.0
    """Probability that a box of the photo is erased."""

    @property
    def chosen(self) -> Preset:
        """The preset's settings, and the user's where they were given."""
        return chosen(PRESETS[self.preset], self)

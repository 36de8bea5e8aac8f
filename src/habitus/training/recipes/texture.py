"""RSTG (re-ID supervised texture generation, CVPR 2019) as released, and our own preset."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from tyro.conf import arg

from habitus.sizes import Size
from habitus.training.recipes.presets import chosen
from habitus.training.settings import LoopSettings

Pairs = Literal["self", "same_person", "triplet", "none"]
Face = Literal["loss", "none", "pasted"]
Schedule = Literal["constant", "cosine"]


@dataclass(frozen=True, kw_only=True)
class Preset:
    """What a preset decides where the user does not."""

    reid: Pairs
    face: Face
    truth: float
    lr: float
    schedule: Schedule
    warmup: float


PRESETS: dict[str, Preset] = {
    "rstg": Preset(reid="self", face="loss", truth=0.0, lr=1e-4, schedule="constant", warmup=0.0),
    "ours": Preset(reid="same_person", face="none", truth=1.0, lr=1e-3, schedule="cosine", warmup=0.2),
}


@dataclass(frozen=True, kw_only=True)
class TextureRecipe(LoopSettings):
    """A network that gives a person's whole texture from one photo, supervised by re-identification (RSTG, CVPR 2019).

    A texture is rendered on the body that was recovered from the photo, over another background; a frozen re-ID network
    says how far the render is from the photo. Bodies come from `habitus bodies`, or are the truth of a made world.

    Try:
        habitus synth world/ --preset small && habitus train texture --data world/ --out run/

        habitus bodies Market-1501/ -o bodies.parquet

        habitus train texture --preset rstg --data Market-1501/ --bodies bodies.parquet --out run/

        habitus train texture --preset rstg --data world/ --out no-face/ --face none
    """

    preset: Literal["ours", "rstg"] = "ours"
    """rstg: as released, a U-Net that turns the photo into a texture of 64x64. ours: works on the texture itself, keeps
    what the photo shows and fills the rest."""
    data: Annotated[tuple[Path, ...], arg(metavar="DIR...")]
    """Data sets to train on: folders in the layout of a known re-ID set, made worlds, or tables (csv, parquet)."""
    bodies: Annotated[tuple[Path, ...], arg(metavar="FILE...")] = ()
    """Body parameters of the photos, from `habitus bodies`: one file for each of --data. Without: the truth of made
    worlds. Photos without parameters are counted and left out."""
    reid_weights: Annotated[str, arg(metavar="NAME|FILE")] = "pcb"
    """The frozen network that supervises: pcb or baseline (shipped), a trained model's folder, published weights. One
    without stripes makes the paper's ablation no-PCB."""
    reid: Literal["preset"] | Pairs = "preset"
    """Whose photo a render is compared with by the re-ID feature loss. self: the photo that the texture comes from
    (released; --preset rstg). same_person: another photo of them in the same outfit, in whose pose it is rendered
    (--preset ours). triplet: that, and nearer to it than to somebody else's. none: no re-ID loss."""
    reid_weight: float = 1.0
    """Of the re-ID feature loss."""
    margin: float = 0.1
    """Of --reid triplet."""
    face: Literal["preset"] | Face = "preset"
    """loss: face and hands like scan textures' (L1, --preset rstg). pasted: a scan's face and hands instead of the
    network's. none: neither (--preset ours)."""
    face_weight: float = 1.0
    """Of the face and hand loss."""
    scans: Annotated[str, arg(metavar="DIR|open")] = "open"
    """Textures for --face: a folder of SURREAL's scan textures, or made people's."""
    judge_precision: Literal["auto", "float32", "bf16"] = "auto"
    """Of the frozen networks, which take most of the time; auto: as --precision says."""
    perceptual: Annotated[Path | None, arg(metavar="FILE")] = None
    """ImageNet weights with torchvision's names: the perceptual loss, which the paper compares with."""
    perceptual_weight: float = 1.0
    """Of the perceptual loss."""
    pixel: Annotated[float, arg(metavar="WEIGHT")] = 0.0
    """Of the L1 distance between render and photo inside the silhouette, which the paper compares with."""
    deep: Annotated[float, arg(metavar="WEIGHT")] = 0.0
    """Of the L1 distance between the re-ID network's last features alone, which the paper compares with."""
    truth: Annotated[float | None, arg(metavar="WEIGHT")] = None
    """Of the L1 distance to the true texture, where made worlds know it (rstg: 0, ours: 1)."""
    seams: Annotated[float, arg(metavar="WEIGHT")] = 0.0
    """Of the difference between both sides of the texture's seams."""
    no_pose: bool = False
    """The paper's ablation no-pose: the network makes a free image instead of a texture, and nothing is rendered."""
    backgrounds: Annotated[str, arg(metavar="DIR|made")] = "made"
    """Pictures behind the renders: a folder of street photos, or made ones."""
    size: Size = (128, 64)
    """Of the renders, pixels."""
    texture_size: Annotated[int, arg(metavar="T")] = 256
    """Texels a side, of --preset ours: 128, 256 or 512."""
    unet_width: Annotated[int | None, arg(metavar="CHANNELS")] = None
    """Of --preset rstg: channels at the photo's own resolution, 32, 16 or 8 for experiments on CPUs. Without: 64, as
    released."""
    init: Annotated[str | None, arg(metavar="NAME|DIR")] = None
    """Generator to start from: ours or rstg (shipped), or a trained model's folder. Without: from scratch."""
    cache: Annotated[Path | None, arg(metavar="DIR")] = None
    """Where each photo's rasterisation and unwrapping are kept, for several runs. Default: RUN/cache."""
    body: Annotated[Path | None, arg(metavar="FILE")] = None
    """Your SMPL .npz or .pkl, instead of the open body."""
    uv: Annotated[Path | None, arg(metavar="OBJ")] = None
    """OBJ with the UV layout for --body (smpl_uv.obj); without it the open body's layout is carried over."""
    train_on: Literal["train", "all"] = "train"
    """all: every photo of a made world, its test people too; for worlds that nothing is scored on."""
    layout: Annotated[str | None, arg(metavar="NAME")] = None
    """Of the folders, when it cannot be told from what lies in them: market1501, prcc, ltcc, csv, ..."""
    strict: bool = False
    """Stop at a photo that cannot be read, instead of taking another photo of the person."""
    epochs: int = 120
    """Passes over the data."""
    people: Annotated[int, arg(metavar="P")] = 4
    """People in a batch."""
    images: Annotated[int, arg(metavar="K")] = 4
    """Photos of each of them."""
    lr: Annotated[float | None, arg(metavar="RATE")] = None
    """Learning rate of Adam (rstg: 1e-4, ours: 1e-3)."""
    weight_decay: float = 1e-5
    """Of all weights."""
    schedule: Literal["preset"] | Schedule = "preset"
    """Of the learning rate after warm-up (rstg: constant, ours: cosine)."""
    warmup: Annotated[float | None, arg(metavar="EPOCHS")] = None
    """Epochs in which the learning rate climbs in a line, from a hundredth (rstg: 0, ours: 0.2)."""

    @property
    def chosen(self) -> Preset:
        """The preset's settings, and the user's where they were given."""
        return chosen(PRESETS[self.preset], self)

    def options(self) -> dict[str, Any]:
        """All options as they work out."""
        return vars(self) | vars(self.chosen)

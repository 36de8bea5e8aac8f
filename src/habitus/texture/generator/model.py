"""All texture generators by one interface: presets, and folders of weights."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float
from torch import Tensor, nn

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.model_folders import CONFIG, WEIGHTS, model_folder, narrowed, training_notes, write_model_folder
from habitus.texture.generator.released import WIDTH, ReleasedUNet
from habitus.texture.generator.sight import Sight
from habitus.texture.generator.uv_network import UvNetwork
from habitus.weight_files import fitted, read_config, read_tensors

KIND = "TextureGenerator"
"""The `model` of config.json."""
CARD = """---
library_name: habitus
tags: [texture-generation, person-re-identification]
---
# Texture generator, preset {preset}

Gives the whole texture ({size} x {size} texels) of a person on the body {topology!r} from a photo.

    from habitus.texture.generator.pretrained import load_generator
    generator = load_generator("this-folder", body)

## Training
{training}
"""


@dataclass(frozen=True)
class Preset:
    """A kind of generator."""

    build: Callable[[BodyModel, int, int | None], nn.Module]
    """From the body, T and the width to the network, which takes a `Sight`."""
    sizes: tuple[int, ...]
    """T that it can be built for, the usual one first."""
    widths: tuple[int, ...]
    """That it can be built in, the usual one first; none: it comes in one."""
    needs_known: bool
    """Whether it wants to see what unwrapping knows."""


_WIDTHS = (WIDTH, 32, 16, 8)
PRESETS: dict[str, Preset] = {
    "ours": Preset(lambda body, size, _: UvNetwork(body, size), (256, 128, 512), (), needs_known=True),
    "rstg": Preset(
        lambda _, size, width: ReleasedUNet((size, size), width=width or WIDTH), (64,), _WIDTHS, needs_known=False
    ),
    "no-pose": Preset(lambda _, __, width: ReleasedUNet(width=width or WIDTH), (64,), _WIDTHS, needs_known=False),
}
"""By the name that config.json and the command line give them."""


class TextureGenerator(nn.Module, PyTorchModelHubMixin):
    """A network that gives people's whole textures from photos, on one topology and UV layout.

    Args:
        body: whose UV map the textures are in.
        preset: a key of `PRESETS`. ours keeps what the photo shows and fills in the rest (`uv_network`); rstg is the
            released network; no-pose the same without a body, whose picture is the person's photo anew, no texture.
        size: T, texels along a side; None is the preset's usual one.
        width: of the released network, channels at the photo's own resolution: 64, or fewer for experiments on CPUs.
        trained: where the weights come from: recipe, data, seed, commit, scores. Free, JSON.

    Raises:
        InputError: there is no such preset, or it does not come in that size or width.
    """

    def __init__(
        self,
        body: BodyModel,
        *,
        preset: str,
        size: int | None = None,
        width: int | None = None,
        trained: dict[str, Any] | None = None,
    ):
        super().__init__()
        if preset not in PRESETS:
            raise InputError(f"preset {preset!r}: choose from {', '.join(PRESETS)}")
        kind = PRESETS[preset]
        size = kind.sizes[0] if size is None else size
        if size not in kind.sizes:
            raise InputError(f"size {size}: {preset} makes textures of {', '.join(map(str, kind.sizes))} texels")
        if width is not None and width not in kind.widths:
            raise InputError(f"width {width}: {preset} comes in {', '.join(map(str, kind.widths)) or 'one only'}")
        self.width = width
        self.preset, self.size, self.needs_known = preset, size, kind.needs_known
        self.topology, self.layout = body.topology, layout_digest(body)
        self.trained = dict(trained or {})
        self.network = kind.build(body, size, width)

    @classmethod
    def ours(cls, body: BodyModel, *, size: int = 256) -> Self:
        """Our network, untrained: it fills in by hints alone."""
        return cls(body, preset="ours", size=size)

    @classmethod
    def rstg(cls, body: BodyModel) -> Self:
        """The released network, untrained: 64x64 texels from the photo alone."""
        return cls(body, preset="rstg")

    @classmethod
    def no_pose(cls, body: BodyModel) -> Self:
        """The paper's ablation without a body, untrained: forward gives (B, 3, 128, 64), a picture of the person."""
        return cls(body, preset="no-pose")

    def forward(self, sight: Sight) -> Float[Tensor, "B 3 T T"]:
        """Complete textures, gutters included, RGB in [0, 1]; differentiable in the weights."""
        return self.network(sight)

    def config(self) -> dict[str, Any]:
        """All that builds this network again on the same body, and `trained`."""
        return {
            "model": KIND, "preset": self.preset, "size": self.size, "width": self.width,
            "topology": self.topology, "layout": self.layout, "trained": self.trained,
        }  # fmt: skip

    def save_pretrained(
        self,
        save_directory: str | Path,
        *,
        dtype: torch.dtype = torch.float32,
        push_to_hub: bool = False,
        repo_id: str | None = None,
        **hub: Any,
    ) -> str | None:
        """Write model.safetensors, README.md and config.json; each appears whole, and an error leaves an old one alone.

        Args:
            save_directory: made when it is missing.
            dtype: of the numbers in the file, where they fit; torch.float16 halves it.
            push_to_hub: also upload them, as `repo_id` or under the folder's name.
            repo_id: owner/name.
            hub: options of `PyTorchModelHubMixin.push_to_hub`.

        Returns:
            The address of the upload, if any.

        Raises:
            InputError: the folder cannot be written, or the disk is full.
        """
        folder, config = Path(save_directory), self.config()
        card = CARD.format(**config, training=training_notes(self.trained))
        write_model_folder(folder, config=config, tensors=narrowed(self.state_dict(), dtype), card=card)
        return self.push_to_hub(repo_id or folder.name, **hub) if push_to_hub else None

    @classmethod
    def from_pretrained(
        cls, pretrained_model_name_or_path: str | Path, *, body: BodyModel | None = None, **hub: Any
    ) -> Self:
        """The network of a folder that `save_pretrained` wrote, in eval mode on the CPU.

        Args:
            pretrained_model_name_or_path: the folder; or hf://owner/name, and only then something is downloaded, from
                the Hugging Face hub.
            body: of the topology and UV layout that the network was trained on; None is the open body.
            hub: options of `huggingface_hub.snapshot_download`, such as revision or local_files_only.

        Raises:
            InputError: the folder is missing or broken, holds another network, or one for another body or UV layout.
        """
        folder = model_folder(pretrained_model_name_or_path, **hub)
        body = body or BodyModel.load()
        config = read_config(folder / CONFIG)
        _check_body(config, body, folder / CONFIG)
        try:
            options = {name: config.get(name) for name in ("width", "trained")}
            model = cls(body, preset=config["preset"], size=config["size"], **options)
        except InputError as error:
            raise InputError(f"{folder / CONFIG}: {error}") from error
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{folder / CONFIG}: makes no {KIND} ({error!r}); save the model again") from error
        network = f"{KIND} {model.preset}"
        state = fitted(read_tensors(folder / WEIGHTS), model.state_dict(), source=folder, network=network)
        model.load_state_dict(state)
        return model.eval()


def layout_digest(body: BodyModel) -> str:
    """A short name of a body's UV layout, the same for the same texture coordinates at the same corners."""
    corners = body.uv[body.uv_faces].cpu().numpy()
    return hashlib.sha256(np.round(corners * 2**16).astype("<i4").tobytes()).hexdigest()[:16]


def fits_body(config: dict[str, Any], body: BodyModel) -> bool:
    """Whether a generator of that config makes textures for a body."""
    return config.get("topology") == body.topology and config.get("layout") == layout_digest(body)


def _check_body(config: dict[str, Any], body: BodyModel, source: Path) -> None:
    if config.get("model") != KIND:
        raise InputError(f"{source}: describes {config.get('model')!r}, not a {KIND}; give a folder of one")
    topology = config.get("topology")
    if topology != body.topology:
        raise InputError(
            f"{source}: is for the body {topology!r}, not {body.topology!r}; give weights trained on your body"
        )
    if not fits_body(config, body):
        raise InputError(
            f"{source}: is for another UV layout of {topology!r}; load the body with the layout it was trained on, and "
            "convert textures by habitus.texture.layouts"
        )

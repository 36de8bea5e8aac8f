"""What all re-ID networks share: images in [0, 1] of any size in, features out; saved as config.json + safetensors."""

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float
from torch import Tensor, nn

from habitus.backbones import ResNet
from habitus.errors import InputError
from habitus.image_input import IMAGENET_MEAN, IMAGENET_STD, channels, check_choice, check_input, prepared
from habitus.model_folders import CONFIG, WEIGHTS, model_folder, narrowed, training_notes, write_model_folder
from habitus.reid.output import ReidOutput
from habitus.weight_files import first_line, fitted, read_config, read_tensors

CARD = """---
library_name: habitus
tags: [person-re-identification]
---
# {model} with {backbone}

Turns a photo of a person, {size[0]} x {size[1]} pixels (others are resized), into a feature for re-identification.

    from habitus.reid.pretrained import load_model
    model = load_model("this-folder")

## Training
{training}
"""


class ReidModel(nn.Module, PyTorchModelHubMixin):
    """A network that turns crops of people into features: a backbone, and a head that a subclass adds.

    Args:
        backbone: a key of `habitus.backbones.BACKBONES`.
        last_stride: of the backbone's layer4.
        size: (height, width) in pixels that the network works at; other images are resized to it.
        classes: training identities; 0 builds no classifier.
        mean: of the training pictures' channels, subtracted.
        std: of the same, divided by.
        trained: where the weights come from: recipe, data, seed, commit, scores. Free, JSON.

    Raises:
        InputError: there is no such backbone, or a number makes no sense.
    """

    kind: ClassVar[str] = ""
    """The name of the class in config.json."""
    feature_size: int
    """D, the length of a feature."""
    mean: Tensor
    std: Tensor

    def __init__(
        self,
        *,
        backbone: str,
        last_stride: Literal[1, 2],
        size: tuple[int, int],
        classes: int,
        mean: tuple[float, float, float] = IMAGENET_MEAN,
        std: tuple[float, float, float] = IMAGENET_STD,
        trained: dict[str, Any] | None = None,
    ):
        super().__init__()
        check_input(size, mean, std)
        if classes < 0:
            raise InputError(f"classes {classes}: give the number of training identities, or 0")
        check_choice("last_stride", last_stride, (1, 2))
        self.shared_config = {
            "backbone": backbone, "last_stride": last_stride, "size": list(size), "classes": classes,
            "mean": list(mean), "std": list(std),
        }  # fmt: skip
        self.size = (int(size[0]), int(size[1]))
        self.classes = classes
        self.trained = dict(trained or {})
        self.backbone = ResNet(backbone, last_stride=last_stride)
        self.register_buffer("mean", channels(mean), persistent=False)
        self.register_buffer("std", channels(std), persistent=False)

    @abstractmethod
    def head(self, features: Float[Tensor, "B C h w"]) -> ReidOutput:
        """From the map of layer4 to what is asked for."""

    @abstractmethod
    def head_config(self) -> dict[str, Any]:
        """The head's own arguments of `__init__`, for config.json."""

    def config(self) -> dict[str, Any]:
        """All arguments that build this network again, the class as `model`, and `trained`."""
        return {"model": self.kind, **self.shared_config, **self.head_config(), "trained": self.trained}

    def forward(self, images: Float[Tensor, "B 3 H W"]) -> ReidOutput:
        """Features of crops of people: RGB in [0, 1], any height and width."""
        return self.head(self.backbone(self.prepared(images)))

    def maps(self, images: Float[Tensor, "B 3 H W"]) -> tuple[Float[Tensor, "B C h w"], ...]:
        """The backbone's maps of layer1 to layer4, for perceptual losses; differentiable in the images."""
        return self.backbone.maps(self.prepared(images))

    def prepared(self, images: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B 3 h w"]:
        """Resized to `size` (bilinear, smoothed where it shrinks) and normalised."""
        return prepared(images, self.size, self.mean, self.std)

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: str | Path, **hub: Any) -> Self:
        """The network of a folder that `save_pretrained` wrote, in eval mode on the CPU.

        Args:
            pretrained_model_name_or_path: the folder; or hf://owner/name, and only then something is downloaded, from
                the Hugging Face hub.
            hub: options of `huggingface_hub.snapshot_download`, such as revision or local_files_only.

        Raises:
            InputError: the folder is missing or broken, or holds another network; the message says which keys.
        """
        folder = model_folder(pretrained_model_name_or_path, **hub)
        options = read_config(folder / CONFIG)
        kind = options.pop("model", None)
        if kind != cls.kind:
            raise InputError(
                f"{folder / CONFIG}: describes {kind!r}, not a {cls.__name__}; load it by pretrained.load_model"
            )
        return cls.from_tensors(options, read_tensors(folder / WEIGHTS), source=folder)

    @classmethod
    def from_tensors(cls, options: dict[str, Any], tensors: Mapping[str, Tensor], *, source: Path) -> Self:
        """A network with given weights, in eval mode; nothing is allocated before names and shapes have been checked.

        Args:
            options: of `__init__`.
            tensors: a state dict.
            source: where they come from, for messages.

        Raises:
            InputError: the options make no network, or the weights do not fit it.
        """
        try:
            with torch.device("meta"):
                model = cls(**options)
        except InputError as error:
            raise InputError(f"{source}: {error}") from error
        except (TypeError, ValueError, ArithmeticError, RuntimeError) as error:
            reason = first_line(error)
            raise InputError(
                f"{source}: its options make no {cls.__name__} ({reason}); save the model again"
            ) from error
        network = f"{cls.kind} with {model.shared_config['backbone']}"
        model.load_state_dict(fitted(tensors, model.state_dict(), source=source, network=network), assign=True)
        model.mean, model.std = channels(model.shared_config["mean"]), channels(model.shared_config["std"])
        return model.eval()

    def without_classifiers(self) -> Self:
        """A copy for release, in eval mode: the same features, and no trace of how many people it was trained on."""
        options = self.config()
        del options["model"]
        options["classes"] = 0
        with torch.device("meta"):
            wanted = type(self)(**options).state_dict()
        kept = {name: value for name, value in self.state_dict().items() if name in wanted}
        return self.from_tensors(options, kept, source=Path(self.kind))

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

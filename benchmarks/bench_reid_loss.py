"""What the re-ID feature loss asks for: how near a texture must come to please a network, and if that is enough.

    python benchmarks/bench_reid_loss.py --data WORLD [--reid-weights pcb baseline run/model] [--photos 8] [--steps 120]

Bodies of a made world are rendered over other backgrounds, as in training, with several textures: one fitted to the
photo by its pixels, a single grey, the person's mean colour, somebody else's mean colour. Then texels are fitted by
the loss alone, without a generator that would keep them smooth. Printed are the squared distances of layer 1 to 4, the
released sum of them, and how far the colours are off (mean absolute RGB error in the mask).
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import habitus  # noqa: F401
import torch
from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm

from habitus.losses.pixel import pixel_l1_loss
from habitus.losses.reid_features import LAYER_WEIGHTS, layer_distances
from habitus.reid.frozen import FrozenFeatures
from habitus.reid.pretrained import load_model
from habitus.rendering.cached_views_render import render_views
from habitus.training.recipes.texture import TextureRecipe
from habitus.training.tasks.texture import texture_task
from habitus.training.tasks.texture_data import unit
from habitus.training.tasks.training_data import training_data

TEXELS = 64
RATE = 0.05
"""Of Adam on the texels' logits."""

Render = Callable[[Float[Tensor, "B 3 T T"]], tuple[Float[Tensor, "B 3 H W"], Float[Tensor, "B H W"]]]


def main() -> None:
    """Render, compare, fit, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a made world")
    parser.add_argument("--reid-weights", nargs="+", default=["pcb", "baseline"])
    parser.add_argument("--photos", type=int, default=8)
    parser.add_argument("--steps", type=int, default=120)
    options = parser.parse_args()
    recipe = TextureRecipe(
        preset="rstg", data=(options.data,), face="none", people=max(options.photos // 2, 2), images=2
    )
    with tempfile.TemporaryDirectory() as folder:
        task = texture_task(recipe, training_data(recipe.data, train_on="train"), run=Path(folder))
        batch = next(iter(task.load(task.batches(0)[:1], workers=0)))
        views = task.caches.views_of(batch["partner"])
        target, background = unit(batch["target"]), unit(batch["background"])

        def render(texture: Float[Tensor, "B 3 T T"]) -> tuple[Float[Tensor, "B 3 H W"], Float[Tensor, "B H W"]]:
            return render_views(views, texture, background)

        by_pixels = fitted(render, len(target), lambda image, mask: pixel_l1_loss(image, target, mask), options.steps)
        _, mask = render(by_pixels)
        mean = (target * mask[:, None]).sum((2, 3)) / mask.sum((1, 2))[:, None]
        textures = {
            "photo's colours": by_pixels,
            "grey": torch.full_like(by_pixels, 0.5),
            "mean colour": mean[:, :, None, None].expand_as(by_pixels),
            "other's mean": mean.roll(len(mean) // 2, 0)[:, :, None, None].expand_as(by_pixels),
        }
        for name in options.reid_weights:
            judge = FrozenFeatures(load_model(name))
            photo = judge.photo_maps(target)
            weights = torch.tensor(LAYER_WEIGHTS)
            by_loss = fitted(render, len(target), partial(pleasing, judge, photo, weights), options.steps)
            print(f"\n{name:17s}{'layer1':>9s}{'layer2':>9s}{'layer3':>9s}{'layer4':>9s}{'sum':>9s}{'colour off':>12s}")
            for title, texture in (textures | {"fitted by loss": by_loss}).items():
                image, mask = render(texture)
                found = layer_distances(judge.maps(image), photo).mean(0)
                off = pixel_l1_loss(image, target, mask).mean()
                numbers = [*found.tolist(), float(found @ weights)]
                print(f"{title:17s}" + "".join(f"{number:9.3f}" for number in numbers) + f"{off:12.3f}")


def pleasing(
    judge: FrozenFeatures, photo: tuple[Tensor, ...], weights: Float[Tensor, "L"], image: Tensor, _mask: Tensor
) -> Float[Tensor, "B"]:
    """The loss of renders."""
    return layer_distances(judge.maps(image), photo) @ weights


@torch.enable_grad()
def fitted(
    render: Render, photos: int, loss: Callable[[Tensor, Tensor], Float[Tensor, "B"]], steps: int
) -> Float[Tensor, "B 3 T T"]:
    """Textures that minimise a loss of render and mask, from grey."""
    logits = torch.zeros(photos, 3, TEXELS, TEXELS, requires_grad=True)
    optimizer = torch.optim.Adam([logits], RATE)
    for _ in tqdm(range(steps), disable=None, leave=False):
        optimizer.zero_grad()
        loss(*render(logits.sigmoid())).mean().backward()
        optimizer.step()
    return logits.detach().sigmoid()


if __name__ == "__main__":
    with torch.no_grad():
        main()

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from habitus.errors import InputError
from habitus.evaluation.texture.lpips import load_lpips

ALEX = {
    0: (3, 64, 11, 4, 2),
    3: (64, 192, 5, 1, 2),
    6: (192, 384, 3, 1, 1),
    8: (384, 256, 3, 1, 1),
    10: (256, 256, 3, 1, 1),
}
VGG_PLAN = (64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512)
"""torchvision's configuration D as far as it is used."""


def trunk_and_heads(kind: str) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Random weights under the published names, and a classifier that must be ignored."""
    torch.manual_seed(0)
    trunk = {"classifier.6.weight": torch.rand(5, 5)}
    if kind == "alex":
        shapes = {n: (out, channels, k, k) for n, (channels, out, k, *_) in ALEX.items()}
        heads = (64, 192, 384, 256, 256)
    else:
        shapes, channels, number = {}, 3, 0
        for step in VGG_PLAN:
            if step == "M":
                number += 1
            else:
                shapes[number] = (int(step), channels, 3, 3)
                channels, number = int(step), number + 2
        heads = (64, 128, 256, 512, 512)
    for number, shape in shapes.items():
        trunk[f"features.{number}.weight"] = torch.randn(shape) * (2 / np.prod(shape[1:])) ** 0.5
        trunk[f"features.{number}.bias"] = torch.randn(shape[0]) * 0.1
    return trunk, {f"lin{k}.model.1.weight": torch.rand(1, c, 1, 1) for k, c in enumerate(heads)}


def saved(folder: Path, name: str, content: dict) -> Path:
    torch.save(content, folder / name)
    return folder / name


def formula(kind: str, trunk: dict, heads: dict, one: torch.Tensor, other: torch.Tensor) -> float:
    """The paper's equation (1), step by step."""

    def maps(image: torch.Tensor) -> list[torch.Tensor]:
        shift, scale = torch.tensor([-0.030, -0.088, -0.188]), torch.tensor([0.458, 0.448, 0.450])
        x = ((image * 2 - 1) - shift[:, None, None]) / scale[:, None, None]
        found = []
        if kind == "alex":
            for number, (_, _, _, stride, padding) in ALEX.items():
                if number in (3, 6):
                    x = F.max_pool2d(x, 3, 2)
                x = F.conv2d(x, trunk[f"features.{number}.weight"], trunk[f"features.{number}.bias"], stride, padding)
                x = x.clamp(min=0)
                found.append(x)
            return found
        number = 0
        for step in (*VGG_PLAN, "M"):
            if step == "M":
                found.append(x)
                x, number = F.max_pool2d(x, 2, 2), number + 1
            else:
                x = F.conv2d(x, trunk[f"features.{number}.weight"], trunk[f"features.{number}.bias"], 1, 1).clamp(min=0)
                number += 2
        return found

    total = 0.0
    for layer, (a, b) in enumerate(zip(maps(one), maps(other), strict=True)):
        weight = heads[f"lin{layer}.model.1.weight"].flatten().double().numpy()
        units = [x[0].double().numpy() / (np.sqrt((x[0].double().numpy() ** 2).sum(0)) + 1e-10) for x in (a, b)]
        total += (weight[:, None, None] * (units[0] - units[1]) ** 2).sum(0).mean()
    return total


@pytest.mark.parametrize(("kind", "size"), [("alex", (70, 64)), ("vgg", (34, 32))])
def test_equals_the_formula(kind, size, tmp_path):
    trunk, heads = trunk_and_heads(kind)
    model = load_lpips([saved(tmp_path, "heads.pth", heads), saved(tmp_path, "trunk.pth", trunk)])
    one, other = torch.rand(2, 3, *size), torch.rand(2, 3, *size)
    with torch.no_grad():
        found = model(one, other)
    for row in range(2):
        expected = formula(kind, trunk, heads, one[row : row + 1], other[row : row + 1])
        assert float(found[row]) == pytest.approx(expected, rel=1e-4)
    assert float(model(one, one).abs().max()) == 0


def test_takes_a_whole_lpips_in_one_file(tmp_path):
    trunk, heads = trunk_and_heads("alex")
    slices = {0: 1, 3: 2, 6: 3, 8: 4, 10: 5}
    whole = {"scaling_layer.shift": torch.zeros(1, 3, 1, 1), "scaling_layer.scale": torch.ones(1, 3, 1, 1)}
    for number, place in slices.items():
        for part in ("weight", "bias"):
            whole[f"net.slice{place}.{number}.{part}"] = trunk[f"features.{number}.{part}"]
    whole |= heads | {f"lins.{k}.model.1.weight": value for k, value in enumerate(heads.values())}
    one, other = torch.rand(1, 3, 64, 64), torch.rand(1, 3, 64, 64)
    apart = load_lpips([saved(tmp_path, "a.pth", trunk), saved(tmp_path, "b.pth", heads)])
    torch.testing.assert_close(load_lpips([saved(tmp_path, "c.pth", whole)])(one, other), apart(one, other))


def test_what_is_missing_is_named(tmp_path):
    trunk, heads = trunk_and_heads("alex")
    only_trunk, only_heads = saved(tmp_path, "t.pth", trunk), saved(tmp_path, "h.pth", heads)
    with pytest.raises(InputError, match="no linear heads"):
        load_lpips([only_trunk])
    with pytest.raises(InputError, match=r"no trunk .*alexnet"):
        load_lpips([only_heads])
    with pytest.raises(InputError, match="do not fit LPIPS with alex"):
        load_lpips([only_trunk, saved(tmp_path, "v.pth", trunk_and_heads("vgg")[1])])

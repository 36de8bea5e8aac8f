"""`habitus compare` as users run it: what it prints and writes, and what it refuses."""

import numpy as np
import pytest
import torch
from command_runs import refusal
from PIL import Image

from habitus import cli, compare_command
from habitus.body.model import BodyModel
from habitus.export.comparison import compare as compared
from habitus.recovery.parameter_files import save_params
from habitus.types import BodyParams

BODY = BodyModel.load()


def write_person(path, seed=0, *, count=1, beta=1.0, topology=BODY.topology):
    generator = torch.Generator().manual_seed(seed)
    params = BodyParams(
        torch.zeros(count, 24, 3), beta * torch.randn(count, 10, generator=generator),
        torch.full((count, BODY.num_vertices, 3), 0.001 * seed), torch.ones(count, 3),
    )  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    save_params(path, params, topology=topology)
    return path


@pytest.fixture
def anna(tmp_path):
    """A folder as `habitus person` writes it."""
    return write_person(tmp_path / "anna" / "params.npz", 1).parent


def compare(*arguments):
    cli.main(["compare", *map(str, arguments)])


def refused(capsys, *arguments):
    return refusal(capsys, lambda: compare(*arguments))


def test_folders_and_files_are_compared(tmp_path, anna, capsys):
    ben = write_person(tmp_path / "ben.npz", 2)
    compare(anna, ben, "-o", tmp_path / "out" / "d.png")
    line = capsys.readouterr().out.strip()
    assert line.startswith(f"{tmp_path / 'out' / 'd.png'}: builds differ by ")
    with Image.open(tmp_path / "out" / "d.png") as picture:
        assert picture.width > 1000
    compare(anna / "params.npz", anna, "-o", tmp_path / "same.png")
    assert "builds differ by 0.0 cm in the mean over the skin, clothes and hair by 0.0 cm" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["anna", "ben.npz", "out", "same.png"]


@pytest.fixture
def names(monkeypatch):
    """What people are called on pictures, which are not drawn."""
    seen = []

    def draw(_path, body, first, second, *, names):
        seen.append(names)
        return compared(body, first, second)

    monkeypatch.setattr(compare_command, "draw_comparison", draw)
    return seen


def test_people_are_called_as_their_folders_and_files(tmp_path, anna, names):
    ben, other = write_person(tmp_path / "ben.npz"), write_person(tmp_path / "other" / "anna.npz")
    compare(anna, ben, "-o", tmp_path / "d.png")
    compare(anna / "params.npz", ben, "-o", tmp_path / "d.png")
    compare(anna, other, "-o", tmp_path / "d.png")
    assert names == [("anna", "ben"), ("anna", "ben"), (str(anna), str(other))]


def test_what_cannot_be_compared_is_refused_in_one_line(tmp_path, anna, capsys):
    out = ("-o", tmp_path / "d.png")
    two, other = write_person(tmp_path / "two.npz", count=2), write_person(tmp_path / "smpl.npz", topology="smpl")
    (tmp_path / "broken.npz").write_bytes(b"no archive")
    np.savez(tmp_path / "else.npz", x=np.zeros(3))
    giant, cloud = write_person(tmp_path / "giant.npz", beta=1e30), write_person(tmp_path / "cloud.npz", 10_000)
    for path, words in (
        (tmp_path, f"{tmp_path}: has no params.npz; give a folder that `habitus person` wrote for one person"),
        (tmp_path / "gone.npz", "there is no such file"),
        (two, "two.npz: holds 2 people; give a file of one"),
        (giant, "giant.npz: is nobody's body (beta up to"),
        (cloud, "delta up to 10 m); find the body again"),
        (other, "belongs to the body 'smpl', not 'habitus-open-1'; give that SMPL file with --body"),
        (tmp_path / "broken.npz", "is not a readable .npz"),
        (tmp_path / "else.npz", "belongs to the body 'smpl'"),
    ):
        assert words in refused(capsys, anna, path, *out)
        assert words in refused(capsys, path, anna, *out)
    assert "d.gif: has no picture's name; end it in .png or .jpg" in refused(capsys, anna, anna, "-o", "d.gif")
    assert not (tmp_path / "d.png").exists()

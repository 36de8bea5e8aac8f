"""The README's promises: its Python blocks run, its commands exist, its links lead somewhere."""

import re
from pathlib import Path

import numpy as np
import pytest
from clear_photos import clear_photo
from PIL import Image

from habitus import cli
from habitus.body.model import BodyModel
from habitus.body_cli import BodiesCommand, CompareCommand, PerceiveCommand, PersonCommand
from habitus.evaluate_cli import EvaluateRecoveryCommand, EvaluateReidCommand, EvaluateTextureCommand
from habitus.export.pictures import to_picture
from habitus.synthetic.photos.making import make_person

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_python_blocks_run(block, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    body = BodyModel.load()
    photo = clear_photo(body, make_person(body, 3, texture_size=256), 0)
    Image.fromarray(to_picture(photo.image)).save("photo.jpg", quality=95)
    exec(compile(block, "README.md", "exec"), {})
    expected = re.findall(r"# (torch\.Size.*)", block)
    printed = capsys.readouterr().out
    assert all(line in printed for line in expected)


def test_there_are_python_blocks():
    assert len(BLOCKS) >= 2


@pytest.mark.parametrize("line", re.findall(r"^habitus (.*?)(?:  .*)?$", README, re.MULTILINE))
def test_commands_are_understood(line, monkeypatch):
    """Every command of the README parses: options it names exist."""
    ran = []
    for command in (
        PersonCommand, cli.DemoCommand, cli.SynthCommand, cli.TrainCommand, cli.EmbedCommand, PerceiveCommand,
        BodiesCommand, CompareCommand, EvaluateReidCommand, EvaluateTextureCommand, EvaluateRecoveryCommand,
        cli.DoctorCommand, cli.FetchModelsCommand,
    ):  # fmt: skip
        monkeypatch.setattr(command, "run", lambda self: ran.append(self))  # noqa: PLW0108 - it binds self
    cli.main(line.split())
    assert len(ran) == 1


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


def test_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make ([\w-]+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_constraints_pin_everything_that_is_installed():
    """Set-up is reproducible: each line pins one version, no two pin the same package, nothing comes from a place."""
    lines = (ROOT / "constraints.txt").read_text().split()
    names = [line.split("==")[0].lower() for line in lines]
    assert all(re.fullmatch(r"[\w.\-]+==[\w.]+", line) for line in lines)
    assert len(set(names)) == len(names)
    assert not np.isin(["cuda", "nvidia"], [n.split("-")[0] for n in names]).any()

import json
import resource

import numpy as np
import pytest
from PIL import Image

from habitus.errors import InputError
from habitus.export import save, turntable
from habitus.export.save import save_person

FILES = ["confidence.png", "params.npz", "person.glb", "person.mtl", "person.obj", "preview.html", "report.json",
         "texture.png", "turntable.gif"]  # fmt: skip


@pytest.fixture(autouse=True)
def without_ffmpeg(monkeypatch):
    monkeypatch.setattr(turntable.shutil, "which", lambda _: None)


def test_all_files_arrive_and_are_named(body, person, tmp_path):
    out = tmp_path / "new" / "out"
    written = save_person(out, person, body, seconds={"fit": 1.5}, warnings=["cut off"])
    assert sorted(p.name for p in out.iterdir()) == FILES
    assert sorted(p.name for p in written) == FILES
    assert all(p.stat().st_size > 50 for p in written)
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert list(report["seconds"]) == ["fit", "export"]
    assert report["warnings"] == ["cut off"]
    assert 0 <= report["mask_iou"] <= 1
    confidence = np.asarray(Image.open(out / "confidence.png"))
    assert confidence.shape == (256, 256)
    assert confidence[0, 0] == 0
    assert confidence[0, -1] == 255


def test_a_disk_that_fills_is_told_by_the_name_that_the_user_gave(body, person, tmp_path):
    """The limit on a file's size stands in for a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(InputError) as raised:
            save_person(tmp_path / "out", person, body)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    message = str(raised.value)
    assert message.startswith(f"{tmp_path / 'out' / 'person.glb'}: cannot be written")
    assert "\n" not in message
    assert list(tmp_path.iterdir()) == []


def test_a_failure_late_in_the_work_leaves_nothing(body, person, tmp_path, monkeypatch):
    def fails(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(save, "write_preview", fails)
    with pytest.raises(InputError, match=r"\(No space left on device\); free some space"):
        save_person(tmp_path / "out", person, body)
    assert list(tmp_path.iterdir()) == []

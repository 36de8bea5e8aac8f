"""Photo to person, whole, on made people: what `habitus person` does for a user."""

import json

import numpy as np
import pytest
import torch
from clear_photos import clear_photo
from PIL import Image

from habitus import cli
from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.export.pictures import to_picture
from habitus.pipeline import reconstruct, reconstruct_all
from habitus.recovery.finding import body_finder
from habitus.recovery.fit import FitSettings
from habitus.recovery.parameter_files import save_params
from habitus.recovery.regressor.model import BodyRegressor
from habitus.recovery.regressor.pretrained import save_regressor
from habitus.synthetic.photos.making import make_person
from habitus.texture.generator.model import TextureGenerator

FILES = {
    "person.glb", "person.obj", "person.mtl", "texture.png", "confidence.png", "turntable.gif", "preview.html",
    "report.json",
    "params.npz",
}  # fmt: skip
QUICK = body_finder(settings=FitSettings(keypoint_steps=20, silhouette_steps=10, displacement_steps=10))


@pytest.fixture(scope="module")
def body():
    return BodyModel.load()


@pytest.fixture(scope="module")
def photos(body, tmp_path_factory):
    """Two photos of one made person, with keypoints and mask of the first in files."""
    folder = tmp_path_factory.mktemp("photos")
    person = make_person(body, 3, texture_size=256)
    made = [clear_photo(body, person, seed, yaw=yaw) for seed, yaw in ((0, 0.3), (1, -1.0))]
    for i, photo in enumerate(made):
        Image.fromarray(to_picture(photo.image)).save(folder / f"{i}.png")
    people = [
        {
            "image_id": "0.png",
            "category_id": 1,
            "keypoints": torch.cat([made[0].keypoints, torch.ones(17, 1)], 1).flatten().tolist(),
            "score": 1.0,
        }
    ]
    (folder / "0.json").write_text(json.dumps(people))
    Image.fromarray(to_picture(made[0].mask)[..., 0]).save(folder / "mask.png")
    return folder, made


def test_a_photo_alone_is_enough(photos, body):
    folder, _ = photos
    result = reconstruct(folder / "0.png", body=body)
    assert result.fit.mask_iou.item() > 0.88
    assert result.fit.keypoint_error_relative.item() < 0.05
    assert result.person.texture.image.shape == (3, 512, 512)
    assert set(result.seconds) == {"perceive", "fit", "texture"}


def test_progress_goes_through_the_stages(photos, body):
    heard = []
    reconstruct(
        photos[0] / "0.png", body=body, finder=QUICK, texture_size=256, progress=lambda s, d: heard.append((s, d))
    )
    assert [s for s, d in heard if d == 0.0] == ["perceive", "fit", "texture"]
    assert [s for s, d in heard if d == 1.0][-1] == "texture"
    shares = [d for s, d in heard if s == "fit"]
    assert shares == sorted(shares)


def test_two_photos_show_more_than_one(photos, body):
    folder, _ = photos
    one = reconstruct(folder / "0.png", body=body, finder=QUICK, texture_size=256)
    both = reconstruct(folder / "0.png", folder / "1.png", body=body, finder=QUICK, texture_size=256)
    seen = [(r.person.texture.confidence > 0).float().mean() for r in (one, both)]
    assert seen[1] > 1.15 * seen[0]
    assert len(both.fit.mask_iou) == 2


def test_given_parameters_are_used_as_they_are(photos, body):
    folder, _ = photos
    first = reconstruct(folder / "0.png", body=body, finder=QUICK, texture_size=256)
    again = reconstruct(folder / "0.png", body=body, params=first.fit.params, texture_size=256)
    torch.testing.assert_close(again.person.params.theta, first.person.params.theta)
    torch.testing.assert_close(again.fit.mask_iou, first.fit.mask_iou)


def test_everyone_in_a_photo(photos, body):
    _, made = photos
    pair = np.concatenate([to_picture(m.image) for m in made], 1)
    people = list(reconstruct_all(np.pad(pair, ((40, 40), (40, 40), (0, 0)), mode="edge"), body=body, finder=QUICK))
    assert len(people) == 2
    middles = [float(p.person.crop.to_photo[0, 2]) for p in people]
    assert abs(middles[0] - middles[1]) > 60


def test_bad_calls_say_so(photos):
    folder, _ = photos
    with pytest.raises(InputError, match="no photo"):
        reconstruct()
    with pytest.raises(InputError, match="single photo"):
        reconstruct(folder / "0.png", folder / "1.png", mask=folder / "mask.png")


def test_the_command_writes_every_file(photos, tmp_path, capsys):
    folder, _ = photos
    cli.main(["person", str(folder / "0.png"), "-o", str(tmp_path / "out")])
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert names - {"turntable.mp4"} == FILES
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["mask_iou"] > 0.88
    assert report["keypoint_error_px"] < 12
    assert "mask IoU" in capsys.readouterr().out


def test_the_command_works_without_models(photos, tmp_path, monkeypatch, capsys):
    folder, _ = photos
    monkeypatch.setenv("HABITUS_CACHE", str(tmp_path / "empty"))
    with pytest.raises(SystemExit) as stop:
        cli.main(["person", str(folder / "0.png"), "-o", str(tmp_path / "none")])
    assert stop.value.code == 2
    assert "habitus fetch-models" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
    files = ["--keypoints", str(folder / "0.json"), "--mask", str(folder / "mask.png")]
    cli.main(["person", str(folder / "0.png"), *files, "-o", str(tmp_path / "out")])
    assert json.loads((tmp_path / "out" / "report.json").read_text())["mask_iou"] > 0.88


def test_parameters_from_a_file(photos, body, tmp_path):
    folder, made = photos
    save_params(tmp_path / "p.npz", made[0].params, topology=body.topology)
    cli.main(["person", str(folder / "0.png"), "--params", str(tmp_path / "p.npz"), "-o", str(tmp_path / "out")])
    theta = json.loads((tmp_path / "out" / "report.json").read_text())["theta"]
    np.testing.assert_allclose(theta, made[0].params.theta[0].numpy(), atol=1e-5)


def test_the_body_as_a_network_says_it(photos, body, tmp_path, capsys):
    """Of each photo by itself; the network has learned nothing yet, and says that people stand."""
    torch.manual_seed(0)
    small = {"backbone": "resnet10-half", "size": (64, 32), "width": 16, "part_width": 8, "hidden": 32, "handles": 12}
    save_regressor(tmp_path / "model", BodyRegressor(body, **small), trained={})
    photo, weights = str(photos[0] / "0.png"), ["--regressor", str(tmp_path / "model")]
    options = ["--texture", "unwrap", "--texture-size", "256", "--each", "-o", str(tmp_path / "out")]
    cli.main(["person", photo, "--method", "regress", *weights, *options])
    report = json.loads((tmp_path / "out" / "0" / "report.json").read_text())
    assert report["body_by"] == f"regress, {tmp_path / 'model'}"
    assert 0.4 < report["mask_iou"] < 0.9
    capsys.readouterr()
    for words, message in (
        (["--method", "regress"], "none comes with Habitus yet"),
        (["--method", "regress", "--regressor", str(tmp_path)], "no folder with a config.json"),
        ([*weights, "--params", "p.npz"], "p.npz: --params has the body already"),
    ):
        with pytest.raises(SystemExit) as stop:
            cli.main(["person", photo, *words, "-o", str(tmp_path / "none")])
        assert stop.value.code == 2
        assert message in capsys.readouterr().err.strip().splitlines()[-1]
    assert not (tmp_path / "none").exists()


def test_each_photo_a_person_and_a_bad_one_does_not_stop_the_rest(photos, body, tmp_path, capsys):
    """A folder of photos, and textures by a network of one's own."""
    (tmp_path / "in" / "more").mkdir(parents=True)
    (tmp_path / "in" / "bad.png").write_text("no photo")
    (tmp_path / "in" / "more" / "0.png").write_bytes((photos[0] / "0.png").read_bytes())
    TextureGenerator.ours(body, size=128).save_pretrained(tmp_path / "weights")
    options = ["--each", "--generator", str(tmp_path / "weights"), "-o", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as stop:
        cli.main(["person", str(tmp_path / "in"), *options])
    assert stop.value.code == 2
    assert [p.relative_to(tmp_path / "out").as_posix() for p in sorted(tmp_path.glob("out/*/*"))] == ["more/0"]
    assert "1 of 2 photos" in capsys.readouterr().err
    report = json.loads((tmp_path / "out" / "more" / "0" / "report.json").read_text())
    assert report["texture_by"] == f"both, {tmp_path / 'weights'}"


def test_saved_parameters_give_the_same_person_again(photos, tmp_path):
    folder, _ = photos
    cli.main(["person", str(folder / "0.png"), "-o", str(tmp_path / "one"), "--texture-size", "256"])
    saved = ["--params", str(tmp_path / "one" / "params.npz")]
    cli.main(["person", str(folder / "0.png"), *saved, "-o", str(tmp_path / "two"), "--texture-size", "256"])
    one, two = (json.loads((tmp_path / name / "report.json").read_text()) for name in ("one", "two"))
    for field in ("theta", "beta", "psi", "mask_iou"):
        np.testing.assert_allclose(two[field], one[field], atol=1e-5)

"""E_3D from a folder of its own, or out of 3DSL's."""

import json

import pytest
import torch

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.recovery.regressor.model import BodyRegressor
from habitus.recovery.regressor.pretrained import save_regressor
from habitus.reid.e_3d import load_e_3d
from habitus.reid.shape_reid import ShapeReid

BODY = BodyModel.load()
SMALL = {"backbone": "resnet10-half", "width": 16, "part_width": 8, "hidden": 32, "handles": 12}
MEAN = (0.4, 0.5, 0.6)


def test_both_kinds_of_folders_give_the_network_that_says_bodies(tmp_path):
    torch.manual_seed(0)
    alone = BodyRegressor(BODY, size=(64, 32), **SMALL).eval()
    save_regressor(tmp_path / "alone", alone, trained={})
    both = ShapeReid(regressor=SMALL, backbone="resnet10-half", width=8, size=(64, 32), classes=3, mean=MEAN).eval()
    both.save_pretrained(tmp_path / "both")
    pictures = torch.rand(2, 3, 80, 40, generator=torch.Generator().manual_seed(1))
    for name, expected in (("alone", alone(pictures)), ("both", both(pictures).body)):
        network = load_e_3d(tmp_path / name, BODY)
        assert not network.training and network.size == (64, 32)
        found = network(pictures)
        torch.testing.assert_close(found.rotations, expected.rotations)
        torch.testing.assert_close(found.delta, expected.delta)
    for name, message in (("alone", "regresses the body 'smpl'"), ("both", "topology 'smpl'")):
        config = json.loads((tmp_path / name / "config.json").read_text())
        (tmp_path / name / "config.json").write_text(json.dumps(config | {"topology": "smpl"}))
        with pytest.raises(InputError, match=message):
            load_e_3d(tmp_path / name, BODY)
    (tmp_path / "alone" / "config.json").write_text(json.dumps({"model": "PCB"}))
    with pytest.raises(InputError, match="describes 'PCB', not a BodyRegressor"):
        load_e_3d(tmp_path / "alone", BODY)

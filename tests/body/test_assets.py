"""Body files: official SMPL ones load, broken ones say in one line what is wrong."""

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import sparse
from smpl_files import npz_bytes, official_pickle, smpl_arrays

from habitus.body.assets import OPEN_BODY, BodyData, load_body_data
from habitus.body.model import BodyModel
from habitus.body.uv import texel_surface
from habitus.errors import InputError


@pytest.fixture(scope="module")
def official() -> dict[str, np.ndarray]:
    return smpl_arrays()


@pytest.fixture(scope="module")
def smpl(official: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> BodyData:
    path = tmp_path_factory.mktemp("smpl") / "SMPL_NEUTRAL.pkl"
    path.write_bytes(official_pickle(official))
    return load_body_data(path)


def only_smpl(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: value for name, value in arrays.items() if "order" not in name}


def test_official_pickle(smpl: BodyData, official: dict[str, np.ndarray]) -> None:
    assert smpl.topology == "smpl"
    np.testing.assert_allclose(smpl.v_template, official["v_template"], atol=1e-6)
    np.testing.assert_allclose(smpl.J_regressor, official["J_regressor"], atol=1e-6)
    np.testing.assert_array_equal(smpl.faces, official["f"])
    assert smpl.posedirs is not None
    np.testing.assert_allclose(smpl.posedirs, official["posedirs"], atol=1e-8)
    assert smpl.parents[0] == -1
    np.testing.assert_array_equal(smpl.parents[1:], official["kintree_table"][0, 1:])


@pytest.mark.parametrize("wide", [10, 300])
def test_official_npz_of_any_width(wide: int, official: dict[str, np.ndarray], tmp_path: Path) -> None:
    arrays = only_smpl(official)
    arrays["shapedirs"] = np.concatenate([arrays["shapedirs"]] * (wide // 10), 2).astype(np.float32)
    arrays["posedirs"] = arrays["posedirs"].astype(np.float32)
    path = tmp_path / "SMPL_MALE.npz"
    path.write_bytes(npz_bytes(**arrays))
    body = load_body_data(path)
    assert body.shapedirs.shape == (6890, 3, 10)
    np.testing.assert_allclose(body.shapedirs, official["shapedirs"], atol=1e-6)


def test_npz_with_a_pickled_sparse_regressor(official: dict[str, np.ndarray], tmp_path: Path) -> None:
    arrays = only_smpl(official)
    arrays["J_regressor"] = np.array(sparse.csc_matrix(arrays["J_regressor"]), dtype=object)
    path = tmp_path / "smpl.npz"
    path.write_bytes(npz_bytes(**arrays))
    np.testing.assert_allclose(load_body_data(path).J_regressor, official["J_regressor"], atol=1e-6)


def test_regions_and_uv_come_from_the_open_body(smpl: BodyData, official: dict[str, np.ndarray]) -> None:
    own = load_body_data()
    faces = official["face_order"]
    assert smpl.regions == own.regions
    assert (smpl.face_region == own.face_region[faces]).mean() > 0.98
    away = np.linalg.norm(smpl.uv[smpl.uv_faces] - own.uv[own.uv_faces[faces]], axis=2) * 512
    assert np.median(away) < 1.5
    assert np.quantile(away, 0.97) < 6
    corners = smpl.uv[smpl.uv_faces].astype(np.float64)
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    assert (one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0] > 0).mean() > 0.99


def test_smpl_keypoints(smpl: BodyData) -> None:
    joints = smpl.J_regressor @ smpl.v_template
    keypoints = smpl.coco_regressor @ smpl.v_template
    np.testing.assert_allclose(smpl.coco_regressor.sum(1), 1, atol=1e-5)
    np.testing.assert_allclose(keypoints[[5, 10, 11, 13, 16]], joints[[16, 21, 1, 4, 8]], atol=1e-5)
    np.testing.assert_allclose(keypoints[[0, 3]], smpl.v_template[[332, 583]])


def test_a_model_of_it_poses(smpl: BodyData) -> None:
    body = BodyModel(smpl)
    assert body.posedirs is not None
    posed = body(torch.full((1, 24, 3), 0.1), torch.zeros(1, 10))
    assert torch.isfinite(posed.vertices).all()
    assert (texel_surface(body, 128)[0] >= 0).float().mean() > 0.5


def write_obj(path: Path, data: BodyData, order: np.ndarray, turn: int) -> None:
    uv = [f"vt {u:.7f} {v:.7f}" for u, v in data.uv]
    faces, wedges = np.roll(data.faces, turn, 1)[order] + 1, np.roll(data.uv_faces, turn, 1)[order] + 1
    lines = ["f " + " ".join(f"{v}/{t}" for v, t in zip(a, b, strict=True)) for a, b in zip(faces, wedges, strict=True)]
    path.write_text("\n".join(["# uv", *uv, *lines]))


def test_own_texture_coordinates(tmp_path: Path) -> None:
    own = load_body_data()
    path = tmp_path / "smpl_uv.obj"
    write_obj(path, own, np.random.default_rng(0).permutation(len(own.faces)), 1)
    body = load_body_data(uv_obj=path)
    np.testing.assert_allclose(body.uv[body.uv_faces], own.uv[own.uv_faces], atol=1e-6)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("v 0 0 0\n", "another mesh"),
        ("vt 0 zero\nf 1/1 2/1 3/1\n", "not an OBJ of triangles"),
        ("vt 0 0\nf 1 2 3\n", "not an OBJ of triangles"),
        ("vt 0 0\nf 1/1 2/1 3/1\n", "another mesh"),
    ],
)
def test_broken_obj(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "uv.obj"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        load_body_data(uv_obj=path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def own_arrays() -> dict[str, np.ndarray]:
    with np.load(OPEN_BODY) as file:
        return dict(file)


def refused(path: Path, *words: str) -> None:
    with pytest.raises(InputError) as caught:
        load_body_data(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    "name", ["v_template", "f", "shapedirs", "posedirs", "J_regressor", "weights", "ft", "regions"]
)
def test_missing_arrays(name: str, tmp_path: Path) -> None:
    arrays = own_arrays()
    del arrays[name]
    (tmp_path / "body.npz").write_bytes(npz_bytes(**arrays))
    refused(tmp_path / "body.npz", name)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("shapedirs", lambda a: a[:, :, :9], ("shapedirs", "(6890, 3, 9)", "(6890, 3, at least 10)")),
        ("weights", lambda a: a[:-1], ("weights", "(6889, 24)", "(6890, 24)")),
        ("J_regressor", lambda a: np.concatenate([a, a]), ("J_regressor", "(24, 6890)")),
        ("kintree_table", lambda a: a[:1], ("kintree_table", "(2, 24)")),
        ("v_template", lambda a: np.where(a == a.max(), np.nan, a), ("v_template", "not finite")),
        ("v_template", lambda a: a.astype(str), ("v_template", "number")),
        ("f", lambda a: a.astype(np.float32), ("f holds float32", "index")),
        ("f", lambda a: np.where(a == 6889, 6890, a), ("f refers", "6889")),
        ("ft", lambda a: a + 60000, ("ft refers",)),
        ("face_region", lambda a: a + np.uint8(100), ("face_region refers",)),
        ("kintree_table", lambda a: np.roll(a, 1, 1), ("kintree_table", "tree")),
        ("coco_regressor", lambda a: a.T, ("coco_regressor", "(17, 6890)")),
    ],
)
def test_wrong_arrays(name: str, change, words: tuple[str, ...], tmp_path: Path) -> None:
    arrays = own_arrays()
    arrays[name] = change(arrays[name])
    (tmp_path / "body.npz").write_bytes(npz_bytes(**arrays))
    refused(tmp_path / "body.npz", *words)


def test_files_of_other_models_are_named(tmp_path: Path) -> None:
    arrays = own_arrays()
    small = {
        "v_template": arrays["v_template"][:100], "f": arrays["f"][:50] % 100, "shapedirs": arrays["shapedirs"][:100],
        "posedirs": arrays["posedirs"][:100], "J_regressor": arrays["J_regressor"][:, :100],
        "weights": arrays["weights"][:100], "kintree_table": arrays["kintree_table"],
    }  # fmt: skip
    (tmp_path / "other.npz").write_bytes(npz_bytes(**small))
    refused(tmp_path / "other.npz", "100 vertices", "6890")


def test_files_that_are_no_bodies(tmp_path: Path) -> None:
    refused(tmp_path / "none.npz", "cannot be read")
    refused(tmp_path, "cannot be read")
    (tmp_path / "text.pkl").write_text("hello")
    refused(tmp_path / "text.pkl", "not a whole pickle")
    (tmp_path / "list.pkl").write_bytes(pickle.dumps([1]))
    refused(tmp_path / "list.pkl", "holds a list")
    (tmp_path / "empty.pkl").write_bytes(pickle.dumps({}))
    refused(tmp_path / "empty.pkl", "v_template")
    (tmp_path / "evil.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    refused(tmp_path / "evil.pkl", "os.system", "not data")


@pytest.mark.parametrize("part", [0.2, 0.7, 0.999])
def test_truncated_npz(part: float, tmp_path: Path) -> None:
    content = OPEN_BODY.read_bytes()
    (tmp_path / "cut.npz").write_bytes(content[: int(part * len(content))])
    refused(tmp_path / "cut.npz", "not a whole .npz")


def test_flipped_bits_in_npz(tmp_path: Path) -> None:
    content = bytearray(OPEN_BODY.read_bytes())
    content[2000] ^= 255
    (tmp_path / "flipped.npz").write_bytes(content)
    refused(tmp_path / "flipped.npz", "not a whole .npz")


def test_npz_bomb(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("v_template.npy", "w") as member:
        for _ in range(600):
            member.write(bytes(2**20))
    refused(path, "512 MiB")


def test_npz_that_lies_about_a_shape(tmp_path: Path) -> None:
    path = tmp_path / "lies.npz"
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 3), }"
    header += b" " * (117 - len(header)) + b"\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("v_template.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    refused(path, "not a whole .npz")

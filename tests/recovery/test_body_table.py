"""Tables of bodies: written and read back, the truth of made worlds, and files that cannot be used."""

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from habitus.body.assets import load_body_data
from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.recovery import body_table_world
from habitus.recovery.body_table import body_table, read_body_table, world_body_table
from habitus.recovery.body_table_file import BODIES, FoundBody, write_bodies
from habitus.recovery.delta_coding import HANDLES, pack_delta, unpack_delta
from habitus.recovery.displacement import displacement_space, shoes
from habitus.recovery.seen_table import seen_table
from habitus.recovery.table_files import count_photos, merge_tables
from habitus.synthetic.worlds.layouts import LAYOUTS, placed
from habitus.synthetic.worlds.taking import dressed, take
from habitus.synthetic.worlds.truth_files import read_maps, read_person
from habitus.synthetic.worlds.world import World, shots_of
from habitus.synthetic.worlds.writing import write_world
from habitus.types import BodyParams

WORLD = World(seed=10, people=2, outfits=1, views=2, cameras=2, size=(64, 32))


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel.load()


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_world(WORLD, folder, layout="market1501")
    return folder


def found(body, seed: int) -> FoundBody:
    rng = torch.Generator().manual_seed(seed)
    handles = 0.03 * torch.randn(1, HANDLES, 4, generator=rng)
    params = BodyParams(
        torch.randn(1, 24, 3, generator=rng), torch.randn(1, 10, generator=rng),
        shoes(body) + displacement_space(body, HANDLES).displace(handles), torch.rand(1, 3, generator=rng) + 0.1,
    )  # fmt: skip
    mask = (torch.rand(40, 20, generator=rng) * 255).byte().numpy()
    return FoundBody(params, mask, torch.rand(17, 3, generator=rng).numpy(), mask_iou=0.9, keypoint_error=0.01)


def test_packed_displacements(body):
    """A fit's takes 2.4 KB and loses hundredths of a millimetre; any other 16 bits a number."""
    fitted = found(body, 0).params.delta[0]
    packed = pack_delta(body, fitted)
    assert len(packed) == 1 + 2 * 4 * HANDLES
    assert (unpack_delta(body, packed) - fitted).abs().max() < 1e-4
    rough = 0.2 * torch.randn(body.num_vertices, 3, generator=torch.Generator().manual_seed(1))
    packed = pack_delta(body, rough)
    assert (unpack_delta(body, packed) - rough).abs().max() <= 0.51 * rough.abs().max() / 32767
    assert len(packed) < 42_000
    naked = torch.zeros(body.num_vertices, 3)
    assert len(pack_delta(body, naked)) == 1
    assert torch.equal(unpack_delta(body, pack_delta(body, naked)), naked)
    for broken in (b"", b"H12", packed[:90], packed[:5] + b"x\x9c", b"0x", packed[:5] + b"123456789"):
        with pytest.raises(ValueError, match=r"\bdisplacement\b"):
            unpack_delta(body, broken)


def test_a_table_comes_back_without_the_photos_that_show_nobody(body, tmp_path):
    bodies = [found(body, seed) for seed in range(3)]
    photos = [(f"a/{i}.png", (40, 20), one) for i, one in enumerate(bodies)]
    write_bodies(tmp_path / "1", body, [photos[0], ("a/x.png", (9, 9), "no person was found"), photos[1]], {"by": "me"})
    write_bodies(tmp_path / "2", body, [("y.png", (0, 0), "is damaged"), photos[2]], {"by": "me"})
    merge_tables(tmp_path / "b.parquet", BODIES, [tmp_path / "1", tmp_path / "2"])
    assert count_photos(tmp_path / "b.parquet", BODIES) == (3, 2)
    table = pickle.loads(pickle.dumps(body_table(tmp_path, tmp_path / "b.parquet", body)))
    assert table.paths == ("a/0.png", "a/1.png", "a/2.png") and len(table) == 3
    assert table.sizes.tolist() == [[40, 20]] * 3 and table.size(0) == (40, 20)
    asked = [tmp_path / "a/2.png", tmp_path / "a/x.png", tmp_path / "no.png", tmp_path / "b" / ".." / "a/0.png"]
    assert table.rows_of(asked[:3], tmp_path).tolist() == [2, -1, -1]
    for row, one in enumerate(bodies):
        params = table.params(row)
        for name in ("theta", "beta", "psi"):
            assert torch.equal(getattr(params, name), getattr(one.params, name))
        assert (params.delta - one.params.delta).abs().max() < 1e-4
        np.testing.assert_array_equal(table.mask(row), one.mask)
        np.testing.assert_array_equal(table.keypoints(row), one.keypoints)
    assert table.digest([0, 1]) == table.digest([0, 1]) != table.digest([1, 0])


def test_unusable_tables(body, tmp_path):
    path = tmp_path / "b.parquet"
    write_bodies(path, body, [("x.png", (40, 20), found(body, 0))], {})
    other = BodyModel(replace(load_body_data(), topology="smpl"))
    with pytest.raises(InputError, match=r"holds bodies 'habitus-open-1', not 'smpl'; run `habitus bodies`"):
        read_body_table(path, other)
    with pytest.raises(InputError, match="no such file"):
        read_body_table(tmp_path / "absent", body)
    whole = path.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 1):
        (tmp_path / "cut").write_bytes(whole[:length])
        with pytest.raises(InputError, match="cut: is no table of bodies that can be read"):
            read_body_table(tmp_path / "cut", body)
    table = pq.read_table(path)

    def changed(name, value):
        index = table.column_names.index(name)
        pq.write_table(
            table.set_column(index, table.schema.field(index), pa.array([value], table.schema.field(index).type)), path
        )

    changed("psi", [-1.0, 0.0, 0.0])
    with pytest.raises(InputError, match="scale is not positive"):
        read_body_table(path, body)
    changed("theta", [float("nan")] * 72)
    with pytest.raises(InputError, match="theta that are missing or not finite"):
        read_body_table(path, body)
    changed("delta", b"nonsense")
    with pytest.raises(InputError, match="row 0 holds no packed displacement"):
        read_body_table(path, body).params(0)
    changed("mask", b"no png at all, though long enough")
    with pytest.raises(InputError, match="the mask of row 0 is damaged"):
        read_body_table(path, body).mask(0)
    pq.write_table(pa.concat_tables([table, table]), path)
    with pytest.raises(InputError, match="has a photo twice"):
        read_body_table(path, body)
    pq.write_table(table.drop_columns(["delta"]), path)
    with pytest.raises(InputError, match="has other columns"):
        read_body_table(path, body)


def test_the_truth_of_a_made_world_is_the_photos_to_the_last_bit(body, world):
    """Also of what hangs, which the files hold only as it hangs in the rest pose."""
    root = world / "Market-1501-v15.09.15"
    table = body_table(root, None, body)
    hangs = 0
    for person in range(WORLD.people):
        worn = dressed(body, WORLD, person, 0)
        photos = take(body, WORLD, worn, shots_of(WORLD, person))
        places = [world / place.path for place in placed(LAYOUTS["market1501"], WORLD, person)]
        truth = read_person(world, person)
        for row, path, photo, stored in zip(
            table.rows_of(places, root).tolist(), places, photos, truth.keypoints, strict=True
        ):
            assert path.is_file() and row >= 0 and table.size(row) == WORLD.size
            params = table.params(row)
            for name in ("theta", "beta", "delta", "psi"):
                assert torch.equal(getattr(params, name), getattr(photo.params, name)), name
            mask = read_maps(world, path.relative_to(world).as_posix()).mask
            np.testing.assert_allclose(table.mask(row) / 255, mask, atol=1e-6)
            np.testing.assert_array_equal(table.keypoints(row), stored)
        hangs += worn.hanging is not None
    assert hangs
    seen = seen_table(root, None, body)
    assert seen.paths == table.paths and seen.has_mask(0) and seen.digest([0]) == table.digest([0])
    again = world_body_table(world, body)
    assert (world / again.paths[0]).is_file() and again.digest([0]) != again.digest([1])


def test_clothes_that_another_version_made_stay_as_they_were_stored(body, world, monkeypatch):
    body_table_world._deltas.cache_clear()
    monkeypatch.setattr(body_table_world, "hanging_deltas", lambda *_: (np.ones((1, 3)), np.ones((2, 1, 3))))
    expected = read_person(world, 0).delta[0]
    np.testing.assert_array_equal(world_body_table(world, body).params(0).delta[0], expected)
    body_table_world._deltas.cache_clear()


def test_photos_of_which_nothing_is_known(body, world, tmp_path):
    with pytest.raises(InputError, match=r"run `habitus bodies .* -o bodies.parquet` and give --bodies"):
        body_table(tmp_path, None, body)
    (tmp_path / "world.json").write_text((world / "world.json").read_text())
    with pytest.raises(InputError, match="none of its people is written"):
        body_table(tmp_path, None, body)
    (tmp_path / "truth/people").mkdir(parents=True)
    (tmp_path / "truth/people/0001.npz").touch()
    (tmp_path / "truth/people/0001.json").write_text(json.dumps({"topology": "smpl"}))
    with pytest.raises(InputError, match="is a world of the body 'smpl', not 'habitus-open-1'"):
        body_table(tmp_path, None, body)

"""What 3DSL learns from: photos with mask and keypoints as they are moved, and a real body beside each."""

import pickle
import shutil

import numpy as np
import pytest
from made_photos import write_photos
from shape_recipes import BODY, SIZE

from habitus.data.dataset import PhotoDataset
from habitus.data.decoding import decode
from habitus.data.opening import open_data
from habitus.data.seen_transforms import SeenTransform
from habitus.data.transforms import train_transform
from habitus.errors import InputError
from habitus.recovery.real_bodies import RealBodies
from habitus.recovery.seen_file import SeenPerson, write_seen
from habitus.synthetic.worlds.truth_files import read_maps, read_person
from habitus.training.tasks.shape_data import SeenDataset, SeenPhotos, seen_photos

UNMOVED = SeenTransform(SIZE, flip=0.0, pad=0, erase=0.0)


def real_bodies(count=40):
    rng = np.random.default_rng(0)
    return RealBodies(rng.random((count, 24, 3), np.float32), rng.random((count, 10), np.float32))


@pytest.fixture(scope="module")
def world(texture_places):
    return texture_places / "world"


@pytest.fixture(scope="module")
def photos(world):
    return seen_photos(open_data(world).train, [world], (), BODY)


def seen_file(path, names, people, size=(24, 16)):
    write_seen(path, [(name, size, one) for name, one in zip(names, people, strict=True)], {})
    return path


def person(mask=True, points=True, size=(24, 16)):
    return SeenPerson(np.full(size, 200, np.uint8) if mask else None, np.full((17, 3), points, np.float32))


def test_made_worlds_tell_what_is_seen(world, photos):
    assert photos.without() == (0, 0)
    dataset = SeenDataset(photos, UNMOVED, None)
    for row, path in enumerate(photos.records.paths):
        item, name = dataset[(row, 0, 0)], path.relative_to(world).as_posix()
        told = read_person(world, int(photos.records.pids[row]) - 1)  # written from 1
        np.testing.assert_allclose(item["keypoints"], told.keypoints[told.paths.index(name)], atol=1e-5)
        np.testing.assert_allclose(item["mask"] / 255, read_maps(world, name).mask, atol=1e-6)
        np.testing.assert_array_equal(item["image"].transpose(1, 2, 0), decode(path))
        assert item["valid"].min() == 255 and "real_theta" not in item
        assert item["stretch"] == 1


def test_pictures_are_what_re_id_trains_on_and_items_functions_of_their_keys(photos):
    options = {"flip": 0.5, "pad": 4, "erase": 0.5, "jitter": 0.2}
    dataset = SeenDataset(photos, SeenTransform(SIZE, **options), real_bodies(), seed=3)
    again = pickle.loads(pickle.dumps(dataset))
    plain = PhotoDataset(photos.records, train_transform(SIZE, **options), seed=3)
    for key in ((0, 0, 0), (5, 2, 0), (0, 1, 1)):
        item, other, alone = dataset[key], again[key], plain[key]
        assert item.keys() - alone.keys() == {"mask", "valid", "keypoints", "stretch", "real_theta", "real_beta"}
        assert all(np.array_equal(item[name], other[name]) for name in item)
        assert all(np.array_equal(item[name], alone[name]) for name in alone)


def test_real_bodies_are_drawn_by_the_key_and_whole(photos):
    """Pose and build of one person, others in each epoch, whatever is done to the photo."""
    real = real_bodies()
    datasets = [SeenDataset(photos, SeenTransform(SIZE, flip=flip), real) for flip in (0.0, 1.0)]
    drawn = []
    for key in [(row, epoch, draw) for row in range(2) for epoch in range(5) for draw in range(2)]:
        items = [dataset[key] for dataset in datasets]
        assert np.array_equal(items[0]["real_theta"], items[1]["real_theta"])
        place = int(np.flatnonzero((real.theta == items[0]["real_theta"]).all((1, 2)))[0])
        assert np.array_equal(real.beta[place], items[0]["real_beta"])
        drawn.append(place)
    assert len(set(drawn)) > 10
    other = SeenDataset(photos, UNMOVED, real, seed=1)
    assert any(not np.array_equal(other[(0, n, 0)]["real_beta"], datasets[0][(0, n, 0)]["real_beta"]) for n in range(3))


def test_what_is_not_known_is_counted_and_empty(tmp_path, caplog):
    records = write_photos(tmp_path / "data", [0, 0, 1, 1])
    names = [path.name for path in records.paths[:3]]
    file = seen_file(tmp_path / "s", names, [person(), person(mask=False), person(points=False)])
    photos = seen_photos(records, [tmp_path / "data"], [file], BODY)
    assert photos.without() == (2, 2)  # nothing is known of the fourth
    assert "of 4 photos 2 have no mask and 2 no keypoints; they teach less of the body" in caplog.text
    items = [SeenDataset(photos, UNMOVED, None)[(row, 0, 0)] for row in range(4)]
    assert [bool(item["valid"].any()) for item in items] == [True, False, True, False]
    assert [bool(item["mask"].any()) for item in items] == [True, False, True, False]
    assert [bool(item["keypoints"].any()) for item in items] == [True, True, False, False]
    assert [photos.size(row) for row in range(4)] == [(24, 16)] * 3 + [None]
    assert {float(item["stretch"]) for item in items} == {0.75}  # 16x24 shown as 32x64: narrower
    caplog.clear()
    seen_photos(records.select(np.arange(1)), [tmp_path / "data"], [file], BODY)
    assert not caplog.text


def test_several_sets_have_a_file_each(tmp_path):
    first, second = (write_photos(tmp_path / name, [0, 0, 1]) for name in "ab")
    names = [path.name for path in first.paths]  # the same in both
    half = SeenPerson(np.full((24, 16), 100, np.uint8), np.ones((17, 3), np.float32))
    files = [seen_file(tmp_path / "1", names, [person()] * 3), seen_file(tmp_path / "2", names[:1], [half])]
    roots = [tmp_path / name for name in "ab"]
    records = type(first)(
        (*first.paths, *second.paths), np.arange(6) // 3, np.zeros(6, np.int64), None
    )  # fmt: skip
    photos = seen_photos(records, roots, files, BODY)
    assert photos.places.tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [-1, -1], [-1, -1]]
    masks = [photos.mask(row) for row in (2, 3, 4)]
    assert [None if mask is None else int(mask.max()) for mask in masks] == [200, 100, None]
    before = photos.digests()
    seen_file(tmp_path / "2", names[:1], [person()])
    after = seen_photos(records, roots, files, BODY).digests()
    assert before[0] == after[0] and before[1] != after[1]
    with pytest.raises(InputError, match="--seen: 1 files for 2 data sets; give one each, in the order of --data"):
        seen_photos(records, roots, files[:1], BODY)


def test_photos_of_which_nobody_told_anything_are_refused(tmp_path):
    records = write_photos(tmp_path / "data", [0, 1])
    with pytest.raises(InputError, match=r"nothing is known of masks and keypoints .* run `habitus perceive .* --seen"):
        seen_photos(records, [tmp_path / "data"], (), BODY)


def test_a_file_of_other_photos_is_refused(tmp_path):
    """Or bodies were learned from nothing: it is the file of another folder, or of another split."""
    records = write_photos(tmp_path / "data", [0, 1])
    file = seen_file(tmp_path / "s", ["query/000.png"], [person()])
    with pytest.raises(
        InputError, match=r"s: knows none of the photos to train on in .*data; give what `habitus perceive"
    ):
        seen_photos(records, [tmp_path / "data"], [file], BODY)


def test_photos_of_another_size_than_what_was_looked_at_are_refused(tmp_path):
    records = write_photos(tmp_path / "data", [0, 1])
    file = seen_file(tmp_path / "s", [records.paths[0].name], [person(size=(30, 20))], size=(30, 20))
    dataset = SeenDataset(seen_photos(records, [tmp_path / "data"], [file], BODY), UNMOVED, None)
    with pytest.raises(InputError, match=r"000.png: has 16x24 pixels, .* of a photo of 20x30; run `habitus perceive`"):
        dataset[(0, 0, 0)]
    assert dataset[(1, 0, 0)]["pid"] == 1  # nothing is known of it


def test_broken_photos_bring_what_is_seen_in_their_replacement(world, tmp_path):
    world = shutil.copytree(world, tmp_path / "world")
    photos = seen_photos(open_data(world).train, [world], (), BODY)
    photos.records.paths[0].write_bytes(b"no picture")
    dataset = SeenDataset(photos, UNMOVED, None)
    item = dataset[(0, 0, 0)]
    assert item["row"] == 1  # in the same outfit
    np.testing.assert_array_equal(item["keypoints"], photos.keypoints(1))
    np.testing.assert_array_equal(item["mask"], photos.mask(1))
    pictures, stretch = dataset.plain([0, 3])
    assert stretch.tolist() == [1, 1]
    shown = (pictures * 255).round().transpose(0, 2, 3, 1)
    np.testing.assert_array_equal(shown[0], decode(photos.records.paths[1]))
    np.testing.assert_array_equal(shown[1], decode(photos.records.paths[3]))
    with pytest.raises(InputError, match=photos.records.paths[0].name):
        SeenDataset(photos, UNMOVED, None, on_broken="stop")[(0, 0, 0)]


def test_there_must_be_photos(photos):
    nothing = SeenPhotos(photos.records.select(np.arange(0)), photos.tables, photos.places[:0])
    with pytest.raises(InputError, match="holds no photos"):
        SeenDataset(nothing, UNMOVED, None)

import numpy as np
import pytest

from habitus.texture.counterparts import counterparts
from habitus.texture.surface import in_kinds, kind_of, kind_of_texels, neighbours, seam_pairs, surface_texels


@pytest.fixture(scope="module")
def places(body):
    return surface_texels(body, 256).spread @ body.v_template.numpy()


def test_gather_undoes_scatter(body):
    texels = surface_texels(body, 256)
    values = np.random.default_rng(0).random((len(texels), 2)).astype(np.float32)
    np.testing.assert_array_equal(texels.gather(texels.scatter(values)), values)
    padded = texels.scatter_with_gutters(values)
    np.testing.assert_array_equal(texels.gather(padded), values)
    assert np.isin(padded, values).all()  # gutters repeat, nothing is made up


def test_gutters_repeat_the_nearest_texel(body):
    texels = surface_texels(body, 256)
    centre = np.stack(np.divmod(np.arange(256**2), 256), 1)
    own = centre[texels.flat]
    rng = np.random.default_rng(0)
    for pixel in rng.choice(np.flatnonzero(texels.index.ravel() < 0), 20):
        distance = np.linalg.norm(own - centre[pixel], axis=1)
        assert distance[texels.nearest[pixel]] == distance.min()


def test_neighbours_and_seams_are_near_on_the_body(body, places):
    """The seams are where one point of the surface has two places in UV, so both texels of a pair lie at it."""
    side_by_side, seams = neighbours(body, 256), seam_pairs(body, 256)
    step = np.linalg.norm(places[side_by_side[:, 0]] - places[side_by_side[:, 1]], axis=1)
    gap = np.linalg.norm(places[seams[:, 0]] - places[seams[:, 1]], axis=1)
    assert len(seams) > 500
    assert np.median(gap) < 2 * np.median(step)
    assert np.quantile(gap, 0.98) < 10 * np.median(step)


def test_seams_join_all_charts(body):
    """With its seams, the texture is one surface; without, it falls into charts."""
    from scipy.sparse import coo_matrix, csgraph

    size = len(surface_texels(body, 256))

    def largest_share(pairs):
        graph = coo_matrix((np.ones(len(pairs)), pairs.T), (size, size))
        return np.bincount(csgraph.connected_components(graph, directed=False)[1]).max() / size

    side_by_side = neighbours(body, 256)
    assert largest_share(side_by_side) < 0.9
    assert largest_share(np.concatenate([side_by_side, seam_pairs(body, 256)])) > 0.99


@pytest.mark.parametrize(
    ("field", "signs"), [("mirrored", (-1, 1, 1)), ("opposite", (1, 1, None)), ("mirrored_opposite", (-1, 1, None))]
)
def test_counterparts_lie_where_they_should(body, places, field, signs):
    other = getattr(counterparts(body, 256), field)
    found = other >= 0
    assert found.mean() > 0.5
    for axis, sign in enumerate(signs):
        if sign is not None:
            gap = np.abs(places[other[found], axis] - sign * places[found, axis])
            assert np.quantile(gap, 0.98) < 0.012


def test_the_opposite_of_the_chest_is_the_back(body, places):
    kind, kinds = kind_of_texels(body, surface_texels(body, 256))
    other = counterparts(body, 256).opposite
    chest = in_kinds(kind, kinds, ("torso",)) & (np.abs(places[:, 0]) < 0.1) & (places[:, 2] > 0.08) & (other >= 0)
    assert chest.sum() > 200
    assert (places[other[chest], 2] < 0).mean() > 0.99


def test_counterparts_keep_to_their_kind(body):
    kind, _ = kind_of_texels(body, surface_texels(body, 256))
    other = counterparts(body, 256)
    for place in (other.mirrored, other.opposite, other.mirrored_opposite):
        assert (kind[place[place >= 0]] == kind[place >= 0]).all()


def test_kinds_have_no_sides():
    assert kind_of("left_thigh") == kind_of("right_thigh") == "thigh"
    assert kind_of("face") == "face"

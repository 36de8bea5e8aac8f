import numpy as np
import pytest
import scipy.sparse as sp

from habitus.texture.membrane import fill, make_membrane

SIDE = 12


def grid_pairs():
    index = np.arange(SIDE**2).reshape(SIDE, SIDE)
    across = np.stack([index[:, :-1].ravel(), index[:, 1:].ravel()], 1)
    return np.concatenate([across, np.stack([index[:-1].ravel(), index[1:].ravel()], 1)])


@pytest.fixture
def spread():
    """Four by four blocks of texels for each vertex of the coarse grid."""
    row, column = np.divmod(np.arange(SIDE**2), SIDE)
    vertex = row // 4 * 3 + column // 4
    return sp.csr_matrix((np.ones(SIDE**2, np.float32), (np.arange(SIDE**2), vertex)))


def solve_densely(pairs, conductance, base, pull, known, guess, trust):
    """The definition in the module's docstring, by numpy's least squares."""
    rows, right = [], []
    for (i, j), c in zip(pairs, conductance, strict=True):
        row = np.zeros(len(base))
        row[i], row[j] = 1, -1
        rows.append(np.sqrt(c) * row)
        right.append(np.sqrt(c) * min(trust[i], trust[j]) * (guess[i] - guess[j]))
    for i, m in enumerate(pull):
        row = np.zeros(len(base))
        row[i] = np.sqrt(m)
        rows.append(row)
        right.append(np.sqrt(m) * base[i])
    matrix, right = np.array(rows), np.array(right)
    right = right - matrix[:, known] @ base[known]
    result = base.copy()
    result[~known] = np.linalg.lstsq(matrix[:, ~known], right, rcond=None)[0]
    return result


def test_agrees_with_dense_least_squares(spread):
    rng = np.random.default_rng(0)
    pairs = grid_pairs()
    conductance = rng.choice([0, 0.05, 1.0], len(pairs), p=[0.1, 0.3, 0.6])
    base, guess = rng.random((2, SIDE**2, 3)).astype(np.float32)
    trust = rng.random(SIDE**2).astype(np.float32)
    pull = rng.uniform(1e-3, 1e-1, SIDE**2).astype(np.float32)
    known = rng.random(SIDE**2) < 0.2
    membrane = make_membrane(pairs, conductance, spread)
    filled = fill(membrane, base, pull, known, [(guess, trust)], tolerance=1e-6, iterations=400)
    expected = solve_densely(pairs, conductance, base.astype(np.float64), pull, known, guess, trust)
    np.testing.assert_allclose(filled, expected, atol=2e-4)


def test_a_slope_is_continued_linearly(spread):
    column = np.tile(np.arange(SIDE), SIDE)
    known = (column == 0) | (column == SIDE - 1)
    guess = np.where(known, column / (SIDE - 1), 0.0)[:, None].astype(np.float32)
    nothing = np.zeros(SIDE**2, np.float32)
    membrane = make_membrane(grid_pairs(), np.ones(len(grid_pairs())), spread)
    filled = fill(membrane, guess, nothing, known, tolerance=1e-5)
    np.testing.assert_allclose(filled[:, 0], column / (SIDE - 1), atol=1e-3)


def test_a_trusted_guess_keeps_its_shape_and_meets_what_is_known(spread):
    """Off by a constant, it comes out shifted by it, without a step."""
    pattern = np.random.default_rng(1).random((SIDE**2, 1)).astype(np.float32)
    known = np.arange(SIDE**2) < SIDE
    base = np.where(known[:, None], pattern + 0.3, 0.0).astype(np.float32)
    trust, pull = np.ones(SIDE**2, np.float32), np.zeros(SIDE**2, np.float32)
    membrane = make_membrane(grid_pairs(), np.ones(len(grid_pairs())), spread)
    filled = fill(membrane, base, pull, known, [(pattern, trust)], tolerance=1e-6, iterations=200)
    np.testing.assert_allclose(filled, pattern + 0.3, atol=1e-3)


def test_nothing_flows_where_nothing_is_joined(spread):
    pairs = grid_pairs()
    left = np.arange(SIDE**2) % SIDE < SIDE // 2
    conductance = np.where(left[pairs[:, 0]] == left[pairs[:, 1]], 1.0, 0.0)
    known = np.arange(SIDE**2) % SIDE == 0
    known |= np.arange(SIDE**2) % SIDE == SIDE - 1
    guess = np.where(left, 1.0, 0.0)[:, None] * known[:, None]
    nothing = np.zeros(SIDE**2, np.float32)
    membrane = make_membrane(pairs, conductance, spread)
    filled = fill(membrane, guess.astype(np.float32), nothing, known, tolerance=1e-6, iterations=400)
    np.testing.assert_allclose(filled[:, 0], left, atol=1e-2)


def test_a_closed_texel_gives_nothing_away(spread):
    """Two known columns, one closed: all takes the colour of the other."""
    column = np.tile(np.arange(SIDE), SIDE)
    known = (column == 0) | (column == SIDE - 1)
    base = np.where(column == 0, 1.0, 0.2)[:, None].astype(np.float32)
    openness = np.where(column == 0, 1e-6, 1.0)
    nothing = np.zeros(SIDE**2, np.float32)
    membrane = make_membrane(grid_pairs(), np.ones(len(grid_pairs())), spread)
    filled = fill(membrane, base, nothing, known, openness=openness, tolerance=1e-6, iterations=300)
    np.testing.assert_allclose(filled[column > 0], 0.2, atol=1e-2)


def test_nothing_unknown_changes_nothing(spread):
    guess = np.random.default_rng(0).random((SIDE**2, 3)).astype(np.float32)
    ones = np.ones(SIDE**2, np.float32)
    membrane = make_membrane(grid_pairs(), np.ones(len(grid_pairs())), spread)
    np.testing.assert_array_equal(fill(membrane, guess, ones, ones > 0), guess)

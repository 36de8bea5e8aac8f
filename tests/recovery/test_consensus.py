"""One body for many photos: robust means, and bodies rebuilt without moving in their photos."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from habitus.body.model import BodyModel
from habitus.body.stature import stature
from habitus.recovery.calibrated_height import beta_of_height
from habitus.recovery.consensus import rebuilt, robust_mean, tracklet_body
from habitus.rendering.camera import project
from habitus.types import BodyParams


def rows(seed, count=9, size=10):
    return torch.randn(count, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 4))
def test_wrong_photos_have_no_say(seed, wrong):
    """Up to four of nine, and all of them wrong in the same way."""
    values = rows(seed)
    true = values[wrong:].mean(0)
    values[:wrong] += 40
    mean, shares = robust_mean(values, torch.ones(9, dtype=torch.float64))
    assert shares[:wrong].eq(0).all()
    assert (mean - true).norm() < 1
    torch.testing.assert_close(shares.sum(), torch.ones((), dtype=torch.float64))


@settings(max_examples=20)
@given(st.integers(0, 10**6))
def test_it_follows_the_photos_wherever_they_are(seed):
    values, weights = (
        rows(seed),
        torch.rand(9, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + 0.1,
    )
    mean, shares = robust_mean(values, weights)
    moved, same = robust_mean(3 * values.flip(0) + 5, weights.flip(0))
    torch.testing.assert_close(moved, 3 * mean + 5)
    torch.testing.assert_close(same, shares.flip(0))


def test_without_outliers_it_is_nearly_the_mean():
    """Among 400 photos of one person it is within a few percent of the plain mean's error."""
    values = rows(0, count=400)
    mean, _ = robust_mean(values, torch.ones(400, dtype=torch.float64))
    assert mean.norm() < 1.1 * values.mean(0).norm() + 0.02


def test_few_photos():
    values, weights = torch.tensor([[0.0], [1.0], [torch.nan]]), torch.tensor([3.0, 1.0, 0.0])
    mean, shares = robust_mean(values, weights)
    assert mean.item() == 0.25 and shares.tolist() == [0.75, 0.25, 0]
    assert robust_mean(values, torch.tensor([0.0, 2.0, 0.0]))[0].item() == 1
    with pytest.raises(ValueError, match="weight above 0"):
        robust_mean(values, torch.zeros(3))


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(3, 9))
def test_the_same_photo_several_times_is_that_photo(seed, count):
    """In float32, where shares that sum to 1 but for rounding move the mean off all of its rows."""
    row = rows(seed, count=1).float()
    for weights in (torch.ones(count), torch.linspace(0.1, 1.3, count)):
        mean, shares = robust_mean(row.expand(count, -1), weights)
        torch.testing.assert_close(mean, row[0])
        torch.testing.assert_close(shares, weights / weights.sum())


def test_photos_that_agree_to_the_last_digit():
    mean, shares = robust_mean(torch.tensor([[1.0], [1.0], [1.0], [5.0]]), torch.ones(4))
    assert mean.item() == 1
    torch.testing.assert_close(shares, torch.tensor([1.0, 1.0, 1.0, 0.0]) / 3)


@pytest.fixture(scope="module")
def body():
    return BodyModel.load()


def tracklet(body, photos=6):
    generator = torch.Generator().manual_seed(3)
    true = torch.randn(1, body.num_betas, generator=generator)
    return true, BodyParams(
        theta=0.3 * torch.randn(photos, body.num_joints, 3, generator=generator),
        beta=true + 0.3 * torch.randn(photos, body.num_betas, generator=generator),
        delta=0.01 + 0.002 * torch.randn(photos, body.num_vertices, 3, generator=generator),
        psi=torch.tensor([0.9, 0.05, 0.2]) + 0.02 * torch.randn(photos, 3, generator=generator),
    )


def test_a_tracklet_knows_more_than_a_photo(body):
    true, params = tracklet(body)
    params.beta[2], params.delta[4] = 5.0, 0.2  # a photo of somebody else; clothes of somebody else
    found = tracklet_body(params)
    assert (found.beta - true[0]).norm() < 0.6 * (params.beta - true).norm(dim=1).median()
    assert (found.delta - 0.01).abs().mean() < 0.0015
    assert found.beta_shares[2] == 0 and found.delta_shares[4] == 0
    assert found.beta_shares[4] > 0.1  # what is wrong with the clothes need not be wrong with the build
    assert tracklet_body(params, torch.tensor([0.0, 0, 1, 0, 0, 0])).beta.tolist() == [5.0] * body.num_betas


def test_the_rebuilt_stay_where_they_were_seen(body):
    """Who grows moves away; poses stay."""
    _, params = tracklet(body, photos=2)
    taller = beta_of_height(body, params.beta, stature(body, params.beta) + 0.15)
    changed = rebuilt(body, params, taller, params.delta)
    assert torch.equal(changed.theta, params.theta) and torch.equal(changed.beta, taller)

    def shown(p):
        return project(body(p.theta, p.beta).joints, p.psi, (256, 128))[..., :2]

    moved = (shown(changed) - shown(params)).norm(dim=2).mean(1)
    unmended = BodyParams(params.theta, taller, params.delta, params.psi)
    assert (moved < 0.6 * (shown(unmended) - shown(params)).norm(dim=2).mean(1)).all()
    same = rebuilt(body, params, params.beta, params.delta)
    torch.testing.assert_close(same.psi, params.psi, atol=1e-5, rtol=1e-5)
    for step in torch.eye(3) * 0.01:  # no other camera lays the joints nearer
        other = BodyParams(params.theta, taller, params.delta, changed.psi + step)
        assert ((shown(other) - shown(params)).square().sum() > (shown(changed) - shown(params)).square().sum()).all()

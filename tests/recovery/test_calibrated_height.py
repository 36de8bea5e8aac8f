"""Heights by cameras above the ground: against made cameras, made people before them, and errors drawn at random."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from standing_people import calibrated, stand_before_a_camera

from habitus.body.model import BodyModel
from habitus.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from habitus.body.stature import stature
from habitus.errors import InputError
from habitus.recovery.calibrated_height import GroundCamera, beta_of_height, measure_body, measure_height
from habitus.synthetic.scenes.camera import draw_camera
from habitus.synthetic.scenes.cards import project
from habitus.types import BodyParams


@pytest.fixture(scope="module")
def body():
    return BodyModel.load()


def stature_of(body, params):
    return stature(body, params.beta, params.delta).item()


def seen(camera, x, y, height):
    """Ground and crown in the picture of somebody who stands at (x, y), by the made world's own projection."""
    places = project(camera, np.array([[x, y, 0.0], [x, y, height]]))
    return torch.from_numpy(places)[:, None].unbind(0)


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.floats(-0.4, 0.4), st.floats(4, 25), st.floats(1.2, 2.1))
def test_it_undoes_the_made_worlds_cameras(seed, aside, away, height):
    camera = draw_camera(np.random.default_rng(seed))
    feet, head = seen(camera, aside * away, away, height)
    found = measure_height(calibrated(camera), feet, head)
    assert found.metres.item() == pytest.approx(height, rel=1e-6)
    assert found.distance.item() == pytest.approx(away, rel=1e-6)


def test_roll_is_taken_out():
    camera = draw_camera(np.random.default_rng(3))
    feet, head = seen(camera, 1.0, 9.0, 1.7)
    roll = 0.07
    turn = torch.tensor([[math.cos(roll), math.sin(roll)], [-math.sin(roll), math.cos(roll)]], dtype=torch.float64)
    middle = torch.tensor([camera.size[1] / 2, camera.size[0] / 2], dtype=torch.float64)
    feet, head = ((p - middle) @ turn.T + middle for p in (feet, head))
    leaning = turn @ torch.tensor([0.0, -1.0], dtype=torch.float64)
    assert leaning[0] < 0  # what is upright leans to the left
    found = measure_height(replace(calibrated(camera), roll=roll), feet, head)
    assert found.metres.item() == pytest.approx(1.7, rel=1e-6)


@pytest.mark.parametrize(("name", "value"), [("height", 0.0), ("focal", math.nan), ("pitch", 30.0)])
def test_numbers_of_no_camera_are_refused(name, value):
    with pytest.raises(InputError, match=f"camera's {name} {value}: "):
        GroundCamera(**({"height": 3.0, "pitch": 0.2, "focal": 800.0, "size": (600, 800)} | {name: value}))


def test_feet_above_the_horizon_say_nothing():
    camera = GroundCamera(height=3.0, pitch=0.1, focal=800.0, size=(600, 800))
    horizon = 300 - 800 * math.tan(0.1)
    feet = torch.tensor([[400.0, horizon + 60], [400.0, horizon - 1]])
    found = measure_height(camera, feet, feet - torch.tensor([0.0, 50.0]))
    assert found.metres[0] > 0
    assert found.metres[1].isnan() and found.error[1].isnan()


def test_errors_are_those_of_many_tries():
    camera = GroundCamera(
        height=4.0, pitch=0.3, focal=900.0, size=(720, 1280), height_error=0.05, pitch_error=0.01, focal_error=20.0
    )
    feet, head = torch.tensor([[640.0, 480.0]]), torch.tensor([[640.0, 300.0]])
    told = measure_height(camera, feet, head, pixel_error=2.0)
    rng = np.random.default_rng(0)
    tries = []
    for _ in range(400):
        off = replace(camera, height=rng.normal(4, 0.05), pitch=rng.normal(0.3, 0.01), focal=rng.normal(900, 20))
        lower, upper = (p + torch.tensor([0.0, rng.normal(0, 2)]) for p in (feet, head))
        tries.append(measure_height(off, lower, upper).metres.item())
    assert told.error.item() == pytest.approx(np.std(tries), rel=0.12)


def test_made_people_are_as_tall_as_they_are(body):
    """A box alone is off by several centimetres, because of strides and toes; with the pose it is nearer, whatever
    build was recovered."""
    by_box, by_body, by_mean_build = [], [], []
    for person in (stand_before_a_camera(body, seed) for seed in range(5)):
        params, camera, true = person.params, calibrated(person.camera), stature_of(body, person.params)
        by_box.append(measure_height(camera, *person.ends_of_box()).metres.item() - true)
        found = measure_body(camera, body, params, person.box)
        by_body.append(found.metres.item() - true)
        mean = BodyParams(params.theta, 0 * params.beta, params.delta, params.psi)
        by_mean_build.append(measure_body(camera, body, mean, person.box).metres.item() - true)
        assert 0 < found.error.item() < 0.1
    box, bodies, mean_builds = (np.sqrt(np.mean(np.square(x))) for x in (by_box, by_body, by_mean_build))
    assert bodies < 0.025
    assert mean_builds < 0.03
    assert box > 1.5 * bodies


def leaning(body, params, radians):
    """The same people turned about the picture's horizontal, towards the camera."""
    turn = axis_angle_to_matrix(torch.tensor([[radians, 0.0, 0.0]]))
    theta = params.theta.clone()
    theta[:, 0] = matrix_to_axis_angle(turn @ axis_angle_to_matrix(theta[:, 0]))
    return BodyParams(theta, params.beta, params.delta, params.psi)


def test_lean_is_a_fault_of_the_pose_but_bowing_is_not(body):
    person = stand_before_a_camera(body, 1)
    camera = calibrated(person.camera)
    plain = measure_body(camera, body, person.params, person.box).metres.item()
    leant = measure_body(camera, body, leaning(body, person.params, 0.1), person.box).metres.item()
    assert leant == pytest.approx(plain, abs=1e-3)
    bowed = measure_body(camera, body, leaning(body, person.params, 1.2), person.box).metres.item()
    assert bowed > plain + 0.2  # who bows so low and fills the same box is far taller


def test_the_corrected_build_has_the_height(body):
    beta = torch.randn(4, body.num_betas, generator=torch.Generator().manual_seed(0))
    height = torch.tensor([1.6, 1.75, 1.9, torch.nan])
    corrected = beta_of_height(body, beta, height)
    torch.testing.assert_close(stature(body, corrected[:3]), height[:3], atol=1e-4, rtol=0)
    torch.testing.assert_close(corrected[3], beta[3])
    delta = torch.zeros(1, body.num_vertices, 3)
    delta[:, body.v_template[:, 1].argmax(), 1] = 0.05  # a crest of hair counts where it is told
    shorter = beta_of_height(body, beta[:1], height[:1], delta=delta)
    torch.testing.assert_close(stature(body, shorter, delta), height[:1], atol=1e-4, rtol=0)


def test_no_smaller_change_has_it(body):
    beta = torch.zeros(1, body.num_betas)
    height = stature(body, beta) + 0.08
    least = (beta_of_height(body, beta, height) - beta).norm()
    generator = torch.Generator().manual_seed(1)
    for _ in range(20):
        way = torch.nn.functional.normalize(torch.randn(1, body.num_betas, generator=generator))
        way = way * torch.sign(stature(body, 0.1 * way) - stature(body, beta))
        assert stature(body, beta + 0.999 * least * way) < height


def test_an_uncertain_height_changes_less(body):
    beta, height = torch.zeros(1, body.num_betas), torch.tensor([1.95])
    full = beta_of_height(body, beta, height).norm()
    some = beta_of_height(body, beta, height, error=torch.tensor([0.05])).norm()
    none = beta_of_height(body, beta, height, error=torch.tensor([100.0])).norm()
    assert none < 1e-3 < some < full

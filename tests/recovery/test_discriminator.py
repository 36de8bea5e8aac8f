"""The discriminator: its form, what each output may see, and that it learns."""

import math

import pytest
import torch

from habitus.body.rotations import axis_angle_to_matrix
from habitus.losses.adversarial import discriminator_loss, generator_loss
from habitus.recovery.discriminator import BodyDiscriminator


def bodies(people, *, joints=24, betas=10, seed=0):
    generator = torch.Generator().manual_seed(seed)
    theta = 0.5 * torch.randn(people, joints, 3, generator=generator)
    return theta, torch.randn(people, betas, generator=generator)


def test_it_has_the_layers_of_hmr():
    discriminator = BodyDiscriminator(joints=24, betas=10)
    shapes = sorted(tuple(p.shape) for p in discriminator.parameters() if p.dim() == 2)
    expected = [
        (32, 9), (32, 32), (23, 32),  # shared, shared, one row a joint
        (1024, 23 * 32), (1024, 1024), (1, 1024),
        (10, 10), (5, 10), (1, 5),
    ]  # fmt: skip
    assert shapes == sorted(expected)
    assert discriminator(*bodies(3)).shape == (3, 25)


@pytest.mark.parametrize(("joints", "betas"), [(2, 1), (24, 16), (55, 10)])
def test_any_number_of_joints_and_betas(joints, betas):
    discriminator = BodyDiscriminator(joints=joints, betas=betas, joint_width=4, pose_width=8)
    assert discriminator(*bodies(2, joints=joints, betas=betas)).shape == (2, joints + 1)


def test_outputs_by_layers_of_their_own():
    """Joint by joint through plain linear maps, as the docstring says."""
    torch.manual_seed(0)
    discriminator = BodyDiscriminator(joints=5, betas=4, joint_width=6, pose_width=7)
    theta, beta = bodies(2, joints=5, betas=4)
    first, second = discriminator.joint_features[0], discriminator.joint_features[2]
    for person in range(2):
        features = []
        for joint in range(1, 5):
            nine = axis_angle_to_matrix(theta[person, joint]).flatten()
            features.append(second(first(nine).relu()).relu())
            judged = discriminator.joint_weight[joint - 1] @ features[-1] + discriminator.joint_bias[joint - 1]
            torch.testing.assert_close(discriminator(theta, beta)[person, joint - 1], judged)
        torch.testing.assert_close(discriminator(theta, beta)[person, 4:5], discriminator.pose(torch.cat(features)))
        torch.testing.assert_close(discriminator(theta, beta)[person, 5:], discriminator.build(beta[person]))


def test_each_output_sees_what_it_should():
    torch.manual_seed(0)
    discriminator = BodyDiscriminator(joints=24, betas=10, pose_width=64)
    theta, beta = bodies(1)
    theta.requires_grad_()
    beta.requires_grad_()
    output = discriminator(theta, beta)[0]
    for number in range(25):
        by_theta, by_beta = torch.autograd.grad(
            output[number], (theta, beta), retain_graph=True, materialize_grads=True
        )
        joints = by_theta[0].abs().amax(1) > 0
        if number < 23:
            assert joints.nonzero().flatten().tolist() == [number + 1]
        else:
            assert joints.tolist() == [False] + [number == 23] * 23  # the root is nobody's business
        assert bool((by_beta != 0).any()) == (number == 24)


def test_a_full_turn_changes_nothing():
    discriminator = BodyDiscriminator(joints=3, betas=2, pose_width=8).double()
    theta = torch.tensor([[[0.0, 0.0, 0.0], [0.3, 0.0, 0.0], [0.0, -0.5, 0.0]]], dtype=torch.float64)
    turned = theta.clone()
    turned[0, 1, 0] += 2 * math.pi
    beta = torch.zeros(1, 2, dtype=torch.float64)
    torch.testing.assert_close(discriminator(theta, beta), discriminator(turned, beta))


def test_matrices_serve_as_well():
    discriminator = BodyDiscriminator(joints=24, betas=10, pose_width=8)
    theta, beta = bodies(2)
    rotations = axis_angle_to_matrix(theta)
    torch.testing.assert_close(discriminator(theta, beta), discriminator.from_rotations(rotations, beta))


def test_it_is_exact_under_autocast():
    discriminator = BodyDiscriminator(joints=24, betas=10, pose_width=8)
    theta, beta = bodies(2)
    plain = discriminator(theta, beta)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(discriminator(theta, beta), plain)
        assert (
            discriminator.from_rotations(axis_angle_to_matrix(theta).bfloat16(), beta.bfloat16()).dtype == plain.dtype
        )


def test_gradients():
    torch.manual_seed(1)
    discriminator = BodyDiscriminator(joints=3, betas=2, joint_width=4, pose_width=5).double()
    theta, beta = (x.double().requires_grad_() for x in bodies(2, joints=3, betas=2))
    assert torch.autograd.gradcheck(discriminator, (theta, beta))


def real(people, generator):
    """Knees that bend one way only."""
    theta = torch.zeros(people, 4, 3)
    theta[:, 0] = torch.randn(people, 3, generator=generator)
    theta[:, 1:3, 0] = torch.rand(people, 2, generator=generator)
    return theta, torch.randn(people, 10, generator=generator)


def broken(people, generator):
    """The same, but the second knee bends the wrong way."""
    theta, beta = real(people, generator)
    theta[:, 2, 0] *= -1
    return theta, beta


@pytest.fixture(scope="module")
def trained():
    torch.manual_seed(0)
    discriminator = BodyDiscriminator(joints=4, betas=10, joint_width=8, pose_width=16)
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(discriminator.parameters(), 1e-2)
    for _ in range(150):
        optimizer.zero_grad()
        outputs = discriminator(*real(64, generator)), discriminator(*broken(64, generator))
        discriminator_loss(*outputs).mean().backward()
        optimizer.step()
    return discriminator.requires_grad_(False)


def test_it_learns_what_joints_do(trained):
    generator = torch.Generator().manual_seed(1)
    of_real, of_fake = trained(*real(500, generator)), trained(*broken(500, generator))
    for number in (1, 3):  # the second knee, and the pose
        right = (of_real[:, number] > 0.5).float().mean() + (of_fake[:, number] < 0.5).float().mean()
        assert right / 2 > 0.9
    for number in (0, 2, 4):  # these are the same in both: their judges cannot tell
        assert abs(of_real[:, number].mean() - 0.5) < 0.1
        assert abs(of_fake[:, number].mean() - 0.5) < 0.1


def test_its_gradient_mends_what_is_broken(trained):
    theta, beta = broken(64, torch.Generator().manual_seed(2))
    theta.requires_grad_()
    optimizer = torch.optim.Adam([theta], 2e-2)
    before = theta[:, 2, 0].mean()
    for _ in range(100):
        optimizer.zero_grad()
        generator_loss(trained(theta, beta)).sum().backward()
        optimizer.step()
    assert before < -0.4
    assert theta[:, 2, 0].mean() > 0
    assert trained(theta, beta)[:, [1, 3]].mean() > 0.7

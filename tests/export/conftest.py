import pytest
import torch

from habitus.body.model import BodyModel
from habitus.types import BodyParams, Crop, Texture, TexturedPerson


@pytest.fixture(scope="session")
def body() -> BodyModel:
    return BodyModel.load()


@pytest.fixture(scope="session")
def person(body) -> TexturedPerson:
    """Someone mid-step, dressed loosely, in a texture whose every region has its own colour; seen from the front."""
    generator = torch.Generator().manual_seed(3)
    theta = 0.12 * torch.randn(1, 24, 3, generator=generator)
    theta[0, 1, 0], theta[0, 2, 0], theta[0, 16, 2], theta[0, 17, 2] = -0.4, 0.3, -1.1, 1.2
    theta[0, 0] = torch.tensor([0.0, 0.4, 0.0])
    delta = 0.01 * torch.rand(1, 1, 1, generator=generator) * torch.nn.functional.normalize(body.v_template, dim=-1)
    params = BodyParams(
        theta, torch.randn(1, 10, generator=generator).clamp(-1.5, 1.5), delta, torch.tensor([[0.98, 0.0, 0.1]])
    )
    colours = torch.rand(3, 8, 8, generator=generator).repeat_interleave(32, 1).repeat_interleave(32, 2)
    confidence = torch.linspace(0, 1, 256).expand(256, 256).contiguous()
    crop = Crop(
        image=torch.rand(3, 8, 4, generator=generator).repeat_interleave(32, 1).repeat_interleave(32, 2),
        mask=torch.zeros(256, 128),
        valid=torch.ones(256, 128),
        keypoints=torch.zeros(17, 2),
        confidence=torch.zeros(17),
        to_photo=torch.tensor([[2.0, 0.0, 10.0], [0.0, 2.0, 20.0]]),
        source="a photo.jpg",
    )
    return TexturedPerson(body.topology, params, Texture(colours, confidence), crop)

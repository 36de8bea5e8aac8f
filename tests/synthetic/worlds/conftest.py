"""The open body, loaded once."""

import pytest

from habitus.body.model import BodyModel


@pytest.fixture(scope="session")
def body():
    return BodyModel.load()

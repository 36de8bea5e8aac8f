"""One thread: tiny networks gain nothing from more, and wait for the other core when it is busy."""

import pytest
import texture_worlds
import torch


@pytest.fixture(autouse=True, scope="package")
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def texture_places(tmp_path_factory):
    """A made world, a re-ID network, and room for a cache of all runs, to be left as they are."""
    folder = tmp_path_factory.mktemp("texture")
    texture_worlds.write_small_world(folder / "world")
    texture_worlds.save_small_judge(folder / "judge")
    return folder

"""Real processes that train: with what environment, several together, and waiting for what they do."""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path


def environment(**more: str) -> dict[str, str]:
    """This one's, with the package to be found, and one thread."""
    root = Path(__file__).parents[2]
    return os.environ | {"PYTHONPATH": str(root / "src"), "OMP_NUM_THREADS": "1"} | more


def wait_for(condition: Callable[[], bool], process: subprocess.Popen, seconds: float = 60) -> None:
    """Until the condition holds; the process must not end before."""
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, "ended too early"
        assert time.monotonic() < end
        time.sleep(0.002)


def together(command: Sequence[str], *, count: int = 2) -> None:
    """Run a command in several processes as torchrun starts them, to a good end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    running = []
    for rank in range(count):
        told = {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(count), "MASTER_PORT": port}
        running.append(subprocess.Popen(command, env=environment(MASTER_ADDR="127.0.0.1", **told)))
    try:
        assert [process.wait(600) for process in running] == [0] * count
    finally:
        for process in running:
            process.kill()
            process.wait()

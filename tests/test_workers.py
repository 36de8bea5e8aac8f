"""Workers of a process that was killed end too."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

PARENT = """
import multiprocessing, time
from habitus.workers import end_with_parent

def work():
    end_with_parent()
    time.sleep(600)

if __name__ == "__main__":
    worker = multiprocessing.get_context("{method}").Process(target=work)
    worker.start()
    print(worker.pid, flush=True)
    worker.join()
"""


def is_running(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_workers_end_with_their_parent(tmp_path, method):
    script = tmp_path / "parent.py"
    script.write_text(PARENT.format(method=method))
    path = str(Path(__file__).parents[1] / "src")
    environment = os.environ | {"PYTHONPATH": path}
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        time.sleep(0.5)  # it starts to work
        assert is_running(worker)
        parent.kill()
    end = time.monotonic() + 30
    while is_running(worker):
        assert time.monotonic() < end
        time.sleep(0.05)

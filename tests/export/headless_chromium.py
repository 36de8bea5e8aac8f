"""A headless Chromium driven over its debugging pipe (Chrome DevTools Protocol): no port, no library."""

import base64
import io
import json
import os
import shutil
import subprocess
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu-sandbox", "--use-gl=angle", "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-pipe",
]  # fmt: skip


class Page:
    """One open page, its console messages and the addresses that it asked for."""

    def __init__(self, to_browser: int, from_browser: int):
        self._out, self._in = os.fdopen(to_browser, "wb", buffering=0), os.fdopen(from_browser, "rb", buffering=0)
        self._pending = b""
        self._number = 0
        self._events: deque[dict[str, Any]] = deque()
        self.console: list[str] = []
        self.requests: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if hasattr(self, "_session"):
            message["sessionId"] = self._session
        self._out.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self._note(answer)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._pending:
            chunk = self._in.read(1 << 20)
            assert chunk, "the browser ended"
            self._pending += chunk
        message, self._pending = self._pending.split(b"\0", 1)
        return json.loads(message)

    def _note(self, event: dict[str, Any]) -> None:
        match event.get("method"), event.get("params", {}):
            case "Runtime.consoleAPICalled", {"args": args}:
                self.console.append(" ".join(str(a.get("value", a.get("description"))) for a in args))
            case "Runtime.exceptionThrown", {"exceptionDetails": details}:
                self.console.append(json.dumps(details))
            case "Log.entryAdded", {"entry": entry}:
                self.console.append(entry["text"])
            case "Network.requestWillBeSent", {"request": request}:
                self.requests.append(request["url"])

    def evaluate(self, script: str) -> Any:
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def resize(self, width: int, height: int) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def open(self, path: Path, fragment: str = "") -> None:
        """Open a file and wait until its viewer has drawn; the fragment is what follows the #."""
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=f"{path.as_uri()}#{fragment}")
        while not self.evaluate("document.documentElement?.dataset.drawn"):
            time.sleep(0.02)
        self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", **more)

    def screenshot(self) -> np.ndarray:
        """(H, W, 3) RGB."""
        png = base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])
        return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


@contextmanager
def browser(profile: Path, *flags: str) -> Iterator[Page]:
    """A page of a fresh browser with an empty profile."""
    assert PROGRAM is not None
    their_in, our_out = os.pipe()
    our_in, their_out = os.pipe()
    # Chromium reads commands from descriptor 3 and answers on 4; by way of 8 and 9, as the pipes may be those.
    shell = f'exec 8<&{their_in} 9>&{their_out}; exec "$0" "$@" 3<&8 4>&9'
    command = ["bash", "-c", shell, PROGRAM, *FLAGS, *flags, f"--user-data-dir={profile}"]
    process = subprocess.Popen(command, pass_fds=(their_in, their_out), stderr=subprocess.DEVNULL)
    os.close(their_in)
    os.close(their_out)
    page = Page(our_out, our_in)
    try:
        yield page
    finally:
        process.terminate()
        process.wait(20)
        page._out.close()
        page._in.close()

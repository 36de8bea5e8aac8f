"""What tests of commands share: the one line of a refusal, and a kill in the middle of the work."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest


def refusal(capsys: pytest.CaptureFixture[str], run: Callable[[], Any]) -> str:
    """The line that a command ends with when it refuses what it was given."""
    with pytest.raises(SystemExit) as caught:
        run()
    assert caught.value.code == 2
    message = capsys.readouterr().err.strip().splitlines()[-1]
    assert message.startswith("habitus: ")
    return message


class Killed(BaseException):
    """Stands for kill -9: nothing catches it."""


def kill_after(monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, calls: int) -> None:
    """Let a function of a module work so often, and then end everything."""
    original, count = getattr(module, name), []

    def dying(*arguments: Any, **options: Any) -> Any:
        count.append(None)
        if len(count) > calls:
            raise Killed
        return original(*arguments, **options)

    monkeypatch.setattr(module, name, dying)

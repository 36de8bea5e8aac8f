"""The command line as users meet it: help, one line for mistakes, status 2."""

import os
import subprocess
import sys

import pytest

import habitus
from habitus import cli

ENVIRONMENT = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ["PATH"]}


def run(capsys, *arguments):
    """Status and output of `habitus ARGUMENTS`."""
    with pytest.raises(SystemExit) as stop:
        cli.main(list(arguments))
    captured = capsys.readouterr()
    return stop.value.code, captured.out, captured.err


def assert_one_line(err, *words):
    lines = err.strip().splitlines()
    assert len(lines) == 1, err
    for word in words:
        assert word in lines[0]


def test_version(capsys):
    cli.main(["--version"])
    assert capsys.readouterr().out == f"habitus {habitus.__version__}\n"


def test_a_reader_of_help_may_leave_early():
    """As in `habitus train pcb --help | head -1`."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "habitus.cli", "train", "pcb", "--help"]
    ended = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, check=False)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_help_names_every_command(capsys):
    status, out, _ = run(capsys, "--help")
    assert status == 0
    for command in ("person", "demo", "synth", "train", "embed", "evaluate", "doctor", "fetch-models"):
        assert command in out


def test_help_shows_examples(capsys):
    _, out, _ = run(capsys, "person", "--help")
    assert "habitus person photo.jpg -o out/" in out


def test_help_imports_nothing_heavy():
    code = (
        "import sys, habitus.cli\n"
        "try: habitus.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'numba', 'cv2', 'numpy', 'scipy', 'PIL'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=ENVIRONMENT)


def test_omp_waits_passively_before_torch_loads():
    code = (
        "import os, sys, habitus\n"
        "assert 'torch' not in sys.modules\n"
        "assert os.environ['OMP_WAIT_POLICY'] == 'passive'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=ENVIRONMENT)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["person"], ["no photo was given"]),
        (["person", "nowhere.jpg"], ["nowhere.jpg", "no such file"]),
        (["person", "a.jpg", "--uv", "u.obj"], ["--uv goes with --body"]),
        (["person", "a.jpg", "--all", "--person", "2"], ["--all", "leave"]),
        (["person", "a.jpg", "b.jpg", "--all"], ["--all takes one photo"]),
        (["person", "a.jpg", "--all", "--params", "p.npz"], ["p.npz"]),
        (["person", "a.jpg", "b.jpg", "--mask", "m.png"], ["single photo"]),
        (["person", "a.jpg", "--body", "nothing.pkl"], ["nothing.pkl"]),
        (["person", "a.jpg", "--texture", "generate", "--generator", "nowhere"], ["nowhere", "no such generator"]),
        (["person", "a.jpg", "--texture", "unwrap", "--generator", "ours"], ["unwrap", "no generator"]),
        (["person", "."], ["is a folder", "--each"]),
    ],
)
def test_mistakes_get_one_line_and_status_2(capsys, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, *arguments)
    assert status == 2
    assert out == ""
    assert_one_line(err, *words)
    assert list(tmp_path.iterdir()) == []


def test_debug_shows_the_traceback(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, _, err = run(capsys, "person", "nowhere.jpg", "--debug")
    assert status == 2
    assert "Traceback" in err
    assert err.strip().splitlines()[-1].startswith("habitus: nowhere.jpg")

import json
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from habitus.export import turntable
from habitus.export.turntable import BACKDROP, turntable_frames, write_turntable
from habitus.types import Texture

RED, GREEN = torch.tensor([0.8, 0.1, 0.1]), torch.tensor([0.1, 0.6, 0.2])


@pytest.fixture(scope="module")
def two_faced(body, person):
    """The person facing the camera in the rest pose, red in front of the middle plane, green behind it."""
    size = 128
    image = GREEN[:, None, None].expand(3, size, size).clone()
    depth = body.v_template[body.faces].mean(1)[:, 2] - body.v_template[:, 2].mean()
    for face in torch.nonzero(depth > 0).flatten():
        corners = body.uv[body.uv_faces[face]] * size
        low = corners.amin(0).floor().long().clamp(0, size - 1)
        high = corners.amax(0).ceil().long().clamp(1, size)
        image[:, size - high[1] : size - low[1], low[0] : high[0]] = RED[:, None, None]
    params = replace(person.params, theta=torch.zeros(1, 24, 3), delta=torch.zeros_like(person.params.delta))
    return replace(person, params=params, texture=Texture(image, torch.ones(size, size)))


def reddish(frame):
    frame = frame.astype(int)
    return (frame[..., 0] > frame[..., 1] + 30).sum(), (frame[..., 1] > frame[..., 0] + 30).sum()


def test_one_turn_shows_the_front_then_the_back(two_faced, body):
    frames = turntable_frames(two_faced, body, count=8, size=(160, 120))
    assert [f.shape for f in frames] == [(160, 120, 3)] * 8
    front_red, front_green = reddish(frames[0])
    back_red, back_green = reddish(frames[4])
    assert front_red > 2 * front_green
    assert back_green > 2 * back_red


def test_the_person_fills_the_frame_and_never_leaves_it(body, person):
    backdrop = np.round(np.array(BACKDROP) * 255)
    tallest = 0
    for frame in turntable_frames(person, body, count=9, size=(160, 120)):
        border = np.concatenate([frame[0], frame[:, 0], frame[:, -1]])
        assert np.abs(border - backdrop).max() <= 1
        shown = np.abs(frame - backdrop).max(-1) > 40
        tallest = max(tallest, np.ptp(np.nonzero(shown)[0]))
    assert tallest > 0.8 * 160


def test_colours_stay_honest(body, person):
    """A grey texture is never darker than the ambient light, nor brighter than itself by more than two per cent."""
    plain = replace(person, texture=Texture(torch.full((3, 64, 64), 0.5), torch.ones(64, 64)))
    frame = turntable_frames(plain, body, count=1, size=(160, 120))[0].astype(int)
    middle = frame[55:75, 55:65]  # the trunk; below it the legs part
    assert middle.min() >= 0.5 * 255 * 0.69
    assert middle.max() <= 0.5 * 255 * 1.03
    assert (np.ptp(middle, axis=-1) <= 1).all()


def test_a_shadow_lies_under_the_feet_only(body, person):
    frame = turntable_frames(person, body, count=1, size=(160, 120))[0].astype(int)
    brightness = frame.mean(-1)
    grey = np.ptp(frame, axis=-1) < 12
    backdrop = np.mean(BACKDROP) * 255
    shaded = grey & (brightness < backdrop - 8)
    assert shaded[120:].sum() > 30
    assert shaded[:60, :25].sum() == 0


def test_the_gif_loops_and_holds_every_frame(body, person, tmp_path, monkeypatch):
    monkeypatch.setattr(turntable.shutil, "which", lambda _: None)
    frames = turntable_frames(person, body, count=6, size=(96, 72))
    assert write_turntable(tmp_path / "turntable.gif", frames) == [tmp_path / "turntable.gif"]
    assert [p.name for p in tmp_path.iterdir()] == ["turntable.gif"]
    with Image.open(tmp_path / "turntable.gif") as movie:
        assert getattr(movie, "n_frames", 1) == 6
        assert movie.info["loop"] == 0
        for index, frame in enumerate(frames):
            movie.seek(index)
            shown = np.asarray(movie.convert("RGB")).astype(int)
            assert np.abs(shown - frame).mean() < 4
            assert (shown[0, 0] == np.round(np.array(BACKDROP) * 255)).all()


@pytest.mark.skipif(not shutil.which("ffprobe"), reason="ffmpeg is not installed")
def test_the_movie_is_there_when_ffmpeg_is(body, person, tmp_path):
    frames = turntable_frames(person, body, count=6, size=(97, 73))
    written = write_turntable(tmp_path / "turntable.gif", frames)
    assert [p.name for p in written] == ["turntable.gif", "turntable.mp4"]
    command = ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", str(written[1])]
    (stream,) = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["streams"]
    assert (stream["codec_name"], stream["pix_fmt"], stream["nb_read_frames"]) == ("h264", "yuv420p", "6")
    assert (stream["height"], stream["width"]) == (96, 72)


def test_an_ffmpeg_that_fails_leaves_the_gif_alone(body, person, tmp_path, monkeypatch):
    failing = shutil.which("false")
    monkeypatch.setattr(turntable.shutil, "which", lambda _: failing)
    frames = [np.zeros((8, 8, 3), np.uint8)] * 2
    assert write_turntable(tmp_path / "turntable.gif", frames) == [tmp_path / "turntable.gif"]
    assert [p.name for p in tmp_path.iterdir()] == ["turntable.gif"]

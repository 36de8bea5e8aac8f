"""Result records: JSON that programs read, lines that people read, and no number without its protocol."""

import json

import pytest
from embedded_people import report, result

from habitus.errors import InputError
from habitus.evaluation.results import as_text, percent, protocol_line, settings_line, to_json, write_json

SCORES = {"mAP": 0.53125, "rank1": 0.6, "rank5": 0.75, "rank10": 0.8, "mINP": 0.25, "skipped": 2}
BASIS = ("data", "folder", "weights", "feature", "distance", "flip", "reranking", "expansion", "seed", "broken")


def read(path):
    return json.loads(path.read_text(encoding="utf-8"), parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


def test_one_mode_stands_at_the_top(tmp_path):
    write_json(tmp_path / "r.json", report(result("cc")))
    values = read(tmp_path / "r.json")
    assert {key: values[key] for key in SCORES} == SCORES
    assert isinstance(values["skipped"], int)
    assert [values[key] for key in ("mode", "shots", "rule", "protocol")] == [
        "cc",
        "all",
        "cc",
        "everyone among everyone, multi-shot",
    ]
    assert values["unit"] == "fractions from 0 to 1"
    assert all(key in values for key in BASIS)
    assert len(values["cmc"]) == 50
    assert values["results"]["cc"] == {key: values[key] for key in values["results"]["cc"]}


def test_several_modes_stand_by_their_names(tmp_path):
    write_json(tmp_path / "r.json", report(result("general"), result("cc", mAP=0.125)))
    values = read(tmp_path / "r.json")
    assert list(values["results"]) == ["general", "cc"]
    assert values["results"]["cc"]["mAP"] == 0.125
    assert not set(SCORES) & set(values), "whose would they be?"
    assert all(key in values for key in BASIS)


def test_single_shots_tell_their_spread():
    single = result(
        protocol="everyone among everyone, single-shot",
        shots="single",
        draws=10,
        spread={"mAP": 0.0123456789},
        skipped=2.5,
    )
    values = to_json(report(single))
    assert values["spread"] == {"mAP": 0.012346}
    assert (values["draws"], values["skipped"]) == (10, 2.5)
    assert "53.1 ±1.2" in as_text(report(single))
    assert protocol_line(single) == "everyone among everyone, single-shot, mean of 10 draws; rule general"


def test_lines_hold_everything_that_the_numbers_depend_on():
    text = as_text(report(result("general"), result("cc", mAP=0.1), notes=("counts differ",), broken=tuple("abcd")))
    lines = text.splitlines()
    assert lines[0] == "prcc (/data/prcc)"
    for words in (
        "weights baseline",
        "feature rgb",
        "flip sum",
        "cosine",
        "re-ranking none",
        "expansion none",
        "seed 3",
    ):
        assert words in lines[1]
    heads = lines[3].split()
    rows = {cells[0]: dict(zip(heads, cells, strict=True)) for cells in (line.split() for line in lines[4:6])}
    assert rows["general"] | {"mAP": "53.1", "rank-1": "60.0", "queries": "30", "skipped": "2"} == rows["general"]
    assert rows["cc"]["mAP"] == "10.0"
    assert "multi-shot" in text
    assert "rule cc" in text
    assert lines[-2:] == ["note: counts differ", "note: 4 broken images were left out: a, b, c, ..."]


def test_columns_stand_below_their_heads():
    lines = as_text(report(result(skipped=12345678.0), result("cc", skipped=0.25))).splitlines()[3:6]
    assert len({len(line) for line in lines}) == 1
    end = lines[0].index("skipped") + len("skipped")
    assert [line[:end].split()[-1] for line in lines[1:]] == ["12345678", "0.2"]


@pytest.mark.parametrize(
    ("value", "spread", "words"), [(0.5, None, "50.0"), (1, 0.004, "100.0 ±0.4"), (0, 0, "0.0 ±0.0")]
)
def test_percent(value, spread, words):
    assert percent(value, spread) == words


def test_settings_name_the_re_ranking():
    assert "re-ranking k1 20" in settings_line(report(reranking="k1 20, k2 6, lambda 0.3"))


def test_json_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file"):
        write_json(tmp_path / "file" / "r.json", report())

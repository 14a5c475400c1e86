"""A model is taken in whole or not at all, and a report is given of anything."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pandas as pd
import pytest

import bim
from bim import model as formats
from bim.errors import LimitExceeded, Refused, Stopped
from bim.finding import Sentence
from bim.limits import DEFAULT, Limits
from bim.supervision import Supervision
from bim.worker import Ended
from tests.bim import cases
from tests.bim.bad_files import zipped


def small(folder: Path, lines: str = "") -> Path:
    path = folder / "small.ifc"
    path.write_text(cases.step(lines), encoding="ascii")
    return path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where models are put; nothing but them may be left in it."""
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


def test_a_model_is_kept_as_its_format_says(tmp_path: Path, place: Path) -> None:
    told: list[tuple[float, str]] = []
    model = bim.convert(
        small(tmp_path),
        place / "a",
        name="某项目.ifc",
        progress=lambda share, stage: told.append((share, stage.zh)),
    )
    assert [path.name for path in place.iterdir()] == ["a"]
    names = {path.name for path in (place / "a").iterdir()}
    assert names == {
        "model.json", "tree.json", "elements.parquet", "properties.parquet", "georeference.json", "check.json",
        "storey-00.glb", "instances.json", "source.ifc",
    }  # fmt: skip
    assert formats.read(place / "a").as_dict() == model.as_dict()
    assert model.name == "某项目.ifc"
    assert (model.drawn, model.triangles, model.methods) == (1, 12, {"kernel": 1})
    elements = pd.read_parquet(place / "a" / "elements.parquet")
    assert list(elements.columns) == list(formats.ELEMENT_COLUMNS)
    assert elements["zmax"].tolist() == [3.0]
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert any("1 / 1" in stage for _, stage in told)
    assert set(model.seconds) >= {
        "receive",
        "prescan",
        "parse",
        "extract",
        "geometry",
        "write",
        "evidence",
        "check",
    }


def test_an_existing_folder_is_not_touched(tmp_path: Path, place: Path) -> None:
    (place / "a").mkdir()
    with pytest.raises(FileExistsError):
        bim.convert(small(tmp_path), place / "a")
    assert not list((place / "a").iterdir())


def test_nothing_is_left_of_what_was_refused(tmp_path: Path, place: Path) -> None:
    path = tmp_path / "cut.ifc"
    path.write_text(cases.step()[:-200], encoding="ascii")
    with pytest.raises(Refused) as caught:
        bim.convert(path, place / "a")
    assert caught.value.findings
    assert not list(place.iterdir())


@pytest.mark.parametrize("after", [0.0, 0.12])
def test_nothing_is_left_of_what_was_cancelled(after: float, tmp_path: Path, place: Path) -> None:
    reached = [0.0]

    def progress(share: float, _: Sentence) -> None:
        reached[0] = share

    with pytest.raises(Stopped):
        bim.convert(small(tmp_path), place / "a", progress=progress, cancelled=lambda: reached[0] >= after)
    assert not list(place.iterdir())


def test_time_is_limited(tmp_path: Path, place: Path) -> None:
    with pytest.raises(LimitExceeded) as caught:
        bim.convert(small(tmp_path), place / "a", limits=Limits(wall_s=0.05))
    assert caught.value.code == "time"
    assert not list(place.iterdir())


def test_a_file_of_two_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.ifc"
    with path.open("wb") as target:
        target.write(b"ISO-10303-21;")
        os.truncate(path, 2_000_000_000)
    report = bim.inspect(path)
    assert (report.outcome, report.code) == ("rejected", "receive.too_large")
    assert report.seconds < 5


def test_of_several_models_in_an_archive_one_must_be_named(tmp_path: Path, place: Path) -> None:
    path = tmp_path / "two.ifczip"
    path.write_bytes(zipped({"a.ifc": cases.step(), "b.ifc": cases.step(changed={"'W1'": "'W2'"})}))
    with pytest.raises(Refused) as caught:
        bim.convert(path, place / "x")
    assert caught.value.code == "archive.several"
    assert [item.text.en for item in caught.value.findings] == ["a.ifc", "b.ifc"]
    bim.convert(path, place / "x", entry="b.ifc")
    assert pd.read_parquet(place / "x" / "elements.parquet")["name"].tolist() == ["W2"]


def test_a_report_has_the_keys_that_others_rely_on(tmp_path: Path) -> None:
    report = bim.inspect(small(tmp_path)).as_dict()
    assert report["outcome"] == "accepted"
    assert report["reason"] is None
    assert report["schema"] == "IFC4"
    assert report["counts"]["IfcBuildingStorey"] == 1
    assert report["counts"]["IfcDoor"] == 0
    assert isinstance(report["georeference"]["hypotheses"], list)
    assert isinstance(report["findings"], list)
    assert [storey["name"] for storey in report["storeys"]] == ["L1"]
    json.dumps(report, allow_nan=False)


def test_a_report_of_a_bad_file_says_why(tmp_path: Path) -> None:
    path = tmp_path / "x.ifc"
    path.write_bytes(b"\x89PNG\r\n\x1a\n0000")
    report = bim.inspect(path)
    assert report.outcome == "rejected"
    assert report.reason is not None
    assert "PNG" in report.reason.en
    data = report.as_dict()
    assert (data["schema"], data["counts"], data["georeference"]) == (None, {}, {"hypotheses": []})
    assert bim.inspect(tmp_path / "missing.ifc").outcome == "rejected"


@cases.needs_cases
def test_the_hypotheses_of_a_georeferenced_model_are_in_its_report() -> None:
    report = bim.inspect(cases.GEOREF / "g01_ifc4_mm_mapconversion_ok.ifc").as_dict()
    best = report["georeference"]["hypotheses"][0]
    assert set(best) >= {"name", "crs", "longitude", "latitude", "score", "why"}
    assert best["crs"] == "EPSG:4549"
    assert report["footprint_m"]


def supervision(tmp_path: Path) -> Supervision:
    return Supervision(
        {}, tmp_path, 1_000_000, limits=DEFAULT, progress=lambda *_: None, cancelled=lambda: False
    )


def test_an_element_that_ends_the_process_goes_down_the_ladder(tmp_path: Path) -> None:
    watched = supervision(tmp_path)
    watched._event({"stage": "geometry"})
    watched._event({"products": 3})
    watched._event({"method": "kernel", "elements": [1, 2, 3]})
    watched._event({"begin": 2})
    watched._judge(Ended("silent"))
    assert watched.aside == {2: ("no-openings", "silent")}
    for following in ("ifclite", "box", "none"):
        watched._event({"stage": "geometry"})
        watched._event({"method": watched.aside[2][0], "elements": [2]})
        watched._judge(Ended("crashed", status=-11))
        assert watched.aside == {2: (following, "silent")}, "the first reason is the one to tell"


def test_what_ends_the_quick_kernel_is_left_to_the_other(tmp_path: Path) -> None:
    watched = supervision(tmp_path)
    watched._event({"stage": "geometry"})
    watched._event({"method": "quick", "elements": [1, 2, 3]})
    watched._event({"begin": 3})
    watched._judge(Ended("crashed", status=-11))
    assert (watched.slow, watched.aside) == ({3}, {})
    watched._event({"method": "quick", "elements": [1, 2]})
    watched._judge(Ended("crashed", status=-11))
    assert watched.slow == {1, 2, 3}


def test_an_unknown_culprit_is_narrowed_down_by_halves(tmp_path: Path) -> None:
    watched = supervision(tmp_path)
    for group, expected in (([1, 2, 3, 4], [[1, 2], [3, 4]]), ([3, 4], [[1, 2], [3], [4]])):
        watched._event({"stage": "geometry"})
        watched._event({"method": "kernel", "elements": group})
        watched._judge(Ended("crashed", status=-11))
        assert watched.alone == expected
    watched._event({"method": "kernel", "elements": [4]})
    watched._judge(Ended("crashed", status=-11))
    assert set(watched.aside) == {4}


def test_stages_a_model_can_do_without_are_left_out(tmp_path: Path) -> None:
    watched = supervision(tmp_path)
    watched._event({"stage": "check"})
    watched._judge(Ended("silent"))
    assert watched.skip == ["check"]
    assert [finding.code for finding in watched.findings] == ["stage.check"]
    watched._event({"stage": "extract"})
    with pytest.raises(Refused):
        watched._judge(Ended("crashed", status=-11))


def test_memory_that_keeps_running_out_ends_the_conversion(tmp_path: Path) -> None:
    watched = supervision(tmp_path)
    with pytest.raises(LimitExceeded):
        for number in range(1, 9):
            watched._event({"stage": "geometry"})
            watched._event({"method": "kernel", "elements": [number]})
            watched._judge(Ended("memory"))
    assert 1 <= len(watched.aside) <= 4

"""Every bad file comes to what it must come to, soon, and leaves nothing behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import bim
from bim.errors import BimError
from tests.bim import cases
from tests.bim.bad_files import BAD_FILES, REJECTED

LONGEST_S = 90.0

METHODS = {
    "29_deep_boolean_tree_3000.ifc": {"ifclite": 1},
    "40_degenerate_geometry.ifc": {"none": 1},
    "42_wall_1500_overlapping_openings.ifc": {"max-voids": 1},
    "50_real_ios600_wall_timeout.ifc": {"kernel": 2, "no-openings": 1},
}
"""How the elements of the files that hold a bad one are drawn."""

HANGS = {"29_deep_boolean_tree_3000.ifc", "50_real_ios600_wall_timeout.ifc", "52_real_ios411_segfault.ifc"}


def test_the_table_names_every_case() -> None:
    if not cases.BAD.is_dir():
        pytest.skip(f"needs the IFC cases in {cases.BAD}")
    there = {path.name for path in cases.BAD.iterdir() if path.suffix != ".md"}
    assert there <= set(BAD_FILES)


@cases.needs_cases
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow if name in HANGS else ()) for name in sorted(BAD_FILES)],
)
def test_a_bad_file_comes_to_what_it_must(name: str, tmp_path: Path) -> None:
    path = cases.BAD / name
    if not path.exists():
        pytest.skip("the case is not among those stored here")
    before = sorted(Path("/tmp").glob("evil*")) if Path("/tmp").is_dir() else []
    expected = BAD_FILES[name]
    report = bim.inspect(path)
    assert report.outcome in expected.outcomes, report.reason
    assert report.seconds <= LONGEST_S
    json.dumps(report.as_dict(), allow_nan=False)
    if report.outcome == REJECTED:
        assert report.reason is not None
        assert report.reason.zh
        assert report.reason.en
    if expected.code is not None:
        assert expected.code in {report.code, *(item.code for item in report.findings)}
    assert (sorted(Path("/tmp").glob("evil*")) if Path("/tmp").is_dir() else []) == before
    if name in METHODS:
        assert report.model is not None
        assert report.model.methods == METHODS[name]
        (code,) = {f"geometry.{method}" for method in METHODS[name] if method != "kernel"}
        (told,) = [item for item in report.findings if item.code == code]
        assert told.guid
    if report.outcome == REJECTED:
        home = tmp_path / "home"
        home.mkdir()
        with pytest.raises(BimError):
            bim.convert(path, home / "model")
        assert not list(home.iterdir())

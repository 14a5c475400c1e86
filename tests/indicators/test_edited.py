"""Which edits of a scenario bear on what."""

from __future__ import annotations

from typing import Any

import pytest

from twin.indicators import edited
from twin.scenario import AnyEdit, read_edit

RING = [[[121.2, 31.3], [121.2005, 31.3], [121.2005, 31.3005]]]
EDITS: list[dict[str, Any]] = [
    {"id": 1, "kind": "add", "layer": "centre", "lon": 121.2, "lat": 31.3},
    {"id": 2, "kind": "move", "layer": "centre", "fid": 5, "lon": 121.2, "lat": 31.3},
    {"id": 3, "kind": "change", "layer": "road", "fid": 7, "values": {"open_for_testing": True}},
    {"id": 4, "kind": "remove", "layer": "road", "fid": 8},
    {"id": 5, "kind": "link", "from": [121.2, 31.3], "to": [121.21, 31.3]},
    {"id": 6, "kind": "gate", "estate": 9, "lon": 121.2, "lat": 31.3},
    {"id": 7, "kind": "build", "footprint": RING, "height_m": 30},
    {"id": 8, "kind": "remove", "layer": "building", "fid": 11},
]


@pytest.fixture(scope="module")
def edits() -> list[AnyEdit]:
    return [read_edit(edit) for edit in EDITS]


@pytest.mark.parametrize(
    ("subjects", "expected"),
    [
        ((), []),
        (("sensor",), []),
        (("centre",), [1, 2]),
        (("centre:add|remove|change",), [1]),
        (("road:remove",), [4]),
        (("road",), [3, 4]),
        (("link", "gate"), [5, 6]),
        (("building",), [7, 8]),
        (("centre:move", "building", "road:remove", "link"), [2, 4, 5, 7, 8]),
    ],
)
def test_edits_that_bear_on_subjects(
    edits: list[AnyEdit], subjects: tuple[str, ...], expected: list[int]
) -> None:
    assert edited.bearing(subjects, edits) == expected

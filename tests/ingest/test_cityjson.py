from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.ingest.files import shared
from twin.errors import InputError
from twin.ingest import inspect

CUBE = [[0, 0, 0], [10, 0, 0], [10, 10, 0], [0, 10, 0], [0, 0, 9], [10, 0, 9], [10, 10, 9], [0, 10, 9]]
SHELL = [[[0, 3, 2, 1]], [[4, 5, 6, 7]], [[0, 1, 5, 4]], [[1, 2, 6, 5]], [[2, 3, 7, 6]], [[3, 0, 4, 7]]]


def solid(shift: int = 0, lod: str = "1.2") -> dict[str, Any]:
    return {
        "type": "Solid", "lod": lod,
        "boundaries": [[[[corner + shift for corner in ring] for ring in face] for face in SHELL]],
    }  # fmt: skip


def document(objects: dict[str, Any], **members: Any) -> dict[str, Any]:
    beside = [[x + 10, y, z + 3] for x, y, z in CUBE]
    return {
        "type": "CityJSON", "version": "2.0", "CityObjects": objects, "vertices": CUBE + beside,
        "transform": {"scale": [1, 1, 1], "translate": [381_000, 6_670_000, 12]},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/3067"},
    } | members  # fmt: skip


def save(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_delft_has_160_buildings_with_their_measured_heights() -> None:
    path = shared("cityjson", "delft.json")
    inspection = inspect(path)
    building = inspection.datasets[0]
    assert building.crs.declared == building.crs.found == "EPSG:28992"
    accepted = building.rows_for("building")
    assert (len(accepted.frame), accepted.rejected) == (160, 0)
    objects = json.loads(path.read_bytes())["CityObjects"]
    stated = {
        key: item["attributes"]["measuredHeight"]
        for key, item in objects.items()
        if item["type"] == "Building"
    }
    assert accepted.frame.set_index("source_key")["height_m"].to_dict() == stated
    assert set(accepted.frame["height_source"]) == {"measured"}
    west, south, east, north = accepted.frame.total_bounds
    assert (west, south, east, north) == pytest.approx((4.3651, 52.0111, 4.3684, 52.0125), abs=1e-3)
    # Footprints cover less than the extent and more than nothing; Delft's houses are some 60 m2 each.
    areas = accepted.frame.to_crs(28992).area
    assert 10 < np.median(areas) < 400
    assert [item.layer for item in inspection.datasets] == ["building", "green", "water"]


def test_parts_make_one_footprint_and_the_shape_gives_the_height(tmp_path: Path) -> None:
    objects = {
        "house": {"type": "Building", "children": ["a", "b"], "attributes": {"storeysAboveGround": 3}},
        "a": {"type": "BuildingPart", "parents": ["house"], "geometry": [solid()]},
        "b": {"type": "BuildingPart", "parents": ["house"], "geometry": [solid(8)]},
    }
    frame = inspect(save(tmp_path / "a.city.json", document(objects))).datasets[0].rows_for("building").frame
    assert len(frame) == 1
    assert frame["height_m"].iloc[0] == 12
    assert frame["floors"].iloc[0] == 3
    assert frame.to_crs(3067).area.iloc[0] == pytest.approx(200, abs=0.1)


def test_marked_ground_and_version_1_1(tmp_path: Path) -> None:
    geometry = solid(lod="2.2")
    geometry["semantics"] = {"surfaces": [{"type": "GroundSurface"}, {"type": "RoofSurface"}],
                             "values": [[0, 1, None, None, None, None]]}  # fmt: skip
    objects = {
        "x": {"type": "Building", "geometry": [solid(), geometry], "attributes": {"measuredHeight": 8.5}}
    }
    path = save(tmp_path / "a.city.json", document(objects, version="1.1"))
    frame = inspect(path).datasets[0].rows_for("building").frame
    assert frame["height_m"].tolist() == [8.5]
    assert frame.to_crs(3067).area.iloc[0] == pytest.approx(100, abs=0.05)


def test_building_without_geometry_is_a_fault(tmp_path: Path) -> None:
    objects = {"x": {"type": "Building", "geometry": [solid()]}, "y": {"type": "Building"}}
    accepted = inspect(save(tmp_path / "a.json", document(objects))).datasets[0].rows_for("building")
    assert accepted.rejected == 1
    assert accepted.faults["key"].tolist() == ["y"]


@pytest.mark.parametrize(
    "change",
    [
        {"version": "1.0"},
        {"vertices": [[0, 0]]},
        {"CityObjects": []},
        {
            "CityObjects": {
                "x": {"type": "Building", "geometry": [{"type": "Solid", "boundaries": [[[[999, 1, 2]]]]}]}
            }
        },
        {"CityObjects": {"x": {"type": "Building", "children": "loop"}, "loop": 3}},
        {"transform": {"scale": 1}},
    ],
)
def test_broken_documents(tmp_path: Path, change: dict[str, Any]) -> None:
    content = document({"x": {"type": "Building", "geometry": [solid()]}}) | change
    path = save(tmp_path / "a.city.json", content)
    with pytest.raises(InputError):
        inspect(path).datasets[0].rows_for("building")


def test_parts_that_name_each_other_end(tmp_path: Path) -> None:
    objects = {
        "house": {"type": "Building", "children": ["a"]},
        "a": {"type": "BuildingPart", "children": ["a", "house"], "geometry": [solid()]},
    }
    frame = inspect(save(tmp_path / "a.json", document(objects))).datasets[0].rows_for("building").frame
    assert frame["height_m"].tolist() == [9]

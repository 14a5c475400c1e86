from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely

from tests.ingest.files import shared
from twin.errors import InputError, NoGoodRow, UnreadableFile
from twin.ingest import Inspection, inspect

NODES = {
    1: (121.250, 31.380), 2: (121.251, 31.380), 3: (121.251, 31.381), 4: (121.250, 31.381),
    5: (121.252, 31.380), 6: (121.253, 31.380), 7: (121.253, 31.381), 8: (121.252, 31.381),
    9: (121.2522, 31.3802), 10: (121.2528, 31.3802), 11: (121.2528, 31.3808), 12: (121.2522, 31.3808),
}  # fmt: skip


def write(path: Path, ways: dict[int, tuple[list[int], dict[str, str]]], extra: str = "") -> Path:
    lines = ["<?xml version='1.0' encoding='UTF-8'?>", "<osm version='0.6'>"]
    lines += [f"<node id='{n}' lat='{lat}' lon='{lon}' version='1'/>" for n, (lon, lat) in NODES.items()]
    for number, (refs, tags) in ways.items():
        body = "".join(f"<nd ref='{ref}'/>" for ref in refs)
        body += "".join(f"<tag k='{k}' v='{v}'/>" for k, v in tags.items())
        lines.append(f"<way id='{number}' version='1'>{body}</way>")
    path.write_text("\n".join([*lines, extra, "</osm>"]), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def helsinki() -> Inspection:
    return inspect(shared("osm_helsinki", "Helsinki.osm.pbf"))


def test_helsinki_has_exactly_its_500_buildings(helsinki: Inspection) -> None:
    building = next(item for item in helsinki.datasets if item.layer == "building")
    accepted = building.rows_for("building")
    kinds = accepted.frame["source_key"].str.split("/").str[0].value_counts()
    assert kinds.to_dict() == {"way": 433, "relation": 67}
    assert accepted.frame["source_key"].is_unique
    assert shapely.is_valid(accepted.frame.geometry.to_numpy()).all()
    assert (accepted.frame["height_m"] > 0).all()
    nodes = accepted.faults[accepted.faults["level"] == "rejected"]
    assert accepted.rejected == len(nodes) == 36
    assert set(nodes["reason_en"]) == {"a node has no footprint"}


def test_helsinki_accounts_for_all_highway_ways(helsinki: Inspection) -> None:
    road = next(item for item in helsinki.datasets if item.layer == "road")
    accepted = road.rows_for("road")
    rejected = accepted.faults[accepted.faults["level"] == "rejected"]
    assert len(rejected) == accepted.rejected
    keys = set(accepted.frame["source_key"]) | set(rejected["key"])
    assert len(keys) == len(accepted.frame) + accepted.rejected == 2650
    assert accepted.frame["class"].notna().all()
    assert (rejected["reason_en"].str.contains("border of the extract")).all()


def test_helsinki_heights_tell_where_they_come_from(helsinki: Inspection) -> None:
    frame = next(item for item in helsinki.datasets if item.layer == "building").rows_for("building").frame
    sources = frame["height_source"].value_counts().to_dict()
    assert sources["measured"] == 17
    assert sources["floors"] + sources["default"] == 483
    cut = frame[frame["source_key"] == "way/86941886"].iloc[0]
    assert cut["height_m"] == pytest.approx(6.5 * 3.2)


def test_levels_feet_and_defaults(tmp_path: Path) -> None:
    ring = [1, 2, 3, 4, 1]
    path = write(
        tmp_path / "a.osm",
        {
            1: (ring, {"building": "apartments", "building:levels": "10", "roof:levels": "1"}),
            2: (ring, {"building": "yes", "height": "12,5"}),
            3: (ring, {"building": "industrial", "height": "100 ft"}),
            4: (ring, {"building": "yes", "amenity": "school"}),
            5: (ring, {"building": "no"}),
            6: ([1, 2, 3, 4], {"building": "yes"}),
        },
    )
    accepted = inspect(path).datasets[0].rows_for("building")
    frame = accepted.frame.set_index("source_key")
    assert frame["height_m"].to_dict() == {
        "way/1": 33.6, "way/2": 12.5, "way/3": 30.48, "way/4": 12.8,
    }  # fmt: skip
    assert frame.loc["way/4", "use"] == "education"
    assert frame.loc["way/1", "floors"] == 10
    assert accepted.faults["reason_en"].tolist() == ["its outline is not closed"]


def test_multipolygon_relation_has_its_hole(tmp_path: Path) -> None:
    relation = (
        "<relation id='7' version='1'><member type='way' ref='1' role='outer'/>"
        "<member type='way' ref='2' role='inner'/><tag k='type' v='multipolygon'/>"
        "<tag k='building' v='office'/></relation>"
    )
    path = write(tmp_path / "a.osm", {1: ([5, 6, 7, 8, 5], {}), 2: ([9, 10, 11, 12, 9], {})}, relation)
    frame = inspect(path).datasets[0].rows_for("building").frame
    assert frame["source_key"].tolist() == ["relation/7"]
    assert len(frame.geometry.iloc[0].interiors) == 1


def test_road_columns(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.osm",
        {
            1: ([1, 2], {"highway": "primary", "oneway": "-1", "bridge": "viaduct", "layer": "1",
                         "lanes": "4", "maxspeed": "30 mph", "name": "沪宜公路", "foot": "no"}),
            2: ([1, 2], {"highway": "footway", "wheelchair": "yes", "surface": "asphalt", "note": "x"}),
            3: ([1, 2], {"highway": "motorway"}),
            4: ([1, 2], {"highway": "service", "access": "private"}),
            5: ([1, 2, 3, 1], {"highway": "pedestrian", "area": "yes"}),
            6: ([1, 2], {"highway": "unheard_of"}),
        },
    )  # fmt: skip
    frame = inspect(path).datasets[0].rows_for("road").frame.set_index("source_key")
    first = frame.loc["way/1"]
    assert (first["class"], first["oneway"], first["bridge"], first["level"], first["lanes"]) == (
        "primary", True, True, 1, 4,
    )  # fmt: skip
    assert first["speed_kmh"] == 48
    assert first["foot"] == "no"
    # A street with oneway=-1 is turned round, so that its line runs the way traffic does.
    assert first.geometry.coords[0] == NODES[2]
    assert json.loads(frame.loc["way/2", "tags"]) == {
        "highway": "footway", "surface": "asphalt", "wheelchair": "yes",
    }  # fmt: skip
    assert frame.loc["way/3", ["foot", "cycle"]].tolist() == ["no", "no"]
    assert bool(frame.loc["way/3", "oneway"])
    assert frame.loc["way/4", ["foot", "cycle"]].tolist() == ["private", "private"]
    assert json.loads(frame.loc["way/5", "tags"])["area"] == "yes"
    assert frame.loc["way/6", "class"] == "other"


def test_streets_cut_at_the_border(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.osm",
        {1: ([99, 1, 2, 98], {"highway": "path"}), 2: ([1, 97], {"highway": "path"})},
    )
    accepted = inspect(path).datasets[0].rows_for("road")
    assert [tuple(point) for point in accepted.frame.geometry.iloc[0].coords] == [NODES[1], NODES[2]]
    assert accepted.rejected == 1
    assert accepted.faults.set_index("key")["value"].to_dict() == {"way/2": "1 / 2", "way/1": "2 / 4"}


def test_surfaces_and_places(tmp_path: Path) -> None:
    ring = [1, 2, 3, 4, 1]
    nodes = (
        "<node id='20' lat='31.38' lon='121.25' version='1'><tag k='highway' v='bus_stop'/>"
        "<tag k='name' v='嘉定北'/><tag k='shelter' v='yes'/></node>"
        "<node id='21' lat='31.38' lon='121.25' version='1'><tag k='amenity' v='pharmacy'/></node>"
        "<node id='22' lat='31.38' lon='121.25' version='1'><tag k='amenity' v='parcel_locker'/></node>"
    )
    path = write(
        tmp_path / "a.osm",
        {
            1: (ring, {"natural": "water", "water": "lake", "name": "远香湖"}),
            2: ([1, 2], {"waterway": "river", "width": "30"}),
            3: ([1, 2], {"waterway": "stream", "tunnel": "culvert"}),
            4: (ring, {"leisure": "park", "name": "紫藤公园"}),
            5: (ring, {"landuse": "residential", "name": "嘉定小区"}),
            6: (ring, {"landuse": "construction"}),
            7: (ring, {"amenity": "kindergarten", "building": "yes"}),
        },
    )
    path.write_text(
        path.read_text(encoding="utf-8").replace("<way id='1'", nodes + "<way id='1'"), encoding="utf-8"
    )
    found = {item.layer: item.rows_for(str(item.layer)) for item in inspect(path).datasets}
    assert found["water"].frame["kind"].tolist() == ["river", "lake"]
    assert found["water"].rejected == 1
    assert found["green"].frame["kind"].tolist() == ["park"]
    assert found["land_use"].frame["use"].tolist() == ["residential", "construction"]
    assert found["estate"].frame["name"].tolist() == ["嘉定小区"]
    assert len(found["construction_site"].frame) == 1
    assert found["bus_stop"].frame["shelter"].tolist() == [True]
    assert sorted(found["facility"].frame["category"]) == ["kindergarten", "park", "pharmacy"]
    assert (found["facility"].frame.geom_type == "Point").all()
    assert len(found["parcel_locker"].frame) == 1
    river = found["water"].frame[found["water"].frame["kind"] == "river"]
    width = river.to_crs(4549).area.iloc[0] / river.to_crs(4549).length.iloc[0] * 2
    assert width == pytest.approx(30, rel=0.4)


def test_a_layer_of_another_kind_and_another_crs_are_refused(helsinki: Inspection) -> None:
    road = next(item for item in helsinki.datasets if item.layer == "road")
    with pytest.raises(InputError, match="belongs to the layer road"):
        road.rows_for("building")
    with pytest.raises(InputError, match="always WGS84"):
        road.rows_for("road", crs="GCJ-02")
    assert road.crs.decided
    assert road.crs.found == "EPSG:4326"


def test_damaged_and_empty_files(tmp_path: Path) -> None:
    empty = tmp_path / "empty.osm"
    empty.write_text("<?xml version='1.0'?><osm version='0.6'></osm>")
    with pytest.raises(NoGoodRow):
        inspect(empty)
    data = shared("osm_helsinki", "Helsinki.osm.pbf").read_bytes()
    cut = tmp_path / "cut.osm.pbf"
    cut.write_bytes(data[: len(data) // 2])
    with pytest.raises(UnreadableFile, match="damaged or cut off"):
        inspect(cut)


def test_preview_is_geojson_in_degrees(helsinki: Inspection) -> None:
    preview = next(item for item in helsinki.datasets if item.layer == "building").preview(50)
    assert 25 <= len(preview["features"]) <= 50
    lon, lat = np.array(preview["features"][0]["geometry"]["coordinates"][0][0], dtype=object)[:2]
    assert 24 < lon < 26
    assert 60 < lat < 61


def test_helsinki_keeps_the_barriers_on_ways(helsinki: Inspection) -> None:
    frame = next(item for item in helsinki.datasets if item.layer == "road").rows_for("road").frame
    barred = [json.loads(text)["barriers"] for text in frame["tags"] if '"barriers"' in text]
    kinds = {barrier["barrier"] for way in barred for _, _, barrier in way}
    assert {"gate", "lift_gate", "bollard"} <= kinds
    closed = [(lon, lat) for way in barred for lon, lat, barrier in way if barrier.get("access") == "no"]
    assert len(closed) == 3
    assert all(24.93 < lon < 24.96 and 60.16 < lat < 60.18 for lon, lat in closed)

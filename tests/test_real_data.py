"""Real files through the whole house: Helsinki's streets, Delft's heights, Jiading's outlines and metro."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from twin import catalogue, describe
from twin.crs import WGS84
from twin.export import frame_of
from twin.importer import import_file
from twin.settings import Settings
from twin.store import Store


def _imported(folder: Path, *files: tuple[Path, str | None]) -> Store:
    store = Store.open(folder)
    for path, layer in files:
        import_file(store, path, settings=Settings(home=folder), layer=layer)
    return store


def test_helsinki_is_whole(shared: Path, tmp_path: Path) -> None:
    with _imported(tmp_path, (shared / "data/osm_helsinki/Helsinki.osm.pbf", None)) as store:
        recorded = {item.layer: item for item in catalogue.datasets(store)}
        buildings = frame_of(store, "building")
        keys = buildings["source_key"].str.extract(r"/(way|relation)/")[0].value_counts().to_dict()
        assert keys == {"way": 433, "relation": 67}
        assert buildings["height_m"].gt(0).all()
        assert set(buildings["height_source"]) == {"measured", "floors", "default"}
        roads = recorded["road"]
        listed = [fault for fault in catalogue.faults(store, roads.id) if fault.rejected]
        assert roads.accepted + len(listed) == 2650
        assert all(fault.reason_zh and fault.reason_en for fault in listed)
        west, south, east, north = describe.bounds(store)
        assert 24.9 < west < east < 25.0
        assert 60.1 < south < north < 60.2
        assert {row["origin"] for row in describe.layers_table(store)} == {"real"}


def test_delft_keeps_its_measured_heights(shared: Path, tmp_path: Path) -> None:
    import json

    path = shared / "data/cityjson/delft.json"
    told = json.loads(path.read_text(encoding="utf-8"))["CityObjects"]
    heights = {
        key: item["attributes"]["measuredHeight"] for key, item in told.items() if item["type"] == "Building"
    }
    with _imported(tmp_path, (path, None)) as store:
        buildings = frame_of(store, "building")
        assert len(buildings) == len(heights) == 160
        found = dict(
            zip(buildings["source_key"].str.rsplit("/", n=1).str[-1], buildings["height_m"], strict=True)
        )
        assert found == pytest.approx(heights)
        assert buildings.total_bounds[0] == pytest.approx(4.37, abs=0.1), "Delft lies at 4.4 degrees east"


def test_jiading_comes_in_without_being_told_its_coordinates(shared: Path, tmp_path: Path) -> None:
    data = shared / "data"
    outlines = {}
    for number, name in enumerate(("amap_310114_gcj02", "optagent_310114_wgs84")):
        with _imported(
            tmp_path / str(number), (data / f"jiading_boundary/{name}.geojson", "district")
        ) as store:
            outlines[catalogue.datasets(store)[0].crs_found] = (
                frame_of(store, "district").to_crs(4549).union_all()
            )
    gcj, wgs = outlines["GCJ-02"], outlines[WGS84]
    assert shapely.area(gcj & wgs) / shapely.area(gcj | wgs) >= 0.98

    files = (
        (data / "jiading_boundary/amap_310114_gcj02.geojson", "district"),
        (data / "jiading_towns/jiading_12_towns_2026_wgs84_derived.geojson", "town"),
        (data / "transport_osm/metro_lines_jiading.geojson", "metro_line"),
        (data / "transport_osm/metro_stations_jiading.geojson", "metro_station"),
    )
    with _imported(tmp_path / "city", *files) as store:
        rows = {row["id"]: row["rows"] for row in describe.layers_table(store)}
        assert rows == {"district": 1, "town": 12, "metro_line": 4, "metro_station": 7}
        towns: gpd.GeoDataFrame = frame_of(store, "town")
        assert shapely.area(towns.to_crs(4549).union_all() & gcj) / shapely.area(gcj) > 0.98


def test_real_towns_take_the_place_of_the_demonstration_s(shared: Path, tmp_path: Path) -> None:
    from tests import city

    with Store.open(tmp_path) as store:
        city.put(store, {"town": city.towns()}, name="demo", synthetic=True)
        path = shared / "data/jiading_towns/jiading_12_towns_2026_wgs84_derived.geojson"
        import_file(store, path, settings=Settings(home=tmp_path), layer="town")
        assert [row["origin"] for row in describe.layers_table(store)] == ["real"]
        assert len(frame_of(store, "town")) == 12

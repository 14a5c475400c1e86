from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import Point, box

import layers
from tests.ingest.files import buildings, shared
from twin.crs import Reference
from twin.crs_doctor import Declared
from twin.errors import Cancelled, NoGoodRow
from twin.ingest import inspect
from twin.ingest.contract import Source, accept
from twin.ingest.dataset import VectorDataset
from twin.ingest.faults import FAULT_COLUMNS
from twin.ingest.reading import Accepted, Task


def take(
    layer: str, shapes: list[Any], mapping: dict[str, str] | None = None, **columns: list[Any]
) -> Accepted:
    """Rows of ``layer`` from shapes in degrees and columns by name."""
    geometry = np.empty(len(shapes), dtype=object)
    geometry[:] = shapes
    table = pd.DataFrame(columns if columns else {"n": range(len(shapes))}, dtype=object)
    source = Source("test", table, geometry, Declared(Reference("EPSG:4326"), "file"))
    dataset = VectorDataset(source, "test", layer=layer, crs="EPSG:4326", known=None)
    return dataset.rows_for(layer, mapping)


SQUARE = box(121.2, 31.3, 121.201, 31.301)


def reasons(accepted: Accepted) -> dict[int, str]:
    return dict(zip(accepted.faults["row"], accepted.faults["reason_en"], strict=True))


def test_faults_of_geometry() -> None:
    bow = shapely.Polygon([(121, 31), (121.001, 31.001), (121.001, 31), (121, 31.001)])
    spike = shapely.Polygon([(121, 31), (121.002, 31), (121.001, 31), (121.001, 31.001), (121, 31.001)])
    accepted = take(
        "building",
        [SQUARE, None, shapely.Polygon(), Point(121.2, 31.3), box(31.3, 121.2, 31.4, 121.3),
         box(200, 95, 201, 96), box(0, 0, 0.001, 0.001), bow, spike, SQUARE.boundary,
         shapely.GeometryCollection([SQUARE, Point(121.2, 31.3)])],
    )  # fmt: skip
    assert reasons(accepted) == {
        2: "it has no coordinates or geometry",
        3: "its geometry is empty",
        4: "wrong kind of geometry, the layer holds polygons",
        5: "longitude and latitude are exchanged",
        6: "its coordinates lie outside the earth",
        7: "its coordinates are (0, 0), which means none",
        8: "its geometry was invalid and has been repaired without loss",
        9: "its geometry is invalid and cannot be repaired without loss",
        10: "a closed line was taken as a surface",
    }
    assert accepted.rejected == 7
    assert len(accepted.frame) == 4
    assert shapely.is_valid(accepted.frame.geometry.to_numpy()).all()
    assert set(accepted.frame.geom_type) == {"Polygon", "MultiPolygon"}
    assert list(accepted.faults.columns) == list(FAULT_COLUMNS)
    assert accepted.faults["reason_zh"].str.len().min() > 2


def test_points_and_lines_become_the_kind_of_the_layer() -> None:
    accepted = take("facility", [SQUARE, shapely.MultiPoint([(1, 1)]), shapely.LineString([(0, 1), (1, 1)])],
                    category=["药店", "菜市场", "park"])  # fmt: skip
    assert accepted.frame.geom_type.tolist() == ["Point", "Point"]
    assert accepted.frame["category"].tolist() == ["pharmacy", "market"]
    assert SQUARE.contains(accepted.frame.geometry.iloc[0])
    river = take("water", [shapely.LineString([(121.2, 31.3), (121.21, 31.3)])])
    area = gpd.GeoSeries(river.frame.geometry, crs=4326).to_crs(4549).area.iloc[0]
    assert area == pytest.approx(6 * 952, rel=0.01)
    assert river.faults["reason_en"].tolist() == ["a line was widened to 6 m"]


def test_faults_of_values() -> None:
    accepted = take(
        "building",
        [SQUARE] * 7,
        编号=["a", "b", "c", "d", "d", "f", "g"],
        高度=["12.5", "900", "高", "未知", "5", "", "1,200 cm"],
        用途=["住宅", "住宅", "住宅", "飞船", "住宅", None, "OFFICE"],
        年份=["1998", "1998", "1998", "0", "1998", "1998", "1998.0"],
    )
    faults = accepted.faults.set_index("row")
    assert faults[["column", "level", "value"]].T.to_dict("list") == {
        2: ["height_m", "rejected", "900"],
        3: ["height_m", "rejected", "高"],
        5: ["source_key", "rejected", "d"],
        4: ["use", "warning", "飞船"],
    }
    assert faults["reason_en"].tolist() == [
        "'Height' is outside 0 to 700 m",
        "'Height' is not a number",
        "its key is that of an earlier row",
        "'Use' is not one of the known values and was left empty",
    ]
    frame = accepted.frame.set_index("source_key")
    assert frame["height_m"].to_dict() == {"a": 12.5, "d": 9.6, "f": 9.6, "g": 12.0}
    assert frame["height_source"].to_dict() == {
        "a": "measured",
        "d": "default",
        "f": "default",
        "g": "measured",
    }
    assert frame["use"].tolist() == ["residential", None, None, "office"]
    assert frame["year"].isna().tolist() == [False, True, False, False]
    assert str(frame["year"].dtype) == "Int64"
    assert accepted.rejected == 3


def test_required_values() -> None:
    accepted = take("sensor", [Point(121, 31)] * 3, 类型=["烟感", "", "飞碟"])
    assert reasons(accepted) == {
        2: "the required 'Kind' is empty",
        3: "'Kind' is not one of the known values",
    }
    with pytest.raises(NoGoodRow, match="required column 'Kind' is missing"):
        take("sensor", [Point(121, 31)], height=[3])


def test_units_in_headers() -> None:
    accepted = take("centre", [Point(121, 31)], **{"建筑面积(亩)": ["3"]})
    assert accepted.frame["floor_area_m2"].iloc[0] == pytest.approx(2000)
    accepted = take("town", [SQUARE], **{"面积（公顷）": [4240], "人口(万人)": ["12.5"]})
    assert accepted.frame["area_km2"].iloc[0] == pytest.approx(42.4)
    assert accepted.frame["people"].iloc[0] == 125_000
    accepted = take(
        "road", [shapely.LineString([(0, 1), (1, 1)])], 等级=["主干路"], width_ft=["20"], 限速=["60 km/h"]
    )
    assert accepted.frame["width_m"].iloc[0] == pytest.approx(6.096)
    assert accepted.frame["speed_kmh"].iloc[0] == 60


def test_towns() -> None:
    accepted = take("town", [SQUARE] * 2, 名称=["安亭镇", "真新街道"], 区划代码=["310114103000", "310114003"])
    assert accepted.frame["code"].tolist() == ["310114103", "310114003"]
    accepted = take("bus_stop", [Point(121, 31)] * 3, 街镇代码=["310114103000", "x", None])
    assert accepted.frame["town"].isna().tolist() == [False, True, True]
    assert accepted.frame["town"].iloc[0] == 310114103
    assert accepted.rejected == 0


def test_records_as_json() -> None:
    gates = '[{"lon": 121.2, "lat": "31.3", "kind": "foot"}]'
    accepted = take("estate", [SQUARE] * 2, 名称=["甲", "乙"], 出入口=[gates, "[{"])
    assert accepted.frame["gates"].tolist() == [[{"lon": 121.2, "lat": 31.3, "kind": "foot"}]]
    assert reasons(accepted) == {2: "'Gates' is not a JSON list of records"}


def test_a_stopped_check_changes_nothing() -> None:
    source = Source("test", pd.DataFrame({"n": [1]}), np.array([SQUARE], dtype=object))
    report = VectorDataset(source, "t", layer="building", crs="EPSG:4326", known=None).crs
    with pytest.raises(Cancelled):
        accept(
            layers.get("building"),
            source,
            {},
            reference=Reference("EPSG:4326"),
            report=report,
            task=Task(cancelled=lambda: True),
        )


def test_progress_rises_to_one(tmp_path: Path) -> None:
    buildings().to_file(tmp_path / "a.gpkg", driver="GPKG")
    seen: list[float] = []
    dataset = inspect(tmp_path / "a.gpkg", progress=lambda share, _: seen.append(share)).datasets[0]
    dataset.rows_for("building", progress=lambda share, _: seen.append(1 + share))
    assert seen == sorted(seen)
    assert seen[-1] == 2


def iou(one: Any, other: Any) -> float:
    return float(one.intersection(other).area / one.union(other).area)


def test_real_boundaries_agree_after_reading() -> None:
    frames = []
    for name in ("amap_310114_gcj02", "amap_310114_wgs84_derived", "optagent_310114_wgs84"):
        (dataset,) = inspect(shared("jiading_boundary", f"{name}.geojson")).datasets
        assert dataset.layer == "district"
        accepted = dataset.rows_for("district")
        assert (len(accepted.frame), accepted.rejected) == (1, 0)
        assert accepted.frame["name"].tolist() == ["嘉定区"]
        assert accepted.frame["code"].tolist() == ["310114"]
        frames.append(accepted.frame.to_crs(4549).geometry.iloc[0])
    assert iou(frames[0], frames[1]) > 0.9999
    assert iou(frames[0], frames[2]) >= 0.98


def test_real_towns_and_metro_come_in_with_auto() -> None:
    for parts, layer, rows in (
        (("jiading_towns", "jiading_12_towns_2026_wgs84_derived.geojson"), "town", 12),
        (("jiading_towns", "optagent_jiading_12_towns_pre2026_wgs84.geojson"), "town", 12),
        (("transport_osm", "metro_lines_jiading.geojson"), "metro_line", 4),
        (("transport_osm", "metro_stations_jiading.geojson"), "metro_station", 7),
        (("transport_osm", "metro_lines_shanghai.geojson"), "metro_line", 20),
        (("transport_osm", "metro_stations_shanghai.geojson"), "metro_station", 226),
    ):
        (dataset,) = inspect(shared(*parts)).datasets
        accepted = dataset.rows_for(str(dataset.layer))
        assert (dataset.layer, len(accepted.frame), accepted.rejected) == (layer, rows, 0)
        assert (accepted.crs.found, accepted.crs.decided) == ("EPSG:4326", True)
        assert accepted.frame["name"].notna().all()

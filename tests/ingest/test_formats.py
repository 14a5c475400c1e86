from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely.geometry import mapping

from tests.ingest.files import buildings, zipped
from twin.errors import InputError, NoGoodRow, UnreadableFile
from twin.ingest import Inspection, inspect


def check_buildings(inspection: Inspection, source_crs: str = "EPSG:4326") -> None:
    """The six houses of :func:`buildings` came through unharmed."""
    (dataset,) = inspection.datasets
    assert dataset.crs.found == source_crs
    accepted = dataset.rows_for("building", crs=None if dataset.crs.decided else "EPSG:4326")
    frame = accepted.frame
    assert frame["name"].tolist() == [f"嘉定大楼{n}号" for n in range(6)]
    assert frame["height_m"].tolist() == [10.0, 11.0, 12.0, 13.0, 14.0, 15.0]
    assert frame["use"].tolist() == ["residential", "office", "retail"] * 2
    assert frame["source_key"].tolist() == [f"B{n}" for n in range(6)]
    assert set(frame["height_source"]) == {"measured"}
    assert accepted.rejected == 0
    assert frame.crs.to_epsg() == 4326
    expected = shapely.centroid(buildings().geometry.to_numpy())
    assert shapely.distance(shapely.centroid(frame.geometry.to_numpy()), expected).max() < 1e-8


def test_geopackage_with_several_layers(tmp_path: Path) -> None:
    path = tmp_path / "city.gpkg"
    buildings(crs=4549).to_file(path, layer="建筑", driver="GPKG")
    roads = gpd.GeoDataFrame(
        {"道路等级": ["主干路", "支路"]},
        geometry=[shapely.LineString([(121.2, 31.3), (121.3, 31.4)])] * 2,
        crs=4326,
    )
    roads.to_file(path, layer="路网", driver="GPKG")
    found = {item.name: item for item in inspect(path).datasets}
    assert {name: item.layer for name, item in found.items()} == {"建筑": "building", "路网": "road"}
    assert found["建筑"].crs.found == "EPSG:4549"
    assert found["路网"].rows_for("road").frame["class"].tolist() == ["primary", "tertiary"]
    found["建筑"].name = "x"
    check_buildings(Inspection("city", "GeoPackage", (found["建筑"],)), "EPSG:4549")


# Every byte is valid ISO 8859-5, so UTF-8 labelled as such would have to be believed.
@pytest.mark.parametrize(
    ("encoding", "label"),
    [("GBK", "right"), ("GBK", "none"), ("GBK", "wrong"), ("UTF-8", "right"), ("UTF-8", "none")],
)
def test_zipped_shapefile_in_any_encoding(tmp_path: Path, encoding: str, label: str) -> None:
    folder = tmp_path / "shp"
    folder.mkdir()
    buildings(crs=4528).to_file(folder / "房屋.shp", encoding=encoding, driver="ESRI Shapefile")
    cpg = folder / "房屋.cpg"
    if label == "none":
        cpg.unlink()
        dbf = folder / "房屋.dbf"
        data = bytearray(dbf.read_bytes())
        data[29] = 0
        dbf.write_bytes(data)
    elif label == "wrong":
        cpg.write_text("UTF-8")
    with inspect(zipped(folder, tmp_path / "房屋.zip")) as inspection:
        assert inspection.datasets[0].layer == "building"
        check_buildings(inspection, "EPSG:4528")


def test_flatgeobuf_and_geoparquet(tmp_path: Path) -> None:
    buildings(crs=32651).to_file(tmp_path / "建筑.fgb", driver="FlatGeobuf", SPATIAL_INDEX="NO")
    check_buildings(inspect(tmp_path / "建筑.fgb"), "EPSG:32651")
    buildings(crs=3857).to_parquet(tmp_path / "建筑.parquet")
    check_buildings(inspect(tmp_path / "建筑.parquet"), "EPSG:3857")


def test_plain_parquet_with_wkb(tmp_path: Path) -> None:
    frame = buildings()
    table = pd.DataFrame(frame.drop(columns="geometry")).assign(geometry=frame.geometry.to_wkb())
    table.to_parquet(tmp_path / "建筑.parquet")
    check_buildings(inspect(tmp_path / "建筑.parquet", crs="WGS84"))


def test_geojson_with_its_old_crs_member(tmp_path: Path) -> None:
    frame = buildings(crs=4549)
    document = json.loads(frame.to_json(drop_id=True))
    document["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}}
    path = tmp_path / "建筑.geojson"
    path.write_text(json.dumps(document), encoding="utf-8")
    inspection = inspect(path)
    assert inspection.datasets[0].crs.declared == "EPSG:4549"
    check_buildings(inspection, "EPSG:4549")


@pytest.mark.parametrize("separator", ["", "\x1e"])
def test_geojson_text_sequence(tmp_path: Path, separator: str) -> None:
    features = json.loads(buildings().to_json(drop_id=True))["features"]
    path = tmp_path / "建筑.geojsonl"
    path.write_text(
        "".join(f"{separator}{json.dumps(item, ensure_ascii=False)}\n" for item in features), encoding="utf-8"
    )
    check_buildings(inspect(path, crs="EPSG:4326"))


def test_origin_stated_in_a_geojson(tmp_path: Path) -> None:
    document = {
        "type": "FeatureCollection",
        "source": "上海市测绘院",
        "license": "ODbL-1.0",
        "date": "2024-05-01",
    }
    document |= {"features": json.loads(buildings().to_json(drop_id=True))["features"]}
    path = tmp_path / "建筑.geojson"
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    origin = inspect(path).datasets[0].origin
    assert (origin.source, origin.licence, origin.date) == ("上海市测绘院", "ODbL-1.0", "2024-05-01")


KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><name>公交站</name>
<Placemark><name>嘉定西站</name><ExtendedData><Data name="线路"><value>嘉定1路</value></Data>
<Data name="候车亭"><value>是</value></Data></ExtendedData>
<Point><coordinates>121.2,31.37,0</coordinates></Point></Placemark>
<Placemark><name>上海赛车场</name><Point><coordinates>121.22,31.33,0</coordinates></Point></Placemark>
</Folder></Document></kml>"""


@pytest.mark.parametrize("packed", [False, True])
def test_kml_and_kmz(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "stops.kml"
    path.write_text(KML, encoding="utf-8")
    if packed:
        with zipfile.ZipFile(tmp_path / "stops.kmz", "w") as archive:
            archive.write(path, "doc.kml")
        path = tmp_path / "stops.kmz"
    with inspect(path) as inspection:
        (dataset,) = inspection.datasets
        assert dataset.layer == "bus_stop"
        frame = dataset.rows_for("bus_stop", crs="WGS84").frame
    assert frame["name"].tolist() == ["嘉定西站", "上海赛车场"]
    assert frame["routes"].tolist() == ["嘉定1路", None]
    assert frame["shelter"].iloc[0]
    assert frame.geometry.iloc[0].coords[0] == (121.2, 31.37)


def test_a_lone_shp_asks_for_its_siblings(tmp_path: Path) -> None:
    folder = tmp_path / "shp"
    folder.mkdir()
    buildings().to_file(folder / "a.shp")
    shutil.copy(folder / "a.shp", tmp_path / "a.shp")
    with pytest.raises(UnreadableFile, match=r"pack \.shp"):
        inspect(tmp_path / "a.shp")


def test_virtual_and_foreign_files_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.geojson"
    secret.write_text(buildings().to_json(), encoding="utf-8")
    vrt = f"<OGRVRTLayer name='secret'><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer>"
    vrt = f"<OGRVRTDataSource>{vrt}</OGRVRTDataSource>"
    pipeline = json.dumps(
        {"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline ! read {secret} ! write"}
    )
    for number, (name, text) in enumerate(
        [
            ("a.vrt", vrt),
            ("b.geojson", vrt),
            ("c.kml", vrt + "<kml>"),
            ("d.json", pipeline),
            ("e.csv", "\0\1\2"),
        ]
    ):
        path = tmp_path / f"{number}" / name
        path.parent.mkdir()
        path.write_text(text)
        with pytest.raises(InputError):
            inspect(path)


def test_empty_and_unknown_files(tmp_path: Path) -> None:
    for name, data in (
        ("a.csv", b""),
        ("b.docx", b"\xd0\xcf\x11\xe0"),
        ("c.sqlite", b"SQLite format 3\0" + b"\0" * 90),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(UnreadableFile):
            inspect(tmp_path / name)
    with pytest.raises(UnreadableFile):
        inspect(tmp_path / "missing.geojson")
    empty = tmp_path / "empty.geojson"
    empty.write_text(json.dumps({"type": "FeatureCollection", "features": []}))
    with pytest.raises(UnreadableFile, match="no features"):
        inspect(empty)


def test_a_file_without_a_good_row_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "sensors.geojson"
    feature = {
        "type": "Feature",
        "properties": {"类型": "不存在"},
        "geometry": mapping(shapely.Point(121.2, 31.3)),
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature] * 3}))
    with pytest.raises(NoGoodRow, match=r"3 rejected.*not one of the known values"):
        inspect(path, crs="WGS84").datasets[0].rows_for("sensor")


def test_nested_properties_do_no_harm(tmp_path: Path) -> None:
    frame = buildings(2)
    document = json.loads(frame.to_json(drop_id=True))
    for feature in document["features"]:
        feature["properties"] |= {"标签": ["a", {"b": 1}], "高度": [3], "coord": [1, 2]}
    path = tmp_path / "建筑.geojson"
    path.write_text(json.dumps(document), encoding="utf-8")
    (dataset,) = inspect(path, crs="WGS84").datasets
    assert dataset.preview()["features"][0]["properties"]["标签"] == '["a", {"b": 1}]'
    with pytest.raises(NoGoodRow, match="not a number"):
        dataset.rows_for("building")

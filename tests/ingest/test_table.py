from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from tests.ingest.files import shared
from twin.errors import InputError, UndecidedCrs, UnreadableFile
from twin.ingest import inspect

SENSORS = """设备编号,类型,经度,纬度,安装高度(cm),安装日期,主管部门
S1,烟感,121.25,31.38,250,2023-05-01,消防支队
S2,水位,121.26,31.39,120,2023/6/2,水务局
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_in_any_chinese_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "感知终端.csv"
    path.write_bytes(SENSORS.encode(encoding))
    (dataset,) = inspect(path).datasets
    assert dataset.layer == "sensor"
    assert dataset.mapping == {
        "lon": "经度", "lat": "纬度", "kind": "类型", "height_m": "安装高度(cm)", "installed": "安装日期",
        "owner": "主管部门", "source_key": "设备编号",
    }  # fmt: skip
    frame = dataset.rows_for("sensor", crs="WGS84").frame
    assert frame["kind"].tolist() == ["smoke", "water_level"]
    assert frame["height_m"].tolist() == [2.5, 1.2]
    assert frame["installed"].tolist() == [dt.date(2023, 5, 1), dt.date(2023, 6, 2)]
    assert frame.geometry.iloc[1].coords[0] == (121.26, 31.39)


def test_semicolons_and_decimal_commas(tmp_path: Path) -> None:
    path = tmp_path / "stops.csv"
    path.write_text("name;lon;lat;shelter\nKamppi;24,9312;60,1690;yes\nErottaja;24,9440;60,1667;no\n")
    frame = inspect(path, layer="bus_stop").datasets[0].rows_for("bus_stop").frame
    assert frame.geometry.iloc[0].coords[0] == (24.9312, 60.169)
    assert frame["shelter"].tolist() == [True, False]


def test_wkt_and_degrees_minutes_seconds(tmp_path: Path) -> None:
    path = tmp_path / "小区.csv"
    path.write_text(
        '名称,户数,geometry\n甲苑,"1,200","SRID=4326;POLYGON((121 31,121.1 31,121.1 31.1,121 31))"\n',
        encoding="utf-8",
    )
    frame = inspect(path).datasets[0].rows_for("estate", crs="EPSG:4490").frame
    assert frame["households"].tolist() == [1200]
    assert frame.geometry.iloc[0].geom_type == "Polygon"
    path = tmp_path / "公交站.csv"
    path.write_text("站名,经度,纬度\n甲,121°15′36″E,31°22′48″N\n", encoding="utf-8")
    dataset = inspect(path).datasets[0]
    assert dataset.layer == "bus_stop"
    assert dataset.mapping["name"] == "站名"
    assert dataset.rows_for("bus_stop", crs="WGS84").frame.geometry.iloc[0].coords[0] == pytest.approx(
        (121.26, 31.38)
    )


def test_both_coordinates_in_one_cell(tmp_path: Path) -> None:
    path = tmp_path / "快件箱.csv"
    path.write_text('运营商,坐标,格口数\n丰巢,"121.25,31.38",40\n', encoding="utf-8")
    (dataset,) = inspect(path).datasets
    assert dataset.layer == "parcel_locker"
    frame = dataset.rows_for("parcel_locker", crs="WGS84").frame
    assert frame.geometry.iloc[0].coords[0] == (121.25, 31.38)
    assert frame["compartments"].tolist() == [40]


def test_headers_name_their_datum(tmp_path: Path) -> None:
    path = tmp_path / "快件箱.csv"
    path.write_text("运营商,gcj02_lng,gcj02_lat\n丰巢,121.25443846,31.37803508\n", encoding="utf-8")
    (dataset,) = inspect(path).datasets
    assert (dataset.crs.found, dataset.crs.decided, dataset.crs.basis) == ("GCJ-02", True, "declared")
    frame = dataset.rows_for("parcel_locker").frame
    assert frame.geometry.iloc[0].coords[0] == pytest.approx((121.25, 31.38), abs=1e-7)


def test_undecided_coordinates_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "快件箱.csv"
    path.write_text("运营商,经度,纬度\n丰巢,121.25,31.38\n", encoding="utf-8")
    (dataset,) = inspect(path).datasets
    assert not dataset.crs.decided
    with pytest.raises(UndecidedCrs, match="EPSG:4326, GCJ-02, BD-09"):
        dataset.rows_for("parcel_locker")
    outside = tmp_path / "lockers.csv"
    outside.write_text("operator,lon,lat\nPosti,24.94,60.17\n")
    assert inspect(outside, layer="parcel_locker").datasets[0].crs.decided


def test_workbook_with_a_title_above_its_header(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "邻里中心"
    sheet.append(["嘉定区我嘉·邻里中心一览表"])
    sheet.append(["序号", "名称", "地址", "状态", "建筑面积(公顷)", "开放年份", "经度", "纬度"])
    sheet.append([1, "黄渡中心", "春塔路837号", "已开放", 0.5327, 2024, 121.2, 31.27])
    sheet.append([2, "双单路中心", "双单路", "在建", "1.1 公顷", "未知", "121.25", "31.35"])
    sheet.append([3, "缺坐标", None, "规划", None, None, None, None])
    book.create_sheet("空表")
    path = tmp_path / "centres.xlsx"
    book.save(path)
    (dataset,) = inspect(path).datasets
    assert dataset.layer == "centre"
    accepted = dataset.rows_for("centre", crs="CGCS2000")
    assert accepted.frame["floor_area_m2"].tolist() == pytest.approx([5327, 11000])
    assert accepted.frame["year"].tolist()[0] == 2024
    assert accepted.frame["year"].isna().tolist() == [False, True]
    assert accepted.frame["status"].tolist() == ["open", "building"]
    # The number of the spreadsheet's own row: title, header, then the third line of data.
    assert accepted.faults[["row", "reason_en"]].values.tolist() == [[5, "it has no coordinates or geometry"]]


SECTORS = (
    "站名,小区ID,经度,纬度,运营商,站型,频段(MHz),方位角,机械下倾角,电子下倾角,挂高(m),发射功率(W),带宽(MHz)\n"
    "安亭1,1-1,121.16,31.29,移动,落地塔,2600,0,3,6,35,200,100\n"
    "安亭1,1-2,121.16,31.29,移动,落地塔,2600,120,3,6,35,200,100\n"
    "安亭1,1-3,121.16,31.29,移动,落地塔,2600,400,3,6,35,200,100\n"
    "南翔2,2-1,121.31,31.30,电信,楼面站,3500,30,2,4,28,160,100\n"
)


def test_a_row_per_sector_becomes_sites_with_sectors(tmp_path: Path) -> None:
    path = tmp_path / "工参.csv"
    path.write_text(SECTORS, encoding="gb18030")
    (dataset,) = inspect(path).datasets
    assert dataset.layer == "site_5g"
    assert dataset.mapping["sectors.azimuth_deg"] == "方位角"
    accepted = dataset.rows_for("site_5g", crs="WGS84")
    assert accepted.frame["name"].tolist() == ["安亭1", "南翔2"]
    assert accepted.frame["operator"].tolist() == ["cmcc", "ctcc"]
    assert accepted.frame["height_m"].tolist() == [35, 28]
    first = accepted.frame["sectors"].iloc[0]
    assert [sector["azimuth_deg"] for sector in first] == [0, 120]
    assert first[0]["band_ghz"] == pytest.approx(2.6)
    assert first[0]["power_dbm"] == pytest.approx(10 * np.log10(200_000))
    assert first[0]["bandwidth_mhz"] == 100
    assert accepted.rejected == 1
    assert accepted.faults["value"].tolist() == ["400"]


def test_the_mapping_can_be_corrected(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,c,d\n烟感,24.9,60.1,7\n", encoding="utf-8")
    (dataset,) = inspect(path).datasets
    assert dataset.layer is None
    assert [column.samples for column in dataset.columns] == [("烟感",), ("24.9",), ("60.1",), ("7",)]
    with pytest.raises(InputError, match="no coordinates"):
        dataset.rows_for("sensor", {"kind": "a"})
    with pytest.raises(InputError, match="no column 'zz'"):
        dataset.rows_for("sensor", {"kind": "zz"})
    with pytest.raises(InputError, match="has no column 'nonsense'"):
        dataset.rows_for("sensor", {"nonsense": "a"})
    with pytest.raises(InputError, match="there is no layer"):
        dataset.rows_for("nothing")
    mapping = {"kind": "a", "lon": "b", "lat": "c", "height_m": "d"}
    frame = dataset.rows_for("sensor", mapping).frame
    assert frame["height_m"].tolist() == [7]


def test_attributes_without_coordinates_say_so() -> None:
    (dataset,) = inspect(shared("jiading_buildings", "jiading_buildings_attributes.csv")).datasets
    assert dataset.layer == "building"
    with pytest.raises(InputError, match="no coordinates"):
        dataset.rows_for("building")


def test_damaged_tables(tmp_path: Path) -> None:
    for name, data in (
        ("a.csv", b"\0\0\0\0"),
        ("b.xlsx", b"PK\x03\x04 not a workbook"),
        ("c.csv", "名称".encode() + b"\xff\xfe\xff,\n1,2\n"),
        ("d.csv", b"\n\n\n"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(UnreadableFile):
            inspect(tmp_path / name)

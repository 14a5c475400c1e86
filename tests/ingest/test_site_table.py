"""Operators' site tables (工参): their headers, their units, their faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

import layers
from twin.errors import InputError, NoGoodRow, UnreadableFile
from twin.ingest import Accepted, Known, inspect
from twin.ingest.radio_values import carrier_ghz, read_bandwidths, read_carriers, read_powers

FIELDS = {field.name: field for field in layers.get("site_5g").column("sectors").fields}
DISTRICT = shapely.box(121.10, 31.20, 121.40, 31.50)


def write(folder: Path, text: str, name: str = "工参.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def take(folder: Path, text: str, *, region: Any = None, name: str = "工参.csv") -> Accepted:
    """The rows of a table in the layer, its coordinates taken as WGS84."""
    known = Known(boundary=region) if region is not None else None
    (dataset,) = inspect(write(folder, text, name), known=known).datasets
    assert dataset.layer == "site_5g"
    return dataset.rows_for("site_5g", crs="WGS84")


def reasons(accepted: Accepted, level: str = "rejected") -> dict[int, str]:
    faults = accepted.faults[accepted.faults["level"] == level]
    return {int(row): reason for row, reason in zip(faults["row"], faults["reason_en"], strict=True)}


# -- values --------------------------------------------------------------------------------


def test_arfcn_of_the_standard() -> None:
    # TS 38.104 Table 5.4.2.1-1: 5 kHz up to 3 GHz, 15 kHz up to 24.25 GHz, 60 kHz beyond.
    assert carrier_ghz(504_990) == pytest.approx(2.52495)
    assert carrier_ghz(600_000) == pytest.approx(3.0)
    assert carrier_ghz(633_984) == pytest.approx(3.50976)
    assert carrier_ghz(2_016_667) == pytest.approx(24.25008)
    assert carrier_ghz(3_279_165) == pytest.approx(99.99996)
    assert np.isnan(carrier_ghz(3_279_166))


def test_carriers_as_tables_write_them() -> None:
    written = {
        "n78": 3.5, "N41": 2.6, "NR n28": 0.7, "78": 3.5, "3.5G": 3.5, "3.5GHz": 3.5, "2.6G频段": 2.6, "700M": 0.7,
        "3500": 3.5, "3.5": 3.5, "4900MHz": 4.9, "NR3500": 3.5, "5G NR 3.5G": 3.5, "3400-3500MHz": 3.45, "633984": 3.50976,
        "n78(3.5G)": 3.5, "D频段": 2.6, "26G": 26.0, "１８５０": 1.85,
    }  # fmt: skip
    found, bad = read_carriers(pd.Series(list(written), dtype=object), FIELDS["band_ghz"], "频段")
    assert not bad.any()
    assert found == pytest.approx(list(written.values()))
    # Numbers as spreadsheets hold them, and units of the header.
    assert read_carriers(pd.Series([3500, 78, None]), FIELDS["band_ghz"], "频段")[0][:2] == pytest.approx(
        [3.5, 3.5]
    )
    assert read_carriers(pd.Series(["28"]), FIELDS["band_ghz"], "频率(GHz)")[0][0] == 28
    unknown = pd.Series(["n999", "X波段", "0", "-3500", "8.5", "12000", "abc", "5G", "99999999"])
    found, bad = read_carriers(unknown, FIELDS["band_ghz"], "频段")
    assert bad.all()
    assert np.isnan(found).all()
    found, bad = read_carriers(pd.Series(["", None, "-"], dtype=object), FIELDS["band_ghz"], "频段")
    assert not bad.any()
    assert np.isnan(found).all()


def test_powers_in_watts_and_dbm() -> None:
    def powers(values: list[Any], header: str) -> tuple[Any, Any]:
        return read_powers(pd.Series(values, dtype=object), FIELDS["power_dbm"], header)

    assert powers(["200", "53dBm", "200W"], "功率(W)")[0] == pytest.approx([53.0103, 53, 53.0103], abs=1e-4)
    assert powers(["46", "200 W"], "功率(dBm)")[0] == pytest.approx([46, 53.0103], abs=1e-4)
    assert powers([349], "最大发射功率(0.1dBm)")[0] == pytest.approx([34.9])
    # Without a unit: what is mostly above 63 is no dBm.
    assert powers(["200", "320", "40"], "功率")[0] == pytest.approx([53.0103, 55.0515, 46.0206], abs=1e-4)
    assert powers(["46", "53", "49"], "功率")[0] == pytest.approx([46, 53, 49])
    found, bad = powers(["0", "-5", "大", None], "功率(W)")
    assert bad.tolist() == [True, True, True, False]
    assert np.isnan(found).all()


def test_bandwidths() -> None:
    written = pd.Series(["100", "100M", "CELL_BW_100M", "0.1GHz", 60])
    found, bad = read_bandwidths(written, FIELDS["bandwidth_mhz"], "带宽")
    assert not bad.any()
    assert found == pytest.approx([100, 100, 100, 100, 60])


# -- headers and gathering -----------------------------------------------------------------


FULL = """基站ID,基站名称,小区名称,CGI,经度,纬度,运营商,频点,方位角,总下倾角,机械下倾,电子下倾,\
天线挂高,最大发射功率(W),带宽,厂家,覆盖类型,站型,状态
1001,安亭老街,安亭老街_1,460-00-1001-1,121.16,31.29,移动,504990,0,9,3,6,35,200,100M,华为,宏站,楼面,在网
1001,安亭老街,安亭老街_2,460-00-1001-2,121.16,31.29,移动,504990,120,9,3,6,35,200,100M,华为,宏站,楼面,在网
1001,安亭老街,安亭老街_3,460-00-1001-3,121.16,31.29,移动,633984,120,9,3,6,35,200,100M,华为,宏站,楼面,在网
1002,昌吉路,昌吉路_1,460-00-1002-1,121.18,31.30,电信,n78,30,8,3,5,28,46dBm,100M,中兴,宏站,单管塔,退服
"""


def test_usual_headers_and_sites_of_sectors(tmp_path: Path) -> None:
    accepted = take(tmp_path, FULL)
    frame = accepted.frame
    assert accepted.rejected == 0
    assert len(accepted.faults) == 0
    assert frame["name"].tolist() == ["安亭老街", "昌吉路"]
    assert frame["source_key"].tolist() == ["1001", "1002"]
    assert frame["operator"].tolist() == ["cmcc", "ctcc"]
    assert frame["mount"].tolist() == ["roof", "mast"]
    assert frame["status"].tolist() == ["on", "off"]
    assert frame["height_m"].tolist() == [35, 28]
    first = frame["sectors"].iloc[0]
    assert [sector["azimuth_deg"] for sector in first] == [0, 120, 120]
    assert [sector["band_ghz"] for sector in first] == pytest.approx([2.52495, 2.52495, 3.50976])
    assert {(sector["mechanical_tilt_deg"], sector["electrical_tilt_deg"]) for sector in first} == {(3, 6)}
    assert first[0]["power_dbm"] == pytest.approx(53.0103, abs=1e-4)
    assert first[0]["bandwidth_mhz"] == 100
    assert frame["sectors"].iloc[1][0]["power_dbm"] == 46


def test_english_headers(tmp_path: Path) -> None:
    accepted = take(
        tmp_path,
        "Site ID,Site Name,Cell ID,Longitude,Latitude,Azimuth,Mechanical Downtilt,Electrical Downtilt,Antenna Height (m),"
        "Band,Tx Power (dBm),Bandwidth (MHz),Vendor,Status\n"
        "H1,Kamppi,1,24.93,60.17,10,2,4,30,n78,53,100,Nokia,On air\n"
        "H1,Kamppi,2,24.93,60.17,130,2,4,30,3500,53,100,Nokia,On air\n",
        name="sites 5g.csv",
    )
    assert accepted.frame["name"].tolist() == ["Kamppi"]
    assert accepted.frame["status"].tolist() == ["on"]
    assert [sector["band_ghz"] for sector in accepted.frame["sectors"].iloc[0]] == [3.5, 3.5]


def test_several_azimuths_in_one_cell(tmp_path: Path) -> None:
    accepted = take(
        tmp_path,
        "站名,经度,纬度,方位角,下倾角,挂高,频段,功率(dBm)\n"
        "甲,121.16,31.29,0/120/240,3/4/5,35,3.5G,53\n"
        "乙,121.17,31.29,30-150-270,6,35,2.6G,53\n"
        "丙,121.18,31.29,30、150、400,6,35,2.6G,53\n",
    )
    sectors = dict(zip(accepted.frame["name"], accepted.frame["sectors"], strict=True))
    assert [(s["azimuth_deg"], s["mechanical_tilt_deg"]) for s in sectors["甲"]] == [
        (0, 3),
        (120, 4),
        (240, 5),
    ]
    assert [(s["azimuth_deg"], s["mechanical_tilt_deg"]) for s in sectors["乙"]] == [
        (30, 6),
        (150, 6),
        (270, 6),
    ]
    assert [s["azimuth_deg"] for s in sectors["丙"]] == [30, 150]
    # One tilt is all there is: no electrical one may be assumed on top.
    assert all(s["electrical_tilt_deg"] == 0 for s in sectors["甲"])
    assert reasons(accepted) == {4: "'Azimuth' is outside 0 to 360 °"}


@pytest.mark.parametrize(
    ("headers", "values", "expected"),
    [
        ("总下倾角,电子下倾角", "9,6", (3, 6)),
        ("总下倾角,机械下倾角", "9,3", (3, 6)),
        ("机械下倾角,电子下倾角,总下倾角", "3,6,9", (3, 6)),
        ("下倾角", "9", (9, 0)),
        ("Total Tilt", "9", (9, 0)),
    ],
)
def test_tilts_are_parted(tmp_path: Path, headers: str, values: str, expected: tuple[float, float]) -> None:
    text = f"站名,经度,纬度,方位角,{headers}\n甲,121.16,31.29,0,{values}\n"
    (sector,) = take(tmp_path, text).frame["sectors"].iloc[0]
    assert (sector["mechanical_tilt_deg"], sector["electrical_tilt_deg"]) == expected


def test_sites_by_cell_names_only_are_gathered_by_place(tmp_path: Path) -> None:
    accepted = take(
        tmp_path,
        "小区名称,经度,纬度,方位角,频段\n南翔古镇-1,121.31,31.30,0,n78\n南翔古镇-2,121.31,31.30,120,n78\n"
        "真新-11,121.36,31.25,0,n78\n",
    )
    assert accepted.frame["name"].tolist() == ["南翔古镇", "真新-11"]
    assert [len(sectors) for sectors in accepted.frame["sectors"]] == [2, 1]


def test_sites_by_cgi_only(tmp_path: Path) -> None:
    accepted = take(
        tmp_path,
        "CGI,经度,纬度,方位角,频段\n460-00-77-1,121.31,31.30,0,n78\n460-00-77-2,121.3101,31.30,120,n78\n",
    )
    assert accepted.frame["source_key"].tolist() == ["460-00-77"]
    assert len(accepted.frame["sectors"].iloc[0]) == 2


def test_operators_on_one_mast_stay_apart(tmp_path: Path) -> None:
    accepted = take(
        tmp_path,
        "站址编码,经度,纬度,运营商,方位角,频段\nT1,121.31,31.30,移动,0,n41\nT1,121.31,31.30,电信,0,n78\n",
    )
    assert accepted.frame["operator"].tolist() == ["cmcc", "ctcc"]
    assert accepted.frame["source_key"].is_unique


def test_conflicting_places_of_one_site(tmp_path: Path) -> None:
    accepted = take(
        tmp_path,
        "站号,站名,经度,纬度,方位角,频段\n"
        "1,甲,121.3100,31.3,0,n78\n"
        "1,甲,121.3104,31.3,120,n78\n"  # 38 m: one site
        "1,甲,121.3200,31.3,240,n78\n"  # 952 m: a remote radio unit
        "1,甲,121.3201,31.3,300,n78\n",
    )
    assert [len(sectors) for sectors in accepted.frame["sectors"]] == [2, 2]
    assert accepted.frame["source_key"].tolist() == ["1", "1 121.32000 31.30000"]
    told = accepted.faults[accepted.faults["level"] == "warning"]
    assert told["row"].tolist() == [4, 5]
    assert told["value"].tolist() == ["952 m", "962 m"]
    assert told["reason_zh"].iloc[0].startswith("同一站号或站名的位置相距超过 50 米")


def test_the_key_of_a_site_is_the_same_in_the_next_delivery(tmp_path: Path) -> None:
    before = take(tmp_path, FULL).frame["source_key"].tolist()
    lines = FULL.splitlines()
    again = take(tmp_path, "\n".join([lines[0], *reversed(lines[1:])]) + "\n").frame["source_key"].tolist()
    assert sorted(before) == sorted(again)


# -- faults --------------------------------------------------------------------------------


def test_sectors_without_azimuth(tmp_path: Path) -> None:
    accepted = take(
        tmp_path,
        "站名,经度,纬度,方位角,频段,覆盖类型,天线型号\n"
        "室内,121.1,31.3,,n78,室分,吸顶\n"
        "全向,121.2,31.3,全向,n78,宏站,\n"
        "八通道,121.25,31.3,,n78,,omni-8T\n"
        "缺,121.3,31.3,,n78,宏站,AAU5613\n",
    )
    patterns = {name: sectors[0]["pattern"] for name, sectors in
                zip(accepted.frame["name"], accepted.frame["sectors"], strict=True)}  # fmt: skip
    assert patterns == {"室内": "omni-indoor", "全向": "omni-8T", "八通道": "omni-8T"}
    assert reasons(accepted) == {5: "the sector has no azimuth and is neither indoor nor omnidirectional"}
    assert sorted(reasons(accepted, "warning")) == [2, 3, 4]


def test_a_flag_for_indoor_systems(tmp_path: Path) -> None:
    accepted = take(
        tmp_path, "站名,经度,纬度,方位角,频段,是否室分\n甲,121.1,31.3,,n78,是\n乙,121.2,31.3,,n78,否\n"
    )
    assert accepted.frame["name"].tolist() == ["甲"]


def test_a_table_without_azimuths_says_so_once(tmp_path: Path) -> None:
    accepted = take(tmp_path, "站名,经度,纬度,频段,功率(W)\n甲,121.1,31.3,n78,200\n乙,121.2,31.3,n41,200\n")
    assert len(accepted.frame) == 2
    assert accepted.faults["reason_zh"].tolist() == ["文件没有方位角列，扇区朝向未知"]


def test_every_kind_of_bad_cell(tmp_path: Path) -> None:
    head = "站名,经度,纬度,方位角,下倾角,挂高,频段,功率\n"
    rows = [
        ("121.2,31.3,0,6,30,n78,53", ""),
        ("121.21,31.3,400,6,30,n78,53", "'Azimuth' is outside 0 to 360 °"),
        ("121.22,31.3,-10,6,30,n78,53", "'Azimuth' is outside 0 to 360 °"),
        ("121.23,31.3,12o,6,30,n78,53", "'Azimuth' is not a number"),
        ("121.2x,31.3,0,6,30,n78,53", "its longitude is not a number"),
        ("121.24,北,0,6,30,n78,53", "its latitude is not a number"),
        ("31.3,121.25,0,6,30,n78,53", "longitude and latitude are exchanged"),
        (",,0,6,30,n78,53", "it has no coordinates or geometry"),
        ("121.26,31.3,0,6,-30,n78,53", "'Antenna height' is outside 0 to 300 m"),
        ("121.27,31.3,0,6,30,n999,53",
         "'Band' is not a known carrier (such as n78, 3.5G, 3500 or the NR-ARFCN 633984)"),
        ("121.28,31.3,0,6,30,n78,999", "'Power' is outside -10 to 80 dBm"),
        ("121.29,31.3,0,6,30,n78,70", "its power is more than 63 dBm (2 kW), which no sector has"),
        ("121.30,31.3,0,95,30,n78,53", "'Mechanical tilt' is outside -30 to 60 °"),
        ("121.46,31.3,0,6,30,n78,53", "it lies more than 5 km outside the district"),
    ]  # fmt: skip
    text = head + "".join(f"站{number},{row}\n" for number, (row, _) in enumerate(rows))
    text += "合计,,,,,,,14\n"
    accepted = take(tmp_path, text, region=DISTRICT)
    expected = {number: why for number, (_, why) in enumerate(rows, start=2) if why}
    assert reasons(accepted) == {**expected, len(rows) + 2: "it is a row of totals, not of data"}
    assert accepted.frame["name"].tolist() == ["站0"]
    assert accepted.rejected == len(rows)
    rejected = accepted.faults[accepted.faults["level"] == "rejected"]
    assert rejected["reason_zh"].str.contains(r"[\u4e00-\u9fff]").all()


def test_neighbours_beyond_the_border_are_kept(tmp_path: Path) -> None:
    accepted = take(
        tmp_path, "站名,经度,纬度,方位角,频段\n甲,121.2,31.3,0,n78\n邻,121.42,31.3,0,n78\n", region=DISTRICT
    )
    assert accepted.frame["name"].tolist() == ["甲", "邻"]
    assert accepted.faults[["row", "level", "value"]].to_dict("split")["data"] == [[3, "warning", "1.9 km"]]


def test_unstated_power_units_are_told(tmp_path: Path) -> None:
    accepted = take(tmp_path, "站名,经度,纬度,方位角,功率\n甲,121.2,31.3,0,200\n乙,121.3,31.3,0,320\n")
    assert accepted.faults["reason_zh"].tolist() == ["功率列没有写单位，数字按 W 读取"]


def test_tables_with_nothing_in_them(tmp_path: Path) -> None:
    head = "站名,经度,纬度,方位角,频段\n"
    for text in ("", head, "\n\n"):
        with pytest.raises(UnreadableFile):
            inspect(write(tmp_path, text))
    with pytest.raises(NoGoodRow, match="nothing was changed"):
        take(tmp_path, head + "甲,121.2,31.3,400,n78\n")
    with pytest.raises(InputError):
        inspect(write(tmp_path, "站名,方位角,频段\n甲,0,n78\n")).datasets[0].rows_for("site_5g")


# -- a thousand bad rows -------------------------------------------------------------------

HEADERS = ("站号", "站名", "小区ID", "经度", "纬度", "运营商", "方位角", "机械下倾角", "电子下倾角", "挂高(m)", "频段",
           "发射功率(W)", "带宽(MHz)", "厂家", "覆盖类型", "状态")  # fmt: skip
BAD = {
    "missing azimuth": ({"方位角": ""}, "the sector has no azimuth and is neither indoor nor omnidirectional"),
    "400 degrees": ({"方位角": "400"}, "'Azimuth' is outside 0 to 360 °"),
    "letters": ({"挂高(m)": "3O米高"}, "'Antenna height' is not a number"),
    "letters in a coordinate": ({"经度": "121.3l"}, "its longitude is not a number"),
    "out of district": ({"经度": "120.15", "纬度": "30.28"}, "it lies more than 5 km outside the district"),
    "exchanged": ({"经度": "31.30", "纬度": "121.30"}, "longitude and latitude are exchanged"),
    "no band": ({"频段": "n999"}, "'Band' is not a known carrier (such as n78, 3.5G, 3500 or the NR-ARFCN 633984)"),
    "below ground": ({"挂高(m)": "-25"}, "'Antenna height' is outside 0 to 300 m"),
    "absurd power": ({"发射功率(W)": "50000"}, "its power is more than 63 dBm (2 kW), which no sector has"),
    "duplicate": ({}, "its cell is that of an earlier row"),
}  # fmt: skip


def table() -> tuple[list[dict[str, str]], dict[int, str]]:
    """200 good sectors of 70 sites and 1,000 bad rows, shuffled; and the reason of every bad row by number."""
    rng = np.random.default_rng(5)
    good = []
    for number in range(200):
        site, sector = divmod(number, 3)
        good.append(
            dict(zip(HEADERS, (
                f"SH{site:04d}", f"嘉定{site:03d}站", f"SH{site:04d}-{sector + 1}", f"{121.15 + 0.0035 * site:.5f}",
                f"{31.22 + 0.0037 * (site * 29 % 67):.5f}", "移动", str(120 * sector), "3", "6", "35", "n41", "200", "100",
                "华为", "宏站", "在网",
            ), strict=True))
        )  # fmt: skip
    rows: list[tuple[dict[str, str], str]] = [(row, "") for row in good]
    kinds = list(BAD)
    for number in range(1000):
        change, reason = BAD[kinds[number % len(kinds)]]
        row = {**good[number % 200], **change}
        if reason != BAD["duplicate"][1]:
            row["小区ID"] = f"坏{number}"
        rows.append((row, reason))
    order = [int(index) for index in rng.permutation(len(rows))]
    # The first of two equal rows stays, so the good ones stand before their copies.
    order.sort(key=lambda index: rows[index][1] == BAD["duplicate"][1])
    shuffled = [rows[index] for index in order]
    return [row for row, _ in shuffled], {number: why for number, (_, why) in enumerate(shuffled, 2) if why}


@pytest.mark.parametrize("form", ["utf-8", "gb18030", "xlsx"])
@pytest.mark.parametrize("crs", ["WGS84", "auto"])
def test_a_thousand_bad_rows_are_each_reported(tmp_path: Path, form: str, crs: str) -> None:
    rows, expected = table()
    path = tmp_path / ("工参.xlsx" if form == "xlsx" else "工参.csv")
    if form == "xlsx":
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("工参")
        sheet.append(HEADERS)
        for row in rows:
            sheet.append([_cell(row[header]) for header in HEADERS])
        book.save(path)
    else:
        lines = [",".join(HEADERS), *(",".join(row[header] for header in HEADERS) for row in rows)]
        path.write_bytes(("\n".join(lines) + "\n").encode(form))
    (dataset,) = inspect(path, known=Known(boundary=DISTRICT)).datasets
    assert dataset.layer == "site_5g"
    # Bad rows must not mislead the doctor: only readings of degrees remain to choose from.
    assert {hypothesis.name for hypothesis in dataset.crs.hypotheses} == {"EPSG:4326", "GCJ-02", "BD-09"}
    accepted = dataset.rows_for("site_5g", crs="WGS84" if crs == "WGS84" else dataset.crs.found)
    assert len(expected) == 1000
    assert reasons(accepted) == expected
    assert accepted.rejected == 1000
    rejected = accepted.faults[accepted.faults["level"] == "rejected"]
    assert len(rejected) == 1000
    assert (rejected["reason_zh"].str.len() > 3).all()
    sectors = [sector for site in accepted.frame["sectors"] for sector in site]
    assert (len(accepted.frame), len(sectors)) == (67, 200)
    assert {sector["band_ghz"] for sector in sectors} == {2.6}
    assert accepted.frame["source_key"].is_unique


def _cell(text: str) -> str | float | None:
    try:
        return float(text)
    except ValueError:
        return text or None

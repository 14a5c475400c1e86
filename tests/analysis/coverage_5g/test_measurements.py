from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from twin.analysis.coverage_5g.measurements import NO_PCI, read_measurements, thinned
from twin.crs import wgs84_to_gcj02
from twin.crs_doctor import Known
from twin.errors import InputError, NoGoodRow, UndecidedCrs, UnreadableFile

LOG = """采集时间,经度,纬度,NR PCI,频点,SS-RSRP(dBm),SS-SINR(dB)
2026-05-01 10:22:33.250,121.2500,31.3000,301,633984,-85.5,18.2
2026/5/1 10:22:34,121.2501,31.3000,301,633984,-91,
1777602155,121.2502,31.3000,,n41,-103.25,-2.5
"""


def write(folder: Path, text: str, name: str = "路测.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_drive_test_with_chinese_headers(tmp_path: Path, encoding: str) -> None:
    samples = read_measurements(write(tmp_path, LOG, encoding=encoding), crs="WGS84")
    assert len(samples) == 3
    assert samples.rejected == 0
    assert samples.lon.tolist() == [121.25, 121.2501, 121.2502]
    assert samples.time.astype(str).tolist() == [
        "2026-05-01T10:22:33.250", "2026-05-01T10:22:34.000", "2026-05-01T02:22:35.000",
    ]  # fmt: skip
    assert samples.pci.tolist() == [301, 301, NO_PCI]
    assert samples.ss_rsrp_dbm.tolist() == [-85.5, -91, -103.25]
    assert samples.ss_sinr_db.tolist()[::2] == [18.2, -2.5]
    assert np.isnan(samples.ss_sinr_db[1])
    assert samples.band_ghz == pytest.approx([3.50976, 3.50976, 2.6])
    assert samples.row.tolist() == [2, 3, 4]


def test_english_headers_of_a_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Notes"])
    sheet = book.create_sheet("samples")
    sheet.append(
        ["Time", "Longitude", "Latitude", "Serving PCI", "Serving SS-RSRP", "Serving SS-SINR", "NR-ARFCN"]
    )
    sheet.append([pd.Timestamp("2026-05-01 08:00:01").to_pydatetime(), 24.93, 60.17, 12, -80.0, 22, 640000])
    path = tmp_path / "mr.xlsx"
    book.save(path)
    samples = read_measurements(path)
    assert samples.crs.found == "EPSG:4326"
    assert samples.time.astype(str).tolist() == ["2026-05-01T08:00:01.000"]
    assert samples.pci.tolist() == [12]
    assert samples.band_ghz == pytest.approx([3.6])


def test_bad_rows_are_reported_with_number_and_reason(tmp_path: Path) -> None:
    text = "时间,经度,纬度,PCI,RSRP,SINR,频段\n" + "\n".join([
        "10点,121.25,31.30,1,-90,5,n78",
        "2026-05-01,121.25,31.30,1,,5,n78",
        "2026-05-01,121.25,31.30,1,强,5,n78",
        "2026-05-01,121.25,31.30,1,-200,5,n78",
        "2026-05-01,121.25,31.30,1008,-90,5,n78",
        "2026-05-01,121.25,31.30,1.5,-90,5,n78",
        "2026-05-01,121.25,31.30,1,-90,99,n78",
        "2026-05-01,121.25,31.30,1,-90,5,n999",
        "2026-05-01,,,1,-90,5,n78",
        "2026-05-01,0,0,1,-90,5,n78",
    ])  # fmt: skip
    samples = read_measurements(write(tmp_path, text), crs="WGS84")
    assert samples.row.tolist() == [2]
    assert np.isnat(samples.time[0])
    assert samples.rejected == 9
    faults = samples.faults.set_index("row")
    assert faults["reason_en"].to_dict() == {
        2: "its time cannot be read and was left empty",
        3: "it has no SS-RSRP",
        4: "its SS-RSRP is not a number",
        5: "its SS-RSRP is outside -157 to -31 dBm",
        6: "its PCI is outside 0 to 1007",
        7: "its PCI is outside 0 to 1007",
        8: "its SS-SINR is outside -30 to 50 dB",
        9: "its band is no known 5G carrier",
        10: "it has no readable coordinates",
        11: "its coordinates are 0 or outside the earth",
    }
    assert faults.loc[2, "level"] == "warning"
    assert faults.loc[5, "value"] == "-200"


def test_reported_values_become_dbm(tmp_path: Path) -> None:
    samples = read_measurements(
        write(tmp_path, "经度,纬度,SS-RSRP\n121.2,31.3,60\n121.2,31.3,71\n121.2,31.3,130\n"), crs="WGS84"
    )
    # TS 38.133 Table 10.1.6.1-1: value 60 is -97 to -96 dBm.
    assert samples.ss_rsrp_dbm.tolist() == [-96.5, -85.5]
    assert "TS 38.133" in samples.notes[0].zh
    assert samples.rejected == 1


def test_the_datum_is_found_given_or_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, LOG)
    with pytest.raises(UndecidedCrs, match="EPSG:4326、GCJ-02"):
        read_measurements(path)
    lon, lat = wgs84_to_gcj02(121.25, 31.3)
    shifted = write(tmp_path, f"gcj02_lng,gcj02_lat,RSRP\n{lon:.8f},{lat:.8f},-90\n", "mr.csv")
    samples = read_measurements(shifted)
    assert samples.crs.found == "GCJ-02"
    assert (samples.lon[0], samples.lat[0]) == pytest.approx((121.25, 31.3), abs=1e-7)
    assert read_measurements(path, crs="GCJ-02").lon[0] == pytest.approx(121.2455, abs=1e-3)
    # A known outline the samples fill decides as in every import.
    rng = np.random.default_rng(1)
    points = rng.uniform((121.20, 31.25), (121.30, 31.35), (300, 2))
    rows = "\n".join(f"{x},{y},-90" for x, y in points)
    filled = write(tmp_path, f"lon,lat,rsrp\n{rows}\n", "fill.csv")
    known = Known(boundary=shapely.box(121.20, 31.25, 121.30, 31.35))
    assert read_measurements(filled, known=known).crs.found == "EPSG:4326"


def test_a_mapping_names_other_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b,level\n121.25,31.30,-90\n")
    with pytest.raises(InputError, match="no column of SS-RSRP"):
        read_measurements(path, crs="WGS84")
    samples = read_measurements(path, crs="WGS84", mapping={"lon": "a", "lat": "b", "ss_rsrp_dbm": "level"})
    assert samples.ss_rsrp_dbm.tolist() == [-90]
    with pytest.raises(InputError, match="mapping does not hold"):
        read_measurements(path, crs="WGS84", mapping={"lon": "a", "lat": "b", "ss_rsrp_dbm": "zz"})


def test_refusals(tmp_path: Path) -> None:
    for text, error in (
        ("", UnreadableFile),
        ("lon,lat,rsrp\n", UnreadableFile),
        ("rsrp,sinr\n-90,3\n", InputError),
        ("lon,lat,rsrp\n121.2,31.3,x\n", NoGoodRow),
    ):
        with pytest.raises(error):
            read_measurements(write(tmp_path, text), crs="WGS84")
    with pytest.raises(UnreadableFile, match="neither"):
        read_measurements(write(tmp_path, '{"type": "FeatureCollection", "features": []}', "a.geojson"))


def test_thinning_counts_a_red_light_once(tmp_path: Path) -> None:
    rows = ["121.25,31.30,1,-80,10"] * 50 + [
        "121.25,31.30,2,-90,0",
        "121.251,31.30,1,-100,",
        "121.251,31.30,1,-110,4",
    ]
    samples = read_measurements(write(tmp_path, "lon,lat,pci,rsrp,sinr\n" + "\n".join(rows)), crs="WGS84")
    kept = thinned(samples)
    assert kept.pci.tolist() == [1, 2, 1]
    assert kept.ss_rsrp_dbm.tolist() == [-80, -90, -105]
    assert kept.ss_sinr_db.tolist() == [10, 0, 4]
    assert kept.row.tolist() == [2, 52, 53]
    with pytest.raises(InputError, match="must be positive"):
        thinned(samples, 0)

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests import city
from tests.analysis.coverage_5g import scenes
from twin.analysis.coverage_5g import sites
from twin.analysis.coverage_5g.sites import Assumed
from twin.errors import InputError
from twin.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "home") as opened:
        yield opened


def test_sites_are_read_from_the_layer(store: Store) -> None:
    city.put(store, {"site_5g": city.sites()})
    table = sites.read(store)
    assert len(table) == 2
    assert sorted(table.name) == ["叶城路站", "白银路站"]
    own = table.site == table.name.tolist().index("白银路站")
    assert table.azimuth_deg[own].tolist() == [0.0, 120.0, 240.0]
    assert table.power_dbm[own].tolist() == [46.0] * 3
    assert table.height_m[own].tolist() == [30.0] * 3
    assert set(table.assumed[own]) == {Assumed.TILT}
    other = ~own
    assert table.azimuth_deg[other].tolist() == [0.0, 120.0, 240.0]
    assert table.height_m[other].tolist() == [25.0] * 3
    assert table.power_dbm[other].tolist() == [53.0] * 3
    assert Assumed.SECTORS in Assumed(int(table.assumed[other][0]))
    assert len(sites.read(store, operators=("ctcc",))) == 1
    assert table.sector_number().tolist() == [1, 2, 3, 1, 2, 3]


def test_without_the_layer_there_is_a_clear_message(store: Store) -> None:
    with pytest.raises(InputError, match="no 5G sites"):
        sites.read(store)


def test_only_sites_on_the_air_count(store: Store) -> None:
    frame = city.sites()
    frame["status"] = ["off", "planned"]
    city.put(store, {"site_5g": frame})
    assert len(sites.read(store)) == 0
    assert sites.read(store, planned=True).operator.tolist() == ["ctcc"]
    assert sites.read(store, off=True).operator.tolist() == ["cmcc"]


def test_what_is_missing_is_assumed_and_marked() -> None:
    row = {
        "fid": 5, "lon": 121.2, "lat": 31.3, "mount": "pole",
        "sectors": [{"azimuth_deg": None, "electrical_tilt_deg": 3.0}, {"mechanical_tilt_deg": 2.0, "band_ghz": 0.7}],
    }  # fmt: skip
    table = sites.of_rows([row])
    assert table.azimuth_deg.tolist() == [0.0, 180.0]
    assert table.band_ghz.tolist() == [3.5, 0.7]
    assert table.power_dbm.tolist() == [40.0, 40.0]
    assert table.electrical_tilt_deg.tolist() == [3.0, 0.0]
    assert table.mechanical_tilt_deg.tolist() == [0.0, 2.0]
    assert np.isnan(table.height_m).all()
    marks = [Assumed(int(value)) for value in table.assumed]
    assert marks[0] == Assumed.AZIMUTH | Assumed.BAND | Assumed.POWER | Assumed.HEIGHT
    assert marks[1] == Assumed.AZIMUTH | Assumed.POWER | Assumed.HEIGHT
    assert sites.of_rows([row], band_ghz=2.6).band_ghz.tolist() == [2.6, 0.7]


def test_heights_are_assumed_from_the_roof_or_the_mount() -> None:
    place = scenes.boxes(10.0, 200, [[40, 80, 80, 40]], [24.0])
    lon, lat = zip(*(scenes.place(place, 55, 55), scenes.place(place, 155, 155)), strict=True)
    rows = [
        {"fid": 1, "lon": lon[0], "lat": lat[0], "mount": "roof"},
        {"fid": 2, "lon": lon[1], "lat": lat[1], "mount": "mast"},
        {"fid": 3, "lon": lon[1], "lat": lat[1]},
        {"fid": 4, "lon": lon[0], "lat": lat[0], "mount": "pole", "height_m": 12.0},
    ]
    table = sites.of_rows(rows)
    found = sites.heights(table, place)
    assert found[[0, 3, 6, 9]].tolist() == [27.0, 35.0, 25.0, 12.0]


@pytest.mark.parametrize(
    ("sector", "word"),
    [
        ({"azimuth_deg": 400.0}, "azimuth_deg '400.0'"),
        ({"azimuth_deg": "north"}, "azimuth_deg 'north'"),
        ({"power_dbm": 200}, "power_dbm"),
        ({"height_m": -3.0}, "height_m"),
        ({"electrical_tilt_deg": True}, "electrical_tilt_deg"),
        ({"band_ghz": 0.0}, "band_ghz"),
    ],
)
def test_values_out_of_range_are_refused(sector: dict[str, object], word: str) -> None:
    with pytest.raises(InputError, match=word) as caught:
        sites.of_rows([{"fid": 77, "lon": 121.2, "lat": 31.3, "sectors": [{}, sector]}])
    assert "sector 2 of site 77" in str(caught.value)
    assert "77" in caught.value.zh


def test_too_many_sectors_are_refused() -> None:
    with pytest.raises(InputError, match="25 sectors"):
        sites.of_rows([{"fid": 7, "lon": 121.2, "lat": 31.3, "sectors": [{}] * 25}])


def test_joining_choosing_and_silencing() -> None:
    rows = [
        {"fid": n, "lon": 121.2, "lat": 31.3, "height_m": 20.0 + n, "sectors": [{}] * n} for n in (1, 2, 3)
    ]
    table = sites.of_rows(rows)
    assert table.sectors == 6
    picked = table.chosen(np.array([False, True, True]))
    assert picked.fid.tolist() == [2, 3]
    assert picked.site.tolist() == [0, 0, 1, 1, 1]
    both = picked.joined(table)
    assert both.site.tolist() == [0, 0, 1, 1, 1, 2, 3, 3, 4, 4, 4]
    assert both.height_m.tolist() == [22, 22, 23, 23, 23, 21, 22, 22, 23, 23, 23]
    assert table.silenced([1]).sent.tolist() == [True, False, True]
    assert table.sent.all()
    assert table.silenced([1]).row_of(2) is None
    assert both.row_of(3) == 4
    assert table.moved(2, 121.3, 31.4).lon.tolist() == [121.3]


def test_sites_beside_their_buildings_are_told() -> None:
    place = scenes.boxes(5.0, 300, [[40, 80, 80, 40]], [24.0])
    spots = [(60, 60), (90, 60), (120, 60), (-50, 60)]
    rows = []
    for number, spot in enumerate(spots):
        lon, lat = scenes.place(place, *spot)
        rows.append({"fid": number, "lon": lon, "lat": lat})
    assert sites.on_building(sites.of_rows(rows), place).tolist() == [True, True, False, False]

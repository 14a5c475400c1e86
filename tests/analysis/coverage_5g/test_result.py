from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import rasterio

from layers.building import LAYER as BUILDING
from tests.analysis.coverage_5g import scenes
from twin.analysis.coverage_5g import engine, propagation, radio, result, sites
from twin.analysis.coverage_5g.engine import Run
from twin.analysis.coverage_5g.parameters import Parameters
from twin.analysis.coverage_5g.result import Coverage
from twin.analysis.surface import Buildings
from twin.errors import HomeUnusable, UnknownName


@pytest.fixture(scope="module")
def run() -> Run:
    city = scenes.town(41, size_m=1500, count=250)
    return engine.run(city, scenes.scattered(city, 41, 4), Parameters(radius_m=600.0))


@pytest.fixture(scope="module")
def cells(run: Run) -> Coverage:
    return run.rasters()


def test_indoors_signals_lose_the_wall_and_the_way(run: Run, cells: Coverage) -> None:
    wall = float(propagation.wall_loss_db("low", 3.5)) + 0.5 * 25 / 3
    inside = cells.known & ~cells.outdoor
    assert inside.any()
    assert np.unique(cells.indoor_loss_db[cells.outdoor]).tolist() == [0.0]
    assert cells.indoor_loss_db[inside] == pytest.approx(wall)
    strongest = run.channel(0)
    assert np.abs(cells.rsrp_dbm - strongest)[cells.known & cells.outdoor].max() == 0
    assert strongest[inside] - cells.rsrp_dbm[inside] == pytest.approx(wall, abs=1e-4)
    # Noise does not come through the wall: SINR falls, but by less than the signal.
    outside = engine.run(run.surface, run.sites, run.parameters).rasters()
    clean = radio.sinr_db(
        strongest, 10 * np.log10(np.maximum(run.channel(4), 1e-30)), radio.noise_dbm(run.carrier)
    )
    fall = (clean - cells.sinr_db)[inside]
    assert (fall > -1e-3).all()
    assert (fall <= wall + 1e-3).all()
    assert np.abs(clean - outside.sinr_db)[cells.known & cells.outdoor].max() < 1e-3


def test_sinr_with_loads() -> None:
    city = scenes.boxes(10.0, 600, [[0, 1, 1, 0]], [3.0])
    lon, lat = zip(*(scenes.place(city, east, 305) for east in (105, 495)), strict=True)
    rows = [{"fid": n + 1, "lon": lon[n], "lat": lat[n], "height_m": 30.0, "sectors": [{"azimuth_deg": 90.0 + 180 * n}]}
            for n in range(2)]  # fmt: skip
    found = {}
    for load in (0.0, 0.25, 1.0):
        run = engine.run(city, sites.of_rows(rows), Parameters(radius_m=500.0, load=load))
        found[load] = run.rasters()
    at = (30, 20)
    assert found[1.0].data_sinr_db[at] == pytest.approx(found[1.0].sinr_db[at])
    assert found[0.25].sinr_db[at] == found[1.0].sinr_db[at]
    noise = radio.noise_dbm(radio.carrier(3.5))
    assert found[0.0].data_sinr_db[at] == pytest.approx(found[0.0].rsrp_dbm[at] - noise, abs=1e-3)
    difference = found[0.25].data_sinr_db[at] - found[1.0].data_sinr_db[at]
    assert difference == pytest.approx(10 * np.log10(4), abs=0.05)  # far above the noise


def test_rates_and_probability_follow_their_functions(run: Run, cells: Coverage) -> None:
    known = cells.known
    rate = radio.throughput_mbps(cells.data_sinr_db[known], run.carrier)
    assert cells.throughput_mbps[known] == pytest.approx(rate, rel=1e-6)
    assert np.isnan(cells.throughput_mbps[~known]).all()
    p = cells.probability(-95.0)
    assert np.isnan(p[~known]).all()
    assert ((p >= 0) & (p <= 1))[known].all()
    sigma = cells.sigma_db
    assert set(np.round(np.unique(sigma[known & cells.outdoor]).astype(float), 3)) <= {4.0, 6.0, 7.82, 8.0}
    inside = known & ~cells.outdoor & cells.line_of_sight
    assert sigma[inside] == pytest.approx(np.hypot(4, 4.4))
    even = np.abs(cells.rsrp_dbm + 95) < 0.05
    assert p[even & known] == pytest.approx(0.5, abs=0.01)
    assert (cells.passes(-95.0) == (np.nan_to_num(cells.rsrp_dbm, nan=-999) >= -95)).all()
    assert cells.passes(-95.0, 3.0).sum() < cells.passes(-95.0).sum()


def test_validity_is_that_of_the_table(run: Run, cells: Coverage) -> None:
    assert not cells.valid.any()  # no mast of the scene is 25 m high
    lon, lat = scenes.place(run.surface, 750, 750)
    one = sites.of_rows([{"fid": 1, "lon": lon, "lat": lat, "height_m": 25.0}])
    made = engine.run(run.surface, one, Parameters(radius_m=300.0, environment="UMa")).rasters()
    y, x = np.nonzero(made.known & ~made.valid)
    assert np.hypot(y - 75, x - 75).max() < 2  # nearer than 10 m
    assert made.valid.sum() > 2000


def test_upstairs_only_buildings_that_are_so_high_count(run: Run) -> None:
    made = engine.run(run.surface, run.sites, run.parameters.model_copy(update={"floor": 6})).rasters()
    tall = run.surface.buildings.floors[run.surface.building] > 6
    assert made.known.any()
    assert (made.known <= (tall & ~made.outdoor)).all()
    assert np.isnan(made.rsrp_dbm[made.outdoor]).all()
    assert (made.server[~made.known] == -1).all()


def test_receivers_over_a_roof_are_outdoors(run: Run) -> None:
    made = engine.run(
        run.surface, run.sites, run.parameters.model_copy(update={"user_height_m": 25.0})
    ).rasters()
    over = (run.surface.building >= 0) & (run.surface.top - run.surface.ground < 25)
    assert over.any()
    assert made.outdoor[over].all()
    assert (made.indoor_loss_db[over] == 0).all()
    tall = run.surface.top - run.surface.ground > 25
    assert tall.any()
    assert not made.outdoor[tall].any()


def test_share_of_buildings(cells: Coverage) -> None:
    share = cells.building_share(cells.passes(-90.0))
    row = int(cells.building[cells.known & ~cells.outdoor][0])
    own = (cells.building == row) & cells.known
    assert share[row] == pytest.approx((cells.rsrp_dbm[own] >= -90).mean())
    missing = np.setdiff1d(np.arange(len(share)), cells.building[cells.known])
    assert np.isnan(share[missing]).all()


def test_a_window_is_part_of_the_whole(run: Run, cells: Coverage) -> None:
    part = run.rasters((100, 140, 30, 135))
    for name in ("rsrp_dbm", "sinr_db", "server", "overlap", "valid", "sigma_db", "throughput_mbps"):
        assert np.array_equal(getattr(part, name), getattr(cells, name)[100:140, 30:135], equal_nan=True), (
            name
        )
    assert part.grid.north == run.surface.grid.north - 1000


def test_walls_follow_use_and_year() -> None:
    uses = [
        "office",
        "office",
        "office",
        "residential",
        "residential",
        "retail",
        "retail",
        "village_house",
        "",
    ]
    years = [2010, 1990, 0, 2018, 2010, 2006, 0, 2020, 0]
    plain = Buildings.plain([10.0] * len(uses))
    table = Buildings(
        plain.fid, plain.height_m, plain.floors, np.array(uses), np.array(years, dtype=np.int16)
    )
    assert result.wall_kinds(table, "auto").tolist() == [
        "high", "low", "high", "high", "low", "high", "low", "low", "low",
    ]  # fmt: skip
    assert set(result.wall_kinds(table, "high")) == {"high"}
    known = next(column for column in BUILDING.columns if column.name == "use")
    assert set(result.COATED_USES) <= {choice.value for choice in known.choices}


def test_files_are_cloud_optimised(cells: Coverage, tmp_path: Path) -> None:
    path = result.write(cells, tmp_path / "coverage.tif", "rsrp_dbm", {"GENERATION": "3"})
    with rasterio.open(path) as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.crs.to_epsg() == 4549
        assert file.dtypes == ("int16",)
        assert (file.nodata, file.scales, file.offsets, file.units) == (-32768, (0.01,), (0.0,), ("dBm",))
        assert file.transform == cells.grid.transform
        stored = file.read(1, masked=True)
        tags = file.tags()
    assert np.array_equal(stored.mask, np.isnan(cells.rsrp_dbm))
    assert np.abs(stored * 0.01 - cells.rsrp_dbm).max() <= 0.0051
    assert json.loads(tags["PARAMETERS"])["radius_m"] == 600.0
    assert (tags["METRIC"], tags["GENERATION"]) == ("rsrp_dbm", "3")
    assert tags["MODEL"] == "3GPP TR 38.901 Release 18"


def test_large_files_have_overviews(tmp_path: Path) -> None:
    city = scenes.boxes(2.0, 2400, [[100, 200, 200, 100]], [10.0])
    lon, lat = scenes.place(city, 1200, 1200)
    run = engine.run(
        city,
        sites.of_rows([{"fid": 1, "lon": lon, "lat": lat}]),
        Parameters(resolution_m=2.0, radius_m=400.0),
    )
    path = result.write(run.rasters(), tmp_path / "big.tif", "sinr_db")
    with rasterio.open(path) as file:
        assert file.overviews(1) == [2, 4]
        assert file.block_shapes == [(512, 512)]
        with rasterio.open(path, overview_level=0) as half:
            assert half.shape == (600, 600)
    assert_directories_come_first(path)


def assert_directories_come_first(path: Path) -> None:
    """What validators ask of a COG: all directories before any data, overviews' data before the image's."""
    data = path.read_bytes()
    order = "little" if data[:2] == b"II" else "big"
    assert int.from_bytes(data[2:4], order) == 42
    at, directories, first_data = int.from_bytes(data[4:8], order), [], []
    while at:
        directories.append(at)
        count = int.from_bytes(data[at : at + 2], order)
        for entry in range(count):
            start = at + 2 + 12 * entry
            tag, number = (
                int.from_bytes(data[start + k : start + k + n], order) for k, n in ((0, 2), (4, 4))
            )
            if tag == 324:  # TileOffsets
                where = int.from_bytes(data[start + 8 : start + 12], order)
                offsets = [
                    int.from_bytes(data[where + 4 * k : where + 4 * k + 4], order) for k in range(number)
                ] if number > 1 else [where]  # fmt: skip
                first_data.append(min(offset for offset in offsets if offset))
        at = int.from_bytes(data[at + 2 + 12 * count : at + 6 + 12 * count], order)
    assert len(directories) >= 3
    assert max(directories) < min(first_data)
    assert first_data == sorted(first_data, reverse=True)


@pytest.mark.parametrize("metric", list(result.METRICS))
def test_every_metric_can_be_written(cells: Coverage, tmp_path: Path, metric: str) -> None:
    path = result.write(cells, tmp_path / f"{metric}.tif", metric)
    kind = result.METRICS[metric]
    with rasterio.open(path) as file:
        read = file.read(1, masked=True) * file.scales[0]
    assert np.abs(read - cells.metric(metric)).max() <= kind.scale / 2 * 1.01
    assert np.array_equal(np.ma.getmaskarray(read), np.isnan(cells.metric(metric)))
    style = ET.parse(path.with_suffix(".qml")).getroot()
    items = style.findall(".//colorrampshader/item")
    assert [float(item.get("value", "nan")) for item in items] == [value for value, _ in kind.stops]


def test_what_cannot_be_written_is_told(cells: Coverage, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="no metric 'colour'"):
        result.write(cells, tmp_path / "x.tif", "colour")
    with pytest.raises(HomeUnusable, match="cannot write"):
        result.write(cells, tmp_path / "no" / "such" / "folder" / "x.tif")

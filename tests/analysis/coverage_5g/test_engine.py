from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.analysis.coverage_5g import reference, scenes
from twin.analysis.coverage_5g import antenna, engine, propagation, radio, sites
from twin.analysis.coverage_5g.engine import Run
from twin.analysis.coverage_5g.parameters import Parameters
from twin.analysis.coverage_5g.patterns import CutPattern
from twin.analysis.coverage_5g.propagation import SCENARIOS, hybrid_db
from twin.errors import Cancelled, InputError, UnknownName
from twin.executor import Inline, Processes

PARAMETERS = Parameters(radius_m=800.0)
NAMES = {code: name for name, code in SCENARIOS.items()}


def by_reference(run: Run) -> reference.Reference:
    """The same sectors, worked out by :mod:`reference`."""
    placed, table = run.masts, run.sites
    mast = placed.of_sector
    sectors = []
    for row, number in enumerate(placed.number.tolist()):
        at = int(mast[row])
        panel = antenna.panel(table.pattern[number], run.carrier.frequency_ghz)
        east, south, z = placed.arrays.place[at].tolist()
        sectors.append(
            reference.Sector(
                east, south, z, float(placed.height_m[at]), NAMES[int(placed.scenario[at])], int(placed.own[at]),
                float(table.azimuth_deg[number]), float(table.mechanical_tilt_deg[number]),
                float(table.electrical_tilt_deg[number]),
                float(table.power_dbm[number]) - 10 * np.log10(12 * 273), panel.peak_gain_dbi, panel.hpbw_h_deg,
                panel.hpbw_v_deg, panel.front_back_db, panel.sla_v_db,
            )
        )  # fmt: skip
    city = run.surface
    return reference.coverage(
        sectors, city.top.astype(float), city.ground.astype(float), city.building, city.grid.cell_m,
        run.parameters.reach, 3.5, run.parameters.receiver_m,
    )  # fmt: skip


@pytest.fixture(scope="module", params=[11, 12])
def town(request: pytest.FixtureRequest) -> tuple[Run, reference.Reference]:
    """A random 2 km window with 21 sectors, by the engine and by the reference."""
    city = scenes.town(request.param)
    run = engine.run(city, scenes.scattered(city, request.param, 7), PARAMETERS)
    return run, by_reference(run)


def test_levels_are_those_of_the_reference(town: tuple[Run, reference.Reference]) -> None:
    run, expected = town
    cells = run.rasters()
    outdoor = cells.outdoor & cells.known
    assert np.array_equal(cells.known, expected.server >= 0)
    same = cells.server == expected.server
    assert same[outdoor].mean() >= 0.999
    off = np.abs(cells.rsrp_dbm - expected.best)[same & outdoor]
    assert np.quantile(off, 0.999) <= 0.1
    assert np.median(off) < 0.001
    seen = np.take_along_axis(expected.seen, np.maximum(expected.server, 0)[None], 0)[0]
    assert (cells.line_of_sight == seen)[same & cells.known].mean() >= 0.999


def test_interference_and_overlap_are_those_of_the_reference(town: tuple[Run, reference.Reference]) -> None:
    run, expected = town
    cells = run.rasters()
    outdoor = cells.outdoor & cells.known & (cells.server == expected.server)
    noise = radio.noise_dbm(run.carrier)
    for raster, load in ((cells.sinr_db, 1.0), (cells.data_sinr_db, 0.5)):
        off = np.abs(raster - expected.sinr(noise, load))[outdoor]
        assert np.quantile(off, 0.999) <= 0.1
    counted = np.minimum(expected.within(6.0), 4)
    assert (cells.overlap == counted)[outdoor].mean() >= 0.999


@pytest.mark.parametrize("sectors", [1, 2, 4, 7])
def test_any_number_of_sectors_is_heard(sectors: int) -> None:
    city = scenes.town(14, size_m=1000, count=60)
    run = engine.run(city, scenes.scattered(city, 14, 4, sectors), Parameters(radius_m=400.0))
    expected, cells = by_reference(run), run.rasters()
    outdoor = cells.outdoor & cells.known
    assert np.array_equal(cells.known, expected.server >= 0)
    same = cells.server == expected.server
    assert same[outdoor].mean() >= 0.999
    assert np.quantile(np.abs(cells.rsrp_dbm - expected.best)[same & outdoor], 0.999) <= 0.1
    off = np.abs(cells.sinr_db - expected.sinr(radio.noise_dbm(run.carrier), 1.0))[outdoor]
    assert np.quantile(off, 0.999) <= 0.1
    assert (cells.overlap == np.minimum(expected.within(6.0), 4))[outdoor].mean() >= 0.999


def test_every_scenario_follows_its_formula() -> None:
    city = scenes.town(3, count=60)
    table = scenes.scattered(city, 3, 2)
    for scenario in SCENARIOS:
        parameters = PARAMETERS.model_copy(update={"scenario": scenario})
        run = engine.run(city, table, parameters)
        expected = by_reference(run)
        known = run.rasters().known & run.rasters().outdoor
        off = np.abs(run.channel(0) - expected.best)[known]
        assert np.quantile(off, 0.999) <= 0.1


def test_higher_receivers_are_those_of_the_reference() -> None:
    city = scenes.town(4)
    run = engine.run(city, scenes.scattered(city, 4, 3), PARAMETERS.model_copy(update={"floor": 4}))
    assert run.parameters.receiver_m == 13.5
    expected = by_reference(run)
    known = (expected.server >= 0) & (run.channel(6) == expected.server)
    assert known.mean() > 0.5
    assert np.quantile(np.abs(run.channel(0) - expected.best)[known], 0.999) <= 0.1


def test_hybrid_lies_between_in_sight_and_out_of_sight() -> None:
    city = scenes.town(5)
    table = scenes.scattered(city, 5, 1, sectors=1)
    plain = engine.run(city, table, PARAMETERS)
    hybrid = engine.run(city, table, PARAMETERS.model_copy(update={"model": "hybrid"}))
    seen = plain.rasters().line_of_sight
    known = plain.rasters().known
    better = hybrid.channel(0) - plain.channel(0)
    # Out of sight edges cost at most what TR 38.901 takes; in sight grazing edges cost up to 6.03 dB.
    assert better[known & ~seen].min() >= -1e-3
    assert better[known & ~seen].max() > 5
    assert -6.2 <= better[known & seen].min() < 0
    assert better[known & seen].max() <= 1e-3
    assert np.array_equal(hybrid.sight.bits, plain.sight.bits)


def test_hybrid_behind_one_wall_is_the_knife_edge() -> None:
    city = scenes.boxes(2.0, 400, [[190, 400, 194, 0]], [30.0])
    lon, lat = scenes.place(city, 101, 201)
    table = sites.of_rows(
        [{"fid": 1, "lon": lon, "lat": lat, "height_m": 35.0, "sectors": [{"azimuth_deg": 90.0}]}]
    )
    parameters = Parameters(resolution_m=2.0, radius_m=250.0, model="hybrid", environment="UMa")
    run = engine.run(city, table, parameters)
    column = 150  # 301 m east: 200 m from the antenna
    d2d, d1 = 200.0, 93.0  # the far rim of the wall's last cell is 194 m east
    above = 30 - (35 + (1.5 - 35) * d1 / d2d)
    nu = float(propagation.fresnel_nu(above, d1, d2d - d1, 3.5))
    losses = [float(propagation.path_loss_db("UMa", seen, d2d, 3.5, 35.0, 1.5)) for seen in (True, False)]
    expected = float(hybrid_db(*losses, nu))
    panel = antenna.directed(antenna.panel(None, 3.5), 90.0, 0.0, 6.0)
    gain = float(panel.gain_dbi(90.0, np.degrees(np.arctan2(1.5 - 35, d2d))))
    level = 53 - 10 * np.log10(12 * 273) + gain - expected
    assert run.channel(0)[100, column] == pytest.approx(level, abs=0.1)


def test_a_pattern_file_is_taken_as_its_cuts_say() -> None:
    angle = np.arange(360.0)
    off = np.abs((angle + 180) % 360 - 180)
    lopsided = np.where(angle < 180, off / 4, off / 6)  # left and right differ
    pattern = CutPattern("own", 3500.0, 16.0, lopsided, np.minimum(off, 40.0), 2.0)
    city = scenes.boxes(10.0, 1000, [[0, 1, 1, 0]], [3.0])
    lon, lat = scenes.place(city, 503, 498)
    sector = {"azimuth_deg": 40.0, "electrical_tilt_deg": 5.0, "mechanical_tilt_deg": 3.0, "pattern": "own"}
    table = sites.of_rows([{"fid": 1, "lon": lon, "lat": lat, "height_m": 30.0, "sectors": [sector]}])
    run = engine.run(city, table, Parameters(radius_m=400.0, environment="UMa"), patterns={"own": pattern})
    y, x = np.mgrid[0:100, 0:100]
    east, north = (x + 0.5) * 10 - 503, 498 - (y + 0.5) * 10
    hung = antenna.directed(pattern, 40.0, 3.0, 5.0)
    distance = np.hypot(east, north)
    gain = hung.gain_dbi(np.degrees(np.arctan2(east, north)), np.degrees(np.arctan2(1.5 - 30, distance)))
    level = 53 - 10 * np.log10(12 * 273) + gain - reference.path_loss("UMa", True, distance, 3.5, 30.0, 1.5)
    known = run.rasters().known
    assert np.abs(run.channel(0) - level)[known].max() < 0.02
    assert run.masts.unknown_patterns == frozenset()


def test_without_buildings_the_probability_of_sight_decides() -> None:
    city = dataclasses.replace(scenes.boxes(10.0, 1600, [[0, 1, 1, 0]], [3.0]), buildings_known=False)
    lon, lat = scenes.place(city, 805, 805)
    table = sites.of_rows(
        [{"fid": 1, "lon": lon, "lat": lat, "height_m": 25.0, "sectors": [{"azimuth_deg": 90.0}]}]
    )
    run = engine.run(city, table, Parameters(radius_m=700.0, environment="UMa"))
    sight = engine.run(
        dataclasses.replace(city, buildings_known=True), table, Parameters(radius_m=700.0, environment="UMa")
    )
    distance = np.arange(1, 70) * 10.0
    p = propagation.los_probability("UMa", distance, 1.5)
    both = [propagation.path_loss_db("UMa", seen, distance, 3.5, 25.0, 1.5) for seen in (True, False)]
    lost = sight.channel(0)[80, 81:150] - run.channel(0)[80, 81:150]
    assert np.abs(lost - (1 - p) * (both[1] - both[0])).max() <= 0.0626
    assert (run.rasters().line_of_sight[80, 81:150] == (p >= 0.5)).all()


def test_a_window_hears_the_sites_around_it() -> None:
    city = scenes.town(9, count=300)
    table = scenes.scattered(city, 9, 6)
    whole = engine.run(city, table, PARAMETERS)
    window = (130, 150, 20, 60)
    part = engine.run(city, table, PARAMETERS, window=window)
    assert part.tiles.keys() == {(1, 0)}
    assert part.evaluations < whole.evaluations / 2
    for name in ("rsrp_dbm", "server", "sinr_db"):
        assert np.array_equal(
            getattr(part.rasters(window), name), getattr(whole.rasters(window), name), equal_nan=True
        )


def test_unknown_patterns_and_other_bands() -> None:
    city = scenes.town(6, count=10)
    lon, lat = scenes.place(city, 1000, 1000)
    sectors = [{"band_ghz": 3.5, "pattern": "XYZ-9"}, {"band_ghz": 2.6}, {"band_ghz": 3.45}]
    table = sites.of_rows([{"fid": 1, "lon": lon, "lat": lat, "height_m": 25.0, "sectors": sectors}])
    run = engine.run(city, table, PARAMETERS)
    assert run.masts.number.tolist() == [0, 2]
    assert run.masts.unknown_patterns == {"XYZ-9"}
    other = engine.run(city, table, PARAMETERS.model_copy(update={"band": "n41"}))
    assert other.masts.number.tolist() == [1]
    assert other.carrier.frequency_ghz == 2.6


def test_sites_off_the_grid_are_counted_not_heard() -> None:
    city = scenes.town(6, count=10)
    lon, lat = scenes.place(city, -500, 300)
    run = engine.run(city, sites.of_rows([{"fid": 1, "lon": lon, "lat": lat}]), PARAMETERS)
    assert run.masts.outside == 1
    assert not run.rasters().known.any()


@pytest.mark.slow
def test_threads_processes_and_one_after_the_other_agree() -> None:
    city = scenes.town(7, count=300)
    table = scenes.scattered(city, 7, 5)
    parameters = PARAMETERS.model_copy(update={"radius_m": 500.0})
    threads = engine.run(city, table, parameters)
    for executor in (Inline(), Processes(2)):
        other = engine.run(city, table, parameters, executor=executor)
        assert other.tiles.keys() == threads.tiles.keys()
        assert all(np.array_equal(other.tiles[key], tile) for key, tile in threads.tiles.items())


def test_a_run_tells_its_progress_and_can_be_stopped() -> None:
    city = scenes.town(7, count=20)
    table = scenes.scattered(city, 7, 2)
    told: list[tuple[str, float]] = []
    engine.run(city, table, PARAMETERS, progress=lambda stage, share: told.append((stage, share)))
    assert told[0] == ("sight", 0.0)
    assert told[-1] == ("signals", 1.0)
    with pytest.raises(Cancelled):
        engine.run(city, table, PARAMETERS, stop=lambda: True)


def test_parameters_that_do_not_fit_are_refused() -> None:
    city = scenes.town(8, count=5)
    table = scenes.scattered(city, 8, 1)
    with pytest.raises(InputError, match="cells of 10 m"):
        engine.run(city, table, Parameters(resolution_m=5.0))
    with pytest.raises(UnknownName, match="no carrier"):
        engine.run(city, table, Parameters(band="9.9"))
    with pytest.raises(UnknownName, match="n99"):
        engine.run(city, table, Parameters(band="n99"))
    tiny = scenes.boxes(0.5, 20, [[5, 10, 10, 5]], [3.0])
    with pytest.raises(InputError, match="radius is 2000 cells"):
        engine.run(tiny, table, Parameters(resolution_m=0.5, radius_m=1000.0))

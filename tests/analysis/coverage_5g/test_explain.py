from __future__ import annotations

import numpy as np
import pytest

from tests.analysis.coverage_5g import scenes
from twin.analysis.coverage_5g import engine
from twin.analysis.coverage_5g.engine import Run
from twin.analysis.coverage_5g.explain import explain
from twin.analysis.coverage_5g.parameters import Parameters
from twin.analysis.coverage_5g.sites import of_rows
from twin.errors import InputError, UnknownName


@pytest.fixture(scope="module", params=["38.901", "hybrid"])
def run(request: pytest.FixtureRequest) -> Run:
    city = scenes.town(51, size_m=1500, count=300)
    parameters = Parameters(radius_m=600.0, model=request.param, feeder_db=1.5)
    return engine.run(city, scenes.scattered(city, 51, 5), parameters)


def test_budgets_add_up_to_the_cells(run: Run) -> None:
    rng = np.random.default_rng(2)
    cells = run.rasters()
    indoors = hidden = 0
    for _ in range(60):
        place = explain(run, *scenes.place(run.surface, *rng.uniform(100, 1400, 2)))
        at = (place.row, place.column)
        if not place.servers:
            assert not cells.known[at]
            continue
        best = place.servers[0]
        assert place.rsrp_dbm == pytest.approx(float(cells.rsrp_dbm[at]))
        assert best.rsrp_dbm == pytest.approx(place.rsrp_dbm, abs=0.01)
        assert sum(line.value for line in best.lines) == pytest.approx(best.rsrp_dbm)
        assert best.sector == cells.server[at]
        assert place.overlap == cells.overlap[at]
        if len(place.servers) > 1:
            assert place.servers[1].rsrp_dbm == pytest.approx(float(cells.second_dbm[at]), abs=0.01)
        assert best.line_of_sight == cells.line_of_sight[at]
        assert best.valid == cells.valid[at]
        if place.interference_dbm is not None and place.building is None:
            others = 10 * np.log10(10 ** (place.interference_dbm / 10) + 10 ** (place.noise_dbm / 10))
            assert place.rsrp_dbm - others == pytest.approx(place.sinr_db, abs=0.01)
        indoors += place.building is not None
        hidden += not best.line_of_sight
        assert [line.id for line in best.lines][-2:] == (
            ["wall", "indoors"] if place.building else ["pattern", "path"]
        )
        assert next(line for line in best.lines if line.id == "feeder").value == -1.5
    assert indoors > 3
    assert hidden > 3


def test_a_profile_shows_what_hides() -> None:
    city = scenes.boxes(10.0, 1000, [[400, 600, 500, 400]], [20.0])
    lon, lat = scenes.place(city, 205, 505)
    table = of_rows(
        [{"fid": 1, "lon": lon, "lat": lat, "height_m": 25.0, "sectors": [{"azimuth_deg": 90.0}]}]
    )
    run = engine.run(city, table, Parameters(radius_m=600.0, environment="UMa"))
    behind = explain(run, *scenes.place(city, 555, 505))
    assert not behind.servers[0].line_of_sight
    profile = behind.profile
    assert profile is not None
    assert profile.distance_m.tolist() == [10.0 * k for k in range(36)]
    assert (profile.roof_m == np.where((profile.distance_m >= 200) & (profile.distance_m < 300), 20, 0)).all()
    assert profile.ray_m[[0, -1]] == pytest.approx([25.0, 1.5])
    assert profile.fresnel_m[[0, -1]] == pytest.approx([0, 0])
    wave = 3e8 / 3.5e9
    assert profile.fresnel_m[10] == pytest.approx(np.sqrt(wave * 100 * 250 / 350))
    blocking = profile.blocking
    assert blocking is not None
    assert blocking.building == 1
    assert blocking.distance_m == pytest.approx(295.0)  # the far rim of the last roof cell
    assert blocking.above_ray_m == pytest.approx(20 - (25 - 23.5 * 295 / 350))
    assert blocking.loss_db > 15
    free = explain(run, *scenes.place(city, 555, 305))
    assert free.servers[0].line_of_sight
    assert free.profile is not None
    assert free.profile.blocking is None
    inside = explain(run, *scenes.place(city, 455, 505))
    assert inside.building == 1
    assert inside.servers[0].line_of_sight  # of its outer wall


def test_the_profile_of_another_server(run: Run) -> None:
    place = explain(run, *scenes.place(run.surface, 750, 750), top=3)
    assert len(place.servers) == 3
    other = place.servers[2]
    shown = explain(run, *scenes.place(run.surface, 750, 750), sector=other.sector).profile
    assert shown is not None
    assert shown.distance_m[-1] == pytest.approx(other.distance_m, abs=15)
    with pytest.raises(UnknownName, match="does not reach"):
        explain(run, *scenes.place(run.surface, 750, 750), sector=9999)


def test_places_without_signal_and_off_the_grid(run: Run) -> None:
    with pytest.raises(InputError, match="outside the computed area"):
        explain(run, 100.0, 20.0)
    lon, lat = scenes.place(run.surface, 100, 100)
    lonely = engine.run(
        run.surface, of_rows([{"fid": 1, "lon": lon, "lat": lat}]), Parameters(radius_m=200.0)
    )
    place = explain(lonely, *scenes.place(run.surface, 1400, 1400))
    assert (place.servers, place.profile, place.rsrp_dbm, place.overlap) == ((), None, None, 0)

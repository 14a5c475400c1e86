"""The browser's own arithmetic, held against PROJ and published examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyproj
import pytest

from tests.conftest import Visit

pytestmark = pytest.mark.browser

GEOD = pyproj.Geod(ellps="WGS84")


@pytest.fixture
def evaluate(visit: Callable[..., Visit], live_server: str) -> Iterator[Callable[[str], Any]]:
    """Evaluate an expression over our modules, in a page of our server that runs nothing else."""
    page = visit(f"{live_server}/assets/tokens.json").page
    yield lambda expression: page.evaluate(
        f"Promise.all(['geodesy', 'astronomy'].map((name) => import(`/assets/map/${{name}}.js`)))"
        f".then(([geodesy, astronomy]) => ({expression}))"
    )


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ((121.25, 31.38), (121.26, 31.38)),
        ((121.1, 31.2), (121.4, 31.5)),
        ((24.94, 60.17), (24.95, 60.18)),
        ((121.25, 31.38), (-73.9, 40.7)),
        ((0.0, 0.0), (0.0, -1.0)),
    ],
)
def test_distances_are_geodesic(
    evaluate: Callable[[str], Any], start: tuple[float, float], end: tuple[float, float]
) -> None:
    expected = GEOD.line_length([start[0], end[0]], [start[1], end[1]])
    assert evaluate(f"geodesy.distance({[*start]}, {[*end]})") == pytest.approx(expected, abs=0.001)


def test_the_way_back_and_no_way_at_all(evaluate: Callable[[str], Any]) -> None:
    assert evaluate("geodesy.distance([121.25, 31.38], [121.25, 31.38])") == 0
    assert evaluate("geodesy.pathLength([[121.25, 31.38]])") == 0
    there_and_back = evaluate("geodesy.pathLength([[121.2, 31.3], [121.3, 31.4], [121.2, 31.3]])")
    assert there_and_back == pytest.approx(2 * GEOD.line_length([121.2, 121.3], [31.3, 31.4]), abs=0.001)


@pytest.mark.parametrize(
    "ring",
    [
        [(121.25, 31.38), (121.26, 31.38), (121.26, 31.39), (121.25, 31.39)],
        [(121.1, 31.2), (121.4, 31.22), (121.35, 31.5), (121.15, 31.45)],
        [(24.93, 60.16), (24.94, 60.18), (24.96, 60.17)],
    ],
)
def test_areas_are_geodesic(evaluate: Callable[[str], Any], ring: list[tuple[float, float]]) -> None:
    expected = abs(GEOD.polygon_area_perimeter(*zip(*ring, strict=True))[0])
    assert evaluate(f"geodesy.ringArea({[list(point) for point in ring]})") == pytest.approx(
        expected, rel=2e-5
    )


def test_scale_bars_are_round(evaluate: Callable[[str], Any]) -> None:
    assert evaluate("[7, 23, 99, 100, 499, 1234].map(geodesy.roundBelow)") == [5, 20, 50, 100, 200, 1000]


def test_the_sun_stands_where_nrel_says(evaluate: Callable[[str], Any]) -> None:
    # Reda and Andreas, Solar Position Algorithm for Solar Radiation Applications (NREL/TP-560-34302), table A5.1.
    sun = evaluate("astronomy.sunAt(Date.parse('2003-10-17T19:30:30Z'), -105.1786, 39.742476)")
    assert sun["altitude"] == pytest.approx(39.872, abs=0.02)
    assert sun["azimuth"] == pytest.approx(194.340, abs=0.02)
    light = evaluate("astronomy.daylight(Date.parse('2003-10-17T19:00:00Z'), -105.1786, 39.742476)")
    assert light["sunrise"] == pytest.approx(13 * 60 + 12.72, abs=1)
    assert light["sunset"] == pytest.approx(24 * 60 + 18.85, abs=1)


def test_noon_in_jiading_at_midsummer(evaluate: Callable[[str], Any]) -> None:
    sun = evaluate("astronomy.sunAt(Date.parse('2026-06-21T03:57:00Z'), 121.25, 31.38)")
    assert sun["altitude"] == pytest.approx(90 - 31.38 + 23.437, abs=0.03)


def test_polar_night_has_no_sunrise(evaluate: Callable[[str], Any]) -> None:
    assert evaluate("astronomy.daylight(Date.parse('2026-12-21T12:00:00Z'), 25, 75)") is None


def test_china_keeps_one_time(evaluate: Callable[[str], Any]) -> None:
    places = [[121, 31], [76, 39], [24.9, 60.2], [-74, 40.7]]
    zones = evaluate(f"{places}.map(([lon, lat]) => astronomy.zoneOf(lon, lat).minutes)")
    assert zones == [480, 480, 120, -300]

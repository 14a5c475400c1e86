from __future__ import annotations

import numpy as np
import pytest
import shapely

from twin.analysis.coverage_5g.placement import HYPOTHESES, Fit, check_placement
from twin.crs import gcj02_to_wgs84, wgs84_to_bd09, wgs84_to_gcj02
from twin.errors import InputError

EAST, NORTH = 95_100.0, 110_900.0
"""Metres per degree at 31.3 degrees north, near enough for making places."""


def town(seed: int = 3, count: int = 900) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Buildings of 14 x 24 m spread at random over 2.4 x 2.4 km: about 5 % of the ground; and their middles."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-1200, 1200, count), rng.uniform(-1200, 1200, count)
    lon, lat = 121.25 + x / EAST, 31.30 + y / NORTH
    boxes = shapely.box(lon - 12 / EAST, lat - 7 / NORTH, lon + 12 / EAST, lat + 7 / NORTH)
    return boxes, lon, lat


def roofs(count: int = 120) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Buildings, and sites on the roofs of some in the middle of the town."""
    boxes, lon, lat = town()
    middle = np.flatnonzero((abs(lon - 121.25) < 500 / EAST) & (abs(lat - 31.30) < 500 / NORTH))[:count]
    return boxes, lon[middle] + 5 / EAST, lat[middle] - 3 / NORTH


def test_sites_on_their_roofs_fit() -> None:
    boxes, lon, lat = roofs()
    placement = check_placement(lon, lat, np.ones(len(lon)), boxes)
    (verdict,) = placement.verdicts
    assert verdict.explanation == "as_given"
    assert verdict.counts[0].on_building == verdict.checked == len(lon)
    assert (placement.fit == Fit.FITS).all()
    assert (placement.distance_m == 0).all()
    assert 0.02 < verdict.chance < 0.25
    assert "没有发现坐标系偏移" in verdict.text.zh


@pytest.mark.parametrize(
    ("hypothesis", "stored"),
    [("gcj02", wgs84_to_gcj02), ("bd09", wgs84_to_bd09), ("not_gcj02", gcj02_to_wgs84)],
)
def test_a_shifted_dataset_is_found(hypothesis: str, stored: object) -> None:
    boxes, lon, lat = roofs()
    placement = check_placement(*stored(lon, lat), np.ones(len(lon)), boxes)  # type: ignore[operator]
    (verdict,) = placement.verdicts
    assert verdict.explanation == hypothesis
    by_name = {count.hypothesis: count for count in verdict.counts}
    assert by_name[hypothesis].on_building == len(lon)
    assert by_name["as_given"].share < 0.3
    assert by_name[hypothesis].probability < 1e-9
    assert by_name[hypothesis].median_distance_m == 0
    assert (placement.fit == Fit.SHIFTED).all()
    assert placement.on_building[:, list(HYPOTHESES).index(hypothesis)].all()
    assert HYPOTHESES[hypothesis][1].zh in verdict.text.zh


def test_datasets_are_judged_apart_and_strays_told() -> None:
    boxes, lon, lat = roofs()
    half = len(lon) // 2
    shifted = wgs84_to_gcj02(lon[:half], lat[:half])
    x, y = np.append(shifted[0], lon[half:]), np.append(shifted[1], lat[half:])
    # One site of the good dataset lies in a gap, 30 m from any building.
    gap = next(
        (121.25 + dx / EAST, 31.30 + dy / NORTH)
        for dx in range(-400, 400, 10)
        for dy in range(-400, 400, 10)
        if shapely.distance(
            shapely.Point(dx, dy), shapely.transform(boxes, lambda p: (p - (121.25, 31.30)) * (EAST, NORTH))
        ).min() > 30
    )  # fmt: skip
    x[-1], y[-1] = gap
    names = ["移动"] * half + ["电信"] * (len(lon) - half)
    placement = check_placement(x, y, np.ones(len(x)), boxes, dataset=names)
    assert [(verdict.dataset, verdict.explanation) for verdict in placement.verdicts] == [
        ("移动", "gcj02"),
        ("电信", "as_given"),
    ]
    assert (placement.fit[:half] == Fit.SHIFTED).all()
    assert (placement.fit[half:-1] == Fit.FITS).all()
    assert placement.fit[-1] == Fit.MISFIT
    assert placement.distance_m[-1] == pytest.approx(30, abs=8)
    assert placement.verdicts[0].text.en.startswith("dataset 移动: of ")


def test_places_at_random_are_no_shift() -> None:
    boxes, _, _ = town()
    rng = np.random.default_rng(8)
    lon, lat = rng.uniform(121.245, 121.255, 200), rng.uniform(31.296, 31.304, 200)
    (verdict,) = check_placement(lon, lat, np.ones(200), boxes).verdicts
    assert verdict.explanation == "as_given"
    assert verdict.counts[0].share == pytest.approx(verdict.chance, abs=0.08)


def test_only_rooftop_sites_near_buildings_are_checked() -> None:
    boxes, lon, lat = roofs(20)
    rooftop = np.arange(20) % 2 == 0
    lon[0] += 1.0
    lon[2] = np.nan
    placement = check_placement(lon, lat, rooftop, boxes)
    assert placement.verdicts[0].checked == 8
    assert (placement.fit[~rooftop] == Fit.NOT_CHECKED).all()
    assert placement.fit[0] == placement.fit[2] == Fit.NOT_CHECKED


def test_few_sites_are_not_judged() -> None:
    boxes, lon, lat = roofs(5)
    (verdict,) = check_placement(*wgs84_to_gcj02(lon, lat), np.ones(5), boxes).verdicts
    assert verdict.explanation is None
    assert "至少需要 8 个" in verdict.text.zh


def test_antennas_below_their_roof_are_told() -> None:
    boxes, lon, lat = roofs(20)
    antenna = np.full(20, 30.0)
    antenna[3] = 10.0
    placement = check_placement(
        lon, lat, np.ones(20), boxes, antenna_height_m=antenna, building_height_m=np.full(len(boxes), 27.0)
    )
    assert np.flatnonzero(placement.fit == Fit.BELOW_ROOF).tolist() == [3]


def test_refusals() -> None:
    boxes, lon, lat = roofs(10)
    with pytest.raises(InputError, match="no buildings"):
        check_placement(lon, lat, np.ones(10), boxes[:0])
    with pytest.raises(InputError, match="differ in length"):
        check_placement(lon, lat, np.ones(9), boxes)

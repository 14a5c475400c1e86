"""Placements from control points."""

from __future__ import annotations

import numpy as np
import pytest

from bim.errors import BimError
from bim.georeference import Evidence, Placement, fit
from tests.bim.georeference.models import drawn

TRUE = Placement(121.2503, 31.3841, 4.25, 29.35)
RING = [(0.0, 0.0), (40.0, 0.0), (40.0, 20.0), (0.0, 20.0)]


def model(origin=(0.0, 0.0, 0.0)):
    made = drawn(RING, 0.0, Evidence("IFC4", "", 1.0))
    made.origin_m = origin
    return made


def points(chosen, origin=(0.0, 0.0, 0.0), placement=TRUE, noise=0.0):
    places = placement.to_lonlat(chosen, origin)
    places = places + np.random.default_rng(1).normal(0, noise / 100_000, places.shape)
    return [(*point, *place) for point, place in zip(chosen, places.tolist(), strict=True)]


@pytest.mark.parametrize("origin", [(0.0, 0.0, 0.0), (20.0, 10.0, 1.0), (-1500.0, 900.0, 0.0)])
@pytest.mark.parametrize("count", [2, 3, 4])
def test_exact_points_give_the_placement_back(origin, count):
    found = fit(points(RING[:count], origin), model(origin), height_m=4.25)
    assert max(found.residuals_m) < 1e-4
    assert found.scale == pytest.approx(1, abs=1e-6)
    assert found.placement.rotation_deg == pytest.approx(TRUE.rotation_deg, abs=1e-5)
    assert (found.placement.lon, found.placement.lat) == pytest.approx((TRUE.lon, TRUE.lat), abs=1e-9)
    assert found.placement.height_m == 4.25
    assert found.placement.source == "control points"


def test_least_squares_over_noisy_points():
    chosen = [(float(x), float(y)) for x in range(0, 401, 100) for y in range(0, 401, 100)]
    found = fit(points(chosen, noise=0.3), model())
    assert found.placement.rotation_deg == pytest.approx(TRUE.rotation_deg, abs=0.05)
    assert 0.1 < found.rms_m < 0.8
    assert found.as_dict()["rms_m"] == found.rms_m


def test_scale_is_reported_and_not_applied():
    stretched = Placement(121.2503, 31.3841, rotation_deg=10, scale=1.02)
    found = fit(points(RING, placement=stretched), model())
    assert found.scale == pytest.approx(1.02, abs=1e-4)
    assert found.placement.scale == 1.0
    assert found.placement.rotation_deg == pytest.approx(10, abs=1e-3)
    assert max(found.residuals_m) == pytest.approx(0.02 * np.hypot(20, 10), abs=0.01)


def test_one_point_and_a_turn():
    found = fit(points([RING[2]]), model(), rotation_deg=29.35)
    assert (found.placement.lon, found.placement.lat) == pytest.approx((TRUE.lon, TRUE.lat), abs=1e-9)
    assert found.placement.rotation_deg == pytest.approx(29.35, abs=1e-12)
    assert found.scale == 1.0


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ([], "four numbers"),
        ([(0, 0, 121.25, 31.38)], "two control points"),
        ([(0, 0, 121.25), (1, 1, 121.26)], "four numbers"),
        ([(0, 0, 121.25, 31.38), (40, 0, "x", 31.38)], "four numbers"),
        ([(0, 0, 121.25, float("nan")), (40, 0, 121.26, 31.38)], "four numbers"),
        ([(0, 0, 121.25, 31.38), (40, 0, 31.38, 121.25)], "control point 2"),
        ([(5, 5, 121.25, 31.38), (5, 5, 121.26, 31.38)], "in the model"),
        ([(0, 0, 121.25, 31.38), (40, 0, 121.25, 31.38)], "on the map"),
    ],
)
def test_bad_points_are_refused_in_one_sentence(bad, says):
    with pytest.raises(BimError) as raised:
        fit(bad, model())
    assert says in raised.value.en
    assert raised.value.code == "georeference.control_points"

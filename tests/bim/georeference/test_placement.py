"""A placement against the projections it has to agree with."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from bim.errors import BimError
from bim.georeference import Placement
from bim.georeference.placement import turned
from bim.georeference.systems import convergence_deg, grid_scale

JIADING = (121.25029999781555, 31.3840999972575)


@pytest.mark.parametrize("epsg", [4549, 4528, 32651])
def test_a_building_of_400_m_drawn_on_a_grid_is_placed_to_the_millimetre(epsg):
    name = f"EPSG:{epsg}"
    to_grid = Transformer.from_crs(4326, epsg, always_xy=True)
    e0, n0 = to_grid.transform(*JIADING)
    placement = Placement(
        *JIADING, 4.25, 30 - convergence_deg(name, *JIADING), scale=1 / grid_scale(name, *JIADING)
    )
    angle = math.radians(30)
    ring = np.array([(0, 0), (400, 0), (400, 400), (0, 400), (-200, 350)], dtype=float)
    e = e0 + math.cos(angle) * ring[:, 0] - math.sin(angle) * ring[:, 1]
    n = n0 + math.sin(angle) * ring[:, 0] + math.cos(angle) * ring[:, 1]
    lon, lat = to_grid.transform(e, n, direction="INVERSE")
    placed = placement.to_lonlat(ring, (0.0, 0.0, 0.0))
    error = np.hypot((placed[:, 0] - lon) * 95_100, (placed[:, 1] - lat) * 110_900)
    assert error.max() < 0.001


def test_true_metres_and_true_directions_at_scale_one():
    placement = Placement(*JIADING, rotation_deg=20)
    ((lon, lat),) = placement.to_lonlat([(400.0, 0.0)], (0.0, 0.0, 0.0))
    azimuth, _, distance = Geod(ellps="GRS80").inv(*JIADING, lon, lat)
    assert distance == pytest.approx(400, abs=1e-5)
    assert 90 - azimuth == pytest.approx(20, abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-179, 179), st.floats(-80, 80), st.floats(-180, 180), st.floats(0.99, 1.01),
    st.lists(st.tuples(*[st.floats(-2000, 2000)] * 3), min_size=1, max_size=5),
)  # fmt: skip
def test_there_and_back(lon, lat, turn, scale, points):
    placement = Placement(lon, lat, 7.5, turn, scale=scale)
    origin = (12.0, -3.0, 1.5)
    back = placement.from_lonlat(placement.to_lonlat(points, origin), origin)
    assert np.abs(back - np.array(points)).max() < 1e-6


def test_origin_stands_on_the_anchor():
    placement = Placement(*JIADING, 4.25, 77.0)
    assert placement.to_lonlat([(618932.0, 3474236.0, 3.0)], (618932.0, 3474236.0, 3.0))[0] == pytest.approx(
        (*JIADING, 4.25), abs=1e-12
    )


@pytest.mark.parametrize("origin", [(0.0, 0.0, 0.0), (100.0, -50.0, 2.0), (618932.035, 3474236.407, 4.25)])
def test_grid_says_what_a_map_conversion_says(origin):
    placement = Placement(*JIADING, 4.25, 30 - convergence_deg("EPSG:4549", *JIADING),
                          scale=1 / grid_scale("EPSG:4549", *JIADING))  # fmt: skip
    grid = placement.grid(4549, origin)
    assert grid.rotation_deg == pytest.approx(30, abs=1e-9)
    assert grid.scale == pytest.approx(1, abs=1e-12)
    angle = math.radians(grid.rotation_deg)
    x, y = origin[0] + 40, origin[1] + 20
    e = grid.eastings + grid.scale * (math.cos(angle) * x - math.sin(angle) * y)
    n = grid.northings + grid.scale * (math.sin(angle) * x + math.cos(angle) * y)
    lon, lat = Transformer.from_crs(4549, 4326, always_xy=True).transform(e, n)
    assert placement.to_lonlat([(x, y)], origin)[0] == pytest.approx((lon, lat), abs=1e-9)
    assert grid.height_m + origin[2] == pytest.approx(4.25)


def test_convergence_and_scale_of_jiading():
    """East of the central meridian true north lies to the west of grid north."""
    assert convergence_deg("EPSG:4549", *JIADING) == pytest.approx(0.651, abs=0.001)
    assert grid_scale("EPSG:4549", *JIADING) == pytest.approx(1.00017, abs=1e-5)
    assert convergence_deg("EPSG:4549", 118.9, 31.38) < 0


def test_survives_json():
    placement = Placement(*JIADING, 4.25, -30.0, "control points", 1.0, 4549, "2026-11-28T10:00:00Z")
    assert Placement.from_dict(placement.as_dict()) == placement
    assert Placement.from_dict({"lon": 121, "lat": 31, "of": "another time"}) == Placement(121, 31)


@pytest.mark.parametrize(
    "data",
    [
        {"lon": 121.0}, {"lon": 200.0, "lat": 31.0}, {"lon": 31.0, "lat": 121.0},
        {"lon": float("nan"), "lat": 31.0}, {"lon": "121", "lat": 31.0}, {"lon": 121.0, "lat": 31.0, "scale": 1000.0},
    ],
)  # fmt: skip
def test_no_position_is_refused_in_one_sentence(data):
    with pytest.raises(BimError) as raised:
        Placement.from_dict(data)
    assert raised.value.zh.endswith("。")


def test_points_must_be_rows():
    with pytest.raises(ValueError, match="shape"):
        Placement(*JIADING).to_lonlat([1.0, 2.0], (0, 0, 0))


@pytest.mark.parametrize(
    ("angle", "same"), [(0, 0), (180, 180), (-180, 180), (190, -170), (-190, 170), (720, 0)]
)
def test_turns_are_brought_into_one_range(angle, same):
    assert turned(angle) == same
    assert math.copysign(1, turned(angle)) == math.copysign(1, same)

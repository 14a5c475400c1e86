from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import shapely

from tests.analysis.ways import ORIGIN, metres, polygon, streets_of, way
from twin.analysis import snapping
from twin.analysis.ground import Ground
from twin.analysis.isochrones import as_lonlat, features, isochrones
from twin.analysis.network import Network
from twin.analysis.travellers import get
from twin.errors import InputError

SIDE = 21
CANAL = shapely.box(-50, 1040, 2050, 1050)


def places(*rows: tuple[int, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["edge", "t", "access_m"])


def grid(bridges: tuple[float, ...] = ()) -> tuple[Network, np.ndarray, list[tuple[int, int]]]:
    """Streets every 100 m, 2 km by 2 km; north of y = 1000 they are joined over ``bridges`` (x) only."""
    x, y = np.meshgrid(np.arange(SIDE) * 100.0, np.arange(SIDE) * 100.0)
    x, y = x.ravel(), y.ravel()
    number = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    pairs = [
        *zip(number[:, :-1].ravel().tolist(), number[:, 1:].ravel().tolist(), strict=True),
        *zip(number[:-1].ravel().tolist(), number[1:].ravel().tolist(), strict=True),
    ]
    pairs = [(a, b) for a, b in pairs if not (y[a] == 1000 and y[b] == 1100 and x[a] not in bridges)]
    edges = pd.DataFrame(pairs, columns=["u", "v"]).assign(length_m=100.0)
    lines = shapely.linestrings([[(x[a], y[a]), (x[b], y[b])] for a, b in pairs])
    return Network.from_frames(pd.DataFrame({"x": x, "y": y}), edges), lines, pairs


def node(x: float, y: float) -> int:
    return int(y / 100) * SIDE + int(x / 100)


def test_along_one_street_the_limits_are_met_where_they_are_walked() -> None:
    network = Network.from_frames(
        pd.DataFrame({"x": [0.0, 2000.0], "y": [0.0, 0.0]}),
        pd.DataFrame({"u": [0], "v": [1], "length_m": [2000.0]}),
    )
    lines = np.array([shapely.LineString([(0, 0), (2000, 0)])])
    ground = Ground.of(network, lines, cell_m=10, cap_m=60)
    near, far = isochrones(network, ground, places((0, 0.5, 20.0)), [120, 320], speed_mps=1.0)
    assert near.bounds == pytest.approx((900, -65, 1100, 65), abs=2.0)
    assert far.bounds == pytest.approx((700, -65, 1300, 65), abs=2.0)
    # Off the street the walk to it counts: 60 m off, 240 of the 300 m along it are left.
    for along, off, inside in ((295, 0, True), (305, 0, False), (230, 60, True), (255, 60, False)):
        assert far.contains(shapely.Point(1000 + along, off)) is inside


def test_rings_are_valid_and_each_lies_in_the_next() -> None:
    network, lines, _ = grid(bridges=(300.0, 1500.0))
    ground = Ground.of(network, lines, water=np.array([CANAL]))
    limits = [120, 240, 360, 480, 600, 900]
    rng = np.random.default_rng(3)
    for edge in rng.integers(0, network.n_edges, 12).tolist():
        found = isochrones(network, ground, places((edge, 0.3, 5.0)), limits, speed_mps=1.2)
        assert all(ring.is_valid and not ring.is_empty for ring in found)
        for inner, outer in pairwise(found):
            assert inner.difference(outer).area == pytest.approx(0, abs=1e-6)
            assert inner.area < outer.area


def test_limits_come_back_in_the_order_given() -> None:
    network, lines, _ = grid()
    ground = Ground.of(network, lines)
    here = places((0, 0.5, 0.0))
    up = isochrones(network, ground, here, [300, 600], speed_mps=1.2)
    down = isochrones(network, ground, here, [600, 300], speed_mps=1.2)
    assert up[0].equals(down[1])
    assert up[1].equals(down[0])


def test_nothing_is_coloured_across_a_canal_without_a_bridge() -> None:
    network, lines, pairs = grid()
    ground = Ground.of(network, lines, water=np.array([CANAL]))
    here = places((pairs.index((node(900, 1000), node(1000, 1000))), 0.5, 0.0))
    (ring,) = isochrones(network, ground, here, [900], speed_mps=1.2)
    assert ring.bounds[3] <= 1040
    assert ring.contains(shapely.Point(950, 1010))
    assert ring.area > 1_000_000


def test_a_narrow_canal_between_two_cells_is_not_crossed_either() -> None:
    network, lines, pairs = grid()
    ditch = shapely.box(-50, 1046, 2050, 1047.5)
    ground = Ground.of(network, lines, water=np.array([ditch]))
    here = places((pairs.index((node(900, 1000), node(1000, 1000))), 0.5, 0.0))
    (ring,) = isochrones(network, ground, here, [900], speed_mps=1.2)
    assert ring.bounds[3] <= 1046


def test_across_a_bridge_the_other_bank_is_reached_by_the_way_over_it() -> None:
    network, lines, pairs = grid(bridges=(1500.0,))
    ground = Ground.of(network, lines, water=np.array([CANAL]))
    here = places((pairs.index((node(900, 1000), node(1000, 1000))), 0.5, 0.0))
    (ring,) = isochrones(network, ground, here, [900], speed_mps=1.2)
    beyond = ring.intersection(shapely.box(-200, 1050, 2200, 2200))
    # 1080 m less 550 m to the bridge, 100 m over it: 430 m are left on the other bank.
    assert beyond.contains(shapely.Point(1500, 1100))
    assert beyond.contains(shapely.Point(1500, 1100 + 410))
    assert not beyond.intersects(shapely.Point(1500, 1100 + 455))
    assert not beyond.intersects(shapely.Point(950, 1100))
    assert ring.intersection(CANAL).area == pytest.approx(0, abs=1e-3)


def test_the_ground_never_lies_farther_off_than_the_cap() -> None:
    network = Network.from_frames(
        pd.DataFrame({"x": [0.0, 400.0, 400.0], "y": [0.0, 0.0, 500.0]}),
        pd.DataFrame({"u": [0, 1], "v": [1, 2], "length_m": [400.0, 500.0]}),
    )
    lines = np.array([shapely.LineString([(0, 0), (400, 0)]), shapely.LineString([(400, 0), (400, 500)])])
    ground = Ground.of(network, lines)
    (ring,) = isochrones(network, ground, places((0, 0.0, 0.0)), [900], speed_mps=1.2)
    reach = shapely.union_all(lines).buffer(60 + 25 / 2 * 2**0.5)
    assert ring.difference(reach).area == 0
    assert ring.area > 0.8 * shapely.union_all(lines).buffer(60).area


def test_where_nothing_is_reached_there_is_an_empty_polygon() -> None:
    network, lines, _ = grid()
    ground = Ground.of(network, lines)
    off = isochrones(network, ground, places((-1, 0.0, 0.0)), [300, 600], speed_mps=1.2)
    far = isochrones(network, ground, places((0, 0.5, 1000.0)), [300, 600], speed_mps=1.2)
    for ring in [*off, *far]:
        assert ring.geom_type == "MultiPolygon"
        assert ring.is_empty


def test_several_facilities_make_one_reach() -> None:
    network, lines, _ = grid()
    ground = Ground.of(network, lines)
    a, b = places((0, 0.5, 0.0)), places((19, 0.5, 0.0))
    both = isochrones(network, ground, pd.concat([a, b]), [240], speed_mps=1.2)[0]
    apart = [isochrones(network, ground, one, [240], speed_mps=1.2)[0] for one in (a, b)]
    assert both.equals_exact(shapely.union_all(apart), 1e-6) or both.symmetric_difference(
        shapely.union_all(apart)
    ).area == pytest.approx(0, abs=1e-3)
    assert len(both.geoms) == 2


def test_one_way_streets_are_walked_towards_the_facility() -> None:
    network = Network.from_frames(
        pd.DataFrame({"x": [0.0, 1000.0], "y": [0.0, 0.0]}),
        pd.DataFrame({"u": [0], "v": [1], "length_m": [1000.0], "oneway": [True]}),
    )
    ground = Ground.of(network, np.array([shapely.LineString([(0, 0), (1000, 0)])]))
    (ring,) = isochrones(network, ground, places((0, 0.5, 0.0)), [300], speed_mps=1.0)
    assert ring.bounds[0] == pytest.approx(200, abs=15)
    assert ring.bounds[2] <= 515


def test_an_added_link_is_walked_and_drawn() -> None:
    network, lines, pairs = grid()
    ground = Ground.of(network, lines, water=np.array([CANAL]))
    south = pairs.index((node(900, 1000), node(1000, 1000)))
    north = pairs.index((node(900, 1100), node(1000, 1100)))
    link = pd.DataFrame(
        {"edge_a": [south], "t_a": [0.4], "edge_b": [north], "t_b": [0.4], "length_m": [100.0]}
    )
    edited = network.edited(links=link)
    here = edited.moved(places((south, 0.5, 0.0)))
    (ring,) = isochrones(edited.network, ground.moved(edited), here, [300], speed_mps=1.2)
    assert ring.contains(shapely.Point(945, 1110))
    assert ring.contains(shapely.Point(945, 1010))


def test_polygons_agree_with_the_times_of_homes() -> None:
    """Homes snap as cells do, so they differ only about the contour."""
    rng = np.random.default_rng(11)
    ways = [way(*[(100 * j, 100 * k) for j in range(16)]) for k in range(16)]
    ways += [way(*[(100 * k, 100 * j) for j in range(16)]) for k in range(0, 16, 3)]
    found = streets_of(*ways)
    adult = get("adult").replace(crossing_s=0.0)
    network = found.network(adult)
    ground = Ground.of(network, found.line)
    points = metres(*rng.uniform(0, 1500, (4000, 2)).tolist())
    homes = snapping.snap(found, points, adult).places
    here = snapping.snap(found, metres((750, 740)), adult).places
    limits = [300.0, 600.0]
    rings = isochrones(network, ground, here, limits, speed_mps=1.2)
    seconds = network.nearest(homes, here, speed_mps=1.2)
    for ring, limit in zip(rings, limits, strict=True):
        reached = seconds <= limit
        coloured = shapely.contains_xy(ring, points[:, 0], points[:, 1])
        assert reached.sum() > 150
        assert (coloured & ~reached).sum() / reached.sum() < 0.05
        assert (reached & ~coloured).sum() / reached.sum() < 0.05


def test_degrees_and_geojson() -> None:
    found = streets_of(way((0, 0), (600, 0)))
    adult = get("adult").replace(crossing_s=0.0)
    network = found.network(adult)
    ground = Ground.of(network, found.line, water=np.empty(0, dtype=object))
    here = snapping.snap(found, metres((300, 0)), adult).places
    rings = isochrones(network, ground, here, [60, 120], speed_mps=1.2)
    turned = as_lonlat(rings, lambda x, y: tuple(found.to_degrees(np.column_stack([x, y])).T))
    whole = polygon([(-200, -200), (800, -200), (800, 200), (-200, 200)])
    assert all(whole.contains(ring) for ring in turned)
    assert turned[1].contains(polygon([(200, -20), (400, -20), (400, 20), (200, 20)]))
    told = features(turned, [60, 120])
    assert [item["properties"] for item in told["features"]] == [{"minutes": 2.0}, {"minutes": 1.0}]
    drawn = shapely.geometry.shape(told["features"][0]["geometry"])
    assert drawn.is_valid
    assert drawn.hausdorff_distance(turned[1]) < 1e-6
    assert shapely.get_num_coordinates(drawn) <= shapely.get_num_coordinates(turned[1])
    assert rings[0].centroid.x == pytest.approx(ORIGIN[0] + 300, abs=3)


@pytest.mark.parametrize("limits", [[], [0], [300, -1], [float("nan")], list(range(60, 60 * 14, 60))])
def test_limits_must_be_some_positive_numbers(limits: list[float]) -> None:
    network, lines, _ = grid()
    with pytest.raises(InputError, match="isochrones need"):
        isochrones(network, Ground.of(network, lines), places((0, 0.5, 0.0)), limits, speed_mps=1.2)

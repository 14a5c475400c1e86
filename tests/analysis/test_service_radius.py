from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from tests import city as small_city
from tests import life_city
from twin.analysis import service_radius
from twin.analysis.city import City
from twin.analysis.network import Network
from twin.analysis.places import Places
from twin.analysis.service_radius import (
    PRESETS,
    Parameters,
    along_network,
    coverage,
    entrances,
    report,
    straight_line,
)
from twin.errors import InputError, UnknownName
from twin.store import Store

LOCKERS = [(450, 20), (1500, 380), (1200, -30)]
"""The first serves "west", the second "north"; the third stands 300 m from "estate", behind its wall."""
PARK = [(250, -120), (880, -120), (880, -60), (250, -60)]


def points(layer: list[tuple[float, float]], **columns: Any) -> gpd.GeoDataFrame:
    keys = [f"p{number}" for number in range(len(layer))]
    places = [shapely.Point(place) for place in life_city.degrees(*layer)]
    return gpd.GeoDataFrame({"source_key": keys, **columns}, geometry=places, crs=4326)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    park = gpd.GeoDataFrame(
        {"source_key": ["g"], "name": ["试验公园"]},
        geometry=[shapely.Polygon(life_city.degrees(*PARK))],
        crs=4326,
    )
    more = {
        "parcel_locker": points(LOCKERS),
        "green": park,
        "bus_stop": points([(2800, 30), (2000, 3000)], name=["东站", "远站"]),
    }
    with Store.open(tmp_path_factory.mktemp("radius") / "home") as opened:
        small_city.put(opened, life_city.layers() | more, name="life", synthetic=True)
        yield opened


@pytest.fixture(scope="module")
def city(store: Store) -> City:
    return City.read(store)


def covered(found: service_radius.Coverage, *, network: bool) -> set[str]:
    """Names of the homes within the distance."""
    demand, reached = found.city.demand, found.network if network else found.straight
    names = set()
    for name, place in life_city.HOMES.items():
        lon, lat = life_city.place(*place)
        if reached[np.argmin(np.hypot(demand.lon - lon, demand.lat - lat))]:
            names.add(name)
    return names


# -- pure functions --------------------------------------------------------------------------


def test_a_straight_distance_of_exactly_the_radius_is_within_it() -> None:
    homes = np.array([[0.0, 0.0], [300.0, 0.0], [300.001, 0.0], [180.0, 240.0]])
    one = shapely.points([[0.0, 0.0]])
    assert straight_line(homes, one, 300.0).tolist() == [True, True, False, True]


def test_of_a_polygon_the_nearest_boundary_counts_and_its_inside_is_there_already() -> None:
    park = np.array([shapely.box(100, 0, 900, 400)], dtype=object)
    homes = np.array([[0.0, 0.0], [50.0, 200.0], [500.0, 200.0], [-1.0, 0.0], [100.0, 500.0]])
    assert straight_line(homes, park, 100.0).tolist() == [True, True, True, False, True]
    line = np.array([shapely.LineString([(100, 0), (100, 400)])], dtype=object)
    assert straight_line(homes, line, 100.0).tolist() == [True, True, False, False, True]


def test_without_features_nobody_is_covered() -> None:
    assert straight_line(np.zeros((3, 2)), np.empty(0, dtype=object), 500.0).tolist() == [False] * 3


def test_straight_lines_agree_with_every_distance_computed() -> None:
    rng = np.random.default_rng(5)
    homes = rng.uniform(0, 3000, (300, 2))
    shapes = np.concatenate(
        [
            shapely.points(rng.uniform(0, 3000, (12, 2))),
            shapely.buffer(shapely.points(rng.uniform(0, 3000, (5, 2))), 80),
            shapely.linestrings(rng.uniform(0, 3000, (4, 3, 2))),
        ]
    )
    nearest = shapely.distance(shapely.points(homes)[:, None], shapes[None, :]).min(axis=1)
    assert np.array_equal(straight_line(homes, shapes, 400.0), nearest <= 400.0)
    points_only = shapes[:12]
    nearest = shapely.distance(shapely.points(homes)[:, None], points_only[None, :]).min(axis=1)
    assert np.array_equal(straight_line(homes, points_only, 400.0), nearest <= 400.0)


def test_along_the_network_metres_count_and_not_seconds() -> None:
    nodes = pd.DataFrame({"x": [0.0, 500.0, 500.0], "y": [0.0, 0.0, 500.0]})
    edges = pd.DataFrame(
        {
            "u": [0, 1],
            "v": [1, 2],
            "length_m": [500.0, 500.0],
            "seconds": [9000.0, 1.0],
            "oneway": [False, True],
        }
    )
    network = Network.from_frames(nodes, edges)
    homes = pd.DataFrame(
        {"edge": [0, 0, 1, -1], "t": [0.5, 0.48, 0.2, 0.0], "access_m": [20.0, 20.0, 0.0, 0.0]}
    )
    stop = pd.DataFrame({"edge": [0], "t": [1.0], "access_m": [30.0]})
    here, there = Places.of(homes, 2), Places.of(stop, 2)
    # 250 + 20 + 30 is exactly 300; the third home would have to go against a one-way street.
    assert along_network(network, here, there, 300.0).tolist() == [True, False, False, False]
    closed = network.with_seconds(np.array([np.inf, 1.0]))
    assert not along_network(closed, here, there, 300.0).any()


def test_polygons_are_entered_all_along_their_boundary() -> None:
    shapes = np.array([shapely.Point(5, 5), shapely.box(0, 0, 100, 50)], dtype=object)
    found, row = entrances(shapes)
    assert found[0].tolist() == [5.0, 5.0]
    assert set(row.tolist()) == {0, 1}
    border = found[row == 1]
    assert shapely.distance(shapely.points(border), shapes[1].exterior).max() < 1e-9
    assert np.hypot(*np.diff(border, axis=0).T).max() <= service_radius.ENTRANCE_M
    # A line that comes first must not be mistaken for its boundary, which is its ends.
    line_points, _ = entrances(np.array([shapely.LineString([(0, 0), (100, 0)])], dtype=object))
    assert len(line_points) == 5


# -- on a city -------------------------------------------------------------------------------


def test_lockers_straight_and_on_foot(store: Store, city: City) -> None:
    found = coverage(store, city, Parameters(distance_m=310))
    assert covered(found, network=False) == {"west", "north", "estate"}
    assert covered(found, network=True) == {"west", "north"}
    assert not (found.network & ~found.straight).any()
    assert (found.features, found.off_network) == (3, 0)


def test_rates_by_area_and_weight(store: Store, city: City) -> None:
    told = report(store, city, Parameters(distance_m=310))
    assert [area["id"] for area in told["areas"]] == ["district", str(life_city.TOWN)]
    district = told["areas"][0]
    assert district["straight"] == pytest.approx(
        dict.fromkeys(("people", "residential_floor_area", "residential_land", "buildings"), 0.5), abs=1e-3
    )
    assert district["network"]["people"] == pytest.approx(2 / 6)
    assert district["target"] == 0.95
    assert district["gap"] == pytest.approx(0.95 - 2 / 6)
    assert district["communities"] == {"count": 1, "straight": 1.0, "network": 0.0}
    assert told["features"] == 3
    assert told["verified"] is False
    assert "25" in told["citation"]["en"]


def test_the_distance_of_indicator_25_is_an_assumption_that_is_told(store: Store, city: City) -> None:
    told = report(store, city, Parameters())
    assert told["layer"] == "parcel_locker"
    assert told["distance_m"] == 300.0
    assert (PRESETS["parcel_locker"].indicator, PRESETS["parcel_locker"].target) == (25, 0.95)
    evidence = told["evidence"]
    assert evidence["origin"] == "synthetic"
    assert {part["layer"] for part in evidence["datasets"]} >= {"parcel_locker", "road", "building", "estate"}
    assert evidence["parameters"]["distance_m"] == 300.0
    assert "未经核实" in evidence["method"]["zh"]
    assert "not verified" in evidence["method"]["en"]
    assert any("has not been checked" in caveat["en"] for caveat in evidence["caveats"])


def test_bus_stops_off_every_street_count_in_a_straight_line_only(store: Store, city: City) -> None:
    told = report(store, city, Parameters(layer="bus_stop"))
    assert told["distance_m"] == 500.0
    assert told["areas"][0]["network"]["people"] == pytest.approx(1 / 6)
    assert told["areas"][0]["target"] is None
    assert told["areas"][0]["gap"] is None
    assert any("1 features have no way" in caveat["en"] for caveat in told["evidence"]["caveats"])


def test_a_park_is_entered_at_its_boundary(store: Store, city: City) -> None:
    # From (200, -20) it is 64 m to the corner of the park at (250, -60), and 20 + 50 + 60 m on foot.
    for distance_m, straight, network in (
        (60, set(), set()),
        (100, {"west"}, set()),
        (135, {"west"}, {"west"}),
    ):
        found = coverage(store, city, Parameters(layer="green", distance_m=distance_m))
        assert covered(found, network=False) == straight
        assert covered(found, network=True) == network
    told = report(store, city, Parameters(layer="green"))
    assert told["distance_m"] == service_radius.DEFAULT_M
    assert told["citation"] is None
    assert "边界上最近的点" in told["evidence"]["method"]["zh"]


def test_a_community_needs_the_share_asked_for(store: Store, city: City) -> None:
    found = coverage(store, city, Parameters(distance_m=310, community_share=1.0))
    communities = found.communities()
    assert communities is not None
    _, straight, network = communities
    assert (straight.tolist(), network.tolist()) == ([True], [False])


def test_the_group_walks_its_own_streets(store: Store, city: City) -> None:
    adult = coverage(store, city, Parameters(distance_m=310))
    cycle = coverage(store, city, Parameters(distance_m=310, group="cycle"))
    assert cycle.travel.traveller.id == "cycle"
    assert np.array_equal(adult.straight, cycle.straight)


@pytest.mark.parametrize("layer", ["building", "road"])
def test_homes_and_streets_do_not_serve(store: Store, city: City, layer: str) -> None:
    with pytest.raises(InputError, match="does not serve"):
        coverage(store, city, Parameters(layer=layer))


@pytest.mark.parametrize("layer", ["nothing", "metro_station"])
def test_layers_that_are_not_there(store: Store, city: City, layer: str) -> None:
    with pytest.raises(UnknownName):
        coverage(store, city, Parameters(layer=layer))


def test_an_unknown_group_is_refused(store: Store, city: City) -> None:
    with pytest.raises(UnknownName):
        coverage(store, city, Parameters(group="ghosts"))


def test_layers_on_offer_are_those_that_serve(store: Store) -> None:
    assert {spec.id for spec in service_radius.layers_to_offer(store)} == {
        "parcel_locker",
        "green",
        "bus_stop",
        "centre",
        "facility",
    }

"""A hand-made town of what indicators count, each figure worked out by hand, beside the life-circle city."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import shapely

from tests import life_city
from tests.life_city import degrees, place

CORE = 310114001
"""A central town of data/town_types.csv, west of x = 2000; east of it lies another."""
OTHER = 310114114


def _points(*places: tuple[float, float], **columns: list[Any]) -> gpd.GeoDataFrame:
    return _frame([shapely.Point(place(*item)) for item in places], **columns)


def _frame(geometry: list[Any], **columns: list[Any]) -> gpd.GeoDataFrame:
    keys = [f"k{number}" for number in range(len(geometry))]
    return gpd.GeoDataFrame({"source_key": keys, **columns}, geometry=geometry, crs=4326)


def _box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.Polygon(degrees((west, south), (east, south), (east, north), (west, north)))


def layers() -> dict[str, gpd.GeoDataFrame]:
    """Two towns; of 6 sites 4 stand, of 3 centres 1 is open, of 4 stops in the core 2 tell arrivals, 1 of 2 works is smart.

    The roads of the life-circle city, 1000 m of main street opened.
    """
    city = life_city.layers()
    roads = city["road"]
    roads["open_for_testing"] = [name in ("主街0", "主街500") for name in roads["name"]]
    roads["cycle"] = "no"  # rules of a new city allow the cycle, which would reach everything
    roads.loc[roads["name"] == "弄", "class"] = "service"
    roads.loc[roads["name"] == "区内路", "class"] = "footway"
    return city | {
        "road": roads,
        "town": _frame(
            [_box(-1000, -1000, 2000, 1000), _box(2000, -1000, 6000, 1000)], name=["新成路街道", "外冈镇"],
            name_en=["Xinchenglu", "Waigang"], code=[str(CORE), str(OTHER)], kind=["subdistrict", "town"],
        ),
        "site_5g": _points(
            *[(x, 50) for x in range(0, 1200, 200)], name=[f"站{n}" for n in range(6)],
            status=["on", "on", "on", None, "planned", "off"], height_m=[30.0] * 6,
        ),
        "sensor": _points(
            *[(x, 60) for x in range(0, 1000, 200)], kind=["smoke"] * 5,
            status=["online", "online", "offline", "fault", None],
        ),
        "centre": _points(
            (100, 20), (1600, 30), (2800, 40), name=["甲", "乙", "丙"], status=["open", "building", "planned"]
        ),
        "bus_stop": _points(
            (0, 10), (500, 10), (1000, 10), (1500, 10), (2500, 10), name=list("abcde"),
            realtime_board=[True, True, False, None, True],
        ),
        "construction_site": _frame(
            [_box(300, 100, 350, 150), _box(400, 100, 450, 150)], name=["一", "二"], smart=[True, False],
            stage=["structure"] * 2,
        ),
        "parcel_locker": _points((1190, -190), operator=["甲"]),
    }  # fmt: skip

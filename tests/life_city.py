"""A hand-made city whose life circle can be worked out on paper: six homes of 100 people each.

Metres east and north of a corner at 121.25 E, 31.38 N::

    north bank street  y = 400   0 ───●────────────────────────────── 3000      home "north" (1700, 430)
                                      │ bridge at x = 500
    canal              y = 200 .. 240, from x = -500 to 3500
                                      │
    main street        y = 0     0 ───●──── 1000 ── 1500 ── 2000 ──── 3000      rows of 500 m
                                      homes "west" (200, -20), "same" (1600, -20), "east" (2800, -20)
    estate, gated      x = 1000 .. 1400, y = -400 .. -40, one gate at its west side (1000, -200),
                       reached by a lane from (900, 0); home "estate" (1200, -330)
    island             a street of its own, x = 4000 .. 4300, y = 0; home "island" (4150, -20)

A centre stands at (100, 20). An adult walks 1080 m in 15 minutes.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from tests import city
from twin.store import Store

LON, LAT = 121.25, 31.38
PER_LON, PER_LAT = 95_115.0, 110_882.0
"""Metres of a degree there, to a part in a thousand."""

HOMES = {
    "west": (200, -20),
    "same": (1600, -20),
    "east": (2800, -20),
    "north": (1700, 430),
    "estate": (1200, -330),
    "island": (4150, -20),
}
TOWN = 310114199
"""A town the table of kinds does not know: the strictest rules hold, on foot."""


def degrees(*points: tuple[float, float]) -> list[tuple[float, float]]:
    """Longitude and latitude of points in metres."""
    return [(LON + x / PER_LON, LAT + y / PER_LAT) for x, y in points]


def place(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of one point in metres."""
    return degrees((x, y))[0]


def _line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString(degrees(*points))


def _box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.Polygon(degrees((west, south), (east, south), (east, north), (west, north)))


def _frame(geometry: list[Any], **columns: list[Any]) -> gpd.GeoDataFrame:
    keys = [f"n{number}" for number in range(len(geometry))]
    return gpd.GeoDataFrame({"source_key": keys, **columns}, geometry=geometry, crs=4326)


def roads() -> gpd.GeoDataFrame:
    """The streets; the main street in rows of 500 m, the lane and the ways inside the estate private."""
    lines = [
        _line((x, 0), (min(x + 400, 900), 0), (x + 500, 0)) if x == 500 else _line((x, 0), (x + 500, 0))
        for x in range(0, 3000, 500)
    ]
    names = [f"主街{x}" for x in range(0, 3000, 500)]
    lines += [_line((0, 400), (500, 400), (3000, 400)), _line((500, 0), (500, 400))]
    names += ["北岸路", "河桥"]
    lines += [
        _line((900, 0), (900, -200), (1000, -200)),
        _line((1000, -200), (1200, -200), (1200, -350)),
        _line((1200, -200), (1200, -100)),
    ]
    names += ["弄", "区内路", "区内路"]
    lines += [_line((4000, 0), (4300, 0))]
    names += ["岛路"]
    bridge = [name == "河桥" for name in names]
    foot = ["private" if name == "区内路" else "yes" for name in names]
    return _frame(lines, name=names, **{"class": ["residential"] * len(lines)}, foot=foot, cycle=foot,
                  bridge=bridge, level=[int(item) for item in bridge])  # fmt: skip


def layers() -> dict[str, gpd.GeoDataFrame]:
    """Every layer of the city."""
    homes = list(HOMES.values())
    n = len(homes)
    return {
        "town": _frame(
            [_box(-1000, -1000, 6000, 1000)], name=["试验镇"], name_en=["Test Town"], code=[str(TOWN)], kind=["town"]
        ),
        "road": roads(),
        "water": _frame([_box(-500, 200, 3500, 240)], name=["试验河"], kind=["canal"]),
        "estate": _frame(
            [_box(1000, -400, 1400, -40)], name=["试验小区"], kind=["slab"], people=[100], gated=[True],
            gates=[[{"lon": place(1000, -200)[0], "lat": place(1000, -200)[1], "kind": "foot"}]],
        ),
        "land_use": _frame([_box(x - 30, y - 30, x + 30, y + 30) for x, y in homes], use=["residential"] * n),
        "building": _frame(
            [_box(x - 10, y - 10, x + 10, y + 10) for x, y in homes], name=list(HOMES), height_m=[18.0] * n,
            floors=[6] * n, use=["residential"] * n, people=[100] * n, floor_area_m2=[2400.0] * n,
        ),
        "centre": _frame([shapely.Point(place(100, 20))], name=["西邻里中心"], status=["open"], services=["社区食堂、健身"]),
        "facility": _frame(
            [shapely.Point(place(1650, 10)), shapely.Point(place(150, 10))],
            name=["试验菜场", "西药房"], category=["market", "pharmacy"], capacity=[100, None],
        ),
    }  # fmt: skip


def put(store: Store) -> None:
    """Publish the city."""
    city.put(store, layers(), name="life", synthetic=True)


def complete(study: Any) -> set[str]:
    """Names of the homes whose circle is complete."""
    demand = study.city.demand
    at = {
        name: int(
            np.argmin(
                np.hypot((demand.lon - place(*xy)[0]) * PER_LON, (demand.lat - place(*xy)[1]) * PER_LAT)
            )
        )
        for name, xy in HOMES.items()
    }
    return {name for name, row in at.items() if study.complete[row]}

"""A hand-made city for the tests of 5G coverage: two towns along a main road, one site in the west.

Metres east and north of a corner at 121.25 E, 31.38 N; the district is 0 .. 2400 by 0 .. 1000, the west
town (a central one) ends at x = 1200::

    y = 700   "near" (400)   "mid" (1000)      "upper" (1500, office)         "far" (2100)     homes, 30 m square
    y = 500   site "A" (400), three sectors on a mast of 30 m, planned site "B" (2100)
    y = 300   main road 0 .. 2400 in two rows; a footway 0 .. 1200 at y = 305; a tunnel 1200 .. 2400

"shed" (700, 600) is a home of 3 m square that covers no middle of a cell of 10 m.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import shapely

from tests import city
from tests.life_city import degrees, place
from twin.store import Store

WEST_TOWN, EAST_TOWN = 310114001, 310114114
PEOPLE = {"near": 100, "mid": 200, "far": 400, "shed": 3}


def _frame(geometry: list[Any], **columns: list[Any]) -> gpd.GeoDataFrame:
    keys = [f"n{number}" for number in range(len(geometry))]
    return gpd.GeoDataFrame({"source_key": keys, **columns}, geometry=geometry, crs=4326)


def _box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.Polygon(degrees((west, south), (east, south), (east, north), (west, north)))


def _around(x: float, y: float, half: float) -> shapely.Polygon:
    return _box(x - half, y - half, x + half, y + half)


def _line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString(degrees(*points))


def _points(*points: tuple[float, float]) -> list[Any]:
    return [shapely.Point(place(*point)) for point in points]


def sector(azimuth_deg: float, **more: Any) -> dict[str, Any]:
    """A sector of 3.5 GHz and 1 W."""
    return {
        "band_ghz": 3.5, "azimuth_deg": azimuth_deg, "mechanical_tilt_deg": 2.0, "electrical_tilt_deg": 4.0,
        "height_m": 30.0, "power_dbm": 30.0, "bandwidth_mhz": 100.0,
    } | more  # fmt: skip


def layers() -> dict[str, gpd.GeoDataFrame]:
    """Every layer of the city."""
    three = [sector(angle) for angle in (90.0, 210.0, 330.0)]
    return {
        "district": _frame([_box(0, 0, 2400, 1000)], name=["试验区"], name_en=["Test District"], code=["310114"]),
        "town": _frame(
            [_box(0, 0, 1200, 1000), _box(1200, 0, 2400, 1000)], name=["西镇", "东镇"],
            name_en=["West Town", "East Town"], code=[str(WEST_TOWN), str(EAST_TOWN)], kind=["town", "town"],
        ),
        "pilot_area": _frame(
            [_box(1100, 400, 1300, 600)], name=["试点"], name_en=["Pilot"], kind=["connected_vehicle"]
        ),
        "building": _frame(
            [_around(400, 700, 15), _around(1000, 700, 15), _around(2100, 700, 15), _around(704, 604, 1.5),
             _around(1500, 700, 20)],
            name=["near", "mid", "far", "shed", "upper"], height_m=[12.0, 18.0, 18.0, 3.0, 40.0],
            floors=[4, 6, 6, 1, 12], use=["residential"] * 4 + ["office"], year=[1990] * 5,
            people=[100, 200, 400, 3, 0],
        ),
        "road": _frame(
            [_line((0, 300), (1200, 300)), _line((1200, 300), (2400, 300)), _line((0, 305), (1200, 305)),
             _line((1200, 310), (2400, 310))],
            name=["主路", "主路", None, "隧道"], tunnel=[False, False, False, True],
            **{"class": ["primary", "primary", "footway", "primary"]},
        ),
        "sensor": _frame(
            _points((400, 550), (2100, 550), (400, 700)), kind=["camera", "camera", "smoke"], status=["online"] * 3
        ),
        "site_5g": _frame(
            _points((400, 500), (2100, 500)), name=["A", "B"], operator=["cmcc", "ctcc"], mount=["mast", "mast"],
            height_m=[30.0, 30.0], status=["on", "planned"], sectors=[three, three],
        ),
        "estate": _frame([_around(1000, 700, 40)], name=["中苑"], kind=["slab"], people=[200], gated=[False]),
        "facility": _frame(
            _points((450, 550), (2150, 550)), name=["西站", "东站"], category=["service_station", "service_station"]
        ),
        "bus_stop": _frame(_points((500, 310), (2200, 310)), name=["西", "东"]),
        "metro_station": _frame(
            _points((600, 320), (1300, 320)), name=["地上", "地下"], lines=["11", "11"], underground=[False, True]
        ),
        "metro_line": _frame(
            [_line((300, 320), (700, 320)), _line((700, 320), (2300, 320))], name=["十一号线", "十一号线"],
            line=["11", "11"], underground=[False, True],
        ),
        "water": _frame(
            [_box(0, 100, 2400, 130), _box(300, 150, 330, 250)], name=["长河", None], kind=["river", "canal"]
        ),
    }  # fmt: skip


def put(store: Store) -> None:
    """Publish the city."""
    city.put(store, layers(), name="radio", synthetic=True)

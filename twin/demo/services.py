"""Facilities, neighbourhood centres, parcel lockers, construction sites, stations, stops and underpasses."""

from __future__ import annotations

import datetime
from typing import NamedTuple

import geopandas
import numpy as np
import shapely

from layers._categories import CATEGORIES
from twin.demo import names, places
from twin.demo.blocks import PARK, SITE
from twin.demo.buildings import Ways
from twin.demo.city import City, density, draw, points
from twin.demo.elevated import Metro
from twin.demo.forms import FORMS
from twin.demo.frames import frame
from twin.demo.geometry import Floats, Geometries, Ints
from twin.demo.network import RANK
from twin.demo.roads import Streets
from twin.demo.towns import town_at


class Provision(NamedTuple):
    """How many of a category there are at scale 1, in which buildings, how large and when open."""

    number: int
    uses: tuple[str, ...]
    suffix: str
    capacity: tuple[int, int]
    floor_area_m2: tuple[int, int]
    hours: str
    apart_m: float


_SHOPS = ("retail", "office")
_COMMON = ("public", "retail", "office", "residential")
_LOCAL = ("public", "retail", "residential", "village_house")
PROVISION: dict[str, Provision] = {
    "kindergarten": Provision(
        190,
        ("education", "public", "residential"),
        "幼儿园",
        (180, 480),
        (2800, 6500),
        "Mo-Fr 07:30-17:00",
        500,
    ),
    "childcare": Provision(150, _COMMON, "托育园", (30, 120), (300, 1200), "Mo-Fr 07:30-18:00", 500),
    "primary_school": Provision(
        88, ("education",), "小学", (720, 1800), (9000, 22000), "Mo-Fr 07:40-16:30", 400
    ),
    "middle_school": Provision(
        60, ("education",), "中学", (800, 2000), (12000, 36000), "Mo-Fr 07:20-17:30", 400
    ),
    "health_centre": Provision(
        20, ("health", "public", "retail"), "社区卫生服务中心", (40, 140), (4000, 12000), "24/7", 1500
    ),
    "health_station": Provision(160, _LOCAL, "社区卫生服务站", (4, 12), (150, 500), "Mo-Sa 08:00-16:30", 500),
    "pharmacy": Provision(330, _SHOPS, "药房", (0, 0), (60, 260), "Mo-Su 08:00-22:00", 150),
    "elderly_care": Provision(
        46, ("public", "health", "residential", "retail"), "养老院", (60, 320), (2400, 12000), "24/7", 900
    ),
    "elderly_day_care": Provision(
        180, _LOCAL, "老年人日间照料中心", (20, 60), (200, 800), "Mo-Su 08:00-17:00", 400
    ),
    "culture_centre": Provision(
        26, ("public", "retail"), "社区文化活动中心", (200, 800), (2500, 9000), "Mo-Su 08:30-20:30", 1200
    ),
    "library": Provision(
        64, ("public", "retail", "education"), "“我嘉”书房", (30, 160), (120, 900), "Tu-Su 09:00-20:30", 500
    ),
    "sports_ground": Provision(230, _LOCAL, "市民健身点", (20, 160), (200, 3000), "Mo-Su 06:00-21:30", 350),
    "park": Provision(260, (), "公园", (0, 0), (0, 0), "Mo-Su 05:00-21:00", 0),
    "market": Provision(98, ("retail",), "标准化菜市场", (60, 240), (1200, 5200), "Mo-Su 06:00-19:00", 500),
    "supermarket": Provision(240, _SHOPS, "生鲜超市", (0, 0), (400, 5200), "Mo-Su 07:30-22:00", 250),
    "shop": Provision(900, ("retail", "village_house"), "便利店", (0, 0), (40, 160), "24/7", 80),
    "canteen": Provision(125, _COMMON, "社区食堂", (60, 260), (200, 900), "Mo-Su 06:30-19:00", 450),
    "service_station": Provision(
        335, _LOCAL, "居委会社区服务站", (0, 0), (200, 900), "Mo-Su 08:30-17:00", 350
    ),
    "post": Provision(62, _SHOPS, "邮政所", (0, 0), (120, 700), "Mo-Sa 09:00-17:00", 700),
    "bank": Provision(165, _SHOPS, "银行网点", (0, 0), (200, 900), "Mo-Su 09:00-17:00", 250),
    "toilet": Provision(
        430, ("retail", "public", "office", "village_house"), "公共厕所", (6, 24), (40, 120), "24/7", 200
    ),
}


def facilities(city: City, use: np.ndarray, rng: np.random.Generator) -> geopandas.GeoDataFrame:
    """All categories of :mod:`layers._categories`, denser where people live."""
    near = density(city.people, city.spot, city.spot)
    streams = dict(zip([category.id for category in CATEGORIES], rng.spawn(len(CATEGORIES)), strict=True))
    spot: list[Floats] = []
    rows: dict[str, list[object]] = {
        key: []
        for key in (
            "name",
            "name_en",
            "address",
            "category",
            "tier",
            "capacity",
            "floor_area_m2",
            "opening_hours",
        )
    }
    for category in CATEGORIES:
        provision, stream = PROVISION[category.id], streams[category.id]
        if category.id == "park":
            place, street = _parks(city, provision, stream)
            address: list[str | None] = [name or None for name in street]
        else:
            weight = np.where(np.isin(use, provision.uses), (near + 60.0) ** 0.8, 0.0)
            weight *= np.where(np.isin(use, ("residential", "village_house")), 0.12, 1.0)
            chosen = draw(weight, city.count(provision.number), stream, city.spot, provision.apart_m)
            place = city.spot[chosen] + stream.uniform(-1.5, 1.5, (len(chosen), 2))
            address = [city.address[index] for index in chosen.tolist()]
            street = [city.plot_street[index] for index in city.buildings.plot[chosen].tolist()]
        n = len(place)
        spot.append(place)
        titles = _titles(street, provision.suffix)
        rows["name"] += titles
        rows["name_en"] += [
            f"{names.english(road.removesuffix('路'))} {category.title.en}" if road else category.title.en
            for road in street
        ]
        rows["address"] += address
        rows["category"] += [category.id] * n
        rows["tier"] += [str(category.tier)] * n
        low, high = provision.capacity
        rows["capacity"] += stream.integers(low, high + 1, n).tolist() if high else [None] * n
        low, high = provision.floor_area_m2
        rows["floor_area_m2"] += stream.integers(low, high + 1, n).tolist() if high else [np.nan] * n
        rows["opening_hours"] += [provision.hours] * n
    where = np.vstack(spot)
    return frame("facility", points(where), town_at(city.towns, where), rows)


def _parks(city: City, provision: Provision, rng: np.random.Generator) -> tuple[Floats, list[str]]:
    parks = np.flatnonzero(city.plots.use == PARK)
    chosen = parks[draw(shapely.area(city.plots.ground[parks]), city.count(provision.number), rng)]
    place = shapely.get_coordinates(shapely.point_on_surface(city.plots.ground[chosen]))
    return place, [city.plot_street[index] for index in chosen.tolist()]


def _titles(street: list[str], suffix: str) -> list[str]:
    """Street and kind, numbered where it comes again."""
    seen: dict[str, int] = {}
    titles = []
    for road in street:
        stem = road.removesuffix("路")
        seen[stem] = seen.get(stem, 0) + 1
        number = "" if seen[stem] == 1 else f"第{seen[stem]}"
        titles.append(f"{stem}{number}{suffix}")
    return titles


_CENTRE_SERVICES = (
    "社区事务受理、综合为老、社区食堂、图书阅览、健身",
    "党群服务、卫生服务、托育、社区食堂",
    "文化活动、亲子、体育健身、便民商业",
    "政务自助、日间照料、助餐、书房",
)


def centres(city: City, use: np.ndarray, rng: np.random.Generator) -> geopandas.GeoDataFrame:
    """Neighbourhood centres: the known ones by name, at least two in every town at full scale."""
    total = max(12, round(64 * min(1.0, city.scale)))
    towns = city.towns
    near = density(city.people, city.spot, city.spot)
    resident = np.array(
        [city.people[city.building_town == code].sum() for code in towns.code], dtype=np.float64
    )
    least = 2 if total >= 50 else 1
    extra = total - least * len(towns.code)
    each = np.full(len(towns.code), least)
    if extra > 0:
        order = np.argsort(-resident, kind="stable")
        share = np.floor(extra * resident / max(1.0, resident.sum())).astype(int)
        share[order[: extra - int(share.sum())]] += 1
        each += share
    known = {int(row[1]): row for row in places.CENTRE_NAMES}
    spot: list[Floats] = []
    rows: list[tuple[str, str | None, int, int, int]] = []
    for town, (code, count) in enumerate(zip(towns.code.tolist(), each.tolist(), strict=True)):
        inside = city.building_town == code
        weight = np.where(inside & np.isin(use, ("public", "retail", "office")), (near + 30.0) ** 0.8, 0.0)
        if (weight > 0).sum() < count:
            weight = np.where(inside, near + 1.0, 0.0)
        chosen = draw(weight, count, rng, city.spot, 900.0)
        if len(chosen) == 0:
            middle = shapely.get_coordinates(shapely.point_on_surface(towns.outline[town]))
            spot.append(middle)
            rows.append((towns.name[town].rstrip("镇街道"), None, 5000, 2023, 20000))
            continue
        spot.append(city.spot[chosen])
        for number, index in enumerate(chosen.tolist()):
            street = city.plot_street[city.buildings.plot[index]].removesuffix("路")
            size = int(rng.integers(20, 90)) * 100
            row = (
                street,
                city.address[index],
                size,
                int(rng.integers(2019, 2026)),
                int(rng.integers(8, 32)) * 1000,
            )
            if number == 0 and code in known:
                known_name, _, floor_area, where_at, opened, served = known[code]
                row = (known_name, where_at, floor_area, opened, served)
            rows.append(row)
    where = np.vstack(spot)
    title = _titles([row[0] for row in rows], "邻里中心")
    year = np.array([row[3] for row in rows])
    status = np.where(year <= 2023, "open", np.where(year == 2024, "building", "planned"))
    return frame(
        "centre",
        points(where),
        town_at(towns, where),
        {
            "name": title,
            "name_en": [names.english(name) for name in title],
            "address": [row[1] for row in rows],
            "status": status,
            "kind": np.where(np.array([row[2] for row in rows]) >= 4500, "main", "auxiliary"),
            "floor_area_m2": [row[2] for row in rows],
            "year": year,
            "services": [
                _CENTRE_SERVICES[index]
                for index in rng.integers(0, len(_CENTRE_SERVICES), len(rows)).tolist()
            ],
            "capacity": [row[4] for row in rows],
        },
    )


def parcel_lockers(city: City, ways: Ways, rng: np.random.Generator) -> geopandas.GeoDataFrame:
    """Lockers beside the road through an estate: most estates have some, villages fewer."""
    kinds = np.array([form.estate for form in FORMS], dtype=object)
    through = np.flatnonzero(ways.service & (city.estate[ways.plot] >= 0))
    plot = ways.plot[through]
    chance = np.where(kinds[city.plots.use[plot]] == "village", 0.3, np.where(city.scale > 0, 0.94, 0.0))
    people = np.bincount(city.buildings.plot, weights=city.people, minlength=len(city.estate))[plot]
    count = np.where(rng.random(len(plot)) < chance, 1 + np.minimum(3, people // 1500), 0).astype(np.int64)
    which = np.repeat(np.arange(len(plot)), count)
    inside = shapely.intersection(ways.line[through[which]], city.plots.ground[plot[which]])
    at = shapely.get_coordinates(
        shapely.line_interpolate_point(_longest(inside), rng.uniform(0.06, 0.94, len(which)), normalized=True)
    ) + rng.uniform(2.4, 3.2, (len(which), 1))
    operators = np.array(["驿站自营", "智能柜运营单位甲", "智能柜运营单位乙", "邮政速递"], dtype=object)
    estate = [city.estate_name[index] for index in city.estate[plot[which]].tolist()]
    return frame(
        "parcel_locker",
        points(at),
        city.plot_town[plot[which]],
        {
            "address": [city.plot_street[index] or None for index in plot[which].tolist()],
            "operator": operators[rng.choice(4, len(which), p=[0.2, 0.4, 0.25, 0.15])],
            "compartments": rng.choice([44, 60, 84, 108, 132], len(which)),
            "estate": estate,
        },
    )


def _longest(lines: Geometries) -> Geometries:
    """The longest part of each (multi-)line."""
    parts, owner = shapely.get_parts(lines, return_index=True)
    order = np.lexsort((shapely.length(parts), owner))
    result = lines.copy()
    result[owner[order]] = parts[order]
    return result


def construction_sites(city: City, rng: np.random.Generator) -> geopandas.GeoDataFrame:
    """Fenced sites; most are smart."""
    chosen = np.flatnonzero(city.plots.use == SITE)
    n = len(chosen)
    purpose = np.array(["住宅", "商办", "学校", "厂房", "社区中心", "轨道配套"], dtype=object)[
        rng.integers(0, 6, n)
    ]
    name = [
        f"{city.plot_street[plot]}{kind}项目"
        for plot, kind in zip(chosen.tolist(), purpose.tolist(), strict=True)
    ]
    days = rng.integers(60, 900, n).tolist()
    builders = np.array([f"施工总包{letter}" for letter in "甲乙丙丁戊己"], dtype=object)
    return frame(
        "construction_site",
        city.plots.ground[chosen],
        city.plot_town[chosen],
        {
            "name": name,
            "name_en": [names.english(city.plot_street[plot]) + " site" for plot in chosen.tolist()],
            "address": [city.plot_street[plot] or None for plot in chosen.tolist()],
            "smart": rng.random(n) < 0.86,
            "stage": rng.choice(["foundation", "structure", "fitting"], n, p=[0.3, 0.45, 0.25]),
            "contractor": builders[rng.integers(0, 6, n)],
            "finish": [datetime.date(2024, 1, 1) + datetime.timedelta(days=day) for day in days],
        },
    )


def stations(rails: Metro, city: City) -> dict[str, geopandas.GeoDataFrame]:
    """Metro lines and stations."""
    where = shapely.get_coordinates(rails.station)
    middle = shapely.get_coordinates(shapely.point_on_surface(rails.line))
    facts = places.METRO_STATIONS
    return {
        "metro_line": frame(
            "metro_line",
            rails.line,
            town_at(city.towns, middle),
            {
                "name": rails.name,
                "name_en": rails.name_en,
                "line": rails.number,
                "underground": rails.underground,
            },
        ),
        "metro_station": frame(
            "metro_station",
            rails.station,
            town_at(city.towns, where),
            {
                "name": [station.name for station in facts],
                "name_en": [station.name_en for station in facts],
                "lines": [station.lines for station in facts],
                "underground": [station.underground for station in facts],
            },
        ),
    }


def bus_stops(
    city: City, streets: Streets, central: Floats, rng: np.random.Generator
) -> geopandas.GeoDataFrame:
    """Stops beside streets of tertiary class and above, denser in the centres; ``central`` along streets."""
    named = np.array([bool(name) for name in streets.name])
    length = shapely.length(streets.line)
    fit = (
        named
        & (streets.rank >= RANK["tertiary"])
        & (streets.rank <= RANK["primary"])
        & ~streets.ramp
        & (length > 60)
    )
    weight = np.where(fit, length * (0.25 + central), 0.0)
    middle = shapely.get_coordinates(shapely.line_interpolate_point(streets.line, 0.5, normalized=True))
    chosen = draw(weight, city.count(2000), rng, middle, 230.0)
    at, _ = beside(
        streets.line[chosen],
        rng.uniform(0.25, 0.75, len(chosen)),
        np.where(rng.random(len(chosen)) < 0.5, 1, -1) * 12.0,
    )
    number = rng.integers(1, 130, (len(chosen), 3))
    routes = [
        ";".join(f"嘉定{line}路" for line in sorted(set(row[: 1 + row[0] % 3]))) for row in number.tolist()
    ]
    titles = _titles([streets.name[index] for index in chosen.tolist()], "站")
    return frame(
        "bus_stop",
        points(at),
        town_at(city.towns, at),
        {
            "name": titles,
            "name_en": [names.english(title) for title in titles],
            "realtime_board": rng.random(len(chosen)) < 0.93,
            "routes": routes,
            "shelter": rng.random(len(chosen)) < 0.72,
        },
    )


def beside(lines: Geometries, at: Floats, off_m: Floats | float) -> tuple[Floats, Floats]:
    """Points at a share ``at`` of each line, moved ``off_m`` to its left; and the line's direction there."""
    length = shapely.length(lines)
    here = shapely.get_coordinates(shapely.line_interpolate_point(lines, at * length))
    ahead = shapely.get_coordinates(
        shapely.line_interpolate_point(lines, np.minimum(at * length + 1.0, length))
    )
    behind = shapely.get_coordinates(
        shapely.line_interpolate_point(lines, np.maximum(at * length - 1.0, 0.0))
    )
    step = ahead - behind
    step /= np.maximum(np.hypot(*step.T), 1e-9)[:, None]
    side = np.column_stack([-step[:, 1], step[:, 0]])
    return here + side * np.asarray(off_m).reshape(-1, 1), np.arctan2(step[:, 1], step[:, 0])


def underpasses(
    dips: Geometries, streets: Streets, city: City, rng: np.random.Generator
) -> geopandas.GeoDataFrame:
    """Where streets dive below expressways and viaducts."""
    n = len(dips)
    where = shapely.get_coordinates(dips).reshape(-1, 2)
    tunnels = np.flatnonzero(streets.tunnel)
    name = [""] * n
    if n:
        nearest: Ints = tunnels[shapely.STRtree(streets.line[tunnels]).nearest(dips)]
        name = [streets.name[index] for index in nearest.tolist()]
    titles = _titles(name, "下立交")
    return frame(
        "underpass",
        dips,
        town_at(city.towns, where),
        {
            "name": titles,
            "name_en": [f"{names.english(road)} underpass" for road in name],
            "clearance_m": rng.choice([3.2, 3.5, 4.0, 4.5], n),
            "lowest_m": -np.round(rng.uniform(2.2, 5.8, n), 1),
            "pump": rng.random(n) < 0.9,
            "water_level_monitored": rng.random(n) < 0.85,
        },
    )

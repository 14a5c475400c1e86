"""5G sites with their sectors, and the sensing terminals."""

from __future__ import annotations

import datetime
from typing import Any, NamedTuple

import geopandas
import numpy as np
import shapely

from layers.sensor import KINDS
from twin.demo.blocks import FIELD, OPEN, WOOD
from twin.demo.city import City, density, draw, points
from twin.demo.frames import frame
from twin.demo.geometry import Floats, Geometries, Ints
from twin.demo.network import RANK
from twin.demo.people import spread
from twin.demo.roads import Streets
from twin.demo.services import beside
from twin.demo.towns import town_at

SITES = 3500
SENSORS = 220_000
OPERATORS = ("cmcc", "ctcc", "cucc", "cbn")
_TITLES = {"cmcc": "移动", "ctcc": "电信", "cucc": "联通", "cbn": "广电"}
_CARRIERS = {
    "cmcc": ((2.6, 100), (2.6, 100), (4.9, 100), (0.7, 30)),
    "ctcc": ((3.5, 100), (3.5, 100), (2.1, 40)),
    "cucc": ((3.5, 100), (3.5, 100), (2.1, 40)),
    "cbn": ((0.7, 30), (4.9, 60)),
}
"""Band in GHz and bandwidth in MHz that each operator uses."""


def sites(city: City, streets: Streets, rng: np.random.Generator) -> geopandas.GeoDataFrame:
    """Base stations with three sectors: on roofs where people are, on masts in open land, on street poles."""
    total = city.count(SITES)
    made = city.buildings
    masts, poles = round(total * 0.12), round(total * 0.05)
    near = density(city.people, city.spot, city.spot)
    tall = np.clip(made.height_m / 18.0, 0, 1.6)
    weight = np.where(
        (made.height_m >= 9) & (city.area_m2 > 90), (near + 900.0) ** 0.75 * tall * np.sqrt(city.area_m2), 0
    )
    roof = draw(weight, total - masts - poles, rng, city.spot, 210.0)
    masts = total - poles - len(roof)
    land = np.flatnonzero(np.isin(city.plots.use, (FIELD, OPEN, WOOD)))
    land_spot = shapely.get_coordinates(shapely.point_on_surface(city.plots.ground[land]))
    field = draw(np.sqrt(shapely.area(city.plots.ground[land])), masts, rng, land_spot, 700.0)
    main = np.flatnonzero(
        (streets.rank >= RANK["tertiary"]) & (streets.rank <= RANK["primary"]) & ~streets.ramp
    )
    pole = main[draw(shapely.length(streets.line[main]), total - len(roof) - len(field), rng)]
    pole_spot, _ = beside(streets.line[pole], rng.uniform(0.1, 0.9, len(pole)), 11.5)
    where = np.vstack([city.spot[roof], land_spot[field], pole_spot])
    mount = np.array(["roof"] * len(roof) + ["mast"] * len(field) + ["pole"] * len(pole), dtype=object)
    height = np.round(
        np.concatenate(
            [
                made.height_m[roof] + rng.uniform(3, 6, len(roof)),
                rng.uniform(28, 48, len(field)),
                rng.uniform(9, 14, len(pole)),
            ]
        ),
        1,
    )
    operator = np.array(OPERATORS, dtype=object)[rng.choice(4, total, p=[0.42, 0.26, 0.23, 0.09])]
    address: list[str | None] = [city.address[index] for index in roof.tolist()]
    address += [city.plot_street[land[index]] or None for index in field.tolist()]
    address += [streets.name[index] or None for index in pole.tolist()]
    town = town_at(city.towns, where)
    title = dict(zip(city.towns.code.tolist(), city.towns.name, strict=True))
    name = [
        f"{title[code].removesuffix('镇').removesuffix('街道')}{_TITLES[who]}5G基站{number:04d}"
        for number, (code, who) in enumerate(zip(town.tolist(), operator.tolist(), strict=True), 1)
    ]
    return frame(
        "site_5g",
        points(where),
        town,
        {
            "name": name,
            "address": address,
            "operator": operator,
            "mount": mount,
            "height_m": height,
            "status": rng.choice(["on", "planned", "off"], total, p=[0.965, 0.025, 0.01]),
            "sectors": _sectors(operator, mount, height, rng),
        },
    )


def _sectors(
    operator: np.ndarray, mount: np.ndarray, height: Floats, rng: np.random.Generator
) -> list[list[dict[str, Any]]]:
    """Three sectors a site: 0, 120 and 240 degrees with a turn of the site and a little of their own."""
    n = len(operator)
    carrier = rng.random(n)
    turn = np.where(rng.random(n) < 0.55, 0.0, rng.uniform(0, 120, n))
    azimuth = (turn[:, None] + np.array([0, 120, 240]) + rng.normal(0, 9, (n, 3))) % 360
    mechanical = rng.integers(0, 7, (n, 3))
    electrical = rng.integers(2, 10, (n, 3)) + (height > 60)[:, None] * 3
    result = []
    for row in range(n):
        band, bandwidth = _CARRIERS[operator[row]][int(carrier[row] * len(_CARRIERS[operator[row]]))]
        small = mount[row] == "pole"
        pattern = "omni-8T" if small else "64T64R-65deg" if band >= 2.6 else "4T4R-65deg"
        power = 43.0 if small else 53.0 if band >= 2.6 else 49.0
        result.append(
            [
                {
                    "band_ghz": band,
                    "azimuth_deg": round(float(azimuth[row, sector]), 1) % 360,
                    "mechanical_tilt_deg": float(mechanical[row, sector]),
                    "electrical_tilt_deg": float(electrical[row, sector]),
                    "height_m": float(height[row]),
                    "power_dbm": power,
                    "bandwidth_mhz": float(bandwidth),
                    "pattern": pattern,
                }
                for sector in range(3)
            ]
        )
    return result


class Fleet(NamedTuple):
    """Terminals of one kind: number at scale 1, where they live, owner, height in metres."""

    kind: str
    number: int
    where: str
    owner: str
    height_m: tuple[float, float]


FLEETS: tuple[Fleet, ...] = (
    Fleet("smoke", 78_000, "rooms", "区消防救援支队", (2.6, 3.0)),
    Fleet("water_meter", 34_000, "homes", "区水务局", (0.5, 1.2)),
    Fleet("electric_meter", 22_000, "rooms", "区供电公司", (1.4, 1.8)),
    Fleet("camera", 16_000, "streets", "公安嘉定分局", (4.0, 6.5)),
    Fleet("gas", 14_000, "kitchens", "区建管委", (1.8, 2.4)),
    Fleet("parking", 12_500, "kerbs", "区交通委", (0.0, 0.0)),
    Fleet("access", 9_500, "gates", "公安嘉定分局", (1.3, 1.5)),
    Fleet("lift", 9_000, "lifts", "区市场监管局", (10.0, 30.0)),
    Fleet("street_light", 8_000, "lamps", "区灯光管理所", (8.0, 12.0)),
    Fleet("manhole", 7_500, "carriageways", "区水务局", (-1.2, -0.2)),
    Fleet("waste", 4_100, "estates", "区绿化市容局", (1.0, 1.4)),
    Fleet("traffic", 2_400, "main", "公安嘉定分局", (5.5, 7.0)),
    Fleet("roadside_unit", 900, "testing", "区经委", (5.5, 6.5)),
    Fleet("water_level", 900, "water", "区水务局", (-2.0, 0.5)),
    Fleet("air", 420, "spread", "区生态环境局", (3.0, 12.0)),
    Fleet("noise", 380, "spread", "区生态环境局", (3.0, 5.0)),
    Fleet("water_quality", 260, "water", "区生态环境局", (-1.5, -0.5)),
    Fleet("weather", 140, "spread", "区气象局", (8.0, 12.0)),
)


def sensors(
    city: City,
    streets: Streets,
    *,
    water: Geometries,
    dips: Geometries,
    gates: Floats,
    use: np.ndarray,
    rng: np.random.Generator,
) -> geopandas.GeoDataFrame:
    """The terminals, each kind where it lives; ``gates`` (n, 2) are those of the estates."""
    total = city.count(SENSORS)
    counts = spread(total, np.array([fleet.number for fleet in FLEETS], dtype=np.float64))
    finder = _Finder(city, streets, water=water, dips=dips, gates=gates, use=use)
    titles = {choice.value: choice.title.zh for choice in KINDS}
    spots, kinds, owners, heights, names = [], [], [], [], []
    for fleet, count, stream in zip(FLEETS, counts.tolist(), rng.spawn(len(FLEETS)), strict=True):
        spot, floor_m = finder.find(fleet.where, count, stream)
        spots.append(spot)
        kinds += [fleet.kind] * count
        owners += [fleet.owner] * count
        heights.append(floor_m + stream.uniform(*fleet.height_m, count))
        names += [f"{titles[fleet.kind]}{number:06d}" for number in range(1, count + 1)]
    where = np.vstack(spots)
    start = datetime.date(2017, 1, 1)
    dates = np.array([start + datetime.timedelta(days=day) for day in range(2700)], dtype=object)
    age = (2699 * rng.beta(2.2, 1.3, total)).astype(int)
    return frame(
        "sensor",
        points(where),
        town_at(city.towns, where),
        {
            "name": names,
            "kind": kinds,
            "owner": owners,
            "status": np.array(["online", "offline", "fault"], dtype=object)[
                rng.choice(3, total, p=[0.955, 0.032, 0.013])
            ],
            "height_m": np.round(np.concatenate(heights), 1),
            "installed": dates[age],
        },
    )


class _Finder:
    """Finds places of each sort."""

    def __init__(
        self,
        city: City,
        streets: Streets,
        *,
        water: Geometries,
        dips: Geometries,
        gates: Floats,
        use: np.ndarray,
    ) -> None:
        self.city, self.streets, self.water, self.dips, self.gates, self.use = (
            city,
            streets,
            water,
            dips,
            gates,
            use,
        )
        self.length = shapely.length(streets.line)

    def find(self, where: str, count: int, rng: np.random.Generator) -> tuple[Floats, Floats | float]:
        """``count`` places (n, 2), and the height of the floor they are on in metres."""
        if where in ("rooms", "homes", "kitchens", "lifts"):
            return self._inside(where, count, rng)
        if where == "gates":
            return self._at_gates(count, rng), 0.0
        if where == "water":
            return self._at_water(count, rng), 0.0
        if where == "estates":
            chosen = np.flatnonzero(self.city.estate[self.city.buildings.plot] >= 0)
            pick = rng.choice(chosen, count)
            return self._beside_buildings(pick, rng), 0.0
        if where == "spread":
            pick = draw(
                np.ones(len(self.city.plots.use)),
                count,
                rng,
                shapely.get_coordinates(shapely.centroid(self.city.plots.ground)),
                900.0,
            )
            pick = pick if len(pick) == count else rng.choice(len(self.city.plots.use), count)
            return shapely.get_coordinates(shapely.point_on_surface(self.city.plots.ground[pick])), 0.0
        return self._along(where, count, rng), 0.0

    def _inside(self, where: str, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        city, made = self.city, self.city.buildings
        wanted = {
            "rooms": (
                "residential",
                "retail",
                "office",
                "industrial",
                "warehouse",
                "education",
                "health",
                "public",
                "hotel",
                "village_house",
            ),
            "homes": ("residential", "village_house"),
            "kitchens": ("residential", "retail"),
            "lifts": ("residential", "office", "retail", "health", "hotel"),
        }[where]
        weight = np.where(np.isin(self.use, wanted), city.floor_area_m2 + 150.0, 0.0)
        if where == "lifts" and (made.floors >= 7).any():
            weight = np.where(
                (made.floors >= 7) & np.isin(self.use, wanted), np.sqrt(city.floor_area_m2), 0.0
            )
        pick = rng.choice(len(weight), count, p=weight / weight.sum())
        spot = city.spot[pick] + rng.uniform(-3.5, 3.5, (count, 2))
        outside = ~shapely.contains_xy(made.footprint[pick], spot[:, 0], spot[:, 1])
        spot[outside] = city.spot[pick[outside]]
        if where == "lifts":
            return spot, 0.0 * spot[:, 0]
        storey = made.height_m[pick] / made.floors[pick]
        return spot, np.floor(rng.random(count) * made.floors[pick]) * storey

    def _beside_buildings(self, pick: Ints, rng: np.random.Generator) -> Floats:
        west, south, east, _ = shapely.bounds(self.city.buildings.footprint[pick]).T
        return np.column_stack(
            [west + (east - west) * rng.random(len(pick)), south - rng.uniform(0.5, 1.5, len(pick))]
        )

    def _at_gates(self, count: int, rng: np.random.Generator) -> Floats:
        if len(self.gates) == 0:
            return self._along("streets", count, rng)
        half = min(count, 2 * len(self.gates))
        at_gate = self.gates[rng.choice(len(self.gates), half)] + rng.uniform(-2, 2, (half, 2))
        tall = np.where(self.use == "residential", self.city.floor_area_m2, 0.0)
        doors = rng.choice(len(tall), count - half, p=tall / tall.sum())
        return np.vstack([at_gate, self._beside_buildings(doors, rng)])

    def _at_water(self, count: int, rng: np.random.Generator) -> Floats:
        rim = shapely.get_exterior_ring(shapely.get_parts(self.water))
        length = shapely.length(rim)
        pick = rng.choice(len(rim), count, p=length / length.sum())
        spot: Floats = shapely.get_coordinates(
            shapely.line_interpolate_point(rim[pick], rng.random(count), normalized=True)
        )
        under = min(len(self.dips), count // 4)
        if under:
            spot[:under] = shapely.get_coordinates(self.dips)[:under]
        return spot

    def _along(self, where: str, count: int, rng: np.random.Generator) -> Floats:
        rank, streets = self.streets.rank, self.streets
        main = (rank >= RANK["tertiary"]) & (rank <= RANK["primary"]) & ~streets.ramp
        local = (rank >= RANK["residential"]) & (rank <= RANK["primary"]) & ~streets.ramp
        fit, off = {
            "streets": (local, 6.0),
            "kerbs": (rank == RANK["residential"], 2.6),
            "lamps": (main, 9.0),
            "carriageways": (local, 1.8),
            "main": (main & (rank > RANK["tertiary"]), 6.0),
            "testing": (streets.testing, 8.0),
        }[where]
        weight = np.where(fit & ~streets.bridge, self.length, 0.0)
        if weight.sum() == 0:
            weight = np.where(main, self.length, 0.0)
        pick = rng.choice(len(weight), count, p=weight / weight.sum())
        at = np.where(rng.random(count) < 0.3, rng.choice([0.04, 0.96], count), rng.random(count))
        side = np.where(rng.random(count) < 0.5, off, -off)
        spot, _ = beside(streets.line[pick], at, side)
        return spot

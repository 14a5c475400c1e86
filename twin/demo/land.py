"""District, towns, pilot areas, land use, green space and water as layers."""

from __future__ import annotations

import geopandas
import numpy as np
import shapely

from twin.demo import names, places
from twin.demo.blocks import FIELD, OPEN, PARK, SITE, TRACK, WOOD
from twin.demo.city import City
from twin.demo.forms import BY_NAME, FORMS
from twin.demo.frames import frame
from twin.demo.geometry import Geometries, bend, hit_pairs, place, to_metres
from twin.demo.metadata import APPROXIMATE_EN, APPROXIMATE_ZH
from twin.demo.network import Pattern
from twin.demo.towns import town_at

_CODES = {
    "residential": "R2",
    "village": "H14",
    "commercial": "B1",
    "public": "A",
    "industrial": "M1",
    "logistics": "W1",
    "transport": "S4",
    "utility": "U1",
    "green": "G1",
    "construction": "",
    "farmland": "E2",
}


def administration(district: shapely.Polygon, city: City) -> dict[str, geopandas.GeoDataFrame]:
    """The district, its towns and the pilot areas."""
    towns = city.towns
    people = [int(city.people[city.building_town == code].sum()) for code in towns.code.tolist()]
    pilot = shapely.intersection(
        np.array([shapely.Polygon(to_metres(course)) for *_, course in places.PILOT_AREAS], dtype=object),
        district,
    )
    middle = shapely.get_coordinates(shapely.point_on_surface(pilot))
    return {
        "district": frame(
            "district",
            np.array([district], dtype=object),
            np.zeros(1),
            {"name": ["嘉定区"], "name_en": ["Jiading District"], "code": ["310114"], "area_km2": [463.16]},
        ),
        "town": frame(
            "town",
            towns.outline,
            towns.code,
            {
                "name": towns.name,
                "name_en": towns.name_en,
                "code": [str(code) for code in towns.code.tolist()],
                "kind": towns.kind,
                "area_km2": towns.area_km2,
                "people": people,
            },
        ),
        "pilot_area": frame(
            "pilot_area",
            pilot,
            town_at(towns, middle),
            {
                "name": [row[0] for row in places.PILOT_AREAS],
                "name_en": [row[1] for row in places.PILOT_AREAS],
                "kind": [row[2] for row in places.PILOT_AREAS],
                "area_km2": np.round(shapely.area(pilot) / 1e6, 2),
                "note": [f"{APPROXIMATE_ZH} {APPROXIMATE_EN}"] * len(pilot),
            },
        ),
    }


def land_use(city: City, rng: np.random.Generator) -> geopandas.GeoDataFrame:
    """One polygon of land use per plot."""
    plots = city.plots
    by_form = np.array([form.land for form in FORMS], dtype=object)
    use = by_form[np.maximum(plots.use, 0)]
    for value, land in (
        (OPEN, "green"),
        (PARK, "green"),
        (FIELD, "farmland"),
        (WOOD, "farmland"),
        (SITE, "construction"),
        (TRACK, "public"),
    ):
        use[plots.use == value] = land
    spare = np.flatnonzero((plots.use == OPEN) & (shapely.area(plots.ground) > 800))
    roll = rng.random(len(spare))
    use[spare[roll < 0.12]] = "utility"
    use[spare[(roll >= 0.12) & (roll < 0.22)]] = "transport"
    code = [_CODES[value] or None for value in use.tolist()]
    return frame("land_use", plots.ground, city.plot_town, {"use": use, "code": code})


def green(city: City, rng: np.random.Generator) -> geopandas.GeoDataFrame:
    """Parks, green belts, woods, and playing fields of campuses."""
    plots = city.plots
    chosen = np.flatnonzero(np.isin(plots.use, (PARK, OPEN, WOOD)))
    kind = np.select([plots.use[chosen] == PARK, plots.use[chosen] == WOOD], ["park", "wood"], "belt").astype(
        object
    )
    middle = shapely.get_coordinates(shapely.point_on_surface(plots.ground[chosen]))
    name: list[str | None] = [None] * len(chosen)
    name_en: list[str | None] = [None] * len(chosen)
    named: set[str] = set()
    for row in np.flatnonzero(kind == "park").tolist():
        title = city.plot_street[chosen[row]].removesuffix("路") + "公园"
        if title not in named and title != "公园":
            named.add(title)
            name[row], name_en[row] = title, names.english(title)
    for title, title_en, lon, lat, radius in places.PARKS:
        away = np.hypot(*(middle - bend(to_metres([(lon, lat)]))[0]).T)
        for row in np.flatnonzero(
            (kind == "park") & (away < max(radius, away[kind == "park"].min() + 1))
        ).tolist():
            name[row], name_en[row] = title, title_en
    fields, owner = _playing_fields(city, rng)
    return frame(
        "green",
        np.concatenate([plots.ground[chosen], fields]),
        np.concatenate([city.plot_town[chosen], city.plot_town[owner]]),
        {
            "name": name + [None] * len(fields),
            "name_en": name_en + [None] * len(fields),
            "kind": np.concatenate([kind, np.full(len(fields), "sport", dtype=object)]),
            "public": np.r_[kind != "belt", np.zeros(len(fields), dtype=bool)],
        },
    )


def _playing_fields(city: City, rng: np.random.Generator, tries: int = 10) -> tuple[Geometries, np.ndarray]:
    """A playing field in each campus that has room beside its buildings."""
    plots, buildings = city.plots, city.buildings
    campus = np.flatnonzero(plots.use == BY_NAME["campus"])
    if len(campus) == 0:
        return np.empty(0, dtype=object), campus
    west, south, east, north = shapely.bounds(plots.ground[campus]).T
    owner = np.repeat(np.arange(len(campus)), tries)
    centre = np.column_stack([rng.uniform(west[owner], east[owner]), rng.uniform(south[owner], north[owner])])
    size = np.tile(np.linspace(1.0, 0.6, tries), len(campus))
    half = np.column_stack([24 * size, 46 * size])
    outline = np.stack(
        [np.column_stack([x * half[:, 0], y * half[:, 1]]) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))],
        axis=1,
    )
    fields = place(outline, centre, plots.turn[campus[owner]])
    good = shapely.contains_properly(plots.ground[campus[owner]], fields)
    near = np.flatnonzero(buildings.form == BY_NAME["campus"])
    good[hit_pairs(fields, buildings.footprint[near], "dwithin", 4.0)[0]] = False
    picked, first = np.unique(owner[good], return_index=True)
    return fields[np.flatnonzero(good)[first]], campus[picked]


def water(pattern: Pattern, city: City) -> geopandas.GeoDataFrame:
    """Rivers, canals and lakes."""
    middle = shapely.get_coordinates(shapely.point_on_surface(pattern.water))
    return frame(
        "water",
        pattern.water,
        town_at(city.towns, middle),
        {
            "name": [name or None for name in pattern.water_name],
            "name_en": [name or None for name in pattern.water_name_en],
            "kind": pattern.water_kind,
        },
    )

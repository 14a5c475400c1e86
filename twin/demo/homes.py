"""Buildings and estates as layers."""

from __future__ import annotations

from typing import Any

import geopandas
import numpy as np
import shapely

from twin.demo import names, places
from twin.demo.buildings import Ways
from twin.demo.city import City
from twin.demo.forms import FORMS
from twin.demo.frames import frame
from twin.demo.geometry import Floats, Ints, bend, parts_of, to_degrees, to_metres

HOUSEHOLD = 2.42
"""Residents per household, Jiading, census 2020 (rounded)."""


def building_use(form: Ints, shop: np.ndarray) -> np.ndarray:
    """Use of each building by its form; shops in front of estates are retail already."""
    uses = np.array([item.use for item in FORMS], dtype=object)
    use: np.ndarray = uses[form]
    use[shop] = "retail"
    return use


def buildings(city: City, use: np.ndarray) -> geopandas.GeoDataFrame:
    """The building layer."""
    made = city.buildings
    name: list[str | None] = [None] * len(use)
    name_en: list[str | None] = [None] * len(use)
    for title, title_en, lon, lat, wanted in places.LANDMARKS:
        away = np.hypot(*(city.spot - bend(to_metres([(lon, lat)]))[0]).T)
        away[use != wanted] = np.inf
        nearest = int(np.argmin(away))
        if away[nearest] < 2500 and name[nearest] is None:
            name[nearest], name_en[nearest] = title, title_en
    estate = np.array([*city.estate_name, None], dtype=object)[city.estate[made.plot]]
    estate[made.shop] = None
    return frame(
        "building",
        made.footprint,
        city.building_town,
        {
            "name": name,
            "name_en": name_en,
            "address": city.address,
            "height_m": made.height_m,
            "height_source": ["floors"] * len(use),
            "floors": made.floors,
            "use": use,
            "year": made.year,
            "people": city.people,
            "floor_area_m2": np.round(city.floor_area_m2),
            "estate": estate,
        },
    )


def number_estates(
    plots_use: Ints,
    building_plot: Ints,
    building_shop: np.ndarray,
    street: list[str],
    rng: np.random.Generator,
    *,
    least: int = 3,
) -> tuple[Ints, list[str]]:
    """Estate number of each plot (-1 for none) and the estates' names: plots with some homes."""
    kinds = np.array([form.estate for form in FORMS], dtype=object)
    kind = np.where(plots_use >= 0, kinds[np.maximum(plots_use, 0)], "")
    homes = np.bincount(building_plot[~building_shop], minlength=len(plots_use))
    chosen = np.flatnonzero((kind != "") & (homes >= least))
    estate = np.full(len(plots_use), -1)
    estate[chosen] = np.arange(len(chosen))
    return estate, names.estates(kind[chosen].tolist(), [street[index] for index in chosen.tolist()], rng)


def estates(city: City, ways: Ways, rng: np.random.Generator) -> tuple[geopandas.GeoDataFrame, Floats]:
    """The estate layer with gates where the road through it crosses its edge.

    Also the places of the gates (n, 2) in metres.
    """
    chosen = np.flatnonzero(city.estate >= 0)
    kinds = np.array([form.estate for form in FORMS], dtype=object)[city.plots.use[chosen]]
    made = city.buildings
    own = ~made.shop
    people = np.bincount(made.plot[own], weights=city.people[own], minlength=len(city.estate))[chosen]
    year = np.full(len(city.estate), 9999)
    np.minimum.at(year, made.plot[own], made.year[own])
    gates, where = _gates(city, ways, rng)
    households = np.round(people / HOUSEHOLD).astype(np.int64)
    gated = np.isin(kinds, ("slab", "tower"))
    gated &= ~((year[chosen] < 1990) & (rng.random(len(chosen)) < 0.4))
    names_zh = [city.estate_name[index] for index in city.estate[chosen].tolist()]
    rows = frame(
        "estate",
        city.plots.ground[chosen],
        city.plot_town[chosen],
        {
            "name": names_zh,
            "name_en": [names.english(name) if name.isalpha() else None for name in names_zh],
            "address": [f"{city.plot_street[index]}" or None for index in chosen.tolist()],
            "kind": kinds,
            "year": year[chosen],
            "households": households,
            "people": people.astype(np.int64),
            "gated": gated,
            "gates": [gates.get(index) for index in chosen.tolist()],
        },
    )
    return rows, where


def _gates(
    city: City, ways: Ways, rng: np.random.Generator
) -> tuple[dict[int, list[dict[str, Any]]], Floats]:
    """Gates by plot, and all their places in metres."""
    through = np.flatnonzero(ways.service & (city.estate[ways.plot] >= 0))
    inside, owner = parts_of(
        shapely.intersection(ways.line[through], city.plots.ground[ways.plot[through]]), 1
    )
    where = shapely.get_coordinates(shapely.get_point(inside, [[0], [-1]]).T.ravel())
    lonlat = to_degrees(where).reshape(-1, 2, 2)
    plot = ways.plot[through[owner]]
    foot = rng.random(len(plot)) < 0.45
    gates: dict[int, list[dict[str, Any]]] = {}
    for index, pair, walk in zip(plot.tolist(), lonlat.tolist(), foot.tolist(), strict=True):
        row = gates.setdefault(index, [])
        row.append({"lon": pair[0][0], "lat": pair[0][1], "kind": "vehicle"})
        row.append({"lon": pair[1][0], "lat": pair[1][1], "kind": "foot" if walk else "vehicle"})
    return gates, where

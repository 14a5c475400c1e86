"""Areas that figures are reported by: the district, its central part, towns and pilot areas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import csr_array

from twin.analysis.demand import Floats, Ints, geometries
from twin.store import Generation, Store

Kind = Literal["district", "central", "town", "pilot_area"]
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Area:
    """One area; ``members`` are the rows of the places given to :func:`read` that lie in it.

    ``towns`` are the codes of the towns it is made of, ``outline`` the polygon (degrees) of a town or pilot area.
    """

    id: str
    kind: Kind
    name: str
    name_en: str
    bounds: Bounds
    members: Ints
    towns: frozenset[int] = frozenset()
    outline: Any = None


@dataclass(frozen=True)
class Areas:
    """The areas of a city over one set of places, in the order in which they are reported.

    ``unused`` are those that hold none of the places.
    """

    areas: tuple[Area, ...]
    places: int
    generations: tuple[Generation, ...]
    unused: tuple[Area, ...] = ()

    def of_kind(self, kind: Kind) -> list[Area]:
        """The areas of one kind."""
        return [area for area in self.areas if area.kind == kind]

    @cached_property
    def membership(self) -> csr_array:
        """Which places lie in which area, (areas, places), one where they do."""
        members = [area.members for area in self.areas]
        start = np.r_[0, np.cumsum([len(rows) for rows in members])]
        columns = np.concatenate(members) if members else np.zeros(0, np.int64)
        return csr_array((np.ones(len(columns)), columns, start), shape=(len(self.areas), self.places))

    def town_at(self, lon: float, lat: float) -> int:
        """Code of the town at a place, 0 for none."""
        for area in (*self.areas, *self.unused):
            if area.kind == "town" and shapely.intersects_xy(area.outline, lon, lat):
                return next(iter(area.towns))
        return 0

    def joined(self, lon: Floats, lat: Floats, town: Ints) -> Areas:
        """These areas with more places at the end; an area that holds its first places comes last."""
        rows = self.places + np.arange(len(lon))

        def within(area: Area) -> npt.NDArray[np.bool_]:
            if area.kind == "district":
                return np.ones(len(lon), bool)
            if area.kind == "pilot_area":
                return np.asarray(shapely.intersects_xy(area.outline, lon, lat))
            return np.isin(town, list(area.towns))

        grown = [
            replace(area, members=np.concatenate([area.members, rows[within(area)]]))
            for area in (*self.areas, *self.unused)
        ]
        known = len(self.areas)
        first = [area for area in grown[known:] if len(area.members)]
        rest = tuple(area for area in grown[known:] if not len(area.members))
        return Areas((*grown[:known], *first), self.places + len(lon), self.generations, rest)

    def sums(self, values: Floats) -> Floats:
        """Sums over each area, (areas, k), of ``values``, (n, k)."""
        return np.asarray(self.membership @ values)


def read(store: Store, lon: Floats, lat: Floats, town: Ints, central: Sequence[int] = ()) -> Areas:
    """The areas that hold at least one of the places ``lon``, ``lat``, ``town``.

    ``central`` are the codes of the towns that make up the central urban area;
    without any of them in the city there is no such area.
    """
    everything = np.arange(len(lon))
    if not len(lon):
        return Areas((), 0, ())
    used: list[Generation] = []
    found = [
        Area("district", "district", *_district(store, used), _bounds(lon, lat), everything),
    ]
    middle = np.flatnonzero(np.isin(town, list(central)))
    if len(middle) and len(middle) < len(lon):
        box = _bounds(lon[middle], lat[middle])
        codes = frozenset(central)
        found.append(Area("central", "central", "中心城区", "Central urban area", box, middle, codes))
    every = [*_towns(store, town, used), *_pilot_areas(store, lon, lat, used)]
    found += [area for area in every if len(area.members)]
    unused = tuple(area for area in every if not len(area.members))
    return Areas(tuple(found), len(lon), tuple(used), unused)


def _bounds(lon: Floats, lat: Floats) -> Bounds:
    return (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))


def _district(store: Store, used: list[Generation]) -> tuple[str, str]:
    generation = store.shown.get("district")
    if generation is not None:
        used.append(generation)
        row = store.cursor().execute(f"SELECT name, name_en FROM {generation.relation} LIMIT 1").fetchone()
        if row is not None and row[0]:
            return row[0], row[1] or row[0]
    return "全区", "Whole area"


def _named(store: Store, generation: Generation) -> list[tuple[Any, ...]]:
    return (
        store.cursor()
        .execute(
            f"SELECT fid, town, coalesce(name, ''), coalesce(name_en, name, ''), ST_XMin(geom), ST_YMin(geom), "
            f"ST_XMax(geom), ST_YMax(geom) FROM {generation.relation} ORDER BY town, fid"
        )
        .fetchall()
    )


def _towns(store: Store, town: Ints, used: list[Generation]) -> list[Area]:
    generation = store.shown.get("town")
    if generation is None:
        return []
    used.append(generation)
    shapes = geometries(store, f"SELECT ST_AsWKB(geom)::BLOB FROM {generation.relation} ORDER BY town, fid")
    shapely.prepare(shapes)
    found: dict[int, Area] = {}
    for (_, code, name, english, *box), shape in zip(_named(store, generation), shapes, strict=True):
        if code and code in found:
            found[code] = replace(found[code], outline=shapely.union(found[code].outline, shape))
        elif code:
            members = np.flatnonzero(town == code)
            codes = frozenset((code,))
            found[code] = Area(str(code), "town", name, english, _box(box), members, codes, shape)
    return list(found.values())


def _pilot_areas(store: Store, lon: Floats, lat: Floats, used: list[Generation]) -> list[Area]:
    generation = store.shown.get("pilot_area")
    if generation is None:
        return []
    used.append(generation)
    shapes = geometries(store, f"SELECT ST_AsWKB(geom)::BLOB FROM {generation.relation} ORDER BY town, fid")
    shapely.prepare(shapes)
    result = []
    for (fid, _, name, english, *box), shape in zip(_named(store, generation), shapes, strict=True):
        near = np.flatnonzero((lon >= box[0]) & (lon <= box[2]) & (lat >= box[1]) & (lat <= box[3]))
        members: npt.NDArray[np.int64] = near[shapely.intersects_xy(shape, lon[near], lat[near])]
        identity = f"pilot_area:{fid}"
        result.append(Area(identity, "pilot_area", name, english, _box(box), members, outline=shape))
    return result


def _box(values: Sequence[float]) -> Bounds:
    west, south, east, north = (float(value) for value in values)
    return (west, south, east, north)

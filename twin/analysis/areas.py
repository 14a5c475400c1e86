"""Areas that figures are reported by: the district, its central part, towns and pilot areas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
    """One area; ``members`` are the rows of the places given to :func:`read` that lie in it."""

    id: str
    kind: Kind
    name: str
    name_en: str
    bounds: Bounds
    members: Ints


@dataclass(frozen=True)
class Areas:
    """The areas of a city over one set of places, in the order in which they are reported."""

    areas: tuple[Area, ...]
    places: int
    generations: tuple[Generation, ...]

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
        found.append(Area("central", "central", "中心城区", "Central urban area", box, middle))
    found += _towns(store, town, used)
    found += _pilot_areas(store, lon, lat, used)
    return Areas(tuple(found), len(lon), tuple(used))


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
    found: dict[int, Area] = {}
    for _, code, name, english, *box in _named(store, generation):
        members = np.flatnonzero(town == code)
        if code and len(members):
            found.setdefault(code, Area(str(code), "town", name, english, _box(box), members))
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
        if len(members):
            result.append(Area(f"pilot_area:{fid}", "pilot_area", name, english, _box(box), members))
    return result


def _box(values: Sequence[float]) -> Bounds:
    west, south, east, north = (float(value) for value in values)
    return (west, south, east, north)

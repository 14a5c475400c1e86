"""Where the cells of a surface lie: areas, homes, roads and sensors as numbers of cells.

Areas overlap (the district, its central part, towns, pilot areas), so the cells are
parted into *atoms*: cells that lie in the same areas have the same atom. Whatever is
counted by atom is counted once and added up for every area by :meth:`Zones.sums`.

Cells go by their flat number, row x columns + column. People are counted at the cells
of their building, each cell taking an equal part; a building that covers no middle of
a cell is counted at the cell of its point. Roads are points along them, at most a
cell apart, each standing for its piece of road: cells of a road would count bends
and parallel carriageways wrongly. ::

    zones = read(store, surface)
    zones.sums(np.bincount(zones.atom[good], minlength=zones.atoms))   # good cells of every area
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from layers.road import LAYER as ROAD
from twin.analysis import demand, rules
from twin.analysis.areas import Kind
from twin.analysis.surface import Bounds, Grid, Surface
from twin.errors import InputError
from twin.planned import Works
from twin.store import Generation, Store

Floats = npt.NDArray[np.float64]
Cells = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

ROAD_CLASSES: tuple[str, ...] = tuple(
    choice.value for column in ROAD.columns if column.name == "class" for choice in column.choices
)
PUBLIC_ROADS = ("motorway", "trunk", "primary", "secondary", "tertiary", "residential")
"""Classes that count as road where all are taken together; the others are paths and ways inside estates."""
NO_RESIDENTS = {
    "zh": "没有住宅建筑，无法按人口统计。",
    "en": "No building is lived in, so nothing can be counted by people.",
}
_KEPT = 4


@dataclass(frozen=True, slots=True)
class Zone:
    """One area; ``bounds`` are west, south, east, north in degrees."""

    id: str
    kind: Kind
    name: str
    name_en: str
    bounds: Bounds


@dataclass(frozen=True, eq=False, repr=False)
class Homes:
    """Residential buildings (n,) and the cells (k,) that they are counted at.

    ``row`` is the row in ``surface.buildings``. Of the k places, ``cell`` is the flat number, ``home`` the
    building as a row of this table, ``own`` whether the cell is the building's on the surface. ``point`` (n,) is
    the cell of each building's point.
    """

    row: Cells
    people: Floats
    atom: npt.NDArray[np.int16]
    cell: Cells
    home: Cells
    own: Bools
    point: Cells

    def __len__(self) -> int:
        return len(self.row)

    @cached_property
    def cells(self) -> Floats:
        """How many places each building has, (n,)."""
        return np.bincount(self.home, minlength=len(self)).astype(np.float64)

    @cached_property
    def people_at(self) -> Floats:
        """People at each place, (k,)."""
        return self.people[self.home] / self.cells[self.home]


class Roads(NamedTuple):
    """Points along roads (k,): flat cell, metres each stands for, class (place in :data:`ROAD_CLASSES`), road.

    ``x``, ``y`` are metres; ``name`` are the names of all roads, which ``road`` points into.
    """

    cell: Cells
    length_m: Floats
    kind: npt.NDArray[np.int8]
    road: Cells
    x: Floats
    y: Floats
    name: npt.NDArray[Any]


class Sensors(NamedTuple):
    """Sensors (k,): flat cell, place of its kind in ``kinds``, and whether it lies in a building."""

    cell: Cells
    kind: Cells
    indoor: Bools
    kinds: tuple[str, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Zones:
    """The areas over one grid and what is counted in them.

    ``atom`` (rows, columns) is the atom of each cell, 0 outside of every area; ``member`` (areas, atoms)
    which atoms make up which area. ``inside`` marks cells of the district.
    """

    grid: Grid
    areas: tuple[Zone, ...]
    atom: npt.NDArray[np.int16]
    member: Bools
    inside: Bools
    outdoor: Cells
    homes: Homes
    roads: Roads
    sensors: Sensors
    caveats: tuple[dict[str, str], ...]
    generations: tuple[Generation, ...]
    _trees: dict[str, Any] = field(default_factory=dict)

    @property
    def atoms(self) -> int:
        """How many atoms there are."""
        return int(self.member.shape[1])

    def sums(self, by_atom: npt.ArrayLike) -> Floats:
        """Sums over each area, (areas, ...), of sums by atom, (atoms, ...)."""
        return np.asarray(self.member.astype(np.float64) @ np.asarray(by_atom, dtype=np.float64))

    def count(self, cell: Cells, weight: Floats | None = None) -> Floats:
        """Sums over each area of the weights of places (their number without), given their cells."""
        return self.sums(np.bincount(self.atom.ravel()[cell], weight, self.atoms))

    def town_of(self, cell: Cells) -> npt.NDArray[np.int64]:
        """The row in :attr:`areas` of the town that cells lie in, -1 for none."""
        return np.asarray(self._town_of_atom[self.atom.ravel()[cell]])

    @property
    def cut_off(self) -> bool:
        """Whether the grid ends within the district or a town, so that figures are of a part."""
        edges = (self.inside[0], self.inside[-1], self.inside[:, 0], self.inside[:, -1])
        known = any(generation.layer in ("district", "town") for generation in self.generations)
        return known and any(bool(edge.any()) for edge in edges)

    def with_works(self, surface: Surface, works: Works) -> Zones:
        """The zones on a surface with planned and demolished buildings: their people, and what is outdoors now."""
        homes, count = self.homes, len(surface.buildings) - len(works.built)
        stays = ~np.isin(surface.buildings.fid[homes.row], list(works.demolished))
        planned = [
            (count + number, demand.residents(item), *item.point)
            for number, item in enumerate(works.built)
            if item in demand.lived_in(works)
        ]
        row, people, lon, lat = np.array(planned, float).reshape(-1, 4).T
        point = cells_of(self.grid, *self.grid.to_metres(lon, lat))
        here = point >= 0
        sensors = self.sensors._replace(indoor=surface.building.ravel()[self.sensors.cell] >= 0)
        return replace(
            self,
            outdoor=np.bincount(self.atom[surface.outdoor], minlength=self.atoms),
            homes=_counted_at(
                surface,
                self.atom,
                np.concatenate([homes.row[stays], row[here].astype(np.int64)]),
                np.concatenate([homes.people[stays], people[here]]),
                np.concatenate([homes.point[stays], point[here]]),
            ),
            sensors=sensors,
            _trees=self._trees,
        )

    @cached_property
    def _town_of_atom(self) -> npt.NDArray[np.int64]:
        towns = np.array([number for number, area in enumerate(self.areas) if area.kind == "town"], np.int64)
        if not len(towns):
            return np.full(self.atoms, -1, np.int64)
        of_town = self.member[towns]
        return np.where(of_town.any(axis=0), towns[of_town.argmax(axis=0)], -1)

    def street(self, x: Floats, y: Floats) -> list[str]:
        """The name of the nearest named street of each place in metres; empty without one."""
        from scipy.spatial import cKDTree

        if "street" not in self._trees:
            named = np.flatnonzero((self.roads.name != "")[self.roads.road])
            points = np.column_stack([self.roads.x[named], self.roads.y[named]])
            self._trees["street"] = (named, cKDTree(points) if len(named) else None)
        named, tree = self._trees["street"]
        if tree is None or not len(x):
            return [""] * len(x)
        _, nearest = tree.query(np.column_stack([x, y]))
        return [str(name) for name in self.roads.name[self.roads.road[named[nearest]]]]


_kept: OrderedDict[tuple[Any, ...], Zones] = OrderedDict()
_lock = threading.Lock()


def read(store: Store, surface: Surface) -> Zones:
    """The zones of the shown generations on a surface; the newest few are kept.

    :class:`twin.errors.InputError` when the table of town types has faults.
    """
    kinds = rules.town_types(rules.town_types_path(store.home))
    central = tuple(sorted(code for code, kind in kinds.items() if kind.central))
    names = ("district", "town", "pilot_area", "building", "land_use", "road", "sensor")
    shown = tuple((name, store.shown[name].checksum) for name in names if name in store.shown)
    key = (str(store.home), surface.key, shown, central)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
        made = _read(store, surface, central)
        _kept[key] = made
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
        return made


def along(lines: npt.NDArray[Any], step_m: float) -> tuple[npt.NDArray[np.int64], Floats, Floats, Floats]:
    """Points in the middle of equal pieces, of ``step_m`` at most, of lines in metres.

    Returns the line of each point, x, y and the length of its piece; lines of no length have none.
    """
    parts, owner = shapely.get_parts(lines, return_index=True)
    places, part = shapely.get_coordinates(parts, return_index=True)
    none = np.zeros(0)
    if not len(places):
        return np.zeros(0, np.int64), none, none, none
    leg = np.hypot(*np.diff(places, axis=0).T) * (part[1:] == part[:-1])
    run = np.concatenate([[0.0], np.cumsum(leg)])
    used, first = np.unique(part, return_index=True)
    last = np.append(first[1:], len(part)) - 1
    length = run[last] - run[first]
    pieces = np.ceil(length / step_m - 1e-9).astype(np.int64)
    of_part = np.repeat(np.arange(len(used)), pieces)
    order = np.arange(len(of_part)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    piece = length[of_part] / pieces[of_part]
    at = run[first[of_part]] + (order + 0.5) * piece
    start = np.searchsorted(run, at, side="right") - 1
    share = (at - run[start]) / leg[start]
    x, y = (places[start] + share[:, None] * (places[start + 1] - places[start])).T
    return owner[used[of_part]].astype(np.int64), x, y, piece


def cells_of(grid: Grid, x: Floats, y: Floats) -> Cells:
    """Flat numbers of the cells of places in metres, -1 outside the grid."""
    row, column = grid.cells(x, y)
    flat = row.astype(np.int64) * grid.columns + column
    return np.where(grid.holds(row, column), flat, -1)


def in_metres(shapes: npt.NDArray[Any], grid: Grid) -> npt.NDArray[Any]:
    """Geometries in degrees as geometries in metres of the grid."""
    moved: npt.NDArray[Any] = shapely.transform(
        shapes, lambda places: np.column_stack(grid.to_metres(*places.T))
    )
    return moved


def drawn(shapes: Iterable[Any], values: Iterable[int], grid: Grid, dtype: str = "int32") -> npt.NDArray[Any]:
    """Polygons in metres as a raster: their value where the middle of a cell lies inside, 0 elsewhere."""
    from rasterio.features import rasterize

    out = np.zeros(grid.shape, dtype)
    if not out.size:
        return out
    parts = [(shape, value) for shape, value in zip(shapes, values, strict=True) if not shape.is_empty]
    if parts:
        rasterize(parts, out=out, transform=grid.transform)
    return out


# -- inside --------------------------------------------------------------------


def _read(store: Store, surface: Surface, central: tuple[int, ...]) -> Zones:
    grid = surface.grid
    used: list[Generation] = []
    areas, atom, member, inside = _areas(store, grid, central, used)
    outdoor = np.bincount(atom[surface.outdoor], minlength=member.shape[1])
    homes, caveats = _homes(store, surface, atom, used)
    return Zones(
        grid,
        areas,
        atom,
        member,
        inside,
        outdoor,
        homes,
        _roads(store, grid, used),
        _sensors(store, surface, used),
        tuple(caveats),
        tuple({generation.alias: generation for generation in used}.values()),
    )


def _areas(
    store: Store, grid: Grid, central: tuple[int, ...], used: list[Generation]
) -> tuple[tuple[Zone, ...], npt.NDArray[np.int16], Bools, Bools]:
    """The areas in the order in which they are reported, the atoms, who is made of them, and the district."""
    towns = _shapes(store, "town", grid, used)
    district = _shapes(store, "district", grid, used)
    pilots = _shapes(store, "pilot_area", grid, used)
    atom = drawn((row.shape for row in towns), range(1, len(towns) + 1), grid, "int16")
    everything = drawn((row.shape for row in district), [1] * len(district), grid, "uint8").view(bool)
    inside = everything if district else (atom > 0 if towns else np.ones(grid.shape, bool))
    # Town 0 is none; the second half of the numbers is inside the district.
    atom += inside * np.int16(len(towns) + 1)
    parts: list[tuple[Zone, set[int]]] = []
    count = 2 * (len(towns) + 1)
    half = len(towns) + 1
    name = ("全区", "Whole area", _bounds(grid))
    if district:
        first = district[0]
        name = (first.name or name[0], first.name_en or first.name or name[1], first.bounds)
    parts.append((Zone("district", "district", *name), set(range(half, count))))
    middle = [number for number, row in enumerate(towns, 1) if row.town in central]
    if middle and len(middle) < len(towns):
        boxes = np.array([towns[number - 1].bounds for number in middle])
        box = (*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist())
        zone = Zone("central", "central", "中心城区", "Central urban area", box)
        parts.append((zone, {k for number in middle for k in (number, number + half)}))
    for number, row in enumerate(towns, 1):
        zone = Zone(str(row.town), "town", row.name, row.name_en, row.bounds)
        parts.append((zone, {number, number + half}))
    for row in pilots:
        here = _window(row.shape, grid)
        within = drawn([row.shape], [1], grid.window(here), "uint8").view(bool)
        part = atom[here[0] : here[1], here[2] : here[3]]
        # The cells of the pilot area get atoms of their own, which stay with the areas of the old ones.
        olds = np.unique(part[within])
        fresh = np.zeros(count, atom.dtype)
        fresh[olds] = np.arange(count, count + len(olds))
        part[within] = fresh[part[within]]
        for _, members in parts:
            members.update(int(fresh[old]) for old in olds.tolist() if old in members)
        zone = Zone(f"pilot_area:{row.fid}", "pilot_area", row.name, row.name_en, row.bounds)
        parts.append((zone, set(range(count, count + len(olds)))))
        count += len(olds)
    present = np.bincount(atom.ravel(), minlength=count)[:count] > 0
    present[0] = True
    number_of = np.cumsum(present) - 1
    member = np.zeros((len(parts), int(present.sum())), bool)
    for number, (_, members) in enumerate(parts):
        member[number, number_of[[k for k in members if present[k]]]] = True
    found = [zone for zone, row in zip((zone for zone, _ in parts), member, strict=True) if row.any()]
    return tuple(found), number_of.astype(np.int16)[atom], member[member.any(axis=1)], inside


def _window(shape: Any, grid: Grid) -> tuple[int, int, int, int]:
    """The part of a grid around a shape in metres; empty for one outside."""
    if shape.is_empty:
        return 0, 0, 0, 0
    west, south, east, north = shape.bounds
    (top, bottom), (left, right) = (values.tolist() for values in grid.cells([west, east], [north, south]))
    rows = np.clip([top, bottom + 1], 0, grid.rows).tolist()
    columns = np.clip([left, right + 1], 0, grid.columns).tolist()
    return rows[0], rows[1], columns[0], columns[1]


class _Row(NamedTuple):
    fid: int
    town: int
    name: str
    name_en: str
    bounds: Bounds
    shape: Any


def _shapes(store: Store, layer: str, grid: Grid, used: list[Generation]) -> list[_Row]:
    """The polygons of a layer that is shown, in metres; towns of one code are one."""
    generation = store.shown.get(layer)
    if generation is None:
        return []
    used.append(generation)
    rows = (
        store.cursor()
        .execute(
            "SELECT fid, coalesce(town, 0), coalesce(name, ''), coalesce(name_en, name, ''), "
            f"ST_AsWKB(geom)::BLOB FROM {generation.relation} ORDER BY town, fid"
        )
        .fetchall()
    )
    merged: dict[int, list[tuple[Any, ...]]] = {}
    for row in rows:
        merged.setdefault(row[1] if layer == "town" else row[0], []).append(row)
    result = []
    for group in merged.values():
        shape = shapely.union_all(shapely.make_valid(shapely.from_wkb([bytes(row[4]) for row in group])))
        fid, town, name, english, _ = group[0]
        west, south, east, north = (float(value) for value in shapely.bounds(shape))
        box = (west, south, east, north)
        result.append(_Row(fid, town, name, english, box, in_metres(shape, grid)))
    return result


def _bounds(grid: Grid) -> Bounds:
    east, south = grid.west + grid.columns * grid.cell_m, grid.north - grid.rows * grid.cell_m
    lon, lat = grid.to_degrees([grid.west, east, grid.west, east], [grid.north, grid.north, south, south])
    return (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))


def _homes(
    store: Store, surface: Surface, atom: npt.NDArray[np.int16], used: list[Generation]
) -> tuple[Homes, list[dict[str, str]]]:
    none = np.zeros(0, np.int64)
    empty = Homes(none, np.zeros(0), none.astype(np.int16), none, none, none.astype(bool), none)
    if "building" not in store.shown:
        return empty, [NO_RESIDENTS]
    try:
        found = demand.read(store)
    except InputError:
        return empty, [NO_RESIDENTS]
    used += [generation for generation in found.generations if generation.layer == "building"]
    # What demand says of residential land does not bear on coverage.
    caveats = [text for text in found.caveats if "居住用地" not in text["zh"]]
    homes = found.row_no > 0
    row = found.row_no[homes].astype(np.int64) - 1
    people = found.weights[homes, demand.WEIGHTS.index("people")]
    point = cells_of(surface.grid, *surface.grid.to_metres(found.lon[homes], found.lat[homes]))
    here = (point >= 0) & (row < len(surface.buildings))
    return _counted_at(surface, atom, row[here], people[here], point[here]), caveats


def _counted_at(
    surface: Surface, atom: npt.NDArray[np.int16], row: Cells, people: Floats, point: Cells
) -> Homes:
    """Homes with the cells of their buildings, or that of their point for one that covers no middle of a cell."""
    home_of = np.full(len(surface.buildings) + 1, -1, np.int64)
    home_of[row] = np.arange(len(row))
    built = np.flatnonzero(surface.building.ravel() >= 0)
    home = home_of[surface.building.ravel()[built]]
    cell, home = built[home >= 0], home[home >= 0]
    without = np.flatnonzero(np.bincount(home, minlength=len(row)) == 0)
    return Homes(
        row,
        people,
        atom.ravel()[point],
        np.concatenate([cell, point[without]]),
        np.concatenate([home, without]),
        np.concatenate([np.ones(len(cell), bool), np.zeros(len(without), bool)]),
        point,
    )


def _roads(store: Store, grid: Grid, used: list[Generation]) -> Roads:
    none = np.zeros(0)
    whole = np.zeros(0, np.int64)
    generation = store.shown.get("road")
    if generation is None:
        return Roads(whole, none, whole.astype(np.int8), whole, none, none, np.zeros(0, object))
    used.append(generation)
    table = (
        store.cursor()
        .execute(
            "SELECT coalesce(name, '') AS name, class, ST_AsWKB(geom)::BLOB AS wkb "
            f"FROM {generation.relation} WHERE NOT coalesce(tunnel, false) ORDER BY row_no"
        )
        .fetchnumpy()
    )
    lines = in_metres(shapely.from_wkb([bytes(value) for value in table["wkb"]]), grid)
    kinds = {name: number for number, name in enumerate(ROAD_CLASSES)}
    kind = np.array([kinds.get(name, len(kinds) - 1) for name in table["class"]], np.int8)
    road, x, y, length = along(lines, grid.cell_m)
    cell = cells_of(grid, x, y)
    here = cell >= 0
    road = road[here]
    return Roads(
        cell[here], length[here], kind[road], road, x[here], y[here], np.asarray(table["name"], object)
    )


def _sensors(store: Store, surface: Surface, used: list[Generation]) -> Sensors:
    generation = store.shown.get("sensor")
    if generation is None:
        return Sensors(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, bool), ())
    used.append(generation)
    table = demand.arrays(
        store, f"SELECT lon, lat, coalesce(kind, '') AS kind FROM {generation.relation} ORDER BY row_no"
    )
    cell = cells_of(surface.grid, *surface.grid.to_metres(table["lon"], table["lat"]))
    here = cell >= 0
    cell = cell[here]
    kinds, kind = np.unique(table["kind"][here].astype(str), return_inverse=True)
    indoor = surface.building.ravel()[cell] >= 0
    return Sensors(cell, kind.astype(np.int64), indoor, tuple(kinds.tolist()))

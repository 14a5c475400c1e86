"""Planned and demolished buildings on a surface: only the cells they touch are made anew.

What comes out is the surface made from the changed buildings from scratch. Planned
buildings come after all others in the table; a demolished one keeps its row there
and covers no cell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from twin.analysis.surface import Bounds, Buildings, Grid, Ints, Surface, burn
from twin.planned import Works
from twin.store import Store

Window = tuple[int, int, int, int]
Outlines = Callable[[Bounds], Sequence[tuple[int, Any]]]
"""(fid, polygons in degrees) of the buildings that touch west, south, east, north."""
NEW_YEAR = 9999
"""A planned building without a year is newer than any rule about walls."""
_MOST = 100_000


@dataclass(frozen=True, eq=False, repr=False)
class Rebuilt:
    """A surface after works.

    ``window`` holds all cells that changed, None where none did; ``seen`` are the feature numbers of the
    buildings that gained or lost cells.
    """

    surface: Surface
    window: Window | None
    seen: frozenset[int]


def outlines(store: Store, box: Bounds) -> list[tuple[int, Any]]:
    """(fid, polygons in degrees) of the shown buildings that touch a box; none without the layer."""
    from twin.rows import mercator

    if "building" not in store.shown:
        return []
    (west, south), (east, north) = mercator(np.array([box[0], box[2]]), np.array([box[1], box[3]])).tolist()
    relation = store.generation("building").relation
    rows = (
        store.cursor()
        .execute(
            f"SELECT fid, ST_AsWKB(geom)::BLOB FROM {relation} "
            f"WHERE xmax >= ? AND xmin <= ? AND ymax >= ? AND ymin <= ? ORDER BY row_no LIMIT {_MOST}",
            [west, east, south, north],
        )
        .fetchall()
    )
    shapes = np.atleast_1d(shapely.from_wkb([bytes(row[1]) for row in rows]))
    return list(zip([row[0] for row in rows], shapes, strict=True))


def rebuilt(surface: Surface, works: Works, standing: Outlines) -> Rebuilt:
    """``surface`` after buildings were built and demolished; ``standing`` gives what stood around them."""
    buildings = _joined(surface.buildings, works)
    name = hashlib.blake2b(f"{surface.key}/{works.key!r}".encode(), digest_size=12).hexdigest()
    building = surface.building.copy()
    gone = np.flatnonzero(np.isin(surface.buildings.fid, list(works.demolished)))
    if len(gone):
        _uncover(building, surface, gone, standing)
    _build(building, surface.grid, buildings, works)
    changed = building != surface.building
    if not changed.any():
        return Rebuilt(replace(surface, buildings=buildings, key=name), None, frozenset())
    touched = np.unique(np.concatenate([surface.building[changed], building[changed]]))
    touched = touched[touched >= 0]
    cells = np.isin(building, touched)
    # A roof stands on the lowest ground that its building covers, which may be other cells now.
    base = np.full(len(buildings), np.inf, np.float32)
    np.minimum.at(base, building[cells], surface.ground[cells])
    top = surface.top.copy()
    top[changed] = surface.ground[changed]
    top[cells] = (base + buildings.height_m)[building[cells]]
    made = replace(surface, top=top, building=building, buildings=buildings, key=name)
    return Rebuilt(
        made, _window_of(changed | (top != surface.top)), frozenset(buildings.fid[touched].tolist())
    )


def _joined(buildings: Buildings, works: Works) -> Buildings:
    built = works.built
    return Buildings(
        np.concatenate([buildings.fid, np.array([item.fid for item in built], np.int64)]),
        np.concatenate([buildings.height_m, np.array([item.height_m for item in built], np.float32)]),
        np.concatenate([buildings.floors, np.array([item.floors for item in built], np.int16)]),
        np.concatenate([buildings.use, np.array([item.use for item in built], dtype="U20")]),
        np.concatenate([buildings.year, np.array([item.year or NEW_YEAR for item in built], np.int16)]),
    )


def _uncover(building: Ints, surface: Surface, gone: npt.NDArray[np.intp], standing: Outlines) -> None:
    """Empty the cells of buildings that are gone, or give them to what stood below."""
    freed = np.isin(building, gone)
    building[freed] = -1
    window = _window_of(freed)
    if window is None:
        return
    part = surface.grid.window(window)
    top, bottom, left, right = window
    row_of = {fid: row for row, fid in enumerate(surface.buildings.fid.tolist())}
    lost = set(gone.tolist())
    found = [
        (row, shape)
        for fid, shape in standing(_degrees(part))
        if (row := row_of.get(fid)) is not None and row not in lost
    ]
    height = surface.buildings.height_m
    found.sort(key=lambda item: (height[item[0]], item[0]))
    below = np.full(part.shape, -1, np.int32)
    rows = np.array([row for row, _ in found], np.int64)
    burn(below, part, in_metres([shape for _, shape in found], part), rows)
    here = np.s_[top:bottom, left:right]
    building[here][freed[here]] = below[freed[here]]


def _build(building: Ints, grid: Grid, buildings: Buildings, works: Works) -> None:
    """Put the planned buildings where they are the highest."""
    first = len(buildings) - len(works.built)
    order = sorted(range(len(works.built)), key=lambda number: (works.built[number].height_m, number))
    for number in order:
        shape = in_metres([works.built[number].shape], grid)
        west, south, east, north = shapely.bounds(shape[0]).tolist()
        (up, down), (left, right) = (values.tolist() for values in grid.cells([west, east], [north, south]))
        rows = np.clip([up, down + 1], 0, grid.rows).tolist()
        columns = np.clip([left, right + 1], 0, grid.columns).tolist()
        window = (rows[0], rows[1], columns[0], columns[1])
        part = grid.window(window)
        if part.rows <= 0 or part.columns <= 0:
            continue
        inside = np.zeros(part.shape, np.uint8)
        burn(inside, part, shape, np.ones(1, np.int64))
        here = np.s_[window[0] : window[1], window[2] : window[3]]
        height = np.append(buildings.height_m, np.float32(-np.inf))  # the last stands for outdoors, -1
        building[here][(inside == 1) & (height[building[here]] <= buildings.height_m[first + number])] = (
            first + number
        )


def in_metres(shapes: Sequence[Any], grid: Grid) -> npt.NDArray[Any]:
    """Polygons in degrees as polygons in metres of the grid."""
    array = np.array(list(shapes), dtype=object)
    moved: npt.NDArray[Any] = shapely.transform(
        array, lambda points: np.column_stack(grid.to_metres(*points.T))
    )
    return moved


def _degrees(grid: Grid) -> Bounds:
    east, south = grid.west + grid.columns * grid.cell_m, grid.north - grid.rows * grid.cell_m
    lon, lat = grid.to_degrees([grid.west, east, grid.west, east], [grid.north, grid.north, south, south])
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def _window_of(marked: npt.NDArray[np.bool_]) -> Window | None:
    """The smallest window that holds all marked cells; None without any."""
    rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    if not len(rows):
        return None
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1

"""Buildings on a lattice of rows in every plot, and the ways between the rows.

A building may stand only where its whole footprint lies in the plot's ground;
cells of one lattice do not touch, plots do not overlap and hold no street: so
no building can lie on a street, in water or in another building.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from twin.demo.blocks import OPEN, Plots
from twin.demo.forms import BY_NAME, FORMS, SMALLER, Form
from twin.demo.geometry import Floats, Geometries, Ints, hit_pairs, parts_of, place, repeat_range


@dataclass(slots=True)
class Buildings:
    """Footprints (metres) with their plot (an index), form, floors, height and year.

    ``shop`` marks the shops in front of an estate.
    """

    footprint: Geometries
    plot: Ints
    form: Ints
    floors: Ints
    height_m: Floats
    year: Ints
    shop: np.ndarray

    def take(self, which: np.ndarray) -> Buildings:
        """Some of the buildings."""
        return Buildings(
            self.footprint[which],
            self.plot[which],
            self.form[which],
            self.floors[which],
            self.height_m[which],
            self.year[which],
            self.shop[which],
        )


@dataclass(slots=True)
class Ways:
    """Ways inside plots: ``line`` in metres, ``service`` for the road through, else a path between rows.

    ``ends`` of a through road are the gates, where it meets the street.
    """

    line: Geometries
    service: np.ndarray
    plot: Ints


def build(plots: Plots, rng: np.random.Generator) -> tuple[Buildings, Ways]:
    """Fill every plot that has a built form."""
    pieces: list[Buildings] = []
    ways: list[Ways] = []
    shop_rng, *children = rng.spawn(2 * len(FORMS) + 1)
    waiting = np.flatnonzero(plots.use >= 0)
    for attempt in range(2):
        for index, child in enumerate(children[attempt * len(FORMS) : (attempt + 1) * len(FORMS)]):
            members = waiting[plots.use[waiting] == index]
            if len(members):
                made, way = _fill(plots, members, index, child)
                pieces.append(made)
                ways.append(way)
        built = np.zeros(len(plots.use), dtype=bool)
        for piece in pieces:
            built[piece.plot] = True
        waiting = np.flatnonzero((plots.use >= 0) & ~built)
        plots.use[waiting] = SMALLER[plots.use[waiting]] if attempt == 0 else OPEN
    buildings = _join(pieces)
    lines = Ways(
        *(np.concatenate([getattr(way, name) for way in ways]) for name in ("line", "service", "plot"))
    )
    roads_through = lines.line[lines.service]
    buildings = buildings.take(_clear_of(buildings.footprint, roads_through, 2.4))
    shops = _shops(plots, buildings, lines, shop_rng)
    everything = _join([buildings, shops])
    return everything.take(np.argsort(everything.plot, kind="stable")), lines


def _clear_of(footprints: Geometries, lines: Geometries, distance_m: float) -> Ints:
    """Indices of the footprints that keep the distance.

    The road of one group of village houses may pass through another group.
    """
    clear = np.ones(len(footprints), dtype=bool)
    clear[hit_pairs(footprints, lines, "dwithin", distance_m)[0]] = False
    return np.flatnonzero(clear)


def _join(parts: list[Buildings]) -> Buildings:
    names = ("footprint", "plot", "form", "floors", "height_m", "year", "shop")
    return Buildings(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


@dataclass(slots=True)
class _Lattice:
    """The grid of building cells of each plot of one form; arrays along those plots, lengths in metres.

    ``columns`` cells stand left and right (n, 2) of the road through the plot
    (u = 0), at ``pitch_u`` (n, 2) from ``first_u`` (n, 2) outwards; without such
    a road all stand on the right of its first one. ``rows`` go upwards from
    ``first_v`` at ``pitch_v``. ``width`` (n, 2) and ``depth`` are the largest buildings'.
    """

    origin: Floats
    axis_u: Floats
    axis_v: Floats
    extent: Floats
    width: Floats
    depth: Floats
    floors: Floats
    storey_m: Floats
    columns: Ints
    rows: Ints
    pitch_u: Floats
    pitch_v: Floats
    first_u: Floats
    first_v: Floats


def _lattice(form: Form, ground: Geometries, turn: Floats, rng: np.random.Generator) -> _Lattice:
    """Draw the sizes of each plot's buildings, and fit as many rows and columns as its extent holds."""
    count = len(ground)
    width = rng.uniform(*form.width, count)
    depth = rng.uniform(*form.depth, count)
    low, high = form.floors
    floors = np.round(low + (high - low) * rng.beta(1.3, 1.5, count))
    storey = rng.uniform(*form.storey_m, count)
    gap_u = rng.uniform(*form.gap_u, count)
    gap_v = rng.uniform(*form.gap_v, count) + form.sun * floors * storey
    axis_u = np.column_stack([np.cos(turn), np.sin(turn)])
    axis_v = np.column_stack([-axis_u[:, 1], axis_u[:, 0]])
    origin, extent = _frame(ground, axis_u, axis_v)
    span_u = 0.97 * (extent[:, 1] - extent[:, 0])
    span_v = 0.97 * (extent[:, 3] - extent[:, 2])
    if form.spine:
        reach = 0.97 * np.column_stack([-extent[:, 0], extent[:, 1]]) - form.spine / 2 - 0.5 + gap_u[:, None]
        columns, pitch_u = _fit(reach, (width + gap_u)[:, None])
        first_u = np.full((count, 2), form.spine / 2 + 0.5)
    else:
        width = np.minimum(width, 0.98 * span_u)
        depth = np.minimum(depth, 0.98 * span_v)
        each, pitch = _fit(span_u + gap_u, width + gap_u, 1.35)
        columns = np.column_stack([np.zeros(count, dtype=np.int64), each])
        pitch_u = np.column_stack([pitch, pitch])
        first_u = ((extent[:, 0] + extent[:, 1] - each * pitch + gap_u) / 2)[:, None] * np.ones(2)
    rows, pitch_v = _fit(span_v + gap_v, depth + gap_v, 1.15 if form.spine else 1.35)
    if not form.spine:
        depth = pitch_v - gap_v
    return _Lattice(
        origin=origin,
        axis_u=axis_u,
        axis_v=axis_v,
        extent=extent,
        width=width[:, None] * np.ones(2) if form.estate == "tower" else pitch_u - gap_u[:, None],
        depth=depth,
        floors=floors,
        storey_m=storey,
        columns=columns,
        rows=rows,
        pitch_u=pitch_u,
        pitch_v=pitch_v,
        first_u=first_u,
        first_v=(extent[:, 2] + extent[:, 3] - (rows - 1) * pitch_v) / 2,
    )


@dataclass(slots=True)
class _Cells:
    """Buildings wanted on the lattices; arrays along them.

    ``centre`` (n, 2), ``u``, ``width`` and ``depth`` in metres, ``shape`` an index into
    the form's shapes, ``free`` varies the shape.
    """

    plot: Ints
    centre: Floats
    width: Floats
    depth: Floats
    shape: Ints
    free: Floats
    floors: Ints
    row: Ints
    u: Floats

    def take(self, which: Ints) -> _Cells:
        """Some of the cells."""
        return _Cells(*(getattr(self, name)[which] for name in self.__slots__))

    def joined(self, other: _Cells) -> _Cells:
        """These cells, then the other."""
        return _Cells(
            *(np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__slots__)
        )


def _stand(form: Form, ground: Geometries, turn: Floats, cells: _Cells) -> tuple[Ints, Geometries]:
    """Which of the cells have room for their whole footprint, in order, and the footprints."""
    inside = shapely.contains_xy(ground[cells.plot], cells.centre[:, 0], cells.centre[:, 1])
    made: list[tuple[Ints, Geometries]] = []
    for which, (outline, _) in enumerate(form.shapes):
        pick = np.flatnonzero(inside & (cells.shape == which))
        outlines = outline(cells.width[pick], cells.depth[pick], cells.free[pick])
        polygons = place(outlines, cells.centre[pick], turn[cells.plot[pick]])
        whole = shapely.contains_properly(ground[cells.plot[pick]], polygons)
        made.append((pick[whole], polygons[whole]))
    stands = np.concatenate([pick for pick, _ in made])
    order = np.argsort(stands, kind="stable")
    return stands[order], np.concatenate([polygons for _, polygons in made])[order]


def _divided(cells: _Cells, split: tuple[int, int], grid: _Lattice) -> _Cells:
    """Smaller buildings in the place of each cell's one, ``split`` along and across."""
    along, across = split
    part, number = repeat_range(np.full(len(cells.plot), along * across))
    few = cells.take(part)
    gap_u, gap_v = 5.0 * (along > 1), 6.0 * (across > 1)
    width = (few.width - gap_u * (along - 1)) / along
    depth = (few.depth - gap_v * (across - 1)) / across
    du = (number % along - (along - 1) / 2) * (width + gap_u)
    dv = (number // along - (across - 1) / 2) * (depth + gap_v)
    few.centre = few.centre + du[:, None] * grid.axis_u[few.plot] + dv[:, None] * grid.axis_v[few.plot]
    few.u, few.width, few.depth = few.u + du, width, depth
    return few


def _fill(plots: Plots, members: Ints, index: int, rng: np.random.Generator) -> tuple[Buildings, Ways]:
    """Buildings and ways of all plots (``members``) of one form."""
    form = FORMS[index]
    turn = plots.turn[members]
    ground = plots.ground[members]
    if form.estate in {"slab", "tower"} or form.name == "street":
        ground = _less_shops(ground, plots.central[members])
    shapely.prepare(ground)
    grid = _lattice(form, ground, turn, rng)

    plot, cell = repeat_range(grid.columns.sum(axis=1) * grid.rows)
    in_row = grid.columns.sum(axis=1)[plot]
    column, row = cell % in_row - grid.columns[plot, 0], cell // in_row
    n = len(plot)
    side = (column >= 0).astype(np.int64)
    width = grid.width[plot, side] * (1 - form.vary * rng.random(n))
    depth = grid.depth[plot] * (1 - form.vary / 2 * rng.random(n))
    number = np.where(column >= 0, column, -column - 1)
    out = grid.first_u[plot, side] + number * grid.pitch_u[plot, side] + width / 2
    u = np.where(column >= 0, out, -out)
    slack = np.maximum(0, grid.pitch_v[plot] - depth - 4.5)
    off = np.clip(rng.normal(0, 0.6, n), -1, 1) * np.minimum(1.0, slack / 2)
    v = grid.first_v[plot] + row * grid.pitch_v[plot] + off
    centre = grid.origin[plot] + u[:, None] * grid.axis_u[plot] + v[:, None] * grid.axis_v[plot]
    shape = np.searchsorted(np.cumsum([share for _, share in form.shapes]), rng.random(n) * 0.9999)
    free = rng.random(n)
    floors = np.maximum(form.floors[0], np.round(grid.floors[plot] + rng.normal(0, 0.6, n))).astype(np.int64)

    wanted = np.flatnonzero(rng.random(n) < form.keep)
    cells = _Cells(plot, centre, width, depth, shape, free, floors, row, u).take(wanted)
    stands, footprint = _stand(form, ground, turn, cells)
    if form.split != (1, 1):
        rest = np.setdiff1d(np.arange(len(cells.plot)), stands)
        parts = _divided(cells.take(rest), form.split, grid)
        part_stands, part_footprint = _stand(form, ground, turn, parts)
        cells = cells.take(stands).joined(parts.take(part_stands))
        footprint = np.concatenate([footprint, part_footprint])
        order = np.lexsort((cells.row, cells.plot))
        cells, footprint = cells.take(order), footprint[order]
    else:
        cells = cells.take(stands)
    built = cells.plot
    first_year, last_year = form.years
    year = rng.integers(first_year, last_year + 1, len(members))[built] + rng.integers(0, 3, len(built))
    buildings = Buildings(
        footprint,
        members[built],
        np.full(len(built), index),
        cells.floors,
        np.round(cells.floors * grid.storey_m[built], 1),
        np.minimum(year, 2024),
        np.zeros(len(built), dtype=bool),
    )
    if not form.spine:
        return buildings, Ways(
            np.empty(0, dtype=object), np.empty(0, dtype=bool), np.empty(0, dtype=np.int64)
        )
    through, through_plot = _roads_through(form, plots.block[members], grid, np.unique(built))
    paths, path_plot = _paths(form, ground, grid, built, row=cells.row, u=cells.u, width=cells.width)
    joined = np.isin(path_plot, through_plot)
    paths, path_plot = paths[joined], path_plot[joined]
    return buildings, Ways(
        np.concatenate([through, paths]),
        np.repeat([True, False], [len(through), len(paths)]),
        members[np.concatenate([through_plot, path_plot])],
    )


def _roads_through(form: Form, blocks: Geometries, grid: _Lattice, used: Ints) -> tuple[Geometries, Ints]:
    """The road through each plot of ``used`` at u = 0, from street to street, and whose it is."""
    reach = 400.0
    origin, axis = grid.origin[used], grid.axis_v[used]
    ends = np.stack([origin - axis * reach, origin + axis * reach], axis=1)
    parts, owner = parts_of(shapely.intersection(blocks[used], shapely.linestrings(ends)), 1)
    near = shapely.dwithin(parts, shapely.points(origin[owner]), 0.01)
    lines, owners = parts[near], used[owner[near]]
    if form.name == "village":
        lines = _short_way(lines, owners, grid)
    return lines, owners


def _paths(
    form: Form, ground: Geometries, grid: _Lattice, plot: Ints, *, row: Ints, u: Floats, width: Floats
) -> tuple[Geometries, Ints]:
    """Paths behind the rows of the buildings given, out from the road through, and whose they are."""
    if not form.rows or len(plot) == 0:
        return np.empty(0, dtype=object), np.empty(0, dtype=np.int64)
    most = int(grid.rows.max()) + 1
    key = plot * most + row
    order = np.argsort(key, kind="stable")
    keys, start = np.unique(key[order], return_index=True)
    left = np.minimum(np.minimum.reduceat((u - width / 2)[order], start) + 2, 0)
    right = np.maximum(np.maximum.reduceat((u + width / 2)[order], start) - 2, 0)
    which, level_row = keys // most, keys % most
    on = (level_row % form.rows == 0) & (right - left > 12)
    which, level_row, left, right = which[on], level_row[on], left[on], right[on]
    level = grid.first_v[which] + (level_row + 0.5) * grid.pitch_v[which]
    middle = grid.origin[which] + level[:, None] * grid.axis_v[which]
    ends = np.stack(
        [middle + left[:, None] * grid.axis_u[which], middle + right[:, None] * grid.axis_u[which]], axis=1
    )
    paths = shapely.linestrings(ends)
    good = shapely.covers(ground[which], paths) & shapely.contains_xy(
        ground[which], middle[:, 0], middle[:, 1]
    )
    return paths[good], which[good]


def _short_way(lines: Geometries, owners: Ints, grid: _Lattice) -> Geometries:
    """A village road: from the nearer street to the far end of the houses."""
    origin, axis, extent = grid.origin[owners], grid.axis_v[owners], grid.extent[owners]
    ends = shapely.get_coordinates(shapely.get_point(lines, [[0], [-1]]).T.ravel()).reshape(-1, 2, 2)
    along = ((ends - origin[:, None]) * axis[:, None]).sum(axis=2)
    low, high = along.min(axis=1), along.max(axis=1)
    south = -low < high
    low = np.where(south, low, np.maximum(low, extent[:, 2]))
    high = np.where(south, np.minimum(high, extent[:, 3]), high)
    level = np.stack([low, high], axis=1)[:, :, None]
    result: Geometries = shapely.linestrings(origin[:, None] + level * axis[:, None])
    return result


def _frame(ground: Geometries, axis_u: Floats, axis_v: Floats) -> tuple[Floats, Floats]:
    """Origin of each plot's lattice, the middle of its extent if that lies inside, and its extent."""
    inner = shapely.get_coordinates(shapely.point_on_surface(ground))
    extent = _extents(ground, inner, axis_u, axis_v)
    middle = (
        inner + axis_u * (extent[:, :1] + extent[:, 1:2]) / 2 + axis_v * (extent[:, 2:3] + extent[:, 3:]) / 2
    )
    inside = shapely.contains_xy(ground, middle[:, 0], middle[:, 1])
    origin = np.where(inside[:, None], middle, inner)
    return origin, _extents(ground, origin, axis_u, axis_v)


def _fit(reach: Floats, pitch: Floats, most: float = 1.15) -> tuple[Ints, Floats]:
    """How many whole cells fit into ``reach``, and the pitch, up to ``most`` times larger, that fills it."""
    cells = np.maximum(0, np.floor(reach / pitch)).astype(np.int64)
    filling = reach / np.maximum(1, cells)
    return cells, np.clip(filling, pitch, most * pitch)


def _extents(ground: Geometries, origin: Floats, axis_u: Floats, axis_v: Floats) -> Floats:
    """Reach of each ground along its axes from its origin: u min, u max, v min, v max."""
    points, owner = shapely.get_coordinates(ground, return_index=True)
    away = points - origin[owner]
    along = (away * axis_u[owner]).sum(axis=1)
    across = (away * axis_v[owner]).sum(axis=1)
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    return np.column_stack(
        [
            np.minimum.reduceat(along, starts),
            np.maximum.reduceat(along, starts),
            np.minimum.reduceat(across, starts),
            np.maximum.reduceat(across, starts),
        ]
    )


SHOP_DEPTH_M = 12.5


def _with_shops(ground: Geometries, central: Floats) -> np.ndarray:
    """Plots large and central enough for shops along the street."""
    large: np.ndarray = (central > 0.5) & (shapely.area(ground) > 12_000)
    return large


def _less_shops(ground: Geometries, central: Floats) -> Geometries:
    """Ground left for the rows behind the shops: the largest part."""
    rows = ground.copy()
    some = _with_shops(ground, central)
    parts, owner = parts_of(shapely.buffer(ground[some], -SHOP_DEPTH_M, quad_segs=2), 2)
    size = shapely.area(parts)
    order = np.lexsort((size, owner))
    index = np.flatnonzero(some)
    rows[index[owner[order]]] = parts[order]
    shapely.prepare(rows)
    return rows


def _shops(plots: Plots, buildings: Buildings, ways: Ways, rng: np.random.Generator) -> Buildings:
    """Small shops in a line along the street side of central estates."""
    homes = [index for index, form in enumerate(FORMS) if form.estate in ("slab", "tower")] + [
        BY_NAME["street"]
    ]
    members = np.flatnonzero(np.isin(plots.use, homes) & _with_shops(plots.ground, plots.central))
    ring, owner = parts_of(shapely.buffer(plots.ground[members], -6.0, quad_segs=2), 2)
    ring = shapely.simplify(shapely.get_exterior_ring(ring), 1.0)
    points, index = shapely.get_coordinates(ring, return_index=True)
    same = index[1:] == index[:-1]
    start, step = points[:-1][same], np.diff(points, axis=0)[same]
    length = np.hypot(*step.T)
    long = length > 46
    start, step, length = start[long], step[long], length[long]
    plot = members[owner[index[:-1][same][long]]]
    side, number = repeat_range(np.floor((length - 24) / 22).astype(int))
    n = len(side)
    along = 12 + (number + 0.5) * 22
    centre = start[side] + step[side] * (along / length[side])[:, None]
    turn = np.arctan2(step[side, 1], step[side, 0])
    width, depth = rng.uniform(14, 20.8, n), rng.uniform(8.5, 11.4, n)
    outline = np.stack(
        [
            np.column_stack([sx * width / 2, sy * depth / 2])
            for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))
        ],
        axis=1,
    )
    polygons = place(outline, centre, turn)
    keep = (rng.random(n) < 0.75) & shapely.contains_properly(plots.ground[plot[side]], polygons)
    taken = shapely.STRtree(np.concatenate([buildings.footprint, ways.line]))
    keep[taken.query(polygons, predicate="dwithin", distance=3.0)[0]] = False
    first, second = hit_pairs(polygons, polygons)
    keep[np.maximum(first, second)[first != second]] = False
    floors = rng.choice([1, 2, 3], n, p=[0.15, 0.66, 0.19])
    picked = np.flatnonzero(keep)
    return Buildings(
        polygons[picked],
        plot[side][picked],
        np.full(len(picked), BY_NAME["street"]),
        floors[picked],
        np.round(floors[picked] * 3.5, 1),
        rng.integers(1996, 2020, n)[picked],
        np.ones(len(picked), dtype=bool),
    )

"""The street pattern: arterials from the facts, then nested cuts down to the street block.

Everything is drawn with straight lines, joined at shared nodes, and bent as a
whole. Rivers are taken out of the ground before it is cut finer than 1 km²,
canals before it is cut finer than the 400 m cell: so large streets cross water
on bridges, small ones end at a path along the bank.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from twin.demo import places
from twin.demo.geometry import (
    Bools,
    Floats,
    Geometries,
    Ints,
    bend,
    bend_geometries,
    course,
    cut,
    hit_pairs,
    main_axis,
    parts_of,
    to_metres,
    without,
)
from twin.demo.water import canals, rivers, strips
from twin.demo.zoning import cell_m2, zone

CLASSES = (
    "footway",
    "track",
    "service",
    "residential",
    "tertiary",
    "secondary",
    "primary",
    "trunk",
    "motorway",
)
"""Street classes, least first."""
WIDTH_M = {
    "motorway": 26.0,
    "trunk": 24.0,
    "primary": 20.0,
    "secondary": 14.0,
    "tertiary": 10.0,
    "residential": 7.0,
    "service": 4.0,
    "footway": 2.0,
    "track": 3.0,
}
"""Width of the carriageway by class, as drawn on the map."""
RANK = {name: rank for rank, name in enumerate(CLASSES)}
NODE_GRID_M = 0.02


@dataclass(frozen=True, slots=True)
class Edges:
    """Pieces of street between two nodes.

    ``line`` are LineStrings in metres, ``rank`` indexes :data:`CLASSES`,
    ``street`` tells which drawn line a piece belongs to (for its name).
    """

    line: Geometries
    rank: Ints
    street: Ints

    def take(self, which: Ints | Bools) -> Edges:
        """Some of the pieces."""
        return Edges(self.line[which], self.rank[which], self.street[which])

    def __add__(self, other: Edges) -> Edges:
        return Edges(
            np.concatenate([self.line, other.line]),
            np.concatenate([self.rank, other.rank]),
            np.concatenate([self.street, other.street]),
        )


@dataclass(frozen=True, slots=True)
class Pattern:
    """The bent street pattern inside the district, all in metres.

    ``faces`` tile the district; ``dry`` are the indices of those that are street
    blocks (``blocks``), the others are river and canal strips. ``block_kind`` is
    the kind of ground of each block (:mod:`twin.demo.zoning`); ``water`` are the
    water surfaces with kind and name; ``streets`` is the number of drawn streets.
    """

    edges: Edges
    faces: Geometries
    dry: Ints
    blocks: Geometries
    block_kind: Ints
    water: Geometries
    water_kind: list[str]
    water_name: list[str]
    water_name_en: list[str]
    streets: int


def draw(district: shapely.Polygon, scale: float, rng: np.random.Generator) -> Pattern:
    """Draw the pattern over ``district`` (metres); below ``scale`` 1 only a share is cut into blocks."""
    frame = shapely.box(*shapely.bounds(district.buffer(700)))
    near = district.buffer(140)
    shapely.prepare(near)
    arterials = np.array([course(line.course) for line in places.ARTERIALS], dtype=object)
    ranks = np.array([RANK[line.kind] for line in places.ARTERIALS])
    drawn = Edges(arterials, ranks, np.arange(len(arterials)))
    cells = shapely.get_parts(
        shapely.polygonize(shapely.get_parts(shapely.unary_union([*arterials, frame.exterior])))
    )
    cells = cells[shapely.intersects(near, cells)]

    cells, drawn = _divide(cells, drawn, np.full(len(cells), max(0.75e6, 2 * cell_m2(scale))), near, rng)
    river_lines, river_widths, river_facts = rivers()
    river_strips = strips(river_lines, river_widths)
    cells, drawn = _take_out(cells, drawn, river_strips)
    cells, drawn = _divide(cells, drawn, np.full(len(cells), cell_m2(scale)), near, rng)
    canal_lines, canal_widths = canals(cells, rng)
    canal_strips = strips(canal_lines, canal_widths)
    cells, drawn = _take_out(cells, drawn, canal_strips)
    zoning = zone(cells, scale, rng)
    cells, drawn = _divide(cells, drawn, zoning.block_m2(rng), near, rng, smallest="residential")

    edges = without_stubs(node(drawn))
    edges = Edges(on_grid(bend_geometries(edges.line)), edges.rank, edges.street)
    edges = _clipped(_off_lakes(edges), district)
    outline = Edges(np.array([district.exterior], dtype=object), np.array([-1]), np.array([-1]))
    # All again, not only what meets the outline: bending lets lines cross that did not before.
    net = node(edges + outline)
    faces = shapely.get_parts(shapely.polygonize(net.line))
    edges = net.take(net.rank >= 0)
    inside = shapely.point_on_surface(faces)
    face, _ = hit_pairs(inside, bend_geometries(np.concatenate([river_strips, canal_strips]), 60.0), "within")
    dry = np.ones(len(faces), dtype=bool)
    dry[face] = False
    dry &= shapely.area(faces) > 50.0
    blocks = faces[dry]

    lines = np.concatenate([river_lines, canal_lines])
    widths = np.concatenate([river_widths, canal_widths])
    surface = shapely.buffer(bend_geometries(lines, 60.0), widths / 2, quad_segs=4)
    water, kinds, names, names_en = _surfaces(surface, river_facts, len(canal_lines), district)
    return Pattern(
        edges,
        faces,
        np.flatnonzero(dry),
        blocks,
        zoning.kind_at(inside[dry]),
        water,
        kinds,
        names,
        names_en,
        int(edges.street.max()) + 1,
    )


def _divide(
    cells: Geometries,
    drawn: Edges,
    target_m2: Floats,
    near: shapely.Polygon,
    rng: np.random.Generator,
    *,
    smallest: str = "tertiary",
) -> tuple[Geometries, Edges]:
    """Cut every cell until it is no larger than its target; the cuts become streets."""
    done: list[Geometries] = []
    street = int(drawn.street.max()) + 1
    new = [drawn]
    for _ in range(14):
        area = shapely.area(cells)
        large = area > target_m2 * 1.35
        done.append(cells[~large])
        cells, target_m2, area = cells[large], target_m2[large], area[large]
        if len(cells) == 0:
            break
        axis, long, _ = main_axis(cells)
        middle = shapely.get_coordinates(shapely.centroid(cells))
        off = rng.uniform(-0.11, 0.11, len(cells)) * long
        at = middle + np.column_stack([np.cos(axis), np.sin(axis)]) * off[:, None]
        turn = np.pi / 2 + rng.normal(0, 0.05, len(cells))
        pieces, owner, lines, line_owner = cut(cells, at, axis + turn)
        size = area[line_owner]
        rank = np.select(
            [size > 3.5e6, size > 1.1e6, size > 0.24e6],
            [RANK["primary"], RANK["secondary"], RANK["tertiary"]],
            RANK[smallest],
        )
        new.append(Edges(lines, rank, street + line_owner))
        street += len(cells)
        keep = shapely.intersects(near, pieces)
        cells, target_m2 = pieces[keep], target_m2[owner][keep]
    done.append(cells)
    result = new[0]
    for part in new[1:]:
        result = result + part
    return np.concatenate(done), result


def _take_out(cells: Geometries, drawn: Edges, wet: Geometries) -> tuple[Geometries, Edges]:
    """Take water strips out of the cells; their edges become footpaths along the bank."""
    pieces = without(cells, wet)
    parts, _ = parts_of(pieces, 2)
    banks, _ = parts_of(np.array([shapely.union_all(wet).boundary], dtype=object), 1)
    paths = Edges(banks, np.full(len(banks), RANK["footway"]), np.full(len(banks), drawn.street.max() + 1))
    return parts[shapely.area(parts) > 60.0], drawn + paths


def node(drawn: Edges, grid_m: float = NODE_GRID_M) -> Edges:
    """Split all lines where they meet; a piece drawn twice keeps the greater class."""
    pieces = shapely.get_parts(shapely.unary_union(drawn.line, grid_size=grid_m))
    pieces = pieces[shapely.length(pieces) > 0]
    middles = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    piece, source = hit_pairs(middles, drawn.line, "dwithin", 2.5 * grid_m)
    order = np.lexsort((source, -drawn.rank[source], piece))
    piece, source = piece[order], source[order]
    first = np.unique(piece, return_index=True)[1]
    piece, source = piece[first], source[first]
    return Edges(pieces[piece], drawn.rank[source], drawn.street[source])


def on_grid(lines: Geometries, grid_m: float = NODE_GRID_M) -> Geometries:
    """Lines with all vertices rounded to the noding grid, as :func:`node` leaves them."""
    per_metre = round(1 / grid_m)
    result: Geometries = shapely.transform(lines, lambda points: np.round(points * per_metre) / per_metre)
    return result


def node_into(noded: Edges, new: Edges) -> Edges:
    """``new`` lines noded with each other and with those pieces of ``noded`` that they meet.

    The other pieces stay as they are, which saves most of the work; all are
    put on the noding grid, so that ends which met still meet.
    """
    noded = Edges(on_grid(noded.line), noded.rank, noded.street)
    met = np.zeros(len(noded.line), dtype=bool)
    met[hit_pairs(new.line, noded.line, "dwithin", 2.5 * NODE_GRID_M)[1]] = True
    again = node(noded.take(met) + new)
    return noded.take(~met) + Edges(on_grid(again.line), again.rank, again.street)


def _clipped(edges: Edges, district: shapely.Polygon) -> Edges:
    """The pieces' parts inside the district that are longer than a metre."""
    shapely.prepare(district)
    inside = shapely.contains_properly(district, edges.line)
    across = edges.take(~inside)
    parts, owner = parts_of(shapely.intersection(across.line, district), 1)
    cut_off = Edges(parts, across.rank[owner], across.street[owner])
    both = edges.take(inside) + cut_off
    return both.take(shapely.length(both.line) > 1.0)


def without_stubs(edges: Edges, rounds: int = 4) -> Edges:
    """Drop pieces that end at nothing, again and again until few are left."""
    for _ in range(rounds):
        ends = shapely.get_coordinates(shapely.get_point(edges.line, [[0], [-1]]).ravel())
        _, node_of, degree = np.unique(np.round(ends, 1), axis=0, return_inverse=True, return_counts=True)
        loose = (degree[node_of.ravel()] == 1).reshape(2, -1).any(axis=0)
        if not loose.any():
            break
        edges = edges.take(~loose)
    return edges


def _lakes() -> list[shapely.Polygon]:
    lakes = []
    for _, _, lon, lat, radius in places.LAKES:
        turn = np.linspace(0, 2 * np.pi, 49)[:-1]
        reach = radius * (1 + 0.22 * np.sin(2 * turn + lon * 40) + 0.12 * np.sin(3 * turn + lat * 30))
        ring = to_metres([(lon, lat)]) + np.column_stack([np.cos(turn), np.sin(turn)]) * reach[:, None]
        lakes.append(shapely.Polygon(bend(ring)))
    return lakes


def _off_lakes(edges: Edges) -> Edges:
    """Streets below the main ones end at a lake's path; the path runs around it."""
    shores = np.array([lake.buffer(14.0) for lake in _lakes()], dtype=object)
    minor = edges.rank < RANK["secondary"]
    hit = np.unique(hit_pairs(edges.line, shores)[0])
    hit = hit[minor[hit]]
    parts, owner = parts_of(shapely.difference(edges.line[hit], shapely.union_all(shores)), 1)
    rest = np.ones(len(edges.line), dtype=bool)
    rest[hit] = False
    path = shapely.get_exterior_ring(shores)
    cut_back = Edges(parts, edges.rank[hit[owner]], edges.street[hit[owner]])
    ring = Edges(path, np.full(len(path), RANK["footway"]), np.full(len(path), edges.street.max() + 1))
    touched = np.unique(np.concatenate([hit, hit_pairs(edges.line, path)[0]]))
    rest[touched] = False
    crossing = edges.take(np.setdiff1d(touched, hit))
    return edges.take(rest) + node(cut_back + ring + crossing)


def _surfaces(
    surface: Geometries, facts: list[places.Line], canal_count: int, district: shapely.Polygon
) -> tuple[Geometries, list[str], list[str], list[str]]:
    """Water surfaces that do not overlap: lakes, then rivers in order, then canals, inside the district."""
    lakes = _lakes()
    named = [*lakes, *surface[: len(facts)]]
    names = [lake[0] for lake in places.LAKES] + [line.name for line in facts]
    names_en = [lake[1] for lake in places.LAKES] + [line.name_en for line in facts]
    kinds = ["lake"] * len(lakes) + ["river"] * len(facts)
    taken: list[shapely.Geometry] = []
    for shape in named:
        others = [other for other in taken if other.intersects(shape)]
        rest = shape.difference(shapely.union_all(others)) if others else shape
        taken.append(rest.intersection(district))
    above = shapely.union_all(np.array(taken, dtype=object))
    merged = shapely.union_all(surface[len(facts) :]) if canal_count else shapely.Polygon()
    rest = shapely.get_parts(shapely.intersection(shapely.difference(merged, above), district))
    rest = rest[(shapely.get_dimensions(rest) == 2) & (shapely.area(rest) > 30.0)]
    rest = _split_wide(rest)
    keep = [index for index, shape in enumerate(taken) if shape.area > 30.0]
    water = np.concatenate([np.array([taken[index] for index in keep], dtype=object), rest])
    blank = [""] * len(rest)
    return (
        water,
        [kinds[i] for i in keep] + ["canal"] * len(rest),
        [names[i] for i in keep] + blank,
        [names_en[i] for i in keep] + blank,
    )


def _split_wide(polygons: Geometries, size_m: float = 1500.0) -> Geometries:
    """Cut spread-out canal systems by a square grid, so that each object stays small."""
    bounds = shapely.total_bounds(polygons)
    columns = np.arange(bounds[0], bounds[2] + size_m, size_m)
    rows = np.arange(bounds[1], bounds[3] + size_m, size_m)
    x, y = (grid.ravel() for grid in np.meshgrid(columns, rows))
    boxes = shapely.box(x, y, x + size_m, y + size_m)
    first, second = hit_pairs(polygons, boxes)
    parts, _ = parts_of(shapely.intersection(polygons[first], boxes[second]), 2)
    result: Geometries = parts[shapely.area(parts) > 20.0]
    return result

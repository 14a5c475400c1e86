"""Rivers from the facts, and the canals (河浜) between the street cells."""

from __future__ import annotations

import numpy as np
import shapely

from twin.demo import places
from twin.demo.geometry import Floats, Geometries, Ints, course, hit_pairs, parts_of, smooth, to_metres

BANK_M = 7.0
"""Green bank between the water's edge and the path along it."""


def rivers() -> tuple[Geometries, Floats, list[places.Line]]:
    """Centre lines in drawing space, widths in metres, and the facts they come from."""
    facts = list(places.RIVERS)
    lines = [course(line.course) for line in facts]
    turn = np.linspace(0, 2 * np.pi, 25)[:-1]
    reach = np.column_stack([np.cos(turn) * places.MOAT_RADII_M[0], np.sin(turn) * places.MOAT_RADII_M[1]])
    wobble = 1 + 0.05 * np.sin(3 * turn + 0.5)
    ring = smooth(to_metres(places.MOAT.course) + reach * wobble[:, None], 2, closed=True)
    lines.append(shapely.LineString(np.vstack([ring, ring[:1]])))
    facts.append(places.MOAT)
    return np.array(lines, dtype=object), np.array([line.width_m for line in facts]), facts


def canals(cells: Geometries, rng: np.random.Generator) -> tuple[Geometries, Floats]:
    """Canals that run through the middles of cells and of the streets between them.

    So a canal crosses streets about square and never runs along one. Two
    families, as in the old pattern of 横塘 and 纵浦: roughly west-east and
    roughly south-north.
    """
    first, second = hit_pairs(cells, cells)
    keep = first < second
    first, second = first[keep], second[keep]
    shared, owner = parts_of(
        shapely.intersection(shapely.boundary(cells[first]), shapely.boundary(cells[second]), grid_size=0.5),
        1,
    )
    merged = shapely.line_merge(_gather(shared, owner, len(first)))
    length = shapely.length(merged)
    wide = (length > 110.0) & (shapely.get_type_id(merged) == 1)
    first, second, merged = first[wide], second[wide], merged[wide]
    gates = shapely.get_coordinates(shapely.line_interpolate_point(merged, 0.5, normalized=True))
    middles = shapely.get_coordinates(shapely.centroid(cells))
    doors: list[list[tuple[int, int]]] = [[] for _ in range(len(cells))]
    for door, (one, other) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        doors[one].append((other, door))
        doors[other].append((one, door))
    lines: list[shapely.LineString] = []
    for heading, share in (((1.0, 0.0), 0.62), ((0.0, 1.0), 0.5)):
        lines += _family(np.array(heading), share, doors, gates=gates, middles=middles, rng=rng)
    if not lines:
        return np.empty(0, dtype=object), np.empty(0)
    widths = rng.choice([9.0, 12.0, 15.0, 18.0], len(lines), p=[0.35, 0.3, 0.2, 0.15])
    array = np.array(lines, dtype=object)
    return array, widths


def strips(lines: Geometries, widths: Floats, vertices: int = 7) -> Geometries:
    """Ground of each watercourse with its banks, in short overlapping pieces, quick to compare with."""
    pieces, reach = [], []
    for line, width in zip(lines, widths.tolist(), strict=True):
        points = shapely.get_coordinates(line)
        for start in range(0, len(points) - 1, vertices):
            pieces.append(points[start : start + vertices + 1])
            reach.append(width / 2 + BANK_M)
    made = np.array([shapely.LineString(piece) for piece in pieces], dtype=object)
    result: Geometries = shapely.buffer(made, np.array(reach), quad_segs=4)
    return result


def _gather(parts: Geometries, owner: Ints, count: int) -> Geometries:
    """Multi-lines of the parts that belong together (empty where there are none)."""
    result = np.full(count, shapely.MultiLineString(), dtype=object)
    if len(parts):
        made = shapely.multilinestrings(parts, indices=owner, out=result)
        return np.asarray(made, dtype=object)
    return result


def _family(
    heading: Floats,
    share: float,
    doors: list[list[tuple[int, int]]],
    *,
    gates: Floats,
    middles: Floats,
    rng: np.random.Generator,
) -> list[shapely.LineString]:
    """Walk from cell to cell along ``heading`` until no open cell lies ahead."""
    free = rng.random(len(doors)) < share + 0.25
    order = np.argsort(middles @ heading, kind="stable")
    lines = []
    for start in order.tolist():
        if not free[start]:
            continue
        track, cell = [middles[start]], start
        while True:
            free[cell] = False
            best, choice = 0.72, None
            for other, door in doors[cell]:
                step = middles[other] - middles[cell]
                ahead = float(step @ heading) / float(np.hypot(*step) + 1e-9)
                if ahead > best:
                    best, choice = ahead, (other, door)
            if choice is None:
                break
            other, door = choice
            track.append(gates[door])
            track.append(middles[other])
            if not free[other]:
                break
            cell = other
        if len(track) >= 5:
            lines.append(shapely.LineString(smooth(np.array(track), 2)))
    return lines

"""What passes over the streets: expressways with their ramps, and the metro."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely

from twin.demo import places
from twin.demo.geometry import (
    Floats,
    Geometries,
    Ints,
    bend,
    bend_geometries,
    course,
    hit_pairs,
    parts_of,
    to_metres,
)
from twin.demo.network import RANK, WIDTH_M, Edges

CLEAR_M = 9.0
"""Ground kept free beside an expressway."""
METRO_CLEAR_M = 13.0
RAMP_EVERY_M = 1700.0


@dataclass(frozen=True, slots=True)
class Metro:
    """Metro lines (metres) and stations."""

    line: Geometries
    number: list[str]
    name: list[str]
    name_en: list[str]
    underground: list[bool]
    station: Geometries


def expressways(district: shapely.Polygon) -> tuple[Geometries, Ints]:
    """Courses inside the district, and which of :data:`places.EXPRESSWAYS` each belongs to."""
    lines = bend_geometries(
        np.array([course(line.course) for line in places.EXPRESSWAYS], dtype=object), 60.0
    )
    return parts_of(shapely.intersection(lines, district), 1)


def metro(district: shapely.Polygon) -> Metro:
    """Lines through their stations, clipped to the district, and the stations in it."""
    position = {station.name: (station.lon, station.lat) for station in places.METRO_STATIONS}
    rows = []
    for name, name_en, number, underground, stops, before, after in places.METRO_LINES:
        through = [*before, *(position[stop] for stop in stops), *after]
        rows.append(
            (
                bend_geometries(np.array([course(through, 2)], dtype=object), 60.0)[0],
                number,
                name,
                name_en,
                underground,
            )
        )
    lines = shapely.intersection(np.array([row[0] for row in rows], dtype=object), district)
    stations = shapely.points(bend(to_metres([(s.lon, s.lat) for s in places.METRO_STATIONS])))
    on = [
        shapely.line_interpolate_point(line, shapely.line_locate_point(line, point))
        for point, line in zip(stations, _nearest(stations, lines), strict=True)
    ]
    return Metro(
        lines,
        [row[1] for row in rows],
        [row[2] for row in rows],
        [row[3] for row in rows],
        [row[4] for row in rows],
        np.array(on, dtype=object),
    )


def _nearest(points: Geometries, lines: Geometries) -> Geometries:
    tree = shapely.STRtree(lines)
    result: Geometries = lines[tree.nearest(points)]
    return result


def barriers(courses: Geometries, owner: Ints, rails: Metro, lakes: Geometries) -> Geometries:
    """Ground on which nothing may be built: under expressways and viaducts, and around lakes."""
    half = np.array([WIDTH_M[places.EXPRESSWAYS[index].kind] / 2 for index in owner])
    above = ~np.array(rails.underground)
    roads = shapely.buffer(shapely.segmentize(courses, 400.0), half + CLEAR_M, quad_segs=2, cap_style="flat")
    viaducts = shapely.buffer(rails.line[above], METRO_CLEAR_M, quad_segs=2)
    pieces = [_chop(shape) for shape in (*roads, *viaducts)]
    return np.concatenate([*pieces, shapely.buffer(lakes, 16.0)])


def _chop(shape: shapely.Geometry, size_m: float = 900.0) -> Geometries:
    """A long strip in short pieces, which are quick to compare with."""
    west, south, east, north = shape.bounds
    x, y = np.meshgrid(np.arange(west, east, size_m), np.arange(south, north, size_m))
    boxes = shapely.box(x.ravel(), y.ravel(), x.ravel() + size_m, y.ravel() + size_m)
    near = boxes[shapely.intersects(boxes, shape)]
    return parts_of(shapely.intersection(near, shape), 2)[0]


def ramps(courses: Geometries, streets: Edges) -> tuple[Geometries, Geometries, Ints]:
    """Slip roads where an expressway crosses a main street, about every 1.7 km.

    Returns the slip roads, and the expressway's pieces between the points where
    they leave it, with the course each belongs to. Each slip road ends at a
    node of the crossed street.
    """
    main = streets.take(streets.rank >= RANK["secondary"])
    course_of, street = hit_pairs(courses, main.line)
    crossing = shapely.intersection(courses[course_of], main.line[street])
    single = shapely.get_type_id(crossing) == 0
    course_of, street, crossing = course_of[single], street[single], crossing[single]
    at = shapely.line_locate_point(courses[course_of], crossing)
    order = np.lexsort((-main.rank[street], at.round(), course_of))
    slips: list[shapely.LineString] = []
    leaves: list[list[float]] = [[] for _ in courses]
    last: dict[int, float] = {}
    for index in order.tolist():
        which, place = int(course_of[index]), float(at[index])
        line = courses[which]
        if place - last.get(which, -RAMP_EVERY_M) < RAMP_EVERY_M:
            continue
        last[which] = place
        ends = [
            shapely.get_point(main.line[street[index]], 0),
            shapely.get_point(main.line[street[index]], -1),
        ]
        for end, step in zip(ends, (-260.0, 260.0), strict=True):
            leave = min(max(place + step, 0.0), line.length)
            leaves[which].append(leave)
            start = line.interpolate(leave)
            beside = line.interpolate((leave + place) / 2)
            middle = ((beside.x + end.x) / 2, (beside.y + end.y) / 2)
            slips.append(shapely.LineString([(start.x, start.y), middle, (end.x, end.y)]))
    pieces: list[shapely.LineString] = []
    owner: list[int] = []
    for which, line in enumerate(courses):
        for part in _split(line, sorted(leaves[which])):
            pieces.append(part)
            owner.append(which)
    return np.array(slips, dtype=object), np.array(pieces, dtype=object), np.array(owner)


def _split(line: shapely.LineString, places_m: list[float]) -> list[shapely.LineString]:
    """Pieces of ``line`` between distances along it; the exact split points are kept as vertices."""
    points = shapely.get_coordinates(line)
    along: Floats = np.r_[0.0, np.cumsum(np.hypot(*np.diff(points, axis=0).T))]
    inner = [place for place in places_m if 1.0 < place < line.length - 1.0]
    limits = [0.0, *sorted(set(inner)), line.length]
    pieces = []
    for start, end in pairwise(limits):
        first, last = line.interpolate(start), line.interpolate(end)
        between = points[(along > start + 0.01) & (along < end - 0.01)]
        pieces.append(shapely.LineString([(first.x, first.y), *map(tuple, between), (last.x, last.y)]))
    return pieces

"""The road layer: streets, ways inside plots, expressways and slip roads, with their rules."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas
import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from twin.demo import names, places
from twin.demo.buildings import Ways
from twin.demo.elevated import Metro
from twin.demo.frames import frame
from twin.demo.geometry import Bools, Geometries, Ints, hit_pairs, to_metres
from twin.demo.network import CLASSES, RANK, WIDTH_M, Edges, node_into
from twin.demo.towns import Towns, town_at

LANES = {
    "motorway": 6,
    "trunk": 6,
    "primary": 6,
    "secondary": 4,
    "tertiary": 2,
    "residential": 2,
    "service": 1,
    "footway": 0,
    "track": 1,
}
SPEED_KMH = {
    "motorway": 100,
    "trunk": 80,
    "primary": 60,
    "secondary": 50,
    "tertiary": 40,
    "residential": 30,
    "service": 15,
    "footway": None,
    "track": 20,
}
UNDERPASS_GAP_M = 900.0
TESTING_SHARE = 0.78
"""Share of main streets within the intelligent-vehicle pilot area that are open for testing."""


@dataclass(slots=True)
class Streets:
    """Every piece of the road layer, in metres; parallel arrays."""

    line: Geometries
    rank: Ints
    name: list[str]
    private: Bools
    bridge: Bools
    tunnel: Bools
    level: Ints
    ramp: Bools
    testing: Bools


def street_names(edges: Edges, count: int, rng: np.random.Generator) -> list[str]:
    """Name of every drawn street; banks and footpaths have none."""
    known = [line.name for line in places.ARTERIALS]
    greatest = np.zeros(count, dtype=np.int64)
    np.maximum.at(greatest, edges.street, edges.rank)
    named = np.flatnonzero(greatest >= RANK["residential"])
    named = named[named >= len(known)]
    result = known + [""] * (count - len(known))
    for index, name in zip(named.tolist(), names.streets(len(named), set(known), rng), strict=True):
        result[index] = name
    return result


def join(
    edges: Edges,
    ways: Ways,
    street_name: list[str],
    *,
    slips: Geometries,
    courses: Geometries,
    course_of: Ints,
    rails: Metro,
    water: Geometries,
    rng: np.random.Generator,
) -> tuple[Streets, Geometries]:
    """All pieces noded together on the ground, the expressways above; also where underpasses are."""
    inner = len(street_name)
    way_rank = np.where(ways.service, RANK["service"], RANK["footway"])
    ground = node_into(edges, Edges(ways.line, way_rank, inner + ways.plot))
    ground = _attached(ground)
    bridge = _over_water(ground.line, water)
    above = np.concatenate([courses, rails.line[~np.array(rails.underground)]])
    ground, bridge, tunnel, dips = _underpasses(ground, bridge, above, rng)
    n, slip_count, course_count = len(ground.line), len(slips), len(courses)
    lookup = np.array([*street_name, ""], dtype=object)
    name = lookup[np.minimum(ground.street, inner)].tolist()
    name += ["匝道"] * slip_count + [places.EXPRESSWAYS[index].name for index in course_of]
    kinds = [RANK[places.EXPRESSWAYS[index].kind] for index in course_of]
    rank = np.concatenate(
        [ground.rank, np.full(slip_count, RANK["secondary"]), np.array(kinds, dtype=np.int64)]
    )
    high = np.ones(slip_count + course_count, dtype=bool)
    line = np.concatenate([ground.line, slips, courses])
    streets = Streets(
        line,
        rank,
        name,
        np.r_[ground.street >= inner, ~high],
        np.r_[bridge, high],
        np.r_[tunnel, ~high],
        np.r_[np.where(bridge, 1, np.where(tunnel, -1, 0)), np.ones(len(high), dtype=np.int64)],
        np.r_[np.zeros(n, dtype=bool), np.ones(slip_count, dtype=bool), np.zeros(course_count, dtype=bool)],
        np.zeros(len(line), dtype=bool),
    )
    streets.testing = _testing(streets, rng)
    return streets, dips


def _attached(ground: Edges) -> Edges:
    """Drop ways and paths that reach no street of the main network."""
    ends = shapely.get_coordinates(shapely.get_point(ground.line, [[0], [-1]]).ravel())
    _, at = np.unique(np.round(ends, 3), axis=0, return_inverse=True)
    start, end = at.ravel().reshape(2, -1)
    size = int(at.max()) + 1
    _, part = connected_components(coo_array((np.ones(len(start)), (start, end)), shape=(size, size)))
    length = np.bincount(part[start], weights=shapely.length(ground.line))
    return ground.take((part[start] == np.argmax(length)) | (ground.rank > RANK["service"]))


def _over_water(lines: Geometries, water: Geometries) -> Bools:
    """Whether at least two metres of a line lie over water."""
    over = np.zeros(len(lines))
    surface, line = hit_pairs(water, lines)
    np.add.at(over, line, shapely.length(shapely.intersection(lines[line], water[surface])))
    return over > 2.0


def _underpasses(
    ground: Edges, bridge: Bools, above: Geometries, rng: np.random.Generator, most: int = 36
) -> tuple[Edges, Bools, Bools, Geometries]:
    """Let some main streets dive where they pass under something: pieces of 2 x 45 m."""
    candidates = np.flatnonzero(
        (ground.rank >= RANK["tertiary"]) & ~bridge & (shapely.length(ground.line) > 130)
    )
    over, street = hit_pairs(above, ground.line[candidates])
    crossing = shapely.intersection(above[over], ground.line[candidates[street]])
    single = shapely.get_type_id(crossing) == 0
    street, crossing = candidates[street[single]], crossing[single]
    at = shapely.line_locate_point(ground.line[street], crossing)
    room = (at > 50) & (at < shapely.length(ground.line[street]) - 50)
    street, crossing, at = street[room], crossing[room], at[room]
    chosen: list[int] = []
    points = shapely.get_coordinates(crossing)
    for index in rng.permutation(len(street)).tolist():
        gap = np.hypot(*(points[chosen] - points[index]).T) if chosen else np.array([np.inf])
        if gap.min() > UNDERPASS_GAP_M and len(chosen) < most:
            chosen.append(index)
    chosen = sorted(chosen)
    lines, owner, dive = list(ground.line), list(range(len(ground.line))), [False] * len(ground.line)
    for index in chosen:
        line = ground.line[street[index]]
        first, middle, last = (
            _between(line, start, end)
            for start, end in (
                (0, at[index] - 45),
                (at[index] - 45, at[index] + 45),
                (at[index] + 45, line.length),
            )
        )
        lines[street[index]] = first
        lines += [middle, last]
        owner += [int(street[index])] * 2
        dive += [True, False]
    source = np.array(owner)
    return (
        Edges(np.array(lines, dtype=object), ground.rank[source], ground.street[source]),
        bridge[source],
        np.array(dive),
        crossing[chosen],
    )


def _between(line: shapely.LineString, start: float, end: float) -> shapely.LineString:
    points = shapely.get_coordinates(line)
    along = np.r_[0.0, np.cumsum(np.hypot(*np.diff(points, axis=0).T))]
    inner = points[(along > start + 0.01) & (along < end - 0.01)]
    first = points[0] if start <= 0 else shapely.get_coordinates(line.interpolate(start))[0]
    last = points[-1] if end >= line.length else shapely.get_coordinates(line.interpolate(end))[0]
    return shapely.LineString(np.vstack([first, inner, last]))


def _testing(streets: Streets, rng: np.random.Generator) -> Bools:
    """Streets open to connected vehicles: most in the pilot area, whole named streets elsewhere."""
    outline = next(course for _, _, kind, course in places.PILOT_AREAS if kind == "vehicle")
    area = shapely.Polygon(to_metres(outline))
    shapely.prepare(area)
    main = (streets.rank >= RANK["tertiary"]) & ~streets.ramp & (streets.rank < RANK["motorway"])
    middle = shapely.line_interpolate_point(streets.line, 0.5, normalized=True)
    inside = main & shapely.contains(area, middle) & (rng.random(len(streets.line)) < TESTING_SHARE)
    open_names = {"博园路", "墨玉路", "曹安公路", "白银路", "永盛路", "裕民南路", "嘉松北路", "塔城路"}
    named = np.array([name in open_names for name in streets.name], dtype=bool)
    result: Bools = inside | (main & named)
    return result


def layer(streets: Streets, towns: Towns) -> geopandas.GeoDataFrame:
    """The road layer."""
    classes = [CLASSES[rank] for rank in streets.rank.tolist()]
    middle = shapely.get_coordinates(shapely.line_interpolate_point(streets.line, 0.5, normalized=True))
    motor_only = streets.rank >= RANK["trunk"]
    foot = np.where(streets.private, "private", np.where(motor_only | streets.ramp, "no", "yes")).astype(
        object
    )
    width = np.array([WIDTH_M[name] for name in classes])
    lanes = np.array([LANES[name] for name in classes])
    return frame(
        "road",
        streets.line,
        town_at(towns, middle),
        {
            "name": [name or None for name in streets.name],
            "name_en": [
                "Slip road" if ramp else names.english(name) if name else None
                for name, ramp in zip(streets.name, streets.ramp.tolist(), strict=True)
            ],
            "class": classes,
            "lanes": np.where(streets.ramp, 1, lanes),
            "width_m": np.where(streets.ramp, 7.0, width),
            "foot": foot,
            "cycle": foot,
            "oneway": streets.ramp,
            "bridge": streets.bridge,
            "tunnel": streets.tunnel,
            "level": streets.level,
            "open_for_testing": streets.testing,
            "speed_kmh": [
                40 if ramp else SPEED_KMH[name]
                for name, ramp in zip(classes, streets.ramp.tolist(), strict=True)
            ],
        },
    )

"""Street blocks become plots: the ground to build on, its use and its built form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from twin.demo import places
from twin.demo.forms import BY_NAME, FORMS
from twin.demo.geometry import (
    Floats,
    Geometries,
    Ints,
    bend,
    hit_pairs,
    main_axis,
    parts_of,
    to_metres,
    without,
)
from twin.demo.network import CLASSES, WIDTH_M, Pattern
from twin.demo.zoning import CIRCUIT, INDUSTRY, OLD, RURAL, URBAN, centrality

PAVEMENT_M = 4.0
"""Between carriageway and plot."""
OPEN, PARK, FIELD, WOOD, SITE, TRACK = -1, -2, -3, -4, -5, -6
"""Uses of ground that carry no buildings of a form."""


@dataclass(slots=True)
class Plots:
    """Ground with one use; the plots of one block do not overlap.

    ``ground`` is what may be built on, ``block`` the face between street centre
    lines it lies in, ``use`` a form's index or one of the open uses, ``turn``
    the direction of its rows in radians.
    """

    ground: Geometries
    block: Geometries
    block_index: Ints
    use: Ints
    turn: Floats
    central: Floats

    def take(self, which: Ints) -> Plots:
        """Some of the plots."""
        return Plots(
            self.ground[which],
            self.block[which],
            self.block_index[which],
            self.use[which],
            self.turn[which],
            self.central[which],
        )


def inset(pattern: Pattern, barriers: Geometries) -> Geometries:
    """Each block less half of every street at or in it, its pavement, and the ``barriers``."""
    blocks, edges = pattern.blocks, pattern.edges
    ground = blocks.copy()
    reach = np.array(
        [WIDTH_M[name] / 2 + (1.5 if name in ("footway", "track") else PAVEMENT_M) for name in CLASSES]
    )
    shapely.prepare(blocks)
    for rank in np.unique(edges.rank):
        lines = edges.line[edges.rank == rank]
        owner, line = hit_pairs(blocks, lines, "dwithin", reach[rank] - 0.5)
        if len(owner) == 0:
            continue
        groups, index = np.unique(owner, return_inverse=True)
        together = shapely.line_merge(shapely.multilinestrings(lines[line], indices=index))
        band = shapely.buffer(together, reach[rank], quad_segs=2)
        ground[groups] = shapely.difference(ground[groups], band)
    return without(ground, barriers)


def assign(pattern: Pattern, barriers: Geometries, rng: np.random.Generator) -> Plots:
    """Plots of every block with their use and built form."""
    parts, owner = parts_of(inset(pattern, barriers), 2)
    keep = shapely.area(parts) > 150.0
    parts, owner = parts[keep], owner[keep]
    middles = shapely.get_coordinates(shapely.point_on_surface(parts))
    central = centrality(middles)
    area = shapely.area(parts)
    axis, _, short = main_axis(parts)
    use = _uses(pattern.block_kind[owner], central, area, rng)
    use[(area < 700) | (short < 14)] = OPEN
    for _, _, lon, lat, radius in places.PARKS:
        middle = bend(to_metres([(lon, lat)]))[0]
        away = np.hypot(*(middles - middle).T)
        use[(away < radius) & (pattern.block_kind[owner] != -1)] = PARK
        use[np.argmin(away)] = PARK
    return Plots(parts, pattern.blocks[owner], owner, use, _rows(axis, use, rng), central)


def _rows(axis: Floats, use: Ints, rng: np.random.Generator) -> Floats:
    """Direction of rows: along the street for aligned forms, else facing south within 22 degrees."""
    quarter = np.pi / 2
    folded = (axis + quarter / 2) % quarter - quarter / 2
    aligned = np.array([form.aligned for form in FORMS])[np.maximum(use, 0)] & (use >= 0)
    south = np.clip(folded, -0.38, 0.38)
    lean = rng.normal(0, 0.04, len(axis))
    limit = np.abs(folded) < 0.38
    return np.where(aligned, axis, np.where(limit, folded, south + lean))


def _uses(kind: Ints, central: Floats, area: Floats, rng: np.random.Generator) -> Ints:
    """Draw a use for each plot from the shares of its kind of ground."""
    form = BY_NAME
    use = np.full(len(kind), FIELD)
    draw = rng.random(len(kind))

    def share(where: np.ndarray, table: list[tuple[int, float]]) -> None:
        values = np.array([value for value, _ in table])
        limits = np.cumsum([weight for _, weight in table])
        use[where] = values[
            np.searchsorted(limits / limits[-1], draw[where], side="right").clip(0, len(values) - 1)
        ]

    share(
        (kind == URBAN) & (central >= 0.85),
        [
            (form["slab"], 30),
            (form["tower"], 57),
            (form["villa"], 1),
            (form["mall"], 5.5),
            (form["office"], 6),
            (form["street"], 3),
            (form["campus"], 6),
            (form["hospital"], 1.2),
            (form["civic"], 2.5),
            (PARK, 5),
            (SITE, 1.2),
            (OPEN, 1),
        ],
    )
    share(
        (kind == URBAN) & (central < 0.85),
        [
            (form["slab"], 45),
            (form["tower"], 42),
            (form["villa"], 3),
            (form["mall"], 2),
            (form["office"], 3),
            (form["street"], 3),
            (form["campus"], 5),
            (form["hospital"], 0.7),
            (form["civic"], 1.3),
            (PARK, 4),
            (form["plant"], 4),
            (SITE, 1.2),
            (OPEN, 1),
        ],
    )
    share(
        kind == OLD,
        [
            (form["lane"], 66),
            (form["slab"], 14),
            (form["street"], 10),
            (form["civic"], 3),
            (form["campus"], 3),
            (PARK, 3),
            (OPEN, 1),
        ],
    )
    share(
        kind == INDUSTRY,
        [
            (form["works"], 10),
            (form["plant"], 24),
            (form["hall"], 51),
            (form["shed"], 10),
            (form["office"], 4),
            (form["slab"], 5),
            (form["street"], 1),
            (PARK, 2),
            (OPEN, 3),
            (FIELD, 3),
            (SITE, 1.5),
        ],
    )
    share(
        kind == RURAL,
        [
            (form["village"], 42),
            (form["row"], 25),
            (form["slab"], 8.5),
            (FIELD, 12),
            (WOOD, 6),
            (form["plant"], 5),
            (form["civic"], 0.5),
            (SITE, 0.1),
        ],
    )
    use[(kind == RURAL) & (area < 9_000)] = FIELD
    use[(kind == RURAL) & (area < 2_500)] = WOOD
    use[kind == CIRCUIT] = TRACK
    large = {
        "mall": 9_000,
        "campus": 9_000,
        "hospital": 9_000,
        "hall": 14_000,
        "shed": 14_000,
        "plant": 5_000,
        "tower": 6_000,
    }
    smaller = {
        "mall": "street",
        "campus": "civic",
        "hospital": "civic",
        "hall": "plant",
        "shed": "plant",
        "plant": "works",
        "tower": "slab",
    }
    for name, least in large.items():
        use[(use == form[name]) & (area < least)] = form[smaller[name]]
    return use


def villages(plots: Plots, rng: np.random.Generator) -> Plots:
    """Break village blocks into house groups at the edge of their fields, and the fields around them."""
    village = np.flatnonzero(np.isin(plots.use, (BY_NAME["village"], BY_NAME["row"])))
    ground = plots.ground[village]
    rest = ground.copy()
    new: list[tuple[Geometries, Ints]] = []
    for _ in range(4):
        edge = shapely.get_exterior_ring(ground)
        length = shapely.length(edge)
        start = rng.random(len(village))
        stretch = np.minimum(rng.uniform(130, 380, len(village)) / length, 0.4)
        stations = (start[:, None] + stretch[:, None] * np.linspace(0, 1, 6)) % 1.0
        points = shapely.get_coordinates(
            shapely.line_interpolate_point(edge[:, None], stations, normalized=True).ravel()
        )
        along = shapely.linestrings(points.reshape(-1, 6, 2))
        flat = shapely.buffer(
            along, rng.uniform(40, 95, len(village)), cap_style="flat", join_style="mitre", mitre_limit=1.6
        )
        group = shapely.intersection(rest, flat)
        parts, owner = parts_of(group, 2)
        good = shapely.area(parts) > 4_500
        new.append((parts[good], village[owner[good]]))
        taken = np.unique(owner[good])
        rest[taken] = shapely.difference(rest[taken], shapely.buffer(flat[taken], 4.0, quad_segs=2))
    fields, field_owner = parts_of(rest, 2)
    good = shapely.area(fields) > 100
    groups = np.concatenate([part for part, _ in new])
    owners = np.concatenate([owner for _, owner in new])
    others = np.setdiff1d(np.arange(len(plots.use)), village)
    houses = plots.take(owners)
    houses.ground = groups
    open_fields = plots.take(village[field_owner[good]])
    open_fields.ground = fields[good]
    open_fields.use = np.full(len(open_fields.use), FIELD)
    kept = plots.take(others)
    return Plots(
        *(
            np.concatenate([getattr(one, name) for one in (kept, houses, open_fields)])
            for name in ("ground", "block", "block_index", "use", "turn", "central")
        )
    )

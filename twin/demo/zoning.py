"""What the ground is for: fields of attraction around the facts' centres and industrial areas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from twin.demo import places, towns
from twin.demo.geometry import Bools, Floats, Geometries, Ints, bend, bend_geometries, hit_pairs, to_metres

UNDEVELOPED, RURAL, URBAN, OLD, INDUSTRY, CIRCUIT = range(-1, 5)
"""Kinds of ground."""


def _zones(zones: tuple[places.Zone, ...]) -> tuple[Floats, Floats, Floats]:
    middles = bend(to_metres([(zone.lon, zone.lat) for zone in zones]))
    return (middles, np.array([zone.radius_m for zone in zones]), np.array([zone.strength for zone in zones]))


def pull(points: Floats, zones: tuple[places.Zone, ...]) -> Floats:
    """Greatest attraction of ``zones`` at each point (n, 2): strength in the middle, 0 far away."""
    middles, radii, strengths = _zones(zones)
    squared = ((points[:, None, :] - middles[None]) ** 2).sum(axis=2) / radii**2
    result: Floats = (strengths * np.exp(-squared)).max(axis=1)
    return result


def centrality(points: Floats) -> Floats:
    """Urban attraction including that of metro stations, about 0 to 1.4."""
    stations = tuple(places.Zone(s.name, s.lon, s.lat, 900.0, 0.75) for s in places.METRO_STATIONS)
    return np.maximum(pull(points, places.URBAN), pull(points, stations))


def cell_m2(scale: float) -> float:
    """Target size of the cells between main streets: about 400 m square, larger in a small city."""
    return float(0.17e6 * np.clip(scale**-0.5, 1.0, 8.0))


@dataclass(frozen=True, slots=True)
class Zoning:
    """What each 400 m cell (polygon in drawing space) is for.

    ``developed`` is false for the cells that a city of a scale below 1 leaves
    as fields between main streets.
    """

    cells: Geometries
    kind: Ints
    developed: Bools

    def block_m2(self, rng: np.random.Generator) -> Floats:
        """Target size of the street blocks of each cell in square metres."""
        kind, count = self.kind, len(self.cells)
        urban = np.clip(centrality(_middles(self.cells)), 0, 1.2)
        size = np.select(
            [kind == URBAN, kind == OLD, kind == INDUSTRY],
            [
                (62_000 - 28_000 * urban) * rng.uniform(0.75, 1.35, count),
                9_000.0,
                rng.uniform(60_000, 130_000, count),
            ],
            1e9,
        )
        return np.where(self.developed, size, 1e9)

    def kind_at(self, points: Geometries) -> Ints:
        """Kind of ground at points in the bent plane: -1 where nothing is developed."""
        point, cell = hit_pairs(points, bend_geometries(self.cells, 120.0), "within")
        kind = np.full(len(points), RURAL)
        kind[point] = np.where(self.developed, self.kind, UNDEVELOPED)[cell]
        return kind


def zone(cells: Geometries, scale: float, rng: np.random.Generator) -> Zoning:
    """Decide on each cell by its attractions and a little chance.

    With ``scale`` below 1 that share of the ground is developed: first the cell
    of every town's centre, then half of the rest the most central, half spread over the
    district; and at least one cell of industry.
    """
    middles = _middles(cells)
    urban = centrality(middles) + rng.normal(0, 0.07, len(cells))
    industry = pull(middles, places.INDUSTRY) + rng.normal(0, 0.07, len(cells))
    old = pull(middles, places.OLD_TOWNS) > 0.4
    kind = np.full(len(cells), RURAL)
    kind[industry > 0.4] = INDUSTRY
    kind[(urban > 0.22) & (urban > industry * 0.9)] = URBAN
    kind[old] = OLD
    kind[pull(middles, (places.CIRCUIT,)) > 0.37] = CIRCUIT
    developed = np.ones(len(cells), dtype=bool)
    if scale < 1:
        area = shapely.area(cells)
        first = _town_cells(cells)
        kind[first[kind[first] != OLD]] = URBAN
        developed[:] = False
        developed[first] = True
        budget = 0.5 * (scale * area.sum() - area[first].sum())
        for order in (np.argsort(-(urban + 0.4 * old), kind="stable"), rng.permutation(len(cells))):
            free = order[~developed[order]]
            developed[free[: int(np.searchsorted(np.cumsum(area[free]), budget))]] = True
        if not (kind[developed] == INDUSTRY).any():
            developed[np.argmax(industry)] = True
    return Zoning(cells, kind, developed)


def _town_cells(cells: Geometries) -> Ints:
    """The cell in which each town's centre lies."""
    rows = towns.read()
    centres = shapely.points(bend(to_metres([(float(row["lon"]), float(row["lat"])) for row in rows])))
    away = shapely.distance(bend_geometries(cells, 120.0)[None], centres[:, None])
    return np.unique(np.argmin(away, axis=1))


def _middles(cells: Geometries) -> Floats:
    return bend(shapely.get_coordinates(shapely.centroid(cells)))

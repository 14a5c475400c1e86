"""What the ground is for: fields of attraction around the facts' centres and industrial areas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from twin.demo import places
from twin.demo.geometry import Bools, Floats, Geometries, Ints, bend, hit_pairs, to_metres

RURAL, URBAN, OLD, INDUSTRY, CIRCUIT = range(5)
"""Kinds of ground."""


def _zones(zones: tuple[places.Zone, ...]) -> tuple[Floats, Floats, Floats]:
    middles = bend(to_metres([(zone.lon, zone.lat) for zone in zones]))
    return (middles, np.array([zone.radius_m for zone in zones]),
            np.array([zone.strength for zone in zones]))


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


@dataclass(slots=True)
class Zoning:
    """How the ground is used and how finely it is cut.

    ``scale`` below 1 keeps only that share of the developed ground, the most
    central first; the rest of the city stays fields and main streets.
    """

    scale: float
    seed: np.random.Generator
    cell_m2: float = 0.17e6
    _cells: Geometries | None = None
    _kind: Ints | None = None
    developed: Bools | None = None

    def kind_of_cells(self, cells: Geometries) -> Ints:
        """Kind of ground of each 400 m cell in drawing space, remembered for the blocks."""
        middles = bend(shapely.get_coordinates(shapely.centroid(cells)))
        noise = self.seed.normal(0, 0.07, len(cells))
        urban = centrality(middles) + noise
        industry = pull(middles, places.INDUSTRY) + self.seed.normal(0, 0.07, len(cells))
        kind = np.full(len(cells), RURAL)
        kind[industry > 0.45] = INDUSTRY
        kind[(urban > 0.33) & (urban > industry * 0.9)] = URBAN
        old = pull(middles, places.OLD_TOWNS) > 0.4
        kind[old] = OLD
        circuit = pull(middles, (places.CIRCUIT,)) > 0.37
        kind[circuit] = CIRCUIT
        self._cells, self._kind = cells, kind
        self.developed = self._most_central(cells, urban + 0.4 * old)
        return kind

    def _most_central(self, cells: Geometries, score: Floats) -> Bools:
        """The ``scale`` share of ground, a mixture over all of the district."""
        if self.scale >= 1:
            return np.ones(len(cells), dtype=bool)
        area = shapely.area(cells)
        order = self.seed.permutation(len(cells))
        chosen = np.zeros(len(cells), dtype=bool)
        chosen[order[np.cumsum(area[order]) <= self.scale * area.sum()]] = True
        chosen[np.argsort(-score, kind="stable")[: max(4, round(len(cells) * self.scale / 3))]] = True
        return chosen

    def block_m2(self, cells: Geometries, kind: Ints, rng: np.random.Generator) -> Floats:
        """Target size of street blocks in square metres for each cell."""
        assert self.developed is not None
        middles = bend(shapely.get_coordinates(shapely.centroid(cells)))
        urban = np.clip(centrality(middles), 0, 1.2)
        size = np.select(
            [kind == URBAN, kind == OLD, kind == INDUSTRY],
            [(62_000 - 28_000 * urban) * rng.uniform(0.75, 1.35, len(cells)), 9_000.0,
             rng.uniform(60_000, 130_000, len(cells))], 1e9)
        return np.where(self.developed, size, 1e9)

    def kind_of_points(self, points: Geometries) -> Ints:
        """Kind of ground of the blocks around ``points`` (bent); undeveloped cells are fields."""
        assert self._cells is not None and self._kind is not None and self.developed is not None
        from twin.demo.geometry import bend_geometries

        point, cell = hit_pairs(points, bend_geometries(self._cells, 120.0), "within")
        kind = np.full(len(points), RURAL)
        open_ground = np.where(self.developed, self._kind, -1)
        kind[point] = open_ground[cell]
        return kind

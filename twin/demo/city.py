"""What the makers of the layers share: the built city in metres, before it becomes frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from twin.demo.blocks import Plots
from twin.demo.buildings import Buildings
from twin.demo.geometry import Floats, Geometries, Ints
from twin.demo.towns import Towns

CELL_M = 250.0


@dataclass(slots=True)
class City:
    """The built city. Arrays along plots: ``plot_*``; along buildings: ``*`` of ``buildings`` and ``home_*``.

    ``estate`` is each plot's estate number or -1; ``address`` each building's
    street and number; ``spot`` a point inside each building (n, 2).
    """

    scale: float
    towns: Towns
    plots: Plots
    plot_town: Ints
    plot_street: list[str]
    buildings: Buildings
    building_town: Ints
    area_m2: Floats
    floor_area_m2: Floats
    people: Ints
    spot: Floats
    address: list[str]
    estate: Ints
    estate_name: list[str]

    def count(self, full: float, least: int = 1) -> int:
        """``full`` objects at scale 1, fewer at a smaller scale."""
        return max(least, round(full * self.scale))


def density(people: Ints, spots: Floats, at: Floats) -> Floats:
    """Residents in the nine 250 m cells around each point of ``at`` (n, 2)."""
    every = np.vstack([spots, at])
    low = np.floor(every.min(axis=0) / CELL_M) - 1
    size = (np.floor(every.max(axis=0) / CELL_M) - low + 3).astype(int)
    grid = np.zeros(size)
    cell = (np.floor(spots / CELL_M) - low).astype(int)
    np.add.at(grid, (cell[:, 0], cell[:, 1]), people)
    total = sum(np.roll(grid, (dx, dy), axis=(0, 1)) for dx in (-1, 0, 1) for dy in (-1, 0, 1))
    cell = (np.floor(at / CELL_M) - low).astype(int)
    result: Floats = np.asarray(total)[cell[:, 0], cell[:, 1]]
    return result


def draw(
    weights: Floats, count: int, rng: np.random.Generator, spots: Floats | None = None, apart_m: float = 0.0
) -> Ints:
    """``count`` different indices by weight; at most one in each square cell of ``apart_m`` while that goes.

    Exponential-key sampling without replacement (Efraimidis and Spirakis 2006).
    """
    keys = rng.exponential(size=len(weights)) / np.maximum(weights, 1e-12)
    order = np.argsort(keys, kind="stable")
    order = order[: int((weights > 0).sum())]
    if spots is not None and apart_m > 0 and len(order):
        cell = np.floor(spots[order] / apart_m).astype(np.int64)
        _, first = np.unique(cell[:, 0] * 1_000_003 + cell[:, 1], return_index=True)
        ahead = np.zeros(len(order), dtype=bool)
        ahead[first] = True
        order = np.concatenate([order[ahead], order[~ahead]])
    return np.sort(order[:count])


def points(coordinates: Floats) -> Geometries:
    """Point geometries from (n, 2)."""
    result: Geometries = shapely.points(coordinates)
    return result

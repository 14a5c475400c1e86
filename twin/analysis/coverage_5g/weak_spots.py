"""Weak spots: connected places without coverage, those first where most people live.

A cell is weak where the signal does not meet the profile with no wall in between,
so a spot goes on through the buildings in it, and its people are those who are not
covered in front of their homes. Cells that touch at a side are one spot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.analysis.coverage_5g import _kernels
from twin.analysis.coverage_5g.tables import Assessment, at_cells, plain
from twin.analysis.coverage_5g.zones import Cells, Floats
from twin.errors import InputError

MOST = 2000


@dataclass(frozen=True, slots=True)
class WeakSpot:
    """One weak spot; ``lon``, ``lat`` is the middle of one of its cells, near where its people live.

    ``bounds`` are west, south, east, north in degrees, ``mean_rsrp_dbm`` the mean SS-RSRP in dB of cells with
    a signal (None: none has), ``unheard`` the cells without one; ``name`` the nearest street.
    """

    rank: int
    lon: float
    lat: float
    people: float
    cells: int
    unheard: int
    km2: float
    mean_rsrp_dbm: float | None
    name: str
    bounds: tuple[float, float, float, float]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "rank": self.rank,
            "lon": round(self.lon, 7),
            "lat": round(self.lat, 7),
            "people": round(self.people),
            "cells": self.cells,
            "unheard": self.unheard,
            "km2": round(self.km2, 4),
            "mean_rsrp_dbm": self.mean_rsrp_dbm,
            "name": self.name,
            "bounds": [round(value, 7) for value in self.bounds],
        }


def find(found: Assessment, most: int = 50) -> list[WeakSpot]:
    """The ``most`` weak spots of the district by people, of equal ones the larger.

    :class:`twin.errors.InputError` when ``most`` is not 1 to :data:`MOST`.
    """
    from scipy import ndimage

    if not 1 <= most <= MOST:
        raise InputError(
            f"弱覆盖区个数应在 1 到 {MOST} 之间，得到 {most}。",
            f"ask for 1 to {MOST} weak spots, not {most}.",
        )
    zones, grid = found.zones, found.zones.grid
    homes = zones.homes
    weak = zones.inside & ~found.outside
    label, count = ndimage.label(weak)
    all_cells = np.flatnonzero(weak)
    spot = label.ravel()[all_cells]
    cells = np.bincount(spot, minlength=count + 1)
    at = label.ravel()[homes.cell]
    weight = homes.people_at * found.homes[homes.home]
    people = np.bincount(at, weight, count + 1)
    people[0] = 0
    order = np.lexsort((np.arange(count + 1), -cells, -people))[: min(most, count)]
    # Cells of the chosen spots, spot by spot.
    rank = np.zeros(count + 1, np.int32)
    rank[order] = np.arange(1, len(order) + 1)
    chosen = np.flatnonzero(rank[spot])
    flat = all_cells[chosen[np.argsort(rank[spot[chosen]], kind="stable")]]
    inner = np.split(flat, np.cumsum(cells[order])[:-1]) if len(order) else []
    middles = [_middle(grid.columns, part, homes.cell[at == number], weight[at == number])
               for number, part in zip(order.tolist(), inner, strict=True)]  # fmt: skip
    x, y = grid.middles(*np.divmod(np.array(middles, np.int64), grid.columns))
    lon, lat = grid.to_degrees(x, y)
    streets = zones.street(x, y)
    result = []
    for number, part, place in zip(order.tolist(), inner, range(len(order)), strict=True):
        (best,) = at_cells(found.run, part, (_kernels.BEST,))
        heard = best[best > _kernels.NOTHING_DBM]
        row, column = np.divmod(part, grid.columns)
        (top, left), (bottom, right) = (row.min(), column.min()), (row.max() + 1, column.max() + 1)
        west, north = grid.west + left * grid.cell_m, grid.north - top * grid.cell_m
        east, south = grid.west + right * grid.cell_m, grid.north - bottom * grid.cell_m
        across, along = grid.to_degrees([west, east, west, east], [south, south, north, north])
        result.append(
            WeakSpot(
                place + 1,
                float(lon[place]),
                float(lat[place]),
                float(people[number]),
                int(cells[number]),
                int(len(best) - len(heard)),
                float(cells[number] * grid.cell_m**2 / 1e6),
                plain(heard.mean(dtype=np.float64), 2) if len(heard) else None,
                streets[place],
                (float(across.min()), float(along.min()), float(across.max()), float(along.max())),
            )
        )
    return result


def _middle(columns: int, cells: Cells, lived_in: Cells, people: Floats) -> int:
    """Of a spot's cells the one nearest to the mean place of its people, or of its cells where nobody lives."""
    row, column = np.divmod(cells, columns)
    middle = row.mean(), column.mean()
    total = float(people.sum())
    if total > 0:
        at = np.divmod(lived_in, columns)
        middle = (people @ at[0]) / total, (people @ at[1]) / total
    return int(cells[np.argmin((row - middle[0]) ** 2 + (column - middle[1]) ** 2)])

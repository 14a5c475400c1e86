"""A judged run as a map shows it: rasters of small integers with the corners they lie between."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.analysis.coverage_5g import criteria
from twin.analysis.coverage_5g.result import METRICS, NODATA
from twin.analysis.coverage_5g.tables import Assessment
from twin.errors import UnknownName

SERVER, PROBABILITY = "server", "probability"
"""Rasters that are shown beside those of :data:`METRICS`: the row of the best sector modulo
:data:`SERVER_COLORS`, and the probability to reach the profile's SS-RSRP."""
SERVER_COLORS = 12
MOST_CELLS = 4_000_000
"""A larger raster is shown with every second, third … cell, so that a browser can hold it."""


class Picture(NamedTuple):
    """A raster of int16 little-endian octets, rows from the north; a value is ``stored x scale``."""

    octets: bytes
    width: int
    height: int
    scale: float
    nodata: int
    corners: list[list[float]]


def stored(found: Assessment, metric: str, *, indoors: bool = False) -> Picture:
    """A raster of the run; :class:`UnknownName` when there is no such metric.

    On the ground it holds the cells outdoors, or those in buildings with ``indoors``, never both.
    """
    coverage = found.run.rasters()
    if metric == SERVER:
        scale = 1.0
        values = np.where(coverage.server < 0, np.nan, coverage.server % SERVER_COLORS).astype(np.float32)
    elif metric == PROBABILITY:
        scale = 0.001
        chosen = found.profile
        least = chosen.minimum("ss_rsrp_dbm") if "ss_rsrp_dbm" in chosen else None
        if least is None:
            least = criteria.load(criteria.DEFAULT).minimum("ss_rsrp_dbm")
        assert least is not None
        values = coverage.probability(least)
    elif metric in METRICS:
        scale = METRICS[metric].scale
        values = np.asarray(coverage.metric(metric))
    else:
        known = ", ".join((*METRICS, SERVER, PROBABILITY))
        raise UnknownName(
            f"没有指标 {metric[:30]!r}；可用：{known}。",
            f"there is no metric {metric[:30]!r}; there are: {known}.",
        )
    if not found.run.parameters.floor:
        values = np.where(coverage.outdoor != indoors, values, np.float32(np.nan))
    step = int(np.ceil(np.sqrt(values.size / MOST_CELLS)))
    shown = values[step // 2 :: step, step // 2 :: step]
    result = np.full(shown.shape, NODATA, "<i2")
    known_cells = ~np.isnan(shown)
    result[known_cells] = np.clip(np.rint(shown[known_cells] / scale), NODATA + 1, -NODATA - 1)
    return Picture(
        result.tobytes(), shown.shape[1], shown.shape[0], scale, NODATA, corners(found, step, shown.shape)
    )


def corners(found: Assessment, step: int, shape: tuple[int, ...]) -> list[list[float]]:
    """North-west, north-east, south-east, south-west of a raster of every ``step``-th cell, degrees."""
    grid = found.run.surface.grid
    east, south = grid.west + shape[1] * step * grid.cell_m, grid.north - shape[0] * step * grid.cell_m
    x = np.array([grid.west, east, east, grid.west])
    y = np.array([grid.north, grid.north, south, south])
    lon, lat = grid.to_degrees(x, y)
    return np.round(np.column_stack([lon, lat]), 7).tolist()  # type: ignore[no-any-return]

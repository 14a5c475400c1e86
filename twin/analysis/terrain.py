"""Heights of places from the terrain raster of a home."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def heights(path: Path, lon: Floats, lat: Floats) -> Floats:
    """Heights in metres at places (degrees), between the middles of cells; nan outside and beside unknown cells.

    ``path`` is a north-up raster in EPSG:4326, as the home keeps its terrain.
    """
    # Slow to import, and few homes have terrain.
    import rasterio
    from rasterio.windows import Window

    with rasterio.open(path) as raster:
        grid = raster.transform
        column, row = (lon - grid.c) / grid.a - 0.5, (lat - grid.f) / grid.e - 0.5
        east, south = raster.width - 1, raster.height - 1
        inside = (column >= -0.5) & (row >= -0.5) & (column <= east + 0.5) & (row <= south + 0.5)
        result = np.full(len(lon), np.nan)
        if not inside.any():
            return result
        # The outer halves of the outermost cells have those cells' heights.
        column, row = np.clip(column[inside], 0, east), np.clip(row[inside], 0, south)
        left, top = int(column.min()), int(row.min())
        right, bottom = min(int(column.max()) + 2, raster.width), min(int(row.max()) + 2, raster.height)
        window = Window(left, top, right - left, bottom - top)
        cells = raster.read(1, window=window, masked=True).astype(np.float64).filled(np.nan)
    column, row = column - left, row - top
    j, i = column.astype(np.int64), row.astype(np.int64)
    right_of, below = column - j, row - i
    # Where a place lies on the middle of a cell its neighbour has no weight, and may be unknown or not there.
    j2, i2 = np.where(right_of > 0, j + 1, j), np.where(below > 0, i + 1, i)
    result[inside] = (
        cells[i, j] * (1 - right_of) * (1 - below)
        + cells[i, j2] * right_of * (1 - below)
        + cells[i2, j] * (1 - right_of) * below
        + cells[i2, j2] * right_of * below
    )
    return result

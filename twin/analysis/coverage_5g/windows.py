"""Windows of the grid around masts: where a change of some of them can be heard."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from twin.analysis.coverage_5g._kernels import TILE
from twin.analysis.coverage_5g.engine import Run, Window


def around(run: Run, rows: npt.NDArray[np.intp]) -> Window | None:
    """The window that some masts reach, None for none."""
    if not len(rows):
        return None
    cell, reach, grid = run.masts.arrays.cell[rows], run.sight.reach, run.surface.grid
    low, high = cell.min(axis=0) - reach, cell.max(axis=0) + reach + 1
    return (
        max(0, int(low[0])), min(grid.rows, int(high[0])), max(0, int(low[1])), min(grid.columns, int(high[1])),
    )  # fmt: skip


def union(a: Window | None, b: Window | None) -> Window | None:
    """The smallest window that holds both."""
    if a is None or b is None:
        return a or b
    return min(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), max(a[3], b[3])


def clips(run: Run, rows: npt.NDArray[np.intp]) -> list[tuple[int, int, Window]]:
    """The tiles that some masts reach, each with the box within it that they reach."""
    found: dict[tuple[int, int], Window] = {}
    for row in rows.tolist():
        window = around(run, np.array([row]))
        assert window is not None
        top, bottom, left, right = window
        for i in range(top // TILE, (bottom + TILE - 1) // TILE):
            for j in range(left // TILE, (right + TILE - 1) // TILE):
                box = (
                    max(top - i * TILE, 0), min(bottom - i * TILE, TILE),
                    max(left - j * TILE, 0), min(right - j * TILE, TILE),
                )  # fmt: skip
                joined = union(found.get((i, j)), box)
                assert joined is not None
                found[i, j] = joined
    return [(i, j, clip) for (i, j), clip in found.items()]

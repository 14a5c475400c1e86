"""A run after buildings were planned or demolished: only masts that see the difference are looked from again.

Sight is computed anew for masts whose disc meets the changed cells, and the cells
around those whose sight did change are laid down again from all masts, so that what
comes out is the run on the changed surface from scratch, bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from twin.analysis import building_works
from twin.analysis.building_works import Outlines
from twin.analysis.coverage_5g import engine, masts, windows
from twin.analysis.coverage_5g._kernels import TILE
from twin.analysis.coverage_5g.engine import Run, Window
from twin.analysis.coverage_5g.los import Sight
from twin.analysis.coverage_5g.masts import Masts
from twin.planned import Works

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class Worked:
    """The run after works, the window outside which nothing changed, and the buildings that made a difference."""

    run: Run
    window: Window | None
    seen: frozenset[int]


def with_works(run: Run, works: Works, standing: Outlines) -> Worked:
    """``run`` after buildings were built and demolished; ``standing`` gives the outlines around them."""
    made = building_works.rebuilt(run.surface, works, standing)
    if made.window is None:
        return Worked(replace(run, surface=made.surface, evaluations=0), None, made.seen)
    surface = made.surface
    # What a mast is depends on what stands around it: roofs it stands on, its propagation scenario.
    placed = masts.build(surface, run.sites, run.carrier, run.parameters, patterns=run.patterns)
    if not _alike(placed, run.masts):
        return Worked(
            _from_scratch(run, made, placed), (0, surface.grid.rows, 0, surface.grid.columns), made.seen
        )
    moved = _moved(placed, run.masts)
    asked = np.flatnonzero(moved | _near(placed, run.sight.reach, made.window))
    sight, changed = _looked(run, made, placed, asked)
    touched = np.flatnonzero((moved | changed) & placed.arrays.on)
    state = Run(
        surface, run.sites, run.parameters, run.carrier, placed, sight, run.tiles, run.patterns
    )  # fmt: skip
    window = windows.union(made.window, windows.around(state, touched))
    if len(touched):
        everyone = np.flatnonzero(placed.arrays.on)
        state = engine.laid(state, everyone, windows.clips(state, touched), blank=True)
    return Worked(state, window, made.seen)


def _looked(
    run: Run, made: building_works.Rebuilt, placed: Masts, asked: npt.NDArray[np.intp]
) -> tuple[Sight, Bools]:
    """The sight of all masts, looked from ``asked`` again, and which of them see otherwise than before."""
    changed = np.zeros(len(placed), bool)
    if not len(asked):
        return run.sight, changed
    seen = engine.look(made.surface, placed.chosen(asked), run.parameters, run.carrier)
    bits, edge = run.sight.bits.copy(), run.sight.edge.copy()
    changed[asked] = (bits[asked] != seen.bits).any(axis=(1, 2))
    bits[asked] = seen.bits
    if len(edge):
        changed[asked] |= (edge[asked] != seen.edge).any(axis=(1, 2))
        edge[asked] = seen.edge
    return Sight(bits, edge, run.sight.reach), changed


def _from_scratch(run: Run, made: building_works.Rebuilt, placed: Masts) -> Run:
    sight = engine.look(made.surface, placed, run.parameters, run.carrier)
    blank = Run(made.surface, run.sites, run.parameters, run.carrier, placed, sight, {}, run.patterns)
    tiles = [
        (i, j, (0, TILE, 0, TILE))
        for i in range(-(-made.surface.grid.rows // TILE))
        for j in range(-(-made.surface.grid.columns // TILE))
    ]
    return engine.laid(blank, np.flatnonzero(placed.arrays.on), tiles, blank=False)


def _alike(one: Masts, other: Masts) -> bool:
    """Whether two tables hold the same masts with the same sectors."""
    return (
        len(one) == len(other)
        and np.array_equal(one.site, other.site)
        and np.array_equal(one.number, other.number)
        and np.array_equal(one.arrays.first, other.arrays.first)
    )


def _moved(placed: Masts, before: Masts) -> Bools:
    """Masts whose height, scenario or building is another now, (n,)."""
    a, b = placed.arrays, before.arrays
    return np.asarray(
        (a.place != b.place).any(axis=1)
        | (a.loss != b.loss).any(axis=1)
        | (placed.own != before.own)
        | (placed.scenario != before.scenario)
        | (placed.height_m != before.height_m)
    )


def _near(placed: Masts, reach: int, window: Window) -> Bools:
    """Masts from which a changed cell can be seen or hides another, (n,)."""
    top, bottom, left, right = window
    row, column = placed.arrays.cell.T
    return np.asarray(
        (row >= top - reach) & (row < bottom + reach) & (column >= left - reach) & (column < right + reach)
    )

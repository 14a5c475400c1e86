"""The coverage engine: signals of all sectors of a carrier in every cell, by tiles.

::

    surface = twin.analysis.surface.read(store, parameters.resolution_m)
    sites = twin.analysis.coverage_5g.sites.read(store)
    run = engine.run(surface, sites, parameters, cache=store.home / "cache")
    rasters = run.rasters()              # result.Coverage: rsrp_dbm, sinr_db, server, ...
    after = what_if.with_edits(run, edits)   # another run; only touched tiles are new

A run is two kinds of parts, both plain data with module functions, so that an
executor (:mod:`twin.executor`) may run them anywhere with equal results: line of
sight by batches of antennas (:func:`los.compute`), then signals by blocks of
tiles (:func:`compute`). Without an executor, threads do them; the loops let go of
the GIL.

A block at finer cells needs the sites around it too::

    bounds = (121.24, 31.37, 121.26, 31.39)
    fine = parameters.model_copy(update={"resolution_m": 2.0, "radius_m": 600.0})
    surface = twin.analysis.surface.read(store, 2.0, bounds, margin_m=600.0)
    window = surface.grid.window_of(bounds)
    rasters = engine.run(surface, sites, fine, window=window).rasters(window)

A cell hears every sector whose antenna lies within the radius, cell middle to the
middle of the antenna's cell; distance and angles are those of the antenna's own
place. Path loss is TR 38.901's over flat ground between the two heights above
ground; the direction of the ray, for the antenna's gain, is over the terrain.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from twin.analysis.coverage_5g import _kernels, los, masts, radio
from twin.analysis.coverage_5g._kernels import CHANNELS, TILE
from twin.analysis.coverage_5g.antenna import Pattern
from twin.analysis.coverage_5g.los import Sight
from twin.analysis.coverage_5g.masts import Masts
from twin.analysis.coverage_5g.parameters import Parameters
from twin.analysis.coverage_5g.propagation import SPEED_OF_LIGHT
from twin.analysis.coverage_5g.radio import Carrier
from twin.analysis.coverage_5g.sites import Sites
from twin.analysis.surface import Surface
from twin.errors import Cancelled, InputError

if TYPE_CHECKING:
    from twin.analysis.coverage_5g.result import Coverage

F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U8 = npt.NDArray[np.uint8]
Window = tuple[int, int, int, int]
"""row_from, row_to, column_from, column_to."""
Tile = tuple[int, int]
Stop = Callable[[], bool]
Progress = Callable[[str, float], None]

BLOCK = 4
"""Tiles along a side of a block, the part of work that is sent."""
FEW = 4 * BLOCK
"""So few tiles are parts by themselves, or one core would have them all."""
FEW_MASTS = 4
"""So few are laid down sooner than threads start."""
MOST_MASTS = 200_000


class Executor(Protocol):
    """What of :class:`twin.executor.Executor` is needed."""

    def map(self, function: Callable[[Any], Any], parts: Sequence[Any], stop: Stop = ...) -> Iterable[Any]:
        """Results in the order of the parts."""
        ...


class Block(NamedTuple):
    """Tiles to compute and the masts that reach them: plain data, for :func:`compute`.

    ``corner`` (k, 2) are the first rows and columns of the tiles, ``clip`` (k, 4) the cells within them to
    work on, ``ground`` (k, TILE, TILE) heights, ``before`` (k,) what they held (None: nothing). ``columns``
    (k, TILE, 2) narrows each row of the clips to some columns (None: all of the clip).
    """

    masts: _kernels.Masts
    bits: U8
    edge: U8
    span: I32
    corner: I64
    clip: I64
    ground: F32
    before: tuple[F32 | None, ...]
    blank: bool
    cell_m: float
    receiver_m: float
    columns: I32 | None = None


def compute(block: Block) -> tuple[list[F32 | None], int]:
    """The tiles of a block, None where no mast reaches, and how many sectors met cells."""
    reach = len(block.span) - 1
    tiles: list[F32 | None] = []
    evaluated = 0
    for number in range(len(block.corner)):
        corner, clip = block.corner[number], block.clip[number]
        low = corner + clip[[0, 2]] - reach
        high = corner + clip[[1, 3]] + reach
        near = (block.masts.cell >= low) & (block.masts.cell < high)
        rows = np.flatnonzero(near.all(axis=1) & block.masts.on)
        before = block.before[number]
        if before is None and not len(rows):
            tiles.append(None)
            continue
        tile = _kernels.blank_tile() if before is None else before.copy()
        top, bottom, left, right = clip.tolist()
        columns = _kernels.WHOLE.clip(left, right) if block.columns is None else block.columns[number]
        evaluated += _kernels.lay(
            tile, block.masts, rows, block.bits, block.edge, block.span, block.ground[number],
            (int(corner[0]), int(corner[1])), (top, bottom, left, right), columns,
            block.cell_m, block.receiver_m, block.blank and before is not None,
        )  # fmt: skip
        tiles.append(tile)
    return tiles, evaluated


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """The state of one carrier over one surface: what every cell hears, in tiles.

    ``tiles`` maps the tile's row and column to its cells (see :mod:`_kernels`); a tile that no sector
    reaches is not in it. Runs share tiles, so never write into one. ``evaluations`` counts sector-cells
    computed for this run.
    """

    surface: Surface
    sites: Sites
    parameters: Parameters
    carrier: Carrier
    masts: Masts
    sight: Sight
    tiles: Mapping[Tile, F32]
    patterns: Mapping[str, Pattern]
    evaluations: int = 0

    @property
    def whole(self) -> Window:
        """The window of the whole grid."""
        return 0, self.surface.grid.rows, 0, self.surface.grid.columns

    def channel(self, channel: int, window: Window | None = None) -> F32:
        """One channel of :mod:`_kernels` over a window of the grid, (rows, columns)."""
        top, bottom, left, right = window or self.whole
        blank = _kernels.NOTHING_DBM if channel <= _kernels.FOURTH else np.float32(0)
        result = np.full(
            (bottom - top, right - left), -1 if channel == _kernels.SERVER else blank, np.float32
        )
        for i in range(top // TILE, (bottom + TILE - 1) // TILE):
            for j in range(left // TILE, (right + TILE - 1) // TILE):
                tile = self.tiles.get((i, j))
                if tile is None:
                    continue
                y0, y1 = max(top, i * TILE), min(bottom, (i + 1) * TILE)
                x0, x1 = max(left, j * TILE), min(right, (j + 1) * TILE)
                cells = tile.reshape(TILE, CHANNELS, TILE)[:, channel]
                result[y0 - top : y1 - top, x0 - left : x1 - left] = cells[
                    y0 - i * TILE : y1 - i * TILE, x0 - j * TILE : x1 - j * TILE
                ]
        return result

    def rasters(self, window: Window | None = None) -> Coverage:
        """The result over a window of the grid, the whole by default."""
        from twin.analysis.coverage_5g.result import Coverage

        return Coverage(self, window or self.whole)


def run(
    surface: Surface,
    sites: Sites,
    parameters: Parameters,
    *,
    cache: Path | None = None,
    patterns: Mapping[str, Pattern] | None = None,
    carriers: Mapping[str, Carrier] = radio.CARRIERS,
    window: Window | None = None,
    executor: Executor | None = None,
    progress: Progress = lambda _stage, _share: None,
    stop: Stop = lambda: False,
) -> Run:
    """Compute what every cell of ``surface`` hears of ``sites``.

    Parameters
    ----------
    cache
        Folder (``home/cache``) where lines of sight are kept; nothing is kept without.
    patterns
        Imported patterns by the names that sectors use; panels by name are always known.
    window
        Only the tiles that this window of the grid touches are computed; sites on all of the grid are
        heard there.
    executor
        Where the parts are computed; threads of this process without.
    progress, stop
        Told the stage (``"sight"``, ``"signals"``) and the share done; asked whether to give up.

    Raises
    ------
    twin.errors.InputError
        Another cell size than the surface's, a radius of too many cells, or an unknown carrier.
    twin.errors.Cancelled
        ``stop`` said so.
    """
    if surface.grid.cell_m != parameters.resolution_m:
        raise InputError(
            f"栅格边长 {surface.grid.cell_m:g} m 与参数 {parameters.resolution_m:g} m 不符。",
            f"the surface has cells of {surface.grid.cell_m:g} m, the parameters ask for "
            f"{parameters.resolution_m:g} m.",
        )
    carrier = parameters.carrier(carriers)
    known = dict(patterns or {})
    placed = masts.build(surface, sites, carrier, parameters, patterns=known)
    if len(placed) > MOST_MASTS:
        raise InputError(
            f"天线位置有 {len(placed)} 个，至多 {MOST_MASTS} 个；请按运营商或频段分别计算。",
            f"there are {len(placed)} antenna positions; compute at most {MOST_MASTS}, by operator or band.",
        )
    work = _Work(executor, progress, stop)
    seen = look(surface, placed, parameters, carrier, cache=cache, mapped=work.mapped("sight"))
    empty = Run(surface, sites, parameters, carrier, placed, seen, {}, known)
    top, bottom, left, right = window or empty.whole
    everything = [
        (i, j, (0, TILE, 0, TILE))
        for i in range(top // TILE, -(-bottom // TILE))
        for j in range(left // TILE, -(-right // TILE))
    ]
    return laid(empty, np.arange(len(placed)), everything, blank=False, mapped=work.mapped("signals"))


def look(
    surface: Surface,
    placed: Masts,
    parameters: Parameters,
    carrier: Carrier,
    *,
    cache: Path | None = None,
    mapped: los.Map = map,
) -> Sight:
    """What masts see under ``parameters``; by probability where the surface knows no buildings."""
    if not surface.buildings_known:
        return los.likely(
            placed.scenario, placed.height_m, user_height_m=parameters.receiver_m, reach=parameters.reach,
            cell_m=surface.grid.cell_m, frequency_ghz=carrier.frequency_ghz,
        )  # fmt: skip
    hybrid = parameters.model == "hybrid"
    return los.sight(
        surface,
        placed.arrays.cell,
        placed.arrays.place[:, 2].astype(np.float32),
        placed.own,
        user_height_m=parameters.receiver_m,
        reach=parameters.reach,
        wave_m=SPEED_OF_LIGHT / (carrier.frequency_ghz * 1e9) if hybrid else 0.0,
        folder=cache,
        mapped=mapped,
    )


def laid(
    state: Run,
    rows: npt.NDArray[np.intp],
    tiles: Sequence[tuple[int, int, Window]],
    *,
    blank: bool,
    around: I32 | None = None,
    mapped: los.Map | None = None,
) -> Run:
    """``state`` with the masts ``rows`` laid over the cells of some tiles (row, column, clip within).

    With ``blank`` the cells are emptied first. ``around`` (k, 2), rows and columns of masts, leaves out
    what none of them reaches.
    """
    groups: dict[Tile, list[tuple[int, int, Window]]] = {}
    block = 1 if len(tiles) <= FEW else BLOCK
    for i, j, clip in tiles:
        groups.setdefault((i // block, j // block), []).append((i, j, clip))
    made = dict(state.tiles)
    evaluated = 0
    chosen = list(groups.values())
    if block == 1:  # the last parts to be begun should be small ones
        chosen.sort(key=lambda group: (group[0][2][0] - group[0][2][1]) * (group[0][2][3] - group[0][2][2]))
    parts = _Blocks(state, rows, chosen, blank, around)
    if mapped is None:
        mapped = map if len(rows) <= FEW_MASTS else _threaded
    for group, (results, count) in zip(chosen, mapped(compute, parts), strict=True):
        evaluated += count
        for (i, j, _), tile in zip(group, results, strict=True):
            if tile is not None:
                made[i, j] = tile
    return Run(
        state.surface, state.sites, state.parameters, state.carrier, state.masts, state.sight, made,
        state.patterns, evaluated,
    )  # fmt: skip


class _Blocks(Sequence[Block]):
    """Blocks made when they are asked for: all at once would hold the sight many times over."""

    def __init__(
        self,
        state: Run,
        rows: npt.NDArray[np.intp],
        groups: Sequence[Sequence[tuple[int, int, Window]]],
        blank: bool,
        around: I32 | None,
    ) -> None:
        self._state, self._groups, self._blank, self._around = state, groups, blank, around
        box = np.array([(i * TILE, j * TILE, *clip) for group in groups for i, j, clip in group])
        self._rows, self._cell = rows, state.masts.arrays.cell[rows]
        if len(box):  # once, so that each block looks at few
            self._rows, self._cell = self._near(box[:, :2], box[:, 2:])

    def _near(self, corner: I64, clip: I64) -> tuple[npt.NDArray[np.intp], I32]:
        """The masts that may reach some boxes of tiles, and their cells."""
        reach = self._state.sight.reach
        low = (corner + clip[:, [0, 2]]).min(axis=0) - reach
        high = (corner + clip[:, [1, 3]]).max(axis=0) + reach
        row, column = self._cell.T
        near = (row >= low[0]) & (row < high[0]) & (column >= low[1]) & (column < high[1])
        return self._rows[near], self._cell[near]

    def __len__(self) -> int:
        return len(self._groups)

    def __getitem__(self, number: Any) -> Any:
        state, group = self._state, self._groups[number]
        corner = np.array([(i * TILE, j * TILE) for i, j, _ in group], dtype=np.int64)
        clip = np.array([clip for _, _, clip in group], dtype=np.int64)
        reach = state.sight.reach
        rows, _ = self._near(corner, clip)
        ground = np.zeros((len(group), TILE, TILE), np.float32)
        for k, (i, j, (top, bottom, left, right)) in enumerate(group):
            below, beside = i * TILE, j * TILE
            part = state.surface.ground[below + top : below + bottom, beside + left : beside + right]
            ground[k, top : top + part.shape[0], left : left + part.shape[1]] = part
        bits, edge = state.sight.of(rows)
        return Block(
            masts.slim(state.masts.arrays, rows), bits, edge, los.rays(reach).span, corner, clip, ground,
            tuple(state.tiles.get((i, j)) for i, j, _ in group), self._blank,
            state.surface.grid.cell_m, state.parameters.receiver_m,
            None if self._around is None else _reached(self._around, los.rays(reach).span, corner, clip),
        )  # fmt: skip


def _reached(middle: I32, span: I32, corner: I64, clip: I64) -> I32:
    """From where to where the discs around ``middle`` (n, 2) reach in each row of tiles, (k, TILE, 2)."""
    row = corner[:, 0, None, None] + np.arange(TILE)[:, None]
    down = np.abs(row - middle[:, 0])
    met = down < len(span)
    half = span[np.where(met, down, 0)]
    across = middle[:, 1] - corner[:, 1, None, None]
    start = np.where(met, across - half, TILE).min(axis=2)
    end = np.where(met, across + half + 1, 0).max(axis=2)
    left, right = clip[:, 2, None], clip[:, 3, None]
    return np.stack([np.maximum(start, left), np.minimum(end, right)], axis=2).astype(np.int32)


def _threaded(
    function: Callable[[Any], Any], parts: Sequence[Any], stop: Stop = lambda: False
) -> Iterable[Any]:
    """``map`` on as many threads as there are cores, parts made one by one in the threads."""
    workers = min(os.cpu_count() or 1, len(parts))

    def one(number: int) -> Any:
        if stop():
            raise Cancelled("已取消。", "cancelled.")
        return function(parts[number])

    if workers <= 1:
        yield from map(one, range(len(parts)))
        return
    pool = ThreadPoolExecutor(workers, thread_name_prefix="coverage")
    try:
        yield from pool.map(one, range(len(parts)))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class _Work:
    """How the parts of a run are computed, with their progress told."""

    def __init__(self, executor: Executor | None, progress: Progress, stop: Stop) -> None:
        self._map = _threaded if executor is None else executor.map
        self._progress, self._stop = progress, stop

    def mapped(self, stage: str) -> los.Map:
        def each(function: Callable[[Any], Any], parts: Sequence[Any]) -> Iterable[Any]:
            self._progress(stage, 0.0)
            for done, result in enumerate(self._map(function, parts, self._stop), 1):
                self._progress(stage, done / len(parts))
                yield result

        return each

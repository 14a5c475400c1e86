"""Line of sight from antennas to the cells around them, kept on disk.

The rays of a disc are laid out once per radius (:func:`rays`); what an antenna
sees is a bit a cell, so the sight of 3,500 antennas over 1,000 m at 10 m cells
is 18 MB. Bits depend on the surface, the antenna's cell and height, the height of
receivers and the radius, never on the carrier, and are kept in the home under
``cache/sight`` by all of these.
"""

from __future__ import annotations

import hashlib
import math
import os
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from twin.analysis.coverage_5g import _sight
from twin.analysis.coverage_5g._kernels import EDGE_STEP_DB
from twin.analysis.coverage_5g.propagation import SCENARIOS, los_probability, path_loss_db
from twin.analysis.surface import Surface
from twin.errors import InputError

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]

FARTHEST_CELLS = 1000
"""Most cells of a radius; the rays of 1,000 are 100 MB."""
BATCH = 32
"""Antennas of one part of the work."""
_VERSION = 2
"""Grows with every change of the rule, so that no bits of another rule are taken up."""
KEPT_FILES = 12
KEPT_BYTES = 400_000_000
"""A file of kept bits holds no more; antennas not asked for go first."""


class Rays(NamedTuple):
    """The rays of a disc, see :func:`_sight.look` (``length`` is its ``count``).

    ``span`` (r + 1,) is half the width of the disc by rows from the middle.
    """

    steps: npt.NDArray[np.int16]
    inverse: F32
    owner: U8
    length: I32
    span: I32

    @property
    def reach(self) -> int:
        """Radius in cells."""
        return len(self.span) - 1


@lru_cache(maxsize=4)
def rays(reach: int) -> Rays:
    """One ray from the middle to every cell on the rim of the square of half width ``reach``.

    A cell of the disc belongs to the ray that passes nearest to its middle, measured along the step's
    own axis; of several such rays to the first.
    """
    if not 1 <= reach <= FARTHEST_CELLS:
        raise InputError(
            f"计算半径为 {reach} 格，应在 1 到 {FARTHEST_CELLS} 格之间；请缩小半径或加大格网。",
            f"the radius is {reach} cells; take 1 to {FARTHEST_CELLS}: a smaller radius or larger cells.",
        )
    along = np.arange(-reach, reach + 1)
    rim = np.concatenate(
        [
            np.column_stack([np.full_like(along, -reach), along]),
            np.column_stack([np.full_like(along, reach), along]),
            np.column_stack([along[1:-1], np.full_like(along[1:-1], -reach)]),
            np.column_stack([along[1:-1], np.full_like(along[1:-1], reach)]),
        ]
    )
    k = np.arange(1, reach + 1)
    # In integers, so that which of two rays is nearer does not hang on rounding: positions times the reach.
    exact = rim[:, None, :] * k[None, :, None]
    steps = (2 * exact + reach) // (2 * reach)
    inside = (steps**2).sum(axis=2) <= reach * reach
    off = np.abs(exact - steps * reach).sum(axis=2)
    side = 2 * reach + 1
    number = ((steps[..., 0] + reach) * side + steps[..., 1] + reach).ravel()
    order = np.lexsort((np.arange(number.size), off.ravel(), ~inside.ravel(), number))
    first = np.r_[True, number[order][1:] != number[order][:-1]]
    owner = np.zeros(number.size, np.uint8)
    owner[order[first]] = 1
    owner = owner.reshape(inside.shape) * inside
    span = np.array([math.isqrt(reach * reach - row * row) for row in range(reach + 1)], np.int32)
    inverse = (reach / np.hypot(exact[..., 0], exact[..., 1])).astype(np.float32)
    return Rays(
        steps.astype(np.int32), inverse, owner.astype(np.uint8), inside.sum(axis=1).astype(np.int32), span
    )


class Part(NamedTuple):
    """Antennas and the rasters around them, plain data that can be sent elsewhere; for :func:`compute`."""

    top: F32
    ground: F32
    building: I32
    cell: I32
    height: F32
    own: I32
    user_height_m: float
    reach: int
    cell_m: float
    wave_m: float  # 0: no loss over edges


def compute(part: Part) -> tuple[U8, U8]:
    """(bits, edge) of the antennas of a part, see :func:`_sight.look`; ``edge`` is empty without ``wave_m``."""
    table = rays(part.reach)
    side, n = 2 * part.reach + 1, len(part.cell)
    bits = np.zeros((n, side, (side + 7) // 8), np.uint8)
    edge = np.zeros((n if part.wave_m else 0, side, side), np.uint8)
    _sight.look(
        part.top, part.ground, part.building, part.cell, part.height, part.own, part.user_height_m,
        table.steps, table.inverse, table.owner, table.length, part.cell_m, part.wave_m, bits, edge,
    )  # fmt: skip
    return bits, edge


class Sight:
    """What antennas (n,) see: ``bits`` and ``edge`` as in :func:`compute`, ``reach`` the radius in cells."""

    def __init__(self, bits: U8, edge: U8, reach: int) -> None:
        self._parts = [(bits, edge)]
        self.reach = reach

    def __len__(self) -> int:
        return sum(len(bits) for bits, _ in self._parts)

    @property
    def bits(self) -> U8:
        """Lines of sight, (n, 2 r + 1, bytes)."""
        return self._whole()[0]

    @property
    def edge(self) -> U8:
        """Loss over edges, (n, 2 r + 1, 2 r + 1), or of length 0."""
        return self._whole()[1]

    def joined(self, other: Sight) -> Sight:
        """The antennas of both, these first; nothing is copied until it must be."""
        made = Sight(*other._whole(), self.reach)
        made._parts = [*self._parts, *made._parts]
        return made

    def of(self, rows: npt.NDArray[np.intp]) -> tuple[U8, U8]:
        """``bits`` and ``edge`` of some antennas."""
        last_bits, last_edge = self._parts[-1]
        before = len(self) - len(last_bits)
        if before and len(rows) and rows.min() >= before:  # as when one mast was added to thousands
            rows = rows - before
            return last_bits[rows], last_edge[rows] if len(last_edge) else last_edge
        bits, edge = self._whole()
        return bits[rows], edge[rows] if len(edge) else edge

    def visible(self, antenna: int) -> npt.NDArray[np.bool_]:
        """The cells around one antenna that it sees, (2 r + 1, 2 r + 1), north up."""
        side = 2 * self.reach + 1
        [bits], _ = self.of(np.array([antenna]))
        return np.unpackbits(bits, axis=1, bitorder="little")[:, :side].astype(bool)

    def _whole(self) -> tuple[U8, U8]:
        if len(self._parts) > 1:
            bits, edge = (np.concatenate(part) for part in zip(*self._parts, strict=True))
            self._parts = [(bits, edge)]
        return self._parts[0]


def likely(
    scenario: npt.NDArray[np.int8],
    height_m: npt.NDArray[np.float64],
    *,
    user_height_m: float,
    reach: int,
    cell_m: float,
    frequency_ghz: float,
) -> Sight:
    """What antennas see where nobody knows the buildings: TR 38.901's probability of line of sight.

    A cell is in sight when that is likelier than not; ``edge`` holds the share of the loss out of sight
    that its probability asks for, (1 - p)(PL_NLOS - PL_LOS): the mean of both losses.
    """
    side = 2 * reach + 1
    along = np.arange(-reach, reach + 1) * cell_m
    distance = np.hypot(along[:, None], along[None, :])
    bits = np.zeros((len(scenario), side, (side + 7) // 8), np.uint8)
    edge = np.zeros((len(scenario), side, side), np.uint8)
    kinds, which = np.unique(np.column_stack([scenario, height_m]), axis=0, return_inverse=True)
    for kind, (code, height) in enumerate(kinds.tolist()):
        name = next(key for key, value in SCENARIOS.items() if value == int(code))
        p = los_probability(name, distance, user_height_m)
        path = (distance, frequency_ghz, height, user_height_m)
        more = path_loss_db(name, False, *path) - path_loss_db(name, True, *path)
        own = which.ravel() == kind
        bits[own] = np.packbits(p >= 0.5, axis=1, bitorder="little")
        edge[own] = np.clip(np.rint((1 - p) * more / EDGE_STEP_DB), 0, 255)
    return Sight(bits, edge, reach)


Map = Callable[[Callable[[Any], Any], Sequence[Any]], Any]


def sight(
    surface: Surface,
    cell: I32,
    height: F32,
    own: I32,
    *,
    user_height_m: float,
    reach: int,
    wave_m: float = 0.0,
    folder: Path | None = None,
    mapped: Map = map,
) -> Sight:
    """What antennas see of ``surface``.

    Parameters
    ----------
    cell, height, own
        Row and column (n, 2), height above datum (n,) and building stood on (n,), -1 for none.
    user_height_m, reach
        Height of receivers above ground; radius in cells.
    wave_m
        Wave length for the loss over edges (hybrid model); it is computed anew each time.
    folder
        Where bits are kept (``home/cache``); nothing is kept without.
    mapped
        ``map``-like: how parts are computed.
    """
    side = 2 * reach + 1
    bits = np.zeros((len(cell), side, (side + 7) // 8), np.uint8)
    edge = np.zeros((len(cell) if wave_m else 0, side, side), np.uint8)
    keys = np.column_stack([cell, np.ascontiguousarray(height).view(np.int32), own]).astype(np.int32)
    kept = None
    missing = np.arange(len(cell))
    if folder is not None and not wave_m:
        kept = _Kept(folder, surface.key, user_height_m, reach)
        missing = kept.fill(keys, bits)
    batches = [missing[start : start + BATCH] for start in range(0, len(missing), BATCH)]
    parts = [_part(surface, cell[b], height[b], own[b], user_height_m, reach, wave_m) for b in batches]
    for batch, (seen, lost) in zip(batches, mapped(compute, parts), strict=True):
        bits[batch] = seen
        if wave_m:
            edge[batch] = lost
    if kept is not None and len(missing):
        kept.save(keys, bits)
    return Sight(bits, edge, reach)


def _part(
    surface: Surface, cell: I32, height: F32, own: I32, user_height_m: float, reach: int, wave_m: float
) -> Part:
    """The part of some antennas, with views of the rasters around them."""
    grid = surface.grid
    top, left = np.maximum(cell.min(axis=0) - reach, 0).tolist()
    bottom, right = (cell.max(axis=0) + reach + 1).tolist()
    window = np.s_[top : min(bottom, grid.rows), left : min(right, grid.columns)]
    return Part(
        surface.top[window], surface.ground[window], surface.building[window],
        (cell - np.array([top, left])).astype(np.int32), height, own, user_height_m, reach, grid.cell_m, wave_m,
    )  # fmt: skip


class _Kept:
    """A file of bits by antenna; one that is damaged or cannot be written costs time, nothing else."""

    def __init__(self, folder: Path, surface: str, user_height_m: float, reach: int) -> None:
        name = hashlib.blake2b(
            f"{_VERSION}/{surface}/{user_height_m!r}/{reach}".encode(), digest_size=12
        ).hexdigest()
        self._path = folder / "sight" / f"{name}.npz"
        self._keys = np.zeros((0, 4), np.int32)
        self._bits: U8 | None = None

    def fill(self, keys: I32, bits: U8) -> npt.NDArray[np.intp]:
        """Fill in what is kept; the rows that are not."""
        try:
            with self._path.open("rb") as opened, np.load(opened) as file:
                known, stored = file["keys"], file["bits"]
            os.utime(self._path)
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return np.arange(len(keys))
        if known.shape != (len(stored), 4) or stored.shape[1:] != bits.shape[1:]:
            return np.arange(len(keys))
        self._keys, self._bits = known, stored
        place = {key.tobytes(): row for row, key in enumerate(known)}
        found = np.array([place.get(key.tobytes(), -1) for key in keys], dtype=np.intp)
        bits[found >= 0] = stored[found[found >= 0]]
        return np.flatnonzero(found < 0)

    def save(self, keys: I32, bits: U8) -> None:
        """Keep these and, as far as there is room, what was kept before."""
        keys, first = np.unique(keys, axis=0, return_index=True)
        bits = bits[first]
        if self._bits is not None:
            asked = {key.tobytes() for key in keys}
            old = np.array([key.tobytes() not in asked for key in self._keys], dtype=bool)
            room = max(0, KEPT_BYTES // max(1, bits[:1].nbytes) - len(keys))
            rows = np.flatnonzero(old)[:room]
            keys, bits = np.concatenate([keys, self._keys[rows]]), np.concatenate([bits, self._bits[rows]])
        part = self._path.with_name(f".{self._path.name}-{uuid.uuid4().hex[:8]}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                np.savez(file, keys=keys, bits=bits)
            part.replace(self._path)
            files = sorted(self._path.parent.glob("*.npz"), key=lambda path: path.stat().st_mtime)
            for old_file in files[:-KEPT_FILES]:
                old_file.unlink(missing_ok=True)
        except OSError:
            with suppress(OSError):
                part.unlink(missing_ok=True)

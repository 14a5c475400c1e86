"""Compiled loops of the coverage engine, without the GIL: signals of masts laid over one tile of cells.

A tile is a flat float32 array: for each of its :data:`TILE` rows, for each of the
:data:`CHANNELS` channels, :data:`TILE` cells. One base address and constant
distances between the channels let the compiler prove that no two of them
overlap, and vectorise. For the same reason the loops know no branch within a
row, take their logarithms, arc tangents and powers from polynomials, and index
with unsigned numbers. Rows are widened to whole vectors of :data:`_LANES` cells, of
which those outside hear nothing: the remainder of a loop, cell by cell, would cost
as much as the rest of it.

Cells keep their four strongest signals in order, the server of the strongest,
and the sum of all signals but the strongest. The sum is never made by
subtraction: what the strongest displaces is added to it. Masts come in the
order of their rows, so a cell's sums are the same, bit for bit, whichever tile,
thread, process or window it is computed in.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]

Loop = TypeVar("Loop", bound=Callable[..., Any])

FAST = {"nnan", "ninf", "nsz", "contract"}
"""What the compiler may assume. No reordering and no approximate division or root: a cell would come out
otherwise in the vectorised body of a loop than in its remainder, and so in another window."""

TILE = 128
"""Cells along a side of a tile."""
BEST, SECOND, THIRD, FOURTH, OTHERS, LOADED, SERVER, LOAD, SEEN = range(9)
"""Channels of a tile: the four strongest signals (dBm), all but the strongest added up (mW), the same each
by its cell's load (mW), sector of the strongest (-1: none), its load, and whether it is in sight."""
CHANNELS = 9
NOTHING_DBM = np.float32(-400.0)
"""No signal: adds nothing to a sum in float32."""

_ROW = TILE * CHANNELS
_EAST, _UP, _EXTRA, _LOSS, _SIGNAL, _SIGNAL_2, _SIGNAL_3 = (TILE * k for k in range(7))
_LANES = 8
"""Cells of a vector; what is fewer in hardware divides it."""
_SIGHT = 7 * TILE + _LANES  # with room for a byte's bits before and after
_SCRATCH = 8 * TILE + 2 * _LANES
_BAND = 8
"""Rows of a tile that are worked on together: their cells stay in the nearest cache."""
_SECTORS = 3
"""Sectors taken into a row together, which saves two of three times to fetch and store it."""
_SECOND, _THIRD, _FOURTH, _OTHERS, _LOADED, _SERVER, _LOAD, _SEEN = (TILE * k for k in range(1, 9))
_HIDDEN_DB = np.float32(1e4)
_MOST = np.float32(3e38)
_BITS = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little").astype(np.float32)
"""The bits of every byte, (256, 8)."""
EDGE_STEP_DB = 0.125
"""Step in which the loss over edges is kept."""

_0, _HALF, _1, _2 = np.float32(0.0), np.float32(0.5), np.float32(1.0), np.float32(2.0)
_TINY, _QUARTER_TURN, _DEGREES = np.float32(1e-20), np.float32(np.pi / 2), np.float32(180 / np.pi)
_HALF_TURN = np.float32(np.pi)
_LOG10_2_HALF = np.float32(np.log10(2.0) / 2)
_TO_OCTAVES, _LEAST_OCTAVE = np.float32(np.log2(10.0) / 10), np.float32(-126.0)
# atan(t), t in 0..1: odd minimax polynomial, within 2e-6 rad.
_A1, _A3, _A5, _A7, _A9, _A11 = (
    np.float32(c) for c in (0.99997726, -0.33262347, 0.19354346, -0.11643287, 0.05265332, -0.01172120)
)
# ln(1 + m) over z = m / (2 + m), m in sqrt(1/2)-1 .. sqrt(2)-1: 2 (z + z^3/3 + ...), within 2e-8 of log2.
_L1, _L3, _L5, _L7 = (np.float32(2 / np.log(2) / k) for k in (1, 3, 5, 7))
# 2^f, f in 0..1: Taylor about 1/2, within 2e-7 (relative).
_E = [np.sqrt(2.0) * np.log(2.0) ** k / f for k, f in enumerate((1, 1, 2, 6, 24, 120, 720))]
_E0, _E1, _E2, _E3, _E4, _E5, _E6 = (np.float32(c) for c in _E)
_MANTISSA, _ONE_BITS, _ROOT_HALF_BITS = np.int32(0x007FFFFF), np.int32(0x3F800000), np.int32(0x3F3504F3)
_BIAS, _FRACTION_BITS = np.int32(127), np.int32(23)


class Masts(NamedTuple):
    """Antenna positions (n,) and their sectors (m,), as the loops take them.

    ``place`` (n, 3): metres east and south of the grid's north-west corner, height above datum;
    ``loss`` (n, 9): coefficients of :class:`scalar.Slopes` and the squared height over receivers;
    ``cell`` (n, 2): row and column; ``first`` (n + 1,): first sector; ``on`` (n,): whether it sends.
    ``antenna`` (m, 13), see :data:`ANTENNA`; ``cut`` (m, 4): start and length in ``cuts`` of the
    horizontal and vertical cut (dB below the gain) of a pattern file, length 0 for a parametric panel.
    """

    place: F64
    loss: F32
    cell: I32
    first: I32
    on: NDArray[np.bool_]
    antenna: F32
    cut: I32
    cuts: F32


ANTENNA = (
    "sin_azimuth", "cos_azimuth", "sin_tilt", "cos_tilt", "electrical_tilt_deg", "eirp_dbm", "load",
    "across", "down", "front_back_db", "sla_v_db", "most_db", "number",
)  # fmt: skip
"""Columns of :attr:`Masts.antenna`; ``eirp_dbm`` per resource element with the pattern's greatest gain,
``across`` and ``down`` 12 / beam width squared, ``number`` what the sector is called in a tile."""


def kernel(function: Loop) -> Loop:
    """Compile at first use, keep the machine code on disk where a folder can be written."""
    options: dict[str, Any] = {"nogil": True, "fastmath": FAST, "error_model": "numpy"}
    try:
        compiled = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        compiled = numba.njit(**options)(function)
    return cast("Loop", compiled)


def _inline(function: Loop) -> Loop:
    return cast("Loop", numba.njit(inline="always", fastmath=FAST, error_model="numpy")(function))


def _part(function: Loop) -> Loop:
    """A loop that only other loops call."""
    return cast("Loop", numba.njit(nogil=True, fastmath=FAST, error_model="numpy")(function))


def _code(function: Loop) -> Callable[..., Any]:
    """A function that writes machine code itself."""
    return cast("Callable[..., Any]", intrinsic(function))


@_code
def _bits_of(_context: Any, _value: Any) -> Any:
    """The bits of a float32 as int32."""

    def build(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.int32))

    return types.int32(types.float32), build


@_code
def _float_of(_context: Any, _value: Any) -> Any:
    """The float32 of the bits of an int32."""

    def build(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.float32))

    return types.float32(types.int32), build


@_code
def _get(_context: Any, array: Any, _index: Any) -> Any:
    """The number at a place of a flat float32 array: no bounds, no counting from the end."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        flat = context.make_array(signature.args[0])(context, builder, arguments[0])
        return builder.load(builder.gep(flat.data, [arguments[1]], inbounds=True))

    return types.float32(array, types.int64), build


@_code
def _put(_context: Any, array: Any, _index: Any, _value: Any) -> Any:
    """Set the number at a place of a flat float32 array, as :func:`_get`."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        flat = context.make_array(signature.args[0])(context, builder, arguments[0])
        builder.store(arguments[2], builder.gep(flat.data, [arguments[1]], inbounds=True))
        return context.get_dummy_value()

    return types.void(array, types.int64, types.float32), build


def _of_two(name: str) -> Any:
    """The machine's own instruction for two float32."""

    def typed(_context: Any, _a: Any, _b: Any) -> Any:
        def build(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            number = arguments[0].type
            kind = ir.FunctionType(number, [number, number])
            function = builder.module.declare_intrinsic(name, [number], kind)
            return builder.call(function, arguments, fastmath=("nnan", "nsz"))

        return types.float32(types.float32, types.float32), build

    return _code(typed)


# Not as "a if a > b else b": of a choice between a new value and the one that is there the compiler makes a
# masked store, which takes some processors ten times as long as a plain one.
_higher, _lower = _of_two("llvm.maxnum"), _of_two("llvm.minnum")


@_inline
def _instead(new: np.float32, old: np.float32, wins: bool) -> Any:
    """``new`` where it ``wins``, else ``old``, without a masked store."""
    return _higher(_lower(old, new if wins else _MOST), new if wins else -_MOST)


@_inline
def _log2(x: np.float32) -> np.float32:
    """log2 of a positive number, within 1e-7 of 1 plus float32's rounding."""
    bits = _bits_of(x)
    octave = np.int32(np.int32(bits - _ROOT_HALF_BITS) >> _FRACTION_BITS)
    m = np.float32(_float_of(np.int32(bits - np.int32(octave << _FRACTION_BITS))) - _1)
    z = np.float32(m / (_2 + m))
    zz = np.float32(z * z)
    return np.float32(np.float32(octave) + z * (_L1 + zz * (_L3 + zz * (_L5 + zz * _L7))))


@_inline
def _exp2(x: np.float32) -> np.float32:
    """2 to the power of x, 0 under -126."""
    kept = x if x > _LEAST_OCTAVE else _LEAST_OCTAVE
    whole = np.floor(kept)
    f = np.float32(kept - whole - _HALF)
    p = _E0 + f * (_E1 + f * (_E2 + f * (_E3 + f * (_E4 + f * (_E5 + f * _E6)))))
    scale = _float_of(np.int32(np.int32(np.int32(whole) + _BIAS) << _FRACTION_BITS))
    return p * scale if x > _LEAST_OCTAVE else _0


@_inline
def _angle(y: np.float32, x: np.float32) -> np.float32:
    """atan2(|y|, x) in radians, 0 to pi, within 2e-6."""
    a, b = abs(y), abs(x)
    high = a if a > b else b
    low = b if a > b else a
    t = low / (high + _TINY)
    u = t * t
    p = t * (_A1 + u * (_A3 + u * (_A5 + u * (_A7 + u * (_A9 + u * _A11)))))
    p = _QUARTER_TURN - p if a > b else p
    return _HALF_TURN - p if x < _0 else p


@_part
def _losses(scratch: F32, x_from: int, x_to: int, north: np.float32, loss: F32) -> None:
    """Path loss of a row of cells from their distances east and ``north`` and the loss over edges between."""
    near_db, near, near_per_m, bend = loss[0], loss[1], loss[2], loss[3]
    far_db, far, hidden_db, hidden, over = loss[4], loss[5], loss[6], loss[7], loss[8]
    bend2, north2 = bend * bend, north * north
    for x in range(x_from, x_to):
        east = _get(scratch, x)
        flat = east * east + north2
        flat = flat if flat > _1 else _1
        slant = flat + over
        log_d = _LOG10_2_HALF * _log2(slant)
        seen = near_db + near * log_d + near_per_m * np.sqrt(slant)
        seen = seen if flat <= bend2 else far_db + far * log_d
        dark = hidden_db + hidden * log_d
        dark = dark if dark > seen else seen
        over_edges = seen + _get(scratch, x + _EXTRA)
        _put(scratch, x + _LOSS, over_edges if over_edges < dark else dark)


@_part
def _signals(scratch: F32, x_from: int, x_to: int, north: np.float32, antenna: F32, to: int) -> None:
    """Signal of a row of cells from one sector with a parametric panel, dBm, written at ``to``."""
    sin_a, cos_a, sin_t, cos_t, tilt, eirp = (
        antenna[0], antenna[1], antenna[2], antenna[3], antenna[4], antenna[5],
    )  # fmt: skip
    across, down, front_back, sla, most = antenna[7], antenna[8], antenna[9], antenna[10], antenna[11]
    for x in range(x_from, x_to):
        east, up = _get(scratch, x), _get(scratch, x + _UP)
        ahead = east * sin_a + north * cos_a
        aside = east * cos_a - north * sin_a
        forward = ahead * cos_t - up * sin_t
        top = ahead * sin_t + up * cos_t
        level = np.sqrt(forward * forward + aside * aside)
        phi = _angle(aside, forward) * _DEGREES
        below = (_angle(level, top) - _QUARTER_TURN) * _DEGREES - tilt
        h = across * phi * phi
        h = h if h < front_back else front_back
        v = down * below * below
        v = v if v < sla else sla
        lost = h + v
        lost = lost if lost < most else most
        _put(scratch, x + to, eirp - lost - _get(scratch, x + _LOSS))


@_part
def _signals_of_cuts(
    scratch: F32, x_from: int, x_to: int, north: np.float32, antenna: F32, cut: I32, cuts: F32, to: int
) -> None:
    """Signal of a row of cells from one sector with a pattern file, dBm, written at ``to``."""
    sin_a, cos_a, sin_t, cos_t, tilt, eirp = (
        antenna[0], antenna[1], antenna[2], antenna[3], antenna[4], antenna[5],
    )  # fmt: skip
    for x in range(x_from, x_to):
        east, up = scratch[x], scratch[x + _UP]
        ahead = east * sin_a + north * cos_a
        aside = east * cos_a - north * sin_a
        forward = ahead * cos_t - up * sin_t
        top = ahead * sin_t + up * cos_t
        level = math.sqrt(forward * forward + aside * aside)
        theta = math.atan2(level, top) * 180.0 / math.pi - tilt
        across = _of_cut(cuts, cut[0], cut[1], math.atan2(aside, forward) * 180.0 / math.pi)
        down = _of_cut(cuts, cut[2], cut[3], min(max(theta, 0.0), 180.0) - 90.0)
        scratch[x + to] = eirp - across - down - scratch[x + _LOSS]


@_part
def _of_cut(cuts: F32, start: int, count: int, degrees: float) -> float:
    """One cut of a pattern at an angle, between its even steps round the circle."""
    at = (degrees % 360.0) * (count / 360.0)
    i = int(at)
    share = at - i
    i %= count
    before, after = cuts[start + i], cuts[start + (i + 1) % count]
    return float(before + share * (after - before))


@_part
def _signal(
    scratch: F32, x_from: int, x_to: int, north: np.float32, masts: Masts, sector: int, to: int
) -> None:
    """Signal of a row of cells from one sector, dBm, written at ``to``."""
    cut = masts.cut[sector]
    if cut[1]:
        _signals_of_cuts(scratch, x_from, x_to, north, masts.antenna[sector], cut, masts.cuts, to)
    else:
        _signals(scratch, x_from, x_to, north, masts.antenna[sector], to)


@_inline
def _with(
    s0: Any, s1: Any, s2: Any, s3: Any, others: Any, loaded: Any, server: Any, carried: Any,
    r: Any, number: Any, load: Any,
) -> Any:  # fmt: skip
    """The channels of a cell but the last, with the signal ``r`` of one more sector."""
    wins = r > s0
    # Whichever is not the strongest is one of the others.
    m = _lower(r, s0)
    power = _exp2(m * _TO_OCTAVES)
    n = _lower(m, s1)
    return (
        _higher(r, s0), _higher(m, s1), _higher(n, s2), _higher(_lower(n, s2), s3), others + power,
        loaded + power * (carried if wins else load), number if wins else server, load if wins else carried,
    )  # fmt: skip


@_part
def _merge(tile: F32, scratch: F32, base: int, x_from: int, x_to: int, antenna: F32) -> None:
    """Take the signals of one sector into a row of a tile."""
    number, load = antenna[12], antenna[6]
    for x in range(x_from, x_to):
        i = base + x
        before = _get(tile, i)
        s0 = before
        s1 = _get(tile, i + _SECOND)
        s2 = _get(tile, i + _THIRD)
        s3 = _get(tile, i + _FOURTH)
        others = _get(tile, i + _OTHERS)
        loaded = _get(tile, i + _LOADED)
        server = _get(tile, i + _SERVER)
        carried = _get(tile, i + _LOAD)
        s0, s1, s2, s3, others, loaded, server, carried = _with(
            s0, s1, s2, s3, others, loaded, server, carried,
            _get(scratch, x + _SIGNAL), number, load,
        )  # fmt: skip
        wins = s0 > before
        _put(tile, i, s0)
        _put(tile, i + _SECOND, s1)
        _put(tile, i + _THIRD, s2)
        _put(tile, i + _FOURTH, s3)
        _put(tile, i + _OTHERS, others)
        _put(tile, i + _LOADED, loaded)
        _put(tile, i + _SERVER, _instead(number, _get(tile, i + _SERVER), wins))
        _put(tile, i + _LOAD, _instead(load, _get(tile, i + _LOAD), wins))
        _put(tile, i + _SEEN, _instead(_get(scratch, x + _SIGHT), _get(tile, i + _SEEN), wins))


@_part
def _merge_three(
    tile: F32, scratch: F32, base: int, x_from: int, x_to: int, antenna: F32, antenna_2: F32, antenna_3: F32
) -> None:
    """Take the signals of three sectors of a mast into a row of a tile, one after the other."""
    number, number_2, number_3 = antenna[12], antenna_2[12], antenna_3[12]
    load, load_2, load_3 = antenna[6], antenna_2[6], antenna_3[6]
    for x in range(x_from, x_to):
        i = base + x
        before = _get(tile, i)
        s0 = before
        s1 = _get(tile, i + _SECOND)
        s2 = _get(tile, i + _THIRD)
        s3 = _get(tile, i + _FOURTH)
        others = _get(tile, i + _OTHERS)
        loaded = _get(tile, i + _LOADED)
        server = _get(tile, i + _SERVER)
        carried = _get(tile, i + _LOAD)
        s0, s1, s2, s3, others, loaded, server, carried = _with(
            s0, s1, s2, s3, others, loaded, server, carried,
            _get(scratch, x + _SIGNAL), number, load,
        )  # fmt: skip
        s0, s1, s2, s3, others, loaded, server, carried = _with(
            s0, s1, s2, s3, others, loaded, server, carried,
            _get(scratch, x + _SIGNAL_2), number_2, load_2,
        )  # fmt: skip
        s0, s1, s2, s3, others, loaded, server, carried = _with(
            s0, s1, s2, s3, others, loaded, server, carried,
            _get(scratch, x + _SIGNAL_3), number_3, load_3,
        )  # fmt: skip
        wins = s0 > before
        _put(tile, i, s0)
        _put(tile, i + _SECOND, s1)
        _put(tile, i + _THIRD, s2)
        _put(tile, i + _FOURTH, s3)
        _put(tile, i + _OTHERS, others)
        _put(tile, i + _LOADED, loaded)
        _put(tile, i + _SERVER, server)
        _put(tile, i + _LOAD, carried)
        _put(tile, i + _SEEN, _instead(_get(scratch, x + _SIGHT), _get(tile, i + _SEEN), wins))


@_part
def _path(
    scratch: F32, x_from: int, x_to: int, shift: int, north: np.float32, receiver: np.float32, bits: U8,
    lost: U8, ground: F32, loss: F32,
) -> tuple[int, int]:  # fmt: skip
    """Sight and path loss of a row of cells; from where to where it was widened."""
    x_0, x_1 = x_from & -_LANES, (x_to + _LANES - 1) & -_LANES
    for byte in range((x_from + shift) >> 3, ((x_to - 1 + shift) >> 3) + 1):
        eight, at = _BITS[bits[byte]], byte * 8 - shift + _SIGHT
        for bit in range(8):
            _put(scratch, at + bit, eight[bit])
    if lost.shape[0]:
        for x in range(x_from, x_to):
            scratch[x + _EXTRA] = lost[x + shift] * np.float32(EDGE_STEP_DB)
    else:
        for x in range(x_0, x_1):
            _put(scratch, x + _EXTRA, (_1 - _get(scratch, x + _SIGHT)) * _HIDDEN_DB)
    for x in range(x_0, x_1):
        _put(scratch, x + _UP, ground[x] + receiver)
    _losses(scratch, x_0, x_1, north, loss)
    # A signal under all that cells hold changes no bit of them.
    for x in range(x_0, x_from):
        scratch[x + _LOSS] = _HIDDEN_DB
    for x in range(x_to, x_1):
        scratch[x + _LOSS] = _HIDDEN_DB
    return x_0, x_1


@kernel
def lay(
    tile: F32,
    masts: Masts,
    rows: I64,
    sight: U8,
    edge: U8,
    span: I32,
    ground: F32,
    corner: tuple[int, int],
    clip: tuple[int, int, int, int],
    columns: I32,
    cell_m: float,
    user_height_m: float,
    blank: bool,
) -> int:
    """Lay the signals of ``rows`` of ``masts`` over some cells of a tile; how many were evaluated.

    ``sight`` (masts, 2 r + 1, bytes) are bits of line of sight, ``edge`` (masts, 2 r + 1, 2 r + 1)
    the loss over edges in steps of :data:`EDGE_STEP_DB` (of length 0: out of sight is lost), ``span``
    (r + 1,) half widths of the disc by rows from its middle; ``ground`` (TILE, TILE) heights above datum;
    ``corner`` row and column of the tile's first cell; ``clip`` row_from, row_to, column_from, column_to
    of the box within the tile to work on, and ``columns`` (TILE, 2) from where to where in each of its rows.
    With ``blank`` these cells are emptied first.
    """
    scratch = np.zeros(_SCRATCH, np.float32)
    nothing = np.zeros(0, np.uint8)
    top, bottom, left, right = clip
    reach = span.shape[0] - 1
    if blank:
        _empty(tile, top, bottom, columns)
    evaluated = 0
    for band in range(top, bottom, _BAND):
        for k in range(rows.shape[0]):
            mast = rows[k]
            row, column = masts.cell[mast, 0] - corner[0], masts.cell[mast, 1] - corner[1]
            y_from, y_to = max(band, row - reach), min(band + _BAND, bottom, row + reach + 1)
            if y_from >= y_to or column - reach >= right or column + reach < left or not masts.on[mast]:
                continue
            east_m, south_m = masts.place[mast, 0], masts.place[mast, 1]
            for x in range(TILE):
                scratch[x] = (corner[1] + x + 0.5) * cell_m - east_m
            receiver = np.float32(user_height_m - masts.place[mast, 2])
            shift = reach - column
            first, last = masts.first[mast], masts.first[mast + 1]
            for y in range(y_from, y_to):
                half = span[abs(y - row)]
                x_from, x_to = max(columns[y, 0], column - half), min(columns[y, 1], column + half + 1)
                if x_from >= x_to:
                    continue
                north = np.float32(south_m - (corner[0] + y + 0.5) * cell_m)
                down, base = y - row + reach, y * _ROW
                x_0, x_1 = _path(
                    scratch, x_from, x_to, shift, north, receiver, sight[mast, down],
                    edge[mast, down] if edge.shape[0] else nothing, ground[y], masts.loss[mast],
                )  # fmt: skip
                sector = first
                while sector + _SECTORS <= last:
                    _signal(scratch, x_0, x_1, north, masts, sector, _SIGNAL)
                    _signal(scratch, x_0, x_1, north, masts, sector + 1, _SIGNAL_2)
                    _signal(scratch, x_0, x_1, north, masts, sector + 2, _SIGNAL_3)
                    _merge_three(
                        tile, scratch, base, x_0, x_1, masts.antenna[sector], masts.antenna[sector + 1],
                        masts.antenna[sector + 2],
                    )  # fmt: skip
                    sector += _SECTORS
                while sector < last:
                    _signal(scratch, x_0, x_1, north, masts, sector, _SIGNAL)
                    _merge(tile, scratch, base, x_0, x_1, masts.antenna[sector])
                    sector += 1
                evaluated += (x_to - x_from) * (last - first)
    return evaluated


@_part
def _empty(tile: F32, top: int, bottom: int, columns: I32) -> None:
    for y in range(top, bottom):
        for channel in range(CHANNELS):
            value = NOTHING_DBM if channel <= FOURTH else _0
            if channel == SERVER:
                value = -_1
            base = y * _ROW + channel * TILE
            for x in range(columns[y, 0], columns[y, 1]):
                _put(tile, base + x, value)


WHOLE = np.tile(np.array([0, TILE], np.int32), (TILE, 1))
"""The columns of all cells of a tile, for :func:`lay`."""


def blank_tile() -> F32:
    """A tile whose cells hear nothing."""
    tile = np.zeros(TILE * CHANNELS * TILE, np.float32)
    _empty(tile, 0, TILE, WHOLE)
    return tile

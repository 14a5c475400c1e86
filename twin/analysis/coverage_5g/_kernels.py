"""Compiled loops of the coverage engine, without the GIL: signals of masts laid over one tile of cells.

A tile is a flat float32 array: for each of its :data:`TILE` rows, for each of the
:data:`CHANNELS` channels, :data:`TILE` cells. One base address and constant
distances between the channels let the compiler prove that no two of them
overlap, and vectorise. For the same reason the loops know no branch within a
row, take their logarithms, arc tangents and powers from polynomials, and index
with unsigned numbers.

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
_EAST, _UP, _SIGHT, _EXTRA, _LOSS, _SIGNAL = (TILE * k for k in range(6))
_SECOND, _THIRD, _FOURTH, _OTHERS, _LOADED, _SERVER, _LOAD, _SEEN = (TILE * k for k in range(1, 9))
_HIDDEN_DB = np.float32(1e4)
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
def _signals(scratch: F32, x_from: int, x_to: int, north: np.float32, antenna: F32) -> None:
    """Signal of a row of cells from one sector with a parametric panel, dBm."""
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
        _put(scratch, x + _SIGNAL, eirp - lost - _get(scratch, x + _LOSS))


@_part
def _signals_of_cuts(
    scratch: F32, x_from: int, x_to: int, north: np.float32, antenna: F32, cut: I32, cuts: F32
) -> None:
    """Signal of a row of cells from one sector with a pattern file, dBm."""
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
        scratch[x + _SIGNAL] = eirp - across - down - scratch[x + _LOSS]


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
def _merge(
    tile: F32, scratch: F32, base: int, x_from: int, x_to: int, number: np.float32, load: np.float32
) -> None:
    """Take the signals of one sector into a row of a tile."""
    for x in range(x_from, x_to):
        i = base + x
        r, seen = _get(scratch, x + _SIGNAL), _get(scratch, x + _SIGHT)
        s0, s1, s2, s3 = (
            _get(tile, i),
            _get(tile, i + _SECOND),
            _get(tile, i + _THIRD),
            _get(tile, i + _FOURTH),
        )
        others, loaded = _get(tile, i + _OTHERS), _get(tile, i + _LOADED)
        number_0, load_0, seen_0 = _get(tile, i + _SERVER), _get(tile, i + _LOAD), _get(tile, i + _SEEN)
        wins = r > s0
        # Whichever is not the strongest is one of the others.
        m = s0 if wins else r
        power = _exp2(m * _TO_OCTAVES)
        _put(tile, i, r if wins else s0)
        _put(tile, i + _OTHERS, others + power)
        _put(tile, i + _LOADED, loaded + power * (load_0 if wins else load))
        _put(tile, i + _SERVER, number if wins else number_0)
        _put(tile, i + _LOAD, load if wins else load_0)
        _put(tile, i + _SEEN, seen if wins else seen_0)
        n = s1 if m > s1 else m
        _put(tile, i + _SECOND, m if m > s1 else s1)
        m = s2 if n > s2 else n
        _put(tile, i + _THIRD, n if n > s2 else s2)
        _put(tile, i + _FOURTH, m if m > s3 else s3)


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
    cell_m: float,
    user_height_m: float,
    blank: bool,
) -> int:
    """Lay the signals of ``rows`` of ``masts`` over the cells ``clip`` of a tile; how many were evaluated.

    ``sight`` (masts, 2 r + 1, bytes) are bits of line of sight, ``edge`` (masts, 2 r + 1, 2 r + 1)
    the loss over edges in steps of :data:`EDGE_STEP_DB` (of length 0: out of sight is lost), ``span``
    (r + 1,) half widths of the disc by rows from its middle; ``ground`` (TILE, TILE) heights above datum;
    ``corner`` row and column of the tile's first cell; ``clip`` row_from, row_to, column_from, column_to
    within the tile. With ``blank`` the cells are emptied first.
    """
    scratch = np.zeros(6 * TILE, np.float32)
    top, bottom, left, right = clip
    reach = span.shape[0] - 1
    if blank:
        _empty(tile, top, bottom, left, right)
    evaluated = 0
    for k in range(rows.shape[0]):
        mast = rows[k]
        if not masts.on[mast]:
            continue
        row, column = masts.cell[mast, 0] - corner[0], masts.cell[mast, 1] - corner[1]
        if column - reach >= right or column + reach < left:
            continue
        east_m, south_m, z = masts.place[mast, 0], masts.place[mast, 1], masts.place[mast, 2]
        for x in range(TILE):
            scratch[x] = (corner[1] + x + 0.5) * cell_m - east_m
        receiver = np.float32(user_height_m - z)
        for y in range(max(top, row - reach), min(bottom, row + reach + 1)):
            half = span[abs(y - row)]
            x_from, x_to = max(left, column - half), min(right, column + half + 1)
            if x_from >= x_to:
                continue
            north = np.float32(south_m - (corner[0] + y + 0.5) * cell_m)
            bits = sight[mast, y - row + reach]
            shift = reach - column
            for x in range(x_from, x_to):
                bit = x + shift
                seen = np.float32((bits[bit >> 3] >> (bit & 7)) & 1)
                scratch[x + _SIGHT] = seen
                scratch[x + _EXTRA] = (_1 - seen) * _HIDDEN_DB
            if edge.shape[0]:
                lost = edge[mast, y - row + reach]
                for x in range(x_from, x_to):
                    scratch[x + _EXTRA] = lost[x + shift] * np.float32(EDGE_STEP_DB)
            for x in range(x_from, x_to):
                scratch[x + _UP] = ground[y, x] + receiver
            _losses(scratch, x_from, x_to, north, masts.loss[mast])
            for sector in range(masts.first[mast], masts.first[mast + 1]):
                antenna = masts.antenna[sector]
                cut = masts.cut[sector]
                if cut[1]:
                    _signals_of_cuts(scratch, x_from, x_to, north, antenna, cut, masts.cuts)
                else:
                    _signals(scratch, x_from, x_to, north, antenna)
                _merge(tile, scratch, y * _ROW, x_from, x_to, antenna[12], antenna[6])
                evaluated += x_to - x_from
    return evaluated


@_part
def _empty(tile: F32, top: int, bottom: int, left: int, right: int) -> None:
    for y in range(top, bottom):
        for channel in range(CHANNELS):
            value = NOTHING_DBM if channel <= FOURTH else _0
            if channel == SERVER:
                value = -_1
            base = y * _ROW + channel * TILE
            for x in range(left, right):
                _put(tile, base + x, value)


def blank_tile() -> F32:
    """A tile whose cells hear nothing."""
    tile = np.zeros(TILE * CHANNELS * TILE, np.float32)
    _empty(tile, 0, TILE, 0, TILE)
    return tile

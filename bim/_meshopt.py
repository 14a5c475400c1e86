"""The two compressed streams of ``EXT_meshopt_compression``, written from its published bitstream.

Appendix A of the glTF extension (Khronos Group, "EXT_meshopt_compression", ratified 2022) gives the decoder;
these are encoders for its mode 0 (attributes) and mode 1 (triangles). A decoder gives the very bytes back,
and the very triangles in the same order; a triangle may begin with another of its three corners.

Nothing here is compiled: a conversion is a process of its own, and loading compiled loops would take it longer.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]

_GROUP = 16
_TAIL_BYTES = 32
_AT_ONCE = 4_000_000
"""Bytes of attributes that are gone through together; bounds what that takes of memory."""
_WRITTEN_OUT = 15
"""What a triangle's code says of a corner that is in no list."""


def attributes(rows: Bytes) -> Bytes:
    """Encode ``rows`` (n, stride) of bytes as mode 0; ``stride`` is a multiple of 4 and at most 256."""
    count, stride = rows.shape
    if stride % 4 or not 0 < stride <= 256:
        raise ValueError(f"a stride of {stride} bytes cannot be encoded")
    if not count:
        raise ValueError("there is nothing to encode")
    block = min((8192 // stride) & ~15, 256)
    together = max(1, _AT_ONCE // (block * stride)) * block
    parts = [np.array([0xA0], np.uint8)]
    for start in range(0, count, together):
        before = rows[start - 1 if start else 0]
        parts += _blocks(rows[start : start + together], before, block)
    parts += [np.zeros(max(_TAIL_BYTES - stride, 0), np.uint8), rows[0]]
    return np.concatenate(parts)


def _blocks(rows: Bytes, before: Bytes, block: int) -> list[Bytes]:
    """The blocks of ``rows``, of which all but the last are full; ``before`` is the row before them."""
    delta = np.diff(rows, axis=0, prepend=before[None])  # in bytes, hence around the corner
    zigzag = np.where(delta & 0x80, ~(delta << 1), delta << 1).astype(np.uint8)
    full = len(rows) // block * block
    parts = []
    if full:
        parts.append(_packed(zigzag[:full].reshape(-1, block, rows.shape[1]).transpose(0, 2, 1)))
    if full < len(rows):
        rest = np.pad(zigzag[full:], ((0, -(len(rows) - full) % _GROUP), (0, 0)))
        parts.append(_packed(rest.T[None]))
    return parts


def _packed(values: Bytes) -> Bytes:
    """The bytes of blocks (n, columns, rows), their rows a multiple of 16: a header each column, then its groups."""
    groups = values.shape[2] // _GROUP
    header = (groups + 3) // 4
    members = np.ascontiguousarray(values).reshape(-1, _GROUP)
    size_2 = 4 + (members >= 3).sum(axis=1)
    size_4 = 8 + (members >= 15).sum(axis=1)
    mode = np.where(size_4 < _GROUP, 2, 3)
    mode[(size_2 <= size_4) & (size_2 < _GROUP)] = 1
    mode[~members.any(axis=1)] = 0
    size = np.choose(mode, [0, size_2, size_4, _GROUP])
    headers = np.zeros((len(members) // groups, 4 * header), np.uint8)
    headers[:, :groups] = mode.reshape(-1, groups)
    headers = (headers.reshape(-1, header, 4) << np.array([0, 2, 4, 6], np.uint8)).sum(axis=2, dtype=np.uint8)
    column = np.arange(len(members)) // groups
    ends = np.cumsum(size) + header * (column + 1)
    at = ends - size
    out = np.zeros(int(ends[-1]), np.uint8)
    out[(at[::groups, None] - header) + np.arange(header)] = headers
    _put(out, at[mode == 3], members[mode == 3])
    for bits in (2, 4):
        chosen = mode == bits // 2
        _put_short(out, at[chosen], members[chosen], bits)
    return out


def _put(out: Bytes, at: I64, what: Bytes) -> None:
    out[at[:, None] + np.arange(what.shape[1])] = what


def _put_short(out: Bytes, at: I64, members: Bytes, bits: int) -> None:
    """Groups in ``bits`` bits a member; those that do not fit follow their group as they are."""
    sentinel, each = (1 << bits) - 1, 8 // bits
    short = np.minimum(members, sentinel).reshape(-1, _GROUP // each, each)
    shifts = np.arange(8 - bits, -1, -bits).astype(np.uint8)
    _put(out, at, (short << shifts).sum(axis=2, dtype=np.uint8))
    large = members >= sentinel
    group, place = np.nonzero(large)
    rank = (np.cumsum(large, axis=1) - 1)[group, place]
    out[at[group] + _GROUP // each + rank] = members[group, place]


def triangles(indices: Indices) -> Bytes:
    """Encode ``indices`` (3 n) of a triangle list as mode 1."""
    if not indices.size or indices.size % 3:
        raise ValueError("a triangle list holds three indices a triangle")
    codes, data, pairs = _codes(indices.tolist())
    # Three new vertices always have an entry: written out, their 0 would restart the count.
    counts = Counter(pair for pair in pairs.values() if pair and pair >> 4 != 15 and pair & 15 != 15)
    table = [0, *(pair for pair, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:13])]
    entry = {pair: number for number, pair in enumerate(table)}
    for at, pair in pairs.items():
        if pair in entry:
            codes[at] = 0xF0 | entry[pair]
    written = bytes(value & 0xFF for value in data if value < 256 or (value >> 8) - 1 not in entry)
    whole = bytes([0xE1]) + bytes(codes) + written + bytes(table) + bytes(16 - len(table))
    return np.frombuffer(whole, np.uint8)


def _codes(indices: list[int]) -> tuple[list[int], list[int], dict[int, int]]:  # noqa: C901, PLR0912, PLR0915
    """The codes of triangles, the bytes that follow them, and the pairs of lists that the table may replace.

    The last are by the number of their triangle; among the bytes such a pair stands as ``pair | (pair + 1) << 8``. The
    queues of the specification hold the last sixteen edges and vertices; here each is kept with when it came.
    """
    codes: list[int] = []
    data: list[int] = []
    pairs: dict[int, int] = {}
    edges: dict[tuple[int, int], int] = {}
    vertices: dict[int, int] = {}
    edge_time, vertex_time = 0, 0  # how many have come
    following, last = 0, 0
    when, came = edges.get, vertices.get
    corners = iter(indices)
    for a, b, c in zip(corners, corners, corners, strict=True):
        first, second, third = when((a, b), -99), when((b, c), -99), when((c, a), -99)
        newest = max(first, second, third)
        back = edge_time - 1 - newest
        if back < 15:
            if newest != first:
                if newest == second:
                    a, b, c = b, c, a  # noqa: PLW2901
                else:
                    a, b, c = c, a, b  # noqa: PLW2901
            recent = vertex_time - 1 - came(c, -99)
            if 1 <= recent < 13:
                low = recent
            else:
                if c == following:
                    low = 0
                    following += 1
                else:
                    delta = c - last
                    low = 13 if delta == -1 else 14 if delta == 1 else 15
                    if low == 15:
                        _signed(data, delta)
                    last = c
                vertices[c] = vertex_time
                vertex_time += 1
            codes.append(back << 4 | low)
        else:
            if b == following:
                a, b, c = b, c, a  # noqa: PLW2901
            elif c == following:
                a, b, c = c, a, b  # noqa: PLW2901
            anew = following > 0 and a == 0 and b == 1 and c == 2  # another list begins in the same stream
            if anew:
                following = 0
            new_a = a == following
            following += new_a
            high = low = _WRITTEN_OUT
            if not anew:
                recent = vertex_time - 1 - came(b, -99)
                high = recent + 1 if recent < 14 else _WRITTEN_OUT
                recent = vertex_time - 1 - came(c, -99)
                low = recent + 1 if recent < 14 else _WRITTEN_OUT
            if high == _WRITTEN_OUT and b == following:
                high = 0
                following += 1
            if low == _WRITTEN_OUT and c == following:
                low = 0
                following += 1
            pair = high << 4 | low
            if new_a and not anew:
                pairs[len(codes)] = pair
                data.append(pair | pair + 1 << 8)
            else:
                data.append(pair)
            codes.append(0xFE if new_a else 0xFF)
            if not new_a:
                _signed(data, a - last)
                last = a
            vertices[a] = vertex_time
            vertex_time += 1
            if high == _WRITTEN_OUT:
                _signed(data, b - last)
                last = b
            if high in {0, _WRITTEN_OUT}:
                vertices[b] = vertex_time
                vertex_time += 1
            if low == _WRITTEN_OUT:
                _signed(data, c - last)
                last = c
            if low in {0, _WRITTEN_OUT}:
                vertices[c] = vertex_time
                vertex_time += 1
            edges[b, a] = edge_time
            edge_time += 1
        edges[c, b] = edge_time
        edges[a, c] = edge_time + 1
        edge_time += 2
    return codes, data, pairs


def _signed(data: list[int], delta: int) -> None:
    """Append a signed number in sevens of bits."""
    value = (~(delta << 1) if delta < 0 else delta << 1) & 0xFFFFFFFF
    while value > 0x7F:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    data.append(value)

# ruff: noqa: C901, PLR0912, PLR0915 - a compiled loop is one function
"""The two compressed streams of ``EXT_meshopt_compression``, written from its published bitstream.

Appendix A of the glTF extension (Khronos Group, "EXT_meshopt_compression", ratified 2022) gives the decoder;
these are encoders for its mode 0 (attributes) and mode 1 (triangles). A decoder gives the very bytes back,
and the very triangles in the same order; a triangle may begin with another of its three corners.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bim.loops import kernel

Bytes = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.uint32]

_GROUP = 16
_TAIL_BYTES = 32
_FIFO = 16
_FREE = np.uint32(0xFFFFFFFF)  # what an entry of a FIFO holds before anything was pushed


def attributes(rows: Bytes) -> Bytes:
    """Encode ``rows`` (n, stride) of bytes as mode 0; ``stride`` is a multiple of 4 and at most 256."""
    count, stride = rows.shape
    if stride % 4 or not 0 < stride <= 256:
        raise ValueError(f"a stride of {stride} bytes cannot be encoded")
    if not count:
        raise ValueError("there is nothing to encode")
    return _attributes(np.ascontiguousarray(rows))


def triangles(indices: Indices) -> Bytes:
    """Encode ``indices`` (3 n) of a triangle list as mode 1."""
    if not indices.size or indices.size % 3:
        raise ValueError("a triangle list holds three indices a triangle")
    return _triangles(np.ascontiguousarray(indices, np.uint32))


@kernel
def _attributes(rows: Bytes) -> Bytes:
    count, stride = rows.shape
    block = min((8192 // stride) & ~15, 256)
    blocks = (count + block - 1) // block
    groups = (block + _GROUP - 1) // _GROUP
    out = np.zeros(
        1 + blocks * stride * ((groups + 3) // 4 + groups * 24) + max(stride, _TAIL_BYTES), np.uint8
    )
    out[0] = 0xA0
    at = 1
    last = rows[0].copy()
    zigzag = np.zeros(block, np.uint8)
    for start in range(0, count, block):
        size = min(block, count - start)
        groups = (size + _GROUP - 1) // _GROUP
        for column in range(stride):
            previous = last[column]
            for i in range(groups * _GROUP):
                if i < size:
                    byte_now = rows[start + i, column]
                    delta = (int(byte_now) - int(previous)) & 0xFF
                    zigzag[i] = (~(delta << 1)) & 0xFF if delta & 0x80 else (delta << 1) & 0xFF
                    previous = byte_now
                else:
                    zigzag[i] = 0
            last[column] = previous
            header = at
            at += (groups + 3) // 4
            for group in range(groups):
                first = group * _GROUP
                beyond_zero, beyond_two, beyond_four = 0, 0, 0
                for i in range(first, first + _GROUP):
                    beyond_zero += zigzag[i] > 0
                    beyond_two += zigzag[i] >= 3
                    beyond_four += zigzag[i] >= 15
                two, four = 4 + beyond_two, 8 + beyond_four
                if beyond_zero == 0:
                    mode = 0
                elif two <= four and two < 16:
                    mode = 1
                elif four < 16:
                    mode = 2
                else:
                    mode = 3
                out[header + group // 4] |= np.uint8(mode << (2 * (group % 4)))
                if mode == 3:
                    out[at : at + _GROUP] = zigzag[first : first + _GROUP]
                    at += _GROUP
                elif mode > 0:
                    bits = 2 * mode
                    sentinel = (1 << bits) - 1
                    each = 8 // bits
                    for byte in range(_GROUP // each):
                        packed = 0
                        for i in range(each):
                            value = int(zigzag[first + byte * each + i])
                            packed = (packed << bits) | (value if value < sentinel else sentinel)
                        out[at] = packed
                        at += 1
                    for i in range(first, first + _GROUP):
                        if zigzag[i] >= sentinel:
                            out[at] = zigzag[i]
                            at += 1
    at += max(_TAIL_BYTES - stride, 0)
    out[at : at + stride] = rows[0]
    return out[: at + stride].copy()


@kernel
def _varint(out: Bytes, at: int, value: int) -> int:
    while value > 0x7F:
        out[at] = (value & 0x7F) | 0x80
        value >>= 7
        at += 1
    out[at] = value
    return at + 1


@kernel
def _explicit(out: Bytes, at: int, index: int, last: int) -> int:
    delta = index - last
    return _varint(out, at, (~(delta << 1) if delta < 0 else delta << 1) & 0xFFFFFFFF)


@kernel
def _find(fifo: Indices, head: int, vertex: int, depth: int) -> int:
    """How many pushes ago ``vertex`` was pushed, or -1."""
    for back in range(depth):
        if fifo[(head - 1 - back) & 15] == vertex:
            return back
    return -1


@kernel
def _triangles(indices: Indices) -> Bytes:
    """Two passes: the first counts the pairs of the lookup table, the second writes with the commonest."""
    table = np.zeros(16, np.uint8)
    seen = np.zeros(256, np.int64)
    _write_triangles(indices, table, 1, seen)
    size = 1  # three new vertices always have an entry: written out, their 0 would restart the count
    seen[0] = 0
    for _ in range(13):
        best = -1
        for pair in range(256):
            if (
                seen[pair] > 0
                and (pair >> 4) != 15
                and (pair & 15) != 15
                and (best < 0 or seen[pair] > seen[best])
            ):
                best = pair
        if best < 0:
            break
        table[size] = best
        seen[best] = 0
        size += 1
    return _write_triangles(indices, table, size, seen)


@kernel
def _write_triangles(indices: Indices, table: Bytes, size: int, seen: npt.NDArray[np.int64]) -> Bytes:
    count = indices.size // 3
    codes = np.zeros(count, np.uint8)
    data = np.zeros(count * 16 + 16, np.uint8)
    at = 0
    edges = np.full((_FIFO, 2), _FREE, np.uint32)
    vertices = np.full(_FIFO, _FREE, np.uint32)
    edge_head, vertex_head = 0, 0
    following, last = 0, 0
    for triangle in range(count):
        a, b, c = int(indices[3 * triangle]), int(indices[3 * triangle + 1]), int(indices[3 * triangle + 2])
        found = -1
        for back in range(15):
            p, q = edges[(edge_head - 1 - back) & 15]
            if p == a and q == b:
                found = back
            elif p == b and q == c:
                found = back
                a, b, c = b, c, a
            elif p == c and q == a:
                found = back
                a, b, c = c, a, b
            if found >= 0:
                break
        if found >= 0:
            recent = _find(vertices, vertex_head, c, 13)
            if recent >= 1:
                low = recent
            elif c == following:
                low = 0
                following += 1
            elif c == last - 1:
                low = 13
                last = c
            elif c == last + 1:
                low = 14
                last = c
            else:
                low = 15
                at = _explicit(data, at, c, last)
                last = c
            codes[triangle] = (found << 4) | low
            if low == 0 or low >= 13:
                vertices[vertex_head & 15] = c
                vertex_head += 1
        else:
            if b == following:
                a, b, c = b, c, a
            elif c == following:
                a, b, c = c, a, b
            anew = following > 0 and a == 0 and b == 1 and c == 2  # another list begins in the same stream
            if anew:
                following = 0
            new_a = a == following
            following += new_a
            z = -1 if anew else _find(vertices, vertex_head, b, 14)
            z = 15 if z < 0 else z + 1
            if z == 15 and b == following:
                z = 0
                following += 1
            w = -1 if anew else _find(vertices, vertex_head, c, 14)
            w = 15 if w < 0 else w + 1
            if w == 15 and c == following:
                w = 0
                following += 1
            pair = (z << 4) | w
            entry = -1
            if new_a and not anew:
                seen[pair] += 1
                for i in range(size):
                    if table[i] == pair:
                        entry = i
            if entry >= 0:
                codes[triangle] = 0xF0 | entry
            else:
                codes[triangle] = 0xFE if new_a else 0xFF
                data[at] = pair
                at += 1
                if not new_a:
                    at = _explicit(data, at, a, last)
                    last = a
                if z == 15:
                    at = _explicit(data, at, b, last)
                    last = b
                if w == 15:
                    at = _explicit(data, at, c, last)
                    last = c
            vertices[vertex_head & 15] = a
            vertex_head += 1
            if z in {0, 15}:
                vertices[vertex_head & 15] = b
                vertex_head += 1
            if w in {0, 15}:
                vertices[vertex_head & 15] = c
                vertex_head += 1
            edges[edge_head & 15, 0], edges[edge_head & 15, 1] = b, a
            edge_head += 1
        edges[edge_head & 15, 0], edges[edge_head & 15, 1] = c, b
        edge_head += 1
        edges[edge_head & 15, 0], edges[edge_head & 15, 1] = a, c
        edge_head += 1
    out = np.zeros(1 + count + at + 16, np.uint8)
    out[0] = 0xE1
    out[1 : 1 + count] = codes
    out[1 + count : 1 + count + at] = data[:at]
    out[1 + count + at :] = table
    return out

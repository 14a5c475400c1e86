"""Compiled loops over the references of a STEP file: rows by number, chains and rings."""

from __future__ import annotations

import numpy as np

from bim._step_scan import I32, I64, U64
from bim.loops import kernel


@kernel
def interned(hashes: U64, most: int) -> tuple[I32, I64, int]:
    """Small numbers for the hashes of types, in the order they first stand.

    Returns of each instance its number, of each number the row it first stands in, and how many
    there are; ``most`` and one more ends the work.
    """
    slots = 1
    while slots < 4 * most:
        slots *= 2
    keys = np.zeros(slots, np.uint64)
    values = np.full(slots, -1, np.int32)
    kinds = np.empty(hashes.shape[0], np.int32)
    first = np.empty(most + 1, np.int64)
    known = 0
    for row in range(hashes.shape[0]):
        key = hashes[row]
        slot = np.int64(key & np.uint64(slots - 1))
        while values[slot] >= 0 and keys[slot] != key:
            slot = (slot + 1) & (slots - 1)
        if values[slot] < 0:
            keys[slot] = key
            values[slot] = known
            first[known] = row
            known += 1
            if known > most:
                break
        kinds[row] = values[slot]
    return kinds, first[:known].copy(), known


@kernel
def rows_of(refs: I32, ids: I32, last: int) -> I32:
    """The row of the instance each reference names, by a table over all numbers up to ``last``; -1 without."""
    table = np.full(last + 1, -1, np.int32)
    for row in range(ids.shape[0]):
        table[ids[row]] = row
    out = np.empty(refs.shape[0], np.int32)
    for k in range(refs.shape[0]):
        out[k] = table[refs[k]] if refs[k] <= last else -1
    return out


@kernel
def chains(start: I64, target: I32, longest: int) -> tuple[I32, I32, int]:
    """How deep the chains of references go, and where they close into a ring.

    Depth first with a stack of its own. Returns of each node the number of nodes of the longest
    chain from it (rings left out), the nodes of the first ring in order (at most ``longest`` of
    them) and the number of references that close one.
    """
    n = start.shape[0] - 1
    depth = np.zeros(n, np.int32)  # 0 unseen, -1 on the stack
    best = np.zeros(n, np.int32)
    cursor = start[:-1].copy()
    stack = np.empty(n, np.int32)
    ring = np.empty(0, np.int32)
    rings = 0
    for root in range(n):
        if depth[root] != 0:
            continue
        depth[root] = -1
        stack[0] = root
        top = 0
        while top >= 0:
            node = stack[top]
            if cursor[node] == start[node + 1]:
                depth[node] = best[node] + 1
                top -= 1
                if top >= 0:
                    best[stack[top]] = max(best[stack[top]], depth[node])
                continue
            child = target[cursor[node]]
            cursor[node] += 1
            if child < 0:
                continue
            if depth[child] == 0:
                depth[child] = -1
                top += 1
                stack[top] = child
            elif depth[child] > 0:
                best[node] = max(best[node], depth[child])
            else:
                rings += 1
                if ring.shape[0] == 0:
                    low = top
                    while stack[low] != child:
                        low -= 1
                    ring = stack[low : min(top + 1, low + longest)].copy()
    return depth, ring, rings

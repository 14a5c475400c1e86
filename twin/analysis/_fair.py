"""The loops of fair siting: raise the least covered area by choosing sites for all.

The least of several shares is flat almost everywhere, so sites are chosen by a
smooth stand-in, the sum over areas of ``-exp(-sharpness * share)``, which comes to
the least share as the sharpness grows.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from twin.analysis import _cover
from twin.analysis._cover import Compact, Cover
from twin.analysis._kernels import kernel
from twin.analysis._milp import Program, solve
from twin.analysis._search import PROVEN, Cancel, Search
from twin.errors import Cancelled

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
Bools = NDArray[np.bool_]

SHARPNESS = (5.0, 20.0, 80.0, 320.0, 1280.0)
"""The stand-ins tried, from the smooth to the sharp."""

ROUNDS = 12
"""Weightings of the areas that are tried for the bound."""

# In the loops ``cover.weight`` holds what a row adds to the share of its area.


def shares(cover: Cover, group: I64, start: F64, chosen: I64) -> F64:
    """Share of each area with ``chosen`` sites; ``start`` are those without any."""
    done = cover.covered(chosen)
    return start + np.bincount(group[done], weights=cover.weight[done], minlength=len(start))


@kernel
def _rise(
    cover: Cover, group: I64, times: I32, urgency: F64, site: int, sharpness: float, delta: F64
) -> float:
    """What ``site`` adds to the stand-in; ``delta`` is room for one number per area, all 0."""
    for z in range(cover.site_start[site], cover.site_start[site + 1]):
        row = cover.site_row[z]
        if times[row] == 0:
            delta[group[row]] += cover.weight[row]
    total = 0.0
    for a in range(delta.shape[0]):
        if delta[a] > 0.0:
            total -= urgency[a] * np.expm1(-sharpness * delta[a])
            delta[a] = 0.0
    return total


@kernel
def _best(
    cover: Cover, group: I64, times: I32, share: F64, taken: Bools, sharpness: float, delta: F64
) -> int:
    """The site not taken that adds most, the lowest of equals; -1 when none adds anything."""
    urgency = np.exp(-sharpness * (share - share.min()))
    best, most = -1, 0.0
    for j in range(taken.shape[0]):
        if not taken[j]:
            rise = _rise(cover, group, times, urgency, j, sharpness, delta)
            if rise > most * (1.0 + 1e-10) + 1e-300:
                best, most = j, rise
    return best


@kernel
def _put(cover: Cover, group: I64, times: I32, share: F64, site: int, by: int) -> None:
    """Add (``by`` 1) or take away (-1) ``site``."""
    for z in range(cover.site_start[site], cover.site_start[site + 1]):
        row = cover.site_row[z]
        if by > 0 and times[row] == 0:
            share[group[row]] += cover.weight[row]
        times[row] += by
        if by < 0 and times[row] == 0:
            share[group[row]] -= cover.weight[row]


@kernel
def greedy(cover: Cover, group: I64, start: F64, count: int, allowed: Bools, sharpness: float) -> I64:
    """Up to ``count`` allowed sites, each the one that adds most to the stand-in."""
    times = np.zeros(cover.weight.shape[0], np.int32)
    share, delta, taken = start.copy(), np.zeros(start.shape[0]), ~allowed
    chosen = np.empty(count, np.int64)
    for k in range(count):
        site = _best(cover, group, times, share, taken, sharpness, delta)
        if site < 0:
            return chosen[:k].copy()
        chosen[k], taken[site] = site, True
        _put(cover, group, times, share, site, 1)
    return chosen


@kernel
def swap(cover: Cover, group: I64, start: F64, chosen: I64, sharpness: float, passes: int) -> I64:
    """``chosen`` improved by exchanging one site at a time for the best other, until none helps."""
    times = np.zeros(cover.weight.shape[0], np.int32)
    share, delta = start.copy(), np.zeros(start.shape[0])
    taken, chosen = np.zeros(cover.site_start.shape[0] - 1, np.bool_), chosen.copy()
    for site in chosen:
        taken[site] = True
        _put(cover, group, times, share, site, 1)
    for _ in range(passes):
        better = False
        for k in range(chosen.shape[0]):
            old = chosen[k]
            _put(cover, group, times, share, old, -1)
            urgency = np.exp(-sharpness * (share - share.min()))
            kept = _rise(cover, group, times, urgency, old, sharpness, delta)
            new = _best(cover, group, times, share, taken, sharpness, delta)
            if new >= 0:
                rise = _rise(cover, group, times, urgency, new, sharpness, delta)
                if rise > kept * (1.0 + 1e-9) + 1e-300:
                    taken[old], taken[new], chosen[k] = False, True, new
                    better = True
            _put(cover, group, times, share, chosen[k], 1)
        if not better:
            break
    return chosen


class FairSearch:
    """The search for the sites that raise the least covered area.

    ``matrix`` is canonical CSR, ``place`` the area of each row (-1: none), ``done``
    the rows covered already.
    """

    def __init__(
        self, matrix: Any, weight: F64, place: I64, done: Bools, count: int, cancelled: Cancel | None
    ) -> None:
        inside = place >= 0
        total = np.bincount(place[inside], weights=weight[inside])
        self.areas: I64 = np.flatnonzero(total > 0).astype(np.int64)
        number = np.full(len(total) + 1, -1)
        number[self.areas] = np.arange(len(self.areas))
        group = number[place]
        counts, held = group >= 0, (group >= 0) & done
        unit = np.zeros(len(weight))
        unit[counts] = weight[counts] / total[place[counts]]
        self.start: F64 = np.bincount(group[held], weights=unit[held], minlength=len(self.areas)).astype(
            float
        )
        unit[done] = 0.0
        self.compact: Compact = _cover.compact(matrix, unit, group)
        self.count, self._cancelled = count, cancelled
        self.chosen: I64 = np.empty(0, dtype=np.int64)
        self.least = self._least(self.chosen)
        self.bound = 1.0 if len(self.areas) else 0.0

    def shares(self, chosen: I64) -> F64:
        """Covered share of each of ``areas`` with ``chosen``."""
        return shares(self.compact.cover, self.compact.group, self.start, chosen)

    def _least(self, chosen: I64) -> float:
        return float(self.shares(chosen).min()) if len(self.areas) else 0.0

    def _take(self, chosen: I64) -> None:
        least = self._least(chosen)
        if least > self.least + 1e-12:
            self.chosen, self.least = chosen, least

    @property
    def _proven(self) -> bool:
        return self.bound - self.least <= PROVEN

    def run(self, method: str, time_limit_s: float) -> None:
        """Choose by ``greedy``, ``swap`` or ``exact``, and bound what could be reached."""
        end = time.monotonic() + time_limit_s
        cover = self.compact.cover
        if not len(self.areas) or self.count == 0 or cover.sites == 0:
            self.bound = self.least
            return
        if self.count >= cover.sites:
            self._take(np.arange(cover.sites))
            self.bound = self.least
            return
        everything = np.ones(cover.sites, dtype=bool)
        for sharpness in SHARPNESS:
            chosen = greedy(cover, self.compact.group, self.start, self.count, everything, sharpness)
            self._take(chosen)
            if method != "greedy":
                self._improve(chosen, sharpness)
        self._weigh(improve=method != "greedy")
        if method == "exact" and not self._proven and end > time.monotonic():
            self._solve(end - time.monotonic())
        self._order()

    def _improve(self, chosen: I64, sharpness: float) -> None:
        self._stop()
        for sharper in (value for value in SHARPNESS if value >= sharpness):
            chosen = swap(self.compact.cover, self.compact.group, self.start, chosen, sharper, 30)
            self._take(chosen)

    def _weigh(self, *, improve: bool) -> None:
        """Bound the least share by weighted means of the shares, whose maximum is a maximal cover.

        The weights move towards the areas that stay behind (multiplicative weights).
        """
        compact, areas = self.compact, len(self.areas)
        reach = shares(compact.cover, compact.group, self.start, np.arange(compact.cover.sites))
        self.bound = min(self.bound, float(reach.min()))
        mean = np.full(areas, 1.0 / areas)
        for turn in range(ROUNDS if areas > 1 else 1):
            if self._proven:
                return
            self._stop()
            weighted = compact.cover._replace(weight=compact.cover.weight * mean[compact.group])
            search = Search(Compact(weighted, compact.site, compact.group), self.count, self._cancelled)
            search.quick(improve=improve)
            self.bound = min(self.bound, float(mean @ self.start) + search.bound)
            found = self.shares(search.chosen)
            self._take(search.chosen)
            if improve and turn % 4 == 3:
                self._improve(search.chosen, SHARPNESS[2])
            mean = mean * np.exp(-(found - found.min()) * 8.0 / (1.0 + 0.3 * turn))
            mean /= mean.sum()

    def _solve(self, time_limit_s: float) -> None:
        """The mixed-integer program: the least share is one more variable."""
        cover, sites, rows, areas = (
            self.compact.cover,
            self.compact.cover.sites,
            self.compact.cover.rows,
            len(self.areas),
        )
        adds = sparse.csr_array((cover.weight, (self.compact.group, np.arange(rows))), shape=(areas, rows))
        matrix = sparse.block_array(
            [
                [-_cover.matrix_of(cover).astype(np.float64), sparse.eye_array(rows), None],
                [None, -adds, np.ones((areas, 1))],
                [np.ones((1, sites)), None, None],
            ],
            format="csr",
        )
        gain = np.zeros(sites + rows + 1)
        gain[-1] = 1.0
        high = np.concatenate([np.zeros(rows), self.start, [float(self.count)]])
        program = Program(gain, matrix, np.full(len(high), -np.inf), high, np.arange(len(gain)) < sites)
        found = solve(program, time_limit_s, self._cancelled)
        self.bound = min(self.bound, found.bound)
        if found.x is not None:
            chosen = np.argsort(-found.x[:sites], kind="stable")[: self.count]
            self._take(chosen)
            self._improve(chosen, SHARPNESS[-1])

    def _order(self) -> None:
        """Put the site first that helps the areas behind most; leave out those that help none."""
        allowed = np.zeros(self.compact.cover.sites, dtype=bool)
        allowed[self.chosen] = True
        ordered = greedy(
            self.compact.cover, self.compact.group, self.start, len(self.chosen), allowed, SHARPNESS[1]
        )
        self.chosen = np.concatenate([ordered, np.setdiff1d(self.chosen, ordered)])

    def _stop(self) -> None:
        if self._cancelled is not None and self._cancelled():
            raise Cancelled("已取消。", "cancelled.")

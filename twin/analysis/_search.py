"""The search for a maximal cover: choices from below, bounds from above, until they meet."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from twin.analysis import _cover
from twin.analysis._cover import Compact
from twin.analysis._milp import GRACE_S, Program, solve
from twin.errors import Cancelled

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Cancel = Callable[[], bool]

PROVEN = 1e-9
"""A bound this close, as a share of all weight, counts as reached."""

QUICK_WORK = 1e8
"""Elementary steps that ``greedy`` and ``swap`` spend on the Lagrangian bound."""

TURNS, STEPS_A_TURN, KICKS_A_TURN = 60, 50, 20
"""``exact`` takes turns between lowering the bound and looking for a better choice."""

KICKS = 60
"""Random changes that ``swap`` tries."""

SWAP_PASSES = 100


@dataclass(slots=True)
class Search:
    """The state of one search: the best choice so far, the lowest bound and its prices."""

    compact: Compact
    count: int
    cancelled: Cancel | None
    goal: float | None = None
    """Stop as soon as this much is covered, or proven out of reach."""
    chosen: I64 = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    value: float = 0.0
    bound: float = math.inf
    price: F64 = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        self.total = float(self.compact.cover.weight.sum())
        self.tie = _cover.TIE * self.total

    total: float = 0.0
    tie: float = 0.0

    @property
    def proven(self) -> bool:
        """Whether nothing better is left to find, or the goal is decided."""
        if self.goal is not None and (self.value >= self.goal or self.bound < self.goal):
            return True
        return self.bound - self.value <= PROVEN * self.total

    def take(self, chosen: I64) -> None:
        """Keep ``chosen`` when it is better."""
        value = self.compact.cover.value(chosen)
        if value > self.value:
            self.chosen, self.value = chosen, value

    def greedy(self) -> None:
        """Choose greedily, and bound by what the next best sites could add at most."""
        cover = self.compact.cover
        everything = np.ones(cover.sites, dtype=bool)
        self.take(_cover.greedy(cover, min(self.count, cover.sites), everything, self.tie)[0])
        self.bound = min(self.bound, self.total)
        if self.count >= cover.sites:
            self.bound = self.value
        self.submodular()

    def submodular(self) -> None:
        """Bound by the present cover and the largest gains left (Nemhauser et al. 1978)."""
        cover = self.compact.cover
        left = np.sort(cover.worth(np.where(cover.covered(self.chosen), 0.0, cover.weight)))[::-1]
        self.bound = min(self.bound, self.value + float(left[: self.count].sum()))

    def swap(self, start: I64) -> None:
        """Improve ``start`` by exchanges and keep the result when it is better."""
        self.take(_cover.swap(self.compact.cover, start, SWAP_PASSES, self.tie))

    def descend(self, work: float, *, improve: bool) -> None:
        """Lower the Lagrangian bound; with ``improve`` also try the sets met on the way."""
        cover = self.compact.cover
        if self.proven or not 0 < self.count < cover.sites:
            return
        if not len(self.price):
            self.price = _cover.price_start(cover, self.chosen)
        steps = max(20, int(work / (len(cover.row_site) + 2 * cover.rows + 4 * cover.sites)))
        _, self.price, _, met = _cover.descend(cover, self.count, self.price, self.value, steps, self.tie)
        self.bound = min(self.bound, _cover.bound_at(cover, self.count, self.price))
        if improve and len(met):
            self.swap(met)

    def check(self) -> None:
        """Stop when the work was cancelled."""
        if self.cancelled is not None and self.cancelled():
            raise Cancelled("已取消。", "cancelled.")

    def run(self, method: str, time_limit_s: float) -> None:
        """Search by ``greedy``, ``swap`` or ``exact``; needs at least one site and ``count`` above 0."""
        self.quick(improve=method != "greedy")
        if method == "exact":
            self.exact(time_limit_s)

    def quick(self, *, improve: bool) -> None:
        """Greedy, exchanges and a bound."""
        self.greedy()
        self.check()
        if improve and not self.proven:
            self.swap(self.chosen)
            if len(self.chosen) == self.count < self.compact.cover.sites:
                self.take(_cover.shake(self.compact.cover, self.chosen, KICKS, 0, self.tie))
            self.submodular()
            self.check()
        self.descend(QUICK_WORK, improve=improve)

    def exact(self, time_limit_s: float) -> None:
        """Close in on the relaxation, settle sites by its bound and solve the rest as a program."""
        end = time.monotonic() + time_limit_s
        cover = self.compact.cover
        if self.proven or not 0 < self.count < cover.sites:
            return
        state = _cover.averages(cover, self.price)
        idle = 0
        for turn in range(TURNS):
            self.check()
            gap = self.bound - self.value
            _cover.average(cover, self.count, state, self.value, STEPS_A_TURN, self.tie)
            if state.pace[0] < self.bound:
                self.price = state.price.copy()
                self.bound = _cover.bound_at(cover, self.count, self.price)
            self.swap(np.argsort(-state.sites, kind="stable")[: self.count])
            self.take(_cover.shake(cover, self.chosen, KICKS_A_TURN, turn, self.tie))
            idle = idle + 1 if gap - (self.bound - self.value) < 1e-5 * self.total else 0
            if self.proven or time.monotonic() >= end or idle == 5:
                break
        left = end - time.monotonic()
        if not self.proven and left > 0:
            self._solve(max(left - GRACE_S, 0.5 * left))

    def _solve(self, time_limit_s: float) -> None:
        cover = self.compact.cover
        # What covers less than the goal is of no use, so sites can be settled against that.
        floor = self.value if self.goal is None else max(self.value, self.goal * (1.0 - 1e-12))
        left_out, contained = _cover.settled(cover, self.count, self.price, floor)
        fixed = np.flatnonzero(contained)
        count = self.count - len(fixed)
        free = ~left_out & ~contained
        done = cover.covered(fixed)
        base = float(cover.weight[done].sum())
        if count <= 0 or not free.any():
            # A better choice would hold exactly these sites: it is this one, or there is none.
            self.take(fixed[: self.count])
            self.bound = min(self.bound, max(self.value, floor))
            return
        rest = Compact(cover, np.arange(cover.sites), self.compact.group).part(~done, free)
        if count >= rest.cover.sites:
            self.take(np.concatenate([fixed, rest.site]))
            self.bound = min(self.bound, max(self.value, floor))
            return
        found = solve(program(rest.cover, count), time_limit_s, self.cancelled)
        # Whatever breaks the settled sites is no better than the floor.
        self.bound = min(self.bound, max(self.value, floor, base + found.bound))
        if found.x is not None:
            best = np.argsort(-found.x[: rest.cover.sites], kind="stable")[:count]
            self.swap(np.concatenate([fixed, rest.site[best]]))


def program(cover: _cover.Cover, count: int) -> Program:
    """Church & ReVelle's program: whole variables for sites, fractional ones for rows.

    A row with a single site is that site's own gain and needs no variable.
    """
    degree = np.diff(cover.row_start)
    shared = np.flatnonzero(degree > 1)
    own = np.bincount(
        cover.row_site[cover.row_start[:-1][degree == 1]],
        weights=cover.weight[degree == 1],
        minlength=cover.sites,
    )
    links = _cover.matrix_of(cover)[shared].astype(np.float64)
    rows = len(shared)
    matrix = sparse.block_array(
        [
            [-links, sparse.eye_array(rows)],
            [np.ones((1, cover.sites)), None],
        ],
        format="csr",
    )
    return Program(
        np.concatenate([own, cover.weight[shared]]),
        matrix,
        np.full(rows + 1, -np.inf),
        np.concatenate([np.zeros(rows), [float(count)]]),
        np.arange(cover.sites + rows) < cover.sites,
    )

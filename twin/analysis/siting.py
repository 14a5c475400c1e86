"""Where the next sites go: maximal cover, fewest sites to a target, fairness between areas.

Every answer carries a proven bound, so that it says how much better any other
choice could at most be. Three methods share one compact form of the problem:

``greedy``
    the site that adds most, again and again (Nemhauser, Wolsey & Fisher 1978);
``swap``
    greedy, improved by exchanging sites (Teitz & Bart 1968) and by the sets that
    the Lagrangian bound meets on its way; well under a second for a city;
``exact``
    swap, then the bound settles most sites for or against, and HiGHS solves what is
    left to the end or to the time limit, in a process of its own, which ends at once
    when the work is cancelled. It is never worse than swap.

The maximal covering location problem is Church & ReVelle's (1974).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from twin.analysis import _cover
from twin.analysis._cover import Compact
from twin.analysis._fair import FairSearch
from twin.analysis._search import PROVEN, Cancel, Search
from twin.errors import InputError

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Method = Literal["greedy", "swap", "exact"]


@dataclass(frozen=True, slots=True)
class Cover:
    """Sites chosen and how good the choice is proven to be.

    ``chosen`` are columns of the matrix, the one that adds most first; ``gain``
    what each adds to those before it. ``covered`` is their sum, ``bound`` what no
    choice of as many sites exceeds, ``gap`` the difference as a share of the bound.
    """

    chosen: I64
    gains: F64
    covered: float
    bound: float
    gap: float
    method: Method
    seconds: float


def _result(search: Search, method: Method, started: float) -> Cover:
    """The choice in the order of what each site adds."""
    cover = search.compact.cover
    allowed = np.zeros(cover.sites, dtype=bool)
    allowed[search.chosen] = True
    chosen, gains = _cover.greedy(cover, len(search.chosen), allowed, search.tie)
    covered = float(gains.sum())
    bound = max(search.bound, covered)
    if bound - covered <= PROVEN * search.total:
        bound = covered
    gap = (bound - covered) / bound if bound > 0 else 0.0
    seconds = time.perf_counter() - started
    return Cover(search.compact.site[chosen], gains, covered, bound, gap, method, seconds)


def maximal_cover(
    cover: Any,
    weight: Any,
    p: int,
    *,
    method: Method = "swap",
    time_limit_s: float = 60.0,
    cancelled: Cancel | None = None,
) -> Cover:
    """The ``p`` sites that together cover most weight.

    Parameters
    ----------
    cover
        Boolean matrix, demand x candidate, sparse (or dense): whether a site there
        would reach that demand.
    weight
        ``float[demand]``, not negative: people, floor area. Demand that is covered
        already weighs 0.
    p
        How many sites; fewer come back when no other adds anything.
    method
        ``"greedy"``, ``"swap"`` or ``"exact"``.
    time_limit_s
        How long ``exact`` may take about; then it returns its best and its bound.
    cancelled
        Asked from time to time; when it says yes the work stops.

    Raises
    ------
    twin.errors.InputError
        Sizes that do not match, a weight that is nan, infinite or negative, a bad ``p``.
    twin.errors.Cancelled
        ``cancelled`` said so.
    """
    started = time.perf_counter()
    matrix, weights = _checked(cover, weight)
    count = _count(p)
    _check_method(method, time_limit_s)
    search = Search(_cover.compact(matrix, weights), count, cancelled)
    if count > 0 and search.compact.cover.sites > 0:
        search.run(method, started + time_limit_s - time.perf_counter())
    else:
        search.bound = 0.0
    return _result(search, method, started)


def _checked(cover: Any, weight: Any) -> tuple[Any, F64]:
    """``cover`` as a canonical CSR matrix that is not the caller's own, and its weights."""
    matrix = sparse.csr_array(cover)
    weights = np.asarray(weight, dtype=np.float64)
    if matrix.ndim != 2 or weights.shape != (matrix.shape[0],):
        raise InputError(
            f"权重有 {weights.size} 个，而覆盖矩阵的形状为 {matrix.shape}，两者行数须相同。",
            f"there are {weights.size} weights for a cover matrix of shape {matrix.shape}; the rows must match.",
        )
    if not np.all(np.isfinite(weights)) or np.any(weights < 0):
        raise InputError(
            "需求权重含有空值、无穷大或负数，请先清理。",
            "the weights of demand hold an empty, infinite or negative number; clean them first.",
        )
    if not (matrix.has_canonical_format and matrix.data.all()):
        matrix = matrix.copy()
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
    return matrix, weights


def _count(p: Any) -> int:
    if isinstance(p, bool) or not isinstance(p, int | np.integer) or p < 0:
        raise InputError(
            f"选址个数须为不小于 0 的整数，得到 {p!r}。",
            f"the number of sites must be a whole number from 0, not {p!r}.",
        )
    return int(p)


def _check_method(method: Any, time_limit_s: float) -> None:
    known = get_args(Method)
    if method not in known:
        raise InputError(
            f"没有方法 {method!r}，请用 {', '.join(known)}。",
            f"there is no method {method!r}; use {', '.join(known)}.",
        )
    if not time_limit_s > 0:
        raise InputError("时间上限须大于 0 秒。", "the time limit must be more than 0 seconds.")


@dataclass(frozen=True, slots=True)
class Fewest:
    """The fewest sites that bring one area to its target.

    ``share`` is the covered share of the area's weight with them, ``before`` without
    any. When even all candidates together do not reach the target, ``reached`` is
    False, ``chosen`` covers what can be covered, and ``at_least`` is None; else no
    fewer than ``at_least`` sites reach it, so that the answer is proven to be the
    least when that equals their number.
    """

    area: int
    chosen: I64
    before: float
    share: float
    reached: bool
    at_least: int | None


def fewest_sites(
    cover: Any,
    weight: Any,
    area: Any,
    target_share: float,
    *,
    already: Any = None,
    method: Method = "swap",
    time_limit_s: float = 60.0,
    cancelled: Cancel | None = None,
) -> tuple[Fewest, ...]:
    """For each area by itself the fewest sites with which its covered share reaches the target.

    Parameters
    ----------
    cover, weight, method, cancelled
        As for :func:`maximal_cover`.
    area
        ``int[demand]``, the area of each row, from 0; -1 for rows of no area. Sites
        may lie anywhere and are counted for every area they help.
    target_share
        0 to 1, of all weight of the area, ``already`` covered or not.
    already
        ``bool[demand]``, what is covered without new sites.
    time_limit_s
        For all areas together; used by ``exact`` only.
    """
    end = time.monotonic() + time_limit_s
    matrix, weights = _checked(cover, weight)
    _check_method(method, time_limit_s)
    if not 0.0 <= target_share <= 1.0:
        raise InputError(
            f"目标须在 0 到 1 之间，得到 {target_share}。",
            f"the target must lie from 0 to 1, not {target_share}.",
        )
    place, done = _areas(area, already, len(weights))
    result = []
    kinds = np.unique(place[place >= 0])
    for k, kind in enumerate(kinds):
        rows = np.flatnonzero(place == kind)
        total = float(weights[rows].sum())
        base = float(weights[rows[done[rows]]].sum())
        left = rows[~done[rows]]
        compact = _cover.compact(sparse.csr_array(matrix[left]), weights[left])
        need = target_share * total - base - PROVEN * total
        share_s = max(0.1, (end - time.monotonic()) / (len(kinds) - k))
        chosen, at_least = _fewest(compact, need, method, share_s, cancelled)
        value = compact.cover.value(chosen)
        result.append(
            Fewest(
                int(kind),
                compact.site[chosen],
                base / total if total > 0 else math.nan,
                (base + value) / total if total > 0 else math.nan,
                value >= need,
                at_least,
            )
        )
    return tuple(result)


def _fewest(
    compact: Compact, need: float, method: Method, time_limit_s: float, cancelled: Cancel | None
) -> tuple[I64, int | None]:
    """Sites that cover at least ``need``, and how many are needed for sure (None: more than there are)."""
    cover = compact.cover
    if need <= 0 or cover.sites == 0:
        return np.empty(0, dtype=np.int64), 0 if need <= 0 else None
    end = time.monotonic() + time_limit_s
    total = float(cover.weight.sum())
    chosen, gains = _cover.greedy(cover, cover.sites, np.ones(cover.sites, dtype=bool), _cover.TIE * total)
    if gains.sum() < need:
        return chosen, None
    chosen = chosen[: int(np.searchsorted(np.cumsum(gains), need)) + 1]
    alone = np.cumsum(np.sort(cover.worth(cover.weight))[::-1])
    low, high = int(np.searchsorted(alone, need)) + 1, len(chosen)

    def search(count: int) -> Search:
        found = Search(compact, count, cancelled, goal=need)
        found.run(method, end - time.monotonic())
        return found

    while method != "greedy" and low < high:
        fewer = search(high - 1)
        if fewer.value < need:
            low = high if fewer.bound < need else low
            break
        chosen, high = fewer.chosen, len(fewer.chosen)
    # What is left open lies between low and high: the bound decides how many are surely too few.
    top = high - 1
    while low < top:
        middle = (low + top) // 2
        if search(middle).bound < need:
            low = middle + 1
        else:
            top = middle
    return chosen, min(low, high)


@dataclass(frozen=True, slots=True)
class Fair:
    """Sites that raise the least covered area.

    ``areas`` are the numbers of the areas with any weight, ``shares`` their covered
    shares; ``least`` the smallest of them, ``bound`` what no choice of as many sites
    exceeds, ``gap`` the difference as a share of the bound.
    """

    chosen: I64
    areas: I64
    shares: F64
    least: float
    bound: float
    gap: float
    method: Method
    seconds: float


def fair_cover(
    cover: Any,
    weight: Any,
    area: Any,
    p: int,
    *,
    already: Any = None,
    method: Method = "swap",
    time_limit_s: float = 60.0,
    cancelled: Cancel | None = None,
) -> Fair:
    """The ``p`` sites that make the smallest covered share of any area as large as can be.

    Parameters as for :func:`maximal_cover` and :func:`fewest_sites`.
    """
    started = time.perf_counter()
    matrix, weights = _checked(cover, weight)
    count = _count(p)
    _check_method(method, time_limit_s)
    place, done = _areas(area, already, len(weights))
    search = FairSearch(matrix, weights, place, done, count, cancelled)
    search.run(method, time_limit_s)
    shares = search.shares(search.chosen)
    bound = max(search.bound, search.least)
    if bound - search.least <= PROVEN:
        bound = search.least
    gap = (bound - search.least) / bound if bound > 0 else 0.0
    return Fair(
        search.compact.site[search.chosen],
        search.areas,
        shares,
        search.least,
        bound,
        gap,
        method,
        time.perf_counter() - started,
    )


def _areas(area: Any, already: Any, rows: int) -> tuple[I64, NDArray[np.bool_]]:
    place = np.asarray(area)
    done = np.zeros(rows, dtype=bool) if already is None else np.asarray(already)
    if place.shape != (rows,) or (rows and place.dtype.kind not in "iu"):
        raise InputError(
            f"区域编号须为 {rows} 个整数。", f"the areas must be {rows} whole numbers, one per row of demand."
        )
    if done.shape != (rows,) or done.dtype != np.bool_:
        raise InputError(
            f"already 须为 {rows} 个真假值。", f"already must be {rows} booleans, one per row of demand."
        )
    return place.astype(np.int64), done


def size(cover: Any, weight: Any) -> tuple[int, int]:
    """Rows and pairs of the problem after equal rows were merged."""
    compact = _cover.compact(*_checked(cover, weight))
    return compact.cover.rows, len(compact.cover.row_site)


def warm_up() -> None:
    """Compile or load the loops, so that the first real question does not wait for it."""
    # Three sites of which greedy takes the wrong one first: every step has something to do.
    matrix = sparse.csr_array(
        np.array([[1, 1, 0], [1, 1, 0], [1, 0, 1], [1, 0, 1], [0, 1, 0], [0, 0, 1]], dtype=bool)
    )
    compact = _cover.compact(matrix, np.array([1.0, 1.0, 1.0, 1.0, 0.9, 0.9]))
    cover, tie = compact.cover, _cover.TIE
    chosen = _cover.swap(cover, _cover.greedy(cover, 1, np.ones(3, dtype=bool), tie)[0], 1, tie)
    chosen = _cover.shake(cover, chosen, 1, 0, tie)
    _, price, _, _ = _cover.descend(cover, 1, _cover.price_start(cover, chosen), 0.0, 2, tie)
    _cover.average(cover, 1, _cover.averages(cover, price), 0.0, 2, tie)
    fair_cover(matrix, np.ones(6), np.arange(6) % 2, 1)

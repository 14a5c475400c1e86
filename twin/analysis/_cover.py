"""Covering problems in compact form, and the compiled loops that solve and bound them.

A problem is a set of demand rows with weights and, for each candidate site, the
rows it covers. Rows that the same sites cover are one row (exactly, their
weights added up), rows that nobody covers or that weigh nothing are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from twin.analysis._kernels import kernel

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
Bools = NDArray[np.bool_]

TIE = 1e-10
"""Gains that differ by less than this share of all weight count as equal."""


class Cover(NamedTuple):
    """Who covers what, both ways round, as the loops read it."""

    row_start: I64  # [rows + 1]
    row_site: I32
    site_start: I64  # [sites + 1]
    site_row: I32
    weight: F64  # [rows]

    @property
    def rows(self) -> int:
        """Number of (merged) demand rows."""
        return len(self.weight)

    @property
    def sites(self) -> int:
        """Number of sites that cover anything."""
        return len(self.site_start) - 1

    def worth(self, row_value: F64) -> F64:
        """Sum of ``row_value`` over the rows of each site."""
        ends = np.concatenate([[0.0], np.cumsum(row_value[self.site_row])])
        return np.asarray(ends[self.site_start[1:]] - ends[self.site_start[:-1]])

    def covered(self, sites: I64) -> Bools:
        """Which rows the ``sites`` cover together."""
        result = np.zeros(self.rows, dtype=bool)
        for site in sites:
            result[self.site_row[self.site_start[site] : self.site_start[site + 1]]] = True
        return result

    def value(self, sites: I64) -> float:
        """Weight that ``sites`` cover together."""
        return float(self.weight[self.covered(sites)].sum())


@dataclass(frozen=True, slots=True)
class Compact:
    """A problem in compact form: ``site`` are the candidates' own numbers, ``group`` that of each row."""

    cover: Cover
    site: I64
    group: I64

    def part(self, rows: Bools, sites: Bools) -> Compact:
        """The problem of some rows and some sites only, merged anew."""
        matrix = matrix_of(self.cover)[rows][:, sites]
        return compact(matrix, self.cover.weight[rows], self.group[rows], self.site[sites])


def compact(matrix: Any, weight: F64, group: I64 | None = None, site: I64 | None = None) -> Compact:
    """The compact form of ``matrix`` (CSR, rows x candidates, canonical).

    Rows are merged only within the same ``group`` (an area); ``site`` are the
    numbers of the candidates, by default their columns.
    """
    group = np.zeros(len(weight), dtype=np.int64) if group is None else group
    site = np.arange(matrix.shape[1], dtype=np.int64) if site is None else site
    kept = np.flatnonzero((np.diff(matrix.indptr) > 0) & (weight > 0))
    start, column = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32)
    order = kept[np.argsort(_hashes(start, column, group, kept), kind="stable")]
    first, label = _classes(start, column, group, order, _hashes(start, column, group, order))
    # Rows keep the order of the file, in which neighbours are near each other.
    rank = np.argsort(first, kind="stable")
    place = np.empty(len(rank), dtype=np.int64)
    place[rank] = np.arange(len(rank))
    merged = np.bincount(place[label], weights=weight[order], minlength=len(first)).astype(np.float64)
    first = first[rank]
    rows = matrix[first]
    used = np.flatnonzero(np.bincount(rows.indices, minlength=rows.shape[1]))
    rows = sparse.csr_array(rows[:, used])
    rows.sort_indices()
    columns = rows.tocsc()
    columns.sort_indices()
    cover = Cover(
        rows.indptr.astype(np.int64),
        rows.indices.astype(np.int32),
        columns.indptr.astype(np.int64),
        columns.indices.astype(np.int32),
        merged,
    )
    return Compact(cover, site[used], group[first])


def matrix_of(cover: Cover) -> Any:
    """``cover`` as a sparse boolean matrix, rows x sites."""
    data = np.ones(len(cover.row_site), dtype=bool)
    return sparse.csr_array((data, cover.row_site, cover.row_start), shape=(cover.rows, cover.sites))


@kernel
def _hashes(start: I64, column: I32, group: I64, rows: I64) -> NDArray[np.uint64]:
    """A number per row that is the same for rows of the same columns and group."""
    result = np.empty(rows.shape[0], np.uint64)
    for k in range(rows.shape[0]):
        total = np.uint64(group[rows[k]]) * np.uint64(0xD6E8FEB86659FD93)
        for z in range(start[rows[k]], start[rows[k] + 1]):
            x = (np.uint64(column[z]) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)  # splitmix64
            x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            total += x ^ (x >> np.uint64(31))
        result[k] = total
    return result


@kernel
def _classes(start: I64, column: I32, group: I64, order: I64, hashes: NDArray[np.uint64]) -> tuple[I64, I64]:
    """First row of each class and the class of each row of ``order``, which is sorted by ``hashes``.

    Equal hashes are checked column by column, so a collision never merges rows.
    """
    first = np.empty(order.shape[0], np.int64)
    label = np.empty(order.shape[0], np.int64)
    count = 0
    for k in range(order.shape[0]):
        row = order[k]
        same = count > 0 and hashes[k] == hashes[k - 1]
        if same:
            other = first[count - 1]
            size = start[row + 1] - start[row]
            same = group[row] == group[other] and size == start[other + 1] - start[other]
            if same:
                for z in range(size):
                    if column[start[row] + z] != column[start[other] + z]:
                        same = False
                        break
        if not same:
            first[count] = row
            count += 1
        label[k] = count - 1
    return first[:count].copy(), label


@kernel
def _best(gain: F64, taken: Bools, least: float, tie: float) -> int:
    """The site of largest gain above ``least``, the lowest of equals; -1 when there is none."""
    best, most = -1, least
    for j in range(gain.shape[0]):
        if not taken[j] and gain[j] > most + tie:
            best, most = j, gain[j]
    return best


@kernel
def greedy(cover: Cover, count: int, allowed: Bools, tie: float) -> tuple[I64, F64]:
    """Up to ``count`` allowed sites, each the one that adds most; and what each adds.

    Gains are kept up to date row by row, so the work is one pass over the matrix.
    """
    chosen = np.empty(count, np.int64)
    added = np.empty(count)
    taken = ~allowed
    gain = np.zeros(cover.site_start.shape[0] - 1)
    for j in range(gain.shape[0]):
        for z in range(cover.site_start[j], cover.site_start[j + 1]):
            gain[j] += cover.weight[cover.site_row[z]]
    done = np.zeros(cover.weight.shape[0], np.bool_)
    for k in range(count):
        site = _best(gain, taken, 0.0, tie)
        if site < 0:
            return chosen[:k].copy(), added[:k].copy()
        chosen[k], added[k], taken[site] = site, 0.0, True
        for z in range(cover.site_start[site], cover.site_start[site + 1]):
            row = cover.site_row[z]
            if not done[row]:
                done[row] = True
                added[k] += cover.weight[row]
                for y in range(cover.row_start[row], cover.row_start[row + 1]):
                    gain[cover.row_site[y]] -= cover.weight[row]
    return chosen, added


@kernel
def swap(cover: Cover, chosen: I64, passes: int, tie: float) -> I64:
    """``chosen`` improved by exchanging one site at a time for the best other, until none helps."""
    sites = cover.site_start.shape[0] - 1
    chosen = chosen.copy()
    taken = np.zeros(sites, np.bool_)
    times = np.zeros(cover.weight.shape[0], np.int32)
    for site in chosen:
        taken[site] = True
        for z in range(cover.site_start[site], cover.site_start[site + 1]):
            times[cover.site_row[z]] += 1
    gain = np.zeros(sites)
    for row in range(times.shape[0]):
        if times[row] == 0:
            for y in range(cover.row_start[row], cover.row_start[row + 1]):
                gain[cover.row_site[y]] += cover.weight[row]
    freed = np.empty(sites)
    for _ in range(passes):
        better = False
        for k in range(chosen.shape[0]):
            out, loss = chosen[k], 0.0
            freed[:] = gain
            for z in range(cover.site_start[out], cover.site_start[out + 1]):
                row = cover.site_row[z]
                if times[row] == 1:
                    loss += cover.weight[row]
                    for y in range(cover.row_start[row], cover.row_start[row + 1]):
                        freed[cover.row_site[y]] += cover.weight[row]
            best = _best(freed, taken, loss, tie)
            if best < 0:
                continue
            better = True
            for z in range(cover.site_start[out], cover.site_start[out + 1]):
                row = cover.site_row[z]
                times[row] -= 1
                if times[row] == 0:
                    for y in range(cover.row_start[row], cover.row_start[row + 1]):
                        gain[cover.row_site[y]] += cover.weight[row]
            for z in range(cover.site_start[best], cover.site_start[best + 1]):
                row = cover.site_row[z]
                if times[row] == 0:
                    for y in range(cover.row_start[row], cover.row_start[row + 1]):
                        gain[cover.row_site[y]] -= cover.weight[row]
                times[row] += 1
            taken[out], taken[best], chosen[k] = False, True, best
        if not better:
            break
    return chosen


@kernel
def _largest(score: F64, count: int) -> float:
    """The ``count``-th largest of ``score`` (Hoare's selection)."""
    values, low, high, wanted = score.copy(), 0, score.shape[0] - 1, score.shape[0] - count
    while low < high:
        pivot, i, j = values[(low + high) // 2], low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if wanted <= j:
            high = j
        elif wanted >= i:
            low = i
        else:
            break
    return float(values[wanted])


def price_start(cover: Cover, chosen: I64) -> F64:
    """Prices to begin :func:`descend` with: a row's weight, shared by the chosen sites that cover it."""
    times = np.zeros(cover.rows)
    for site in chosen:
        times[cover.site_row[cover.site_start[site] : cover.site_start[site + 1]]] += 1
    return cover.weight / np.maximum(times, 1.0)


@kernel
def descend(
    cover: Cover, count: int, price: F64, reached: float, steps: int, tie: float
) -> tuple[float, F64, float, I64]:
    """Lower the Lagrangian bound of the maximal cover by subgradient steps.

    Every row pays a price of 0 to its weight to the sites that cover it. The rows'
    weights less their prices, and the ``count`` best-paid sites, add up to no less
    than any ``count`` sites can cover; the least such sum is the bound of the linear
    relaxation (Galvao & ReVelle, EJOR 88, 1996). ``reached`` is the best cover known,
    from which Polyak's step length follows. Needs ``0 < count < sites``.

    Returns the lowest bound, its prices, the best cover met on the way, its sites.
    """
    rows, sites = cover.weight.shape[0], cover.site_start.shape[0] - 1
    price = price.copy()
    score = np.zeros(sites)
    times = np.zeros(rows, np.int32)
    best_price, lowest = price.copy(), np.inf
    met, met_sites = -1.0, np.zeros(0, np.int64)
    picked = np.empty(count, np.int64)
    pace, idle = 1.0, 0
    for step in range(steps):
        if step % 64 == 0:  # begin afresh, so that rounding does not add up
            score[:] = 0.0
            for j in range(sites):
                for z in range(cover.site_start[j], cover.site_start[j + 1]):
                    score[j] += price[cover.site_row[z]]
        edge = _largest(score, count)
        n = 0
        for j in range(sites):
            if score[j] > edge:
                picked[n] = j
                n += 1
        for j in range(sites):
            if n < count and score[j] == edge:
                picked[n] = j
                n += 1
        bound = 0.0
        for k in range(count):
            bound += score[picked[k]]
        times[:] = 0
        for k in range(count):
            for z in range(cover.site_start[picked[k]], cover.site_start[picked[k] + 1]):
                times[cover.site_row[z]] += 1
        value, norm = 0.0, 0.0
        for i in range(rows):
            bound += cover.weight[i] - price[i]
            if times[i] > 0:
                value += cover.weight[i]
            slope = _slope(times[i], price[i], cover.weight[i])
            norm += slope * slope
        if value > met:
            met, met_sites = value, picked.copy()
            reached = max(reached, value)
        if bound < lowest - tie:
            lowest, idle = bound, 0
            best_price[:] = price
        else:
            idle += 1
            if idle == 12:
                pace, idle = pace * 0.6, 0
        if norm == 0.0 or lowest - reached <= tie or pace < 1e-4:
            break
        length = pace * (bound - reached) / norm
        for i in range(rows):
            slope = _slope(times[i], price[i], cover.weight[i])
            if slope != 0.0:
                new = min(max(price[i] - length * slope, 0.0), cover.weight[i])
                change = new - price[i]
                price[i] = new
                for y in range(cover.row_start[i], cover.row_start[i + 1]):
                    score[cover.row_site[y]] += change
    return lowest, best_price, met, met_sites


@kernel
def _slope(times: int, price: float, weight: float) -> float:
    """The part of the subgradient that leads inside 0 .. ``weight``."""
    if price >= weight:
        return max(times - 1.0, 0.0)
    if price <= 0.0:
        return min(times - 1.0, 0.0)
    return times - 1.0


class Averages(NamedTuple):
    """State of the volume algorithm, changed in place by :func:`average`."""

    price: F64  # [rows] prices of the lowest bound
    sites: F64  # [sites] average choice, which tends to the relaxation's
    rows: F64  # [rows] average cover
    pace: F64  # [4] lowest bound, step length, share of the newest choice, steps without a lower bound


def averages(cover: Cover, price: F64) -> Averages:
    """The state in which the volume algorithm begins at ``price``."""
    return Averages(
        price.copy(), np.zeros(cover.sites), np.zeros(cover.rows), np.array([np.inf, 0.3, 0.1, 0.0])
    )


@kernel
def average(cover: Cover, count: int, state: Averages, reached: float, steps: int, tie: float) -> None:
    """``steps`` of the volume algorithm (Barahona & Anbil, Math. Programming 87, 2000).

    It leads the averages of the choices, not the newest one, to agreement between
    sites and rows. Slower than :func:`descend` at first, it comes far closer to the
    relaxation. Needs ``0 < count < sites``.
    """
    rows, sites = cover.weight.shape[0], cover.site_start.shape[0] - 1
    best, choice, share, pace = state.price, state.sites, state.rows, state.pace
    price, score, slope = best.copy(), np.zeros(sites), np.zeros(rows)
    before = pace[0]
    for _ in range(steps):
        for j in range(sites):
            total = 0.0
            for z in range(cover.site_start[j], cover.site_start[j + 1]):
                total += price[cover.site_row[z]]
            score[j] = total
        newest = 1.0 if pace[0] == np.inf else pace[2]
        bound = 0.0
        for i in range(rows):
            bound += cover.weight[i] - price[i]
            share[i] += newest * ((1.0 if price[i] < cover.weight[i] else 0.0) - share[i])
        edge = _largest(score, count)
        above = 0
        for j in range(sites):
            above += score[j] > edge
        for j in range(sites):
            inside = 0.0
            if score[j] > edge:
                inside = 1.0
            elif score[j] == edge and above < count:
                inside = 1.0
                above += 1
            bound += inside * score[j]
            choice[j] += newest * (inside - choice[j])
        if bound < pace[0] - tie:
            pace[0], pace[3] = bound, 0.0
            best[:] = price
        else:
            pace[3] += 1.0
            if pace[3] == 20.0:
                pace[1], pace[3] = pace[1] * 0.66, 0.0
        norm = 0.0
        for i in range(rows):
            slope[i] = -share[i]
            for y in range(cover.row_start[i], cover.row_start[i + 1]):
                slope[i] += choice[cover.row_site[y]]
            if (slope[i] < 0.0 and best[i] >= cover.weight[i]) or (slope[i] > 0.0 and best[i] <= 0.0):
                slope[i] = 0.0
            norm += slope[i] * slope[i]
        if norm < 1e-12 or pace[0] - reached <= tie:
            break
        length = pace[1] * (pace[0] - reached) / norm
        for i in range(rows):
            price[i] = min(max(best[i] - length * slope[i], 0.0), cover.weight[i])
    if before - pace[0] < 0.001 * pace[0]:
        pace[2] = max(0.5 * pace[2], 0.002)


@kernel
def shake(cover: Cover, chosen: I64, kicks: int, seed: int, tie: float) -> I64:
    """``chosen`` improved by ``kicks`` random changes, each followed by exchanges and kept if no worse.

    The same seed gives the same answer. Needs fewer chosen than sites.
    """
    sites, count = cover.site_start.shape[0] - 1, chosen.shape[0]
    np.random.seed(seed)  # noqa: NPY002 -- compiled code has no generators; this state is its own
    best, most = chosen.copy(), _value(cover, chosen)
    for _ in range(kicks):
        trial = best.copy()
        for _ in range(1 + np.random.randint(0, 3)):  # noqa: NPY002
            new = np.random.randint(0, sites)  # noqa: NPY002
            if not np.any(trial == new):
                trial[np.random.randint(0, count)] = new  # noqa: NPY002
        trial = swap(cover, trial, 20, tie)
        value = _value(cover, trial)
        if value >= most:
            best, most = trial, value
    return best


@kernel
def _value(cover: Cover, chosen: I64) -> float:
    done = np.zeros(cover.weight.shape[0], np.bool_)
    total = 0.0
    for site in chosen:
        for z in range(cover.site_start[site], cover.site_start[site + 1]):
            row = cover.site_row[z]
            if not done[row]:
                done[row] = True
                total += cover.weight[row]
    return total


def bound_at(cover: Cover, count: int, price: F64) -> float:
    """The Lagrangian bound for ``count`` sites at ``price``, summed anew."""
    score = np.sort(cover.worth(price))[::-1]
    return float((cover.weight - price).sum() + score[:count].sum())


def settled(cover: Cover, count: int, price: F64, reached: float) -> tuple[Bools, Bools]:
    """Sites that every cover better than ``reached`` leaves out, and those it contains.

    A site is settled when the bound with it forced the other way is no better than
    ``reached``. Needs ``0 < count < sites``.
    """
    score = cover.worth(price)
    order = np.argsort(-score, kind="stable")
    bound = float((cover.weight - price).sum() + score[order[:count]].sum())
    last_in, first_out = score[order[count - 1]], score[order[count]]
    inside = np.zeros(cover.sites, dtype=bool)
    inside[order[:count]] = True
    left_out = ~inside & (bound - last_in + score <= reached)
    contained = inside & (bound - score + first_out <= reached)
    return left_out, contained

"""Measures of accessibility and of its inequality, as pure functions on an OD table.

Measures follow Levinson & King, *Transport Access Manual* (2020), and the
floating catchment areas their own papers, cited below. Wherever the R package
``accessibility`` and PySAL's ``access`` define the same measure, results equal
theirs, with two differences: limits are inclusive, and what cannot be reached is
nan and never takes part in a mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import InputError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Weight = Callable[[Floats], Floats]
"""An impedance function: costs to weights, element by element."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """An OD table: one row per pair that can be travelled, no pair twice.

    ``origin`` and ``facility`` are positions, in ``range(origins)`` and
    ``range(facilities)``; ``cost`` is finite and not negative, in any one unit.
    Build it with :meth:`of`, which checks that.
    """

    origin: NDArray[np.integer[Any]]
    facility: NDArray[np.integer[Any]]
    cost: Floats
    origins: int
    facilities: int

    @classmethod
    def of(cls, origin: object, facility: object, cost: object, *, origins: int, facilities: int) -> Pairs:
        """A checked table; pairs whose cost is nan or infinite cannot be travelled and are left out.

        Raises
        ------
        twin.errors.InputError
            Columns of different length, a position out of range, a negative cost.
        """
        start, end = _positions(origin), _positions(facility)
        costs = np.asarray(cost, dtype=np.float64)
        if not start.shape == end.shape == costs.shape or costs.ndim != 1:
            raise InputError("OD 表的三列长度不同。", "the three columns of the OD table differ in length.")
        for index, count, zh, en in (
            (start, origins, "起点", "origin"),
            (end, facilities, "设施", "facility"),
        ):
            if len(index) and (index.dtype.kind not in "iu" or index.min() < 0 or index.max() >= count):
                raise InputError(
                    f"OD 表的{zh}编号须为 0 到 {count - 1} 的整数。",
                    f"every {en} of the OD table must be a whole number from 0 to {count - 1}.",
                )
        if np.any(costs < 0):
            raise InputError("OD 表的出行成本不能为负。", "a cost of the OD table is negative.")
        reached = np.isfinite(costs)
        if not reached.all():
            start, end, costs = start[reached], end[reached], costs[reached]
        return cls(start, end, costs, origins, facilities)

    def reversed(self) -> Pairs:
        """The same pairs seen from the facilities, for passive measures: who can come here."""
        return Pairs(self.facility, self.origin, self.cost, self.facilities, self.origins)

    def sum_by_origin(self, values: Floats) -> Floats:
        """Sum over each origin's pairs of ``values`` (one per pair); 0 without pairs."""
        return np.bincount(self.origin, weights=values, minlength=self.origins).astype(np.float64, copy=False)

    def sum_by_facility(self, values: Floats) -> Floats:
        """Sum over each facility's pairs of ``values`` (one per pair); 0 without pairs."""
        return np.bincount(self.facility, weights=values, minlength=self.facilities).astype(
            np.float64, copy=False
        )


def _positions(values: object) -> NDArray[Any]:
    found = np.asarray(values)
    return found if found.size else found.astype(np.int64)  # an empty list would be one of floats


def step(limit: float) -> Weight:
    """1 up to ``limit``, inclusive, and 0 beyond."""
    return lambda cost: (cost <= limit).astype(np.float64)


def linear(limit: float) -> Weight:
    """From 1 at no cost down to 0 at ``limit``."""
    _positive("limit", limit)
    return lambda cost: np.clip(1.0 - cost / limit, 0.0, 1.0)


def exponential(rate: float) -> Weight:
    """``exp(-rate * cost)``."""
    return lambda cost: np.exp(-rate * cost)


def power(exponent: float, scale: float = 1.0) -> Weight:
    """``(cost / scale) ** exponent``; inverse distance has an exponent of -1."""

    _positive("scale", scale)

    def weigh(cost: Floats) -> Floats:
        if exponent < 0 and np.any(cost == 0):
            raise InputError(
                "反距离权重不能用于成本为 0 的点对，请改用其他权重。",
                "inverse-distance weights are infinite at a cost of 0; choose another weight.",
            )
        return (cost / scale) ** exponent

    return weigh


def logistic(inflection: float, spread: float) -> Weight:
    """The decreasing logistic curve through one half near ``inflection``, 1 at no cost.

    ``spread`` is its standard deviation (Bauer & Groneberg, PLoS ONE 11(7), 2016).
    """
    _positive("spread", spread)
    slope = math.pi / (spread * math.sqrt(3.0))
    at_zero = 1.0 + math.exp(-inflection * slope)
    # Far beyond the inflection the exponential would overflow where the weight is 0 anyway.
    return lambda cost: at_zero / (1.0 + np.exp(np.minimum((cost - inflection) * slope, 700.0)))


def gaussian(limit: float) -> Weight:
    """The bell curve from 1 down to 0 at ``limit`` and 0 beyond (Dai, Health & Place 16, 2010)."""
    _positive("limit", limit)
    edge = math.exp(-0.5)
    return lambda cost: np.where(
        cost <= limit, (np.exp(-0.5 * np.minimum(cost / limit, 1.0) ** 2) - edge) / (1.0 - edge), 0.0
    )


def _positive(name: str, value: float) -> None:
    if not value > 0:
        raise InputError(f"{name} 须大于 0，得到 {value}。", f"{name} must be greater than 0, not {value}.")


def within(weight: Weight, limit: float) -> Weight:
    """``weight`` up to ``limit``, inclusive, and 0 beyond."""

    def weigh(cost: Floats) -> Floats:
        result = np.zeros(len(cost))
        inside = cost <= limit
        result[inside] = weight(cost[inside])
        return result

    return weigh


def nearest_cost(pairs: Pairs, supply: object = None) -> Floats:
    """Cost from each origin to its nearest facility, ``float64[origins]``, nan where none is reached.

    With ``supply`` (one per facility) only facilities that have any count. The
    passive measure is that of ``pairs.reversed()``.
    """
    result = np.full(pairs.origins, np.inf)
    if supply is None:
        np.minimum.at(result, pairs.origin, pairs.cost)
    else:
        open_ = _amounts(supply, pairs.facilities, "supply")[pairs.facility] > 0
        np.minimum.at(result, pairs.origin[open_], pairs.cost[open_])
    result[np.isinf(result)] = np.nan
    return result


def gravity(pairs: Pairs, supply: object, weight: Weight) -> Floats:
    """Opportunities weighted by impedance, ``float64[origins]`` (Hansen 1959)."""
    amount = _amounts(supply, pairs.facilities, "supply")
    return pairs.sum_by_origin(amount[pairs.facility] * weight(pairs.cost))


def cumulative(pairs: Pairs, supply: object, limit: float) -> Floats:
    """Opportunities within ``limit``, inclusive, of each origin.

    With ``pairs.reversed()`` and the demand of each origin it is the passive
    measure: how many people can come to each facility.
    """
    return gravity(pairs, supply, step(limit))


def two_step_fca(pairs: Pairs, demand: object, supply: object, weight: Weight) -> Floats:
    """Two-step floating catchment area: supply per head, ``float64[origins]``.

    Step one divides each facility's supply (beds, places, seats, m²) by the
    weighted demand that can come to it; step two adds up these ratios over what
    each origin can reach. With :func:`step` this is 2SFCA (Luo & Wang, Environment
    and Planning B 30, 2003), with :func:`gaussian` the Gaussian 2SFCA (Dai 2010),
    with any other decay the enhanced one. Both steps use the cost from the origin
    to the facility, so travel may be asymmetric. Supply is conserved:
    ``sum(demand * result)`` is the supply of all facilities that have any demand.
    """
    return _per_head(pairs, demand, supply, weight(pairs.cost), None)


def balanced_fca(pairs: Pairs, demand: object, supply: object, weight: Weight) -> Floats:
    """Balanced floating catchment area, ``float64[origins]`` (Paez et al., PLoS ONE 14(6), 2019).

    Weights are normalised by origin when demand is spread over facilities and by
    facility when the level of service is handed out, so nobody is counted twice:
    the result adds up to the sum of all levels of service.
    """
    weights = weight(pairs.cost)
    by_origin = pairs.sum_by_origin(weights)[pairs.origin]
    by_facility = pairs.sum_by_facility(weights)[pairs.facility]
    spread = np.divide(weights, by_origin, out=np.zeros_like(weights), where=by_origin > 0)
    handed = np.divide(weights, by_facility, out=np.zeros_like(weights), where=by_facility > 0)
    return _per_head(pairs, demand, supply, spread, handed)


def _per_head(pairs: Pairs, demand: object, supply: object, spread: Floats, handed: Floats | None) -> Floats:
    people = _amounts(demand, pairs.origins, "demand")
    amount = _amounts(supply, pairs.facilities, "supply")
    asked = pairs.sum_by_facility(people[pairs.origin] * spread)
    ratio = np.divide(amount, asked, out=np.zeros_like(amount), where=asked > 0)
    return pairs.sum_by_origin(ratio[pairs.facility] * (spread if handed is None else handed))


@dataclass(frozen=True, slots=True)
class Mean:
    """A weighted mean over what is reached, and the share of the weight that is not."""

    value: float
    unreached: float


def mean_cost(cost: object, weight: object) -> Mean:
    """Mean of ``cost`` over the weight that reaches anything; nan when none does."""
    costs, weights = _values_and_weights(cost, weight)
    reached = np.isfinite(costs)
    total, inside = weights.sum(), weights[reached].sum()
    value = float(np.average(costs[reached], weights=weights[reached])) if inside > 0 else math.nan
    return Mean(value, float(1.0 - inside / total) if total > 0 else math.nan)


def coverage_rates(covered: object, weights: Mapping[str, object]) -> dict[str, float]:
    """Share that is covered, 0 to 1, under each of several weights at once.

    Parameters
    ----------
    covered
        ``bool[n]``, per building.
    weights
        Name to ``float[n]``: residents, residential floor area, residential land,
        and 1 per residential building. What does not count weighs 0.

    Returns
    -------
    dict
        The rate by name; nan where the weight is 0 everywhere.
    """
    flags = np.asarray(covered, dtype=bool)
    area = np.zeros(len(flags), dtype=np.int64)
    return {
        name: float(rates[0]) for name, rates in coverage_rates_by_area(flags, weights, area, areas=1).items()
    }


def coverage_rates_by_area(
    covered: object, weights: Mapping[str, object], area: object, *, areas: int
) -> dict[str, Floats]:
    """:func:`coverage_rates` of each area: ``area`` is ``int[n]`` in ``range(areas)``, -1 outside all."""
    flags, place = np.asarray(covered, dtype=bool), np.asarray(area)
    inside = place >= 0
    result = {}
    for name, values in weights.items():
        weight = _amounts(values, len(flags), name)
        total = np.bincount(place[inside], weights=weight[inside], minlength=areas)
        held = inside & flags
        part = np.bincount(place[held], weights=weight[held], minlength=areas)
        result[name] = np.divide(part, total, out=np.full(areas, np.nan), where=total > 0)
    return result


@dataclass(frozen=True, slots=True)
class Circles:
    """How complete the life circle of each origin is; arrays have one value per origin."""

    complete: Bools
    """Every category is within its limit."""
    reached: Ints
    """Number of categories within their limits."""
    bottleneck: Ints
    """Column of the category furthest beyond its limit (the first of equals); -1 when complete."""
    short_s: Floats
    """Seconds by which the bottleneck misses its limit: 0 when complete, inf when unreachable."""


def life_circles(seconds: object, limit_s: object) -> Circles:
    """Judge ``seconds``, ``float[n, categories]`` (nan: unreachable), by ``limit_s``, one per category."""
    times = np.asarray(seconds, dtype=np.float64)
    over = np.where(np.isnan(times), np.inf, times - np.asarray(limit_s, dtype=np.float64))
    missed = over > 0
    complete: Bools = np.asarray(~missed.any(axis=1))
    if over.shape[1] == 0:
        nothing = np.zeros(len(over), dtype=np.int64)
        return Circles(complete, nothing, nothing - 1, np.zeros(len(over)))
    worst = over.argmax(axis=1)
    return Circles(
        complete,
        np.asarray((~missed).sum(axis=1), dtype=np.int64),
        np.where(complete, -1, worst).astype(np.int64),
        np.where(complete, 0.0, over.max(axis=1)),
    )


def gini(value: object, population: object) -> float:
    """Gini coefficient of ``value`` between people: 0 equal, towards 1 unequal.

    Rows without a value (nan) take no part. nan when nobody has anything.
    """
    values, people = _reached(value, population)
    return concentration(values, people, values)


def concentration(value: object, population: object, rank: object) -> float:
    """Concentration index of ``value`` between people ordered by ``rank``, such as income.

    -1 to 1, negative when those of low rank have more (Kakwani 1977). People of
    equal rank count as one group.
    """
    values, people, ranks = _reached(value, population, rank)
    if people.sum() <= 0 or (values * people).sum() <= 0:
        return math.nan
    _, group = np.unique(ranks, return_inverse=True)
    share = np.bincount(group, weights=people) / people.sum()
    held = np.cumsum(np.bincount(group, weights=values * people)) / (values * people).sum()
    return float(1.0 - np.sum(share * (held + np.r_[0.0, held[:-1]])))


def palma(
    value: object, population: object, income: object = None, *, poorest: float = 0.4, richest: float = 0.1
) -> float:
    """Mean of ``value`` for the richest tenth of people over that of the poorest four tenths.

    People are ordered by ``income`` (by ``value`` itself without one). As in the R
    package, the poorest are the rows up to the one whose cumulative share of people
    comes closest to ``poorest``, the richest those from the one that comes closest
    to ``1 - richest`` on; both ends included, so with few rows the groups are coarse.
    nan when there is nobody or the poorest have nothing.
    """
    values, people, ranks = _reached(value, population, value if income is None else income)
    if len(people) == 0:
        return math.nan
    order = np.argsort(ranks, kind="stable")
    values, people = values[order], people[order]
    share = np.cumsum(people) / people.sum()
    low = int(np.abs(share - poorest).argmin()) + 1
    high = int(np.abs(share - (1.0 - richest)).argmin())
    least = np.average(values[:low], weights=people[:low])
    return float(np.average(values[high:], weights=people[high:]) / least) if least > 0 else math.nan


def theil(value: object, population: object) -> float:
    """Theil's T of ``value`` between people: 0 equal, at most the logarithm of their number."""
    values, people = _reached(value, population)
    if people.sum() <= 0 or (values * people).sum() <= 0:
        return math.nan
    relative = values / np.average(values, weights=people)
    # x log x tends to 0: those who have nothing add nothing.
    logs = np.log(relative, out=np.zeros_like(relative), where=relative > 0)
    return float(np.average(relative * logs, weights=people))


def _reached(value: object, population: object, rank: object = None) -> tuple[Floats, ...]:
    """Values, people and ranks of the rows that have a value and people."""
    values, people = _values_and_weights(value, population)
    if np.any(values < 0):
        raise InputError(
            "不平等指标不能用于负值。", "a measure of inequality is not defined for negative values."
        )
    kept = np.isfinite(values) & (people > 0)
    if rank is None:
        return values[kept], people[kept]
    ranks = np.asarray(rank, dtype=np.float64)
    if ranks.shape != values.shape:
        raise InputError("收入与数值的长度不同。", "ranks and values differ in length.")
    kept &= np.isfinite(ranks)
    return values[kept], people[kept], ranks[kept]


def _values_and_weights(value: object, weight: object) -> tuple[Floats, Floats]:
    values = np.asarray(value, dtype=np.float64)
    return values, _amounts(weight, len(values), "weight")


def _amounts(values: object, count: int, name: str) -> Floats:
    """``values`` as ``count`` finite numbers of at least 0."""
    amounts = np.asarray(values, dtype=np.float64)
    if amounts.shape != (count,):
        raise InputError(
            f"{name} 应有 {count} 个数，得到 {amounts.size} 个。",
            f"{name} must hold {count} numbers, not {amounts.size}.",
        )
    if not np.all(np.isfinite(amounts)) or np.any(amounts < 0):
        raise InputError(
            f"{name} 含有空值、无穷大或负数。", f"{name} holds an empty, infinite or negative number."
        )
    return amounts

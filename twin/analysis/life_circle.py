"""The 15-minute life circle: who reaches what in time, from every residence, building by building.

A :class:`Study` holds the seconds from every residence to the nearest facility
of every category under one set of :class:`Parameters`; what is complete, what
falls short and every rate are read from it. Rates come from the times of the
buildings themselves, never from polygons.

Measures:

``fifteen``
    every required category within 15 minutes (indicator 21 of the plan);
``tiers``
    every required category within the minutes of its own rule (15, 10 or 5):
    an upper tier never stands in for a lower one;
``centre``
    a neighbourhood centre within 15 minutes;
``category:ID``
    one category within the minutes of its rule.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from twin.analysis import accessibility
from twin.analysis.city import City, Travel
from twin.analysis.demand import WEIGHTS, Floats, Ints
from twin.analysis.rules import CATEGORY_IDS, CENTRE
from twin.analysis.supply import Supply
from twin.errors import InputError
from twin.planned import Works

HORIZON_S = 3600.0
"""Nothing farther than an hour is told apart from unreachable."""
FIFTEEN_S = 900.0
MEASURES = ("fifteen", "tiers", "centre")
CENTRE_STANDARD, STANDARD = "shanghai-2024-draft", "gb50180-2018"
"""Rules taken when none are asked for: by centres, in the mode of each kind of town, where the city has
neighbourhood centres, else by the national categories."""

_ALL = slice(None)
Seconds = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]


class Parameters(BaseModel):
    """What a study assumes; every field is part of its evidence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    standard: str = Field(
        default="", max_length=60, description="规则 rules: standard and version; the city's own when empty"
    )
    group: str = Field(
        default="adult", max_length=30, description="人群 who travels: a group of travel_groups.csv"
    )
    measure: str = Field(
        default="fifteen", max_length=60, description="口径 fifteen | tiers | centre | category:ID"
    )
    speed_mps: float | None = Field(
        default=None, ge=0.1, le=15, description="速度 speed, m/s; the group's when empty"
    )
    speed_factor: float = Field(
        default=1.0, ge=0.2, le=5, description="速度倍数 factor on every speed, the cycle's too"
    )
    snap_cap_m: float = Field(
        default=150.0, ge=5, le=2000, description="接入距离上限 farthest way to a street, m"
    )
    unknown_gates: Literal["open", "closed"] = Field(
        default="open", description="出入口未知的封闭小区 gated estates with unknown gates: open or closed"
    )
    crossing_factor: float = Field(
        default=1.0, ge=0, le=5, description="过街延误倍数 factor on the delay at crossings"
    )
    planned_centres: bool = Field(
        default=False, description="计入在建和规划的中心 count centres not yet open"
    )
    centre_services: bool = Field(
        default=True, description="中心的服务计入相应类别 centres count for the services they name"
    )

    def settled(self, city: City) -> Parameters:
        """These parameters with the standard of the city where none is named.

        :class:`twin.errors.InputError` when a name in them is unknown.
        """
        wanted_category(self.measure)
        if self.standard:
            return self
        return self.model_copy(update={"standard": default_standard(with_centres=city.has_centres)})


def default_standard(*, with_centres: bool) -> str:
    """The rules of a city where nobody chose any."""
    return CENTRE_STANDARD if with_centres else STANDARD


def wanted_category(measure: str) -> int | None:
    """The one category a measure asks for, None for the whole circle.

    :class:`twin.errors.InputError` when there is no such measure.
    """
    if measure in ("fifteen", "tiers"):
        return None
    name = CENTRE if measure == "centre" else measure.removeprefix("category:")
    if (measure == "centre" or measure.startswith("category:")) and name in CATEGORY_IDS:
        return CATEGORY_IDS.index(name)
    known = ", ".join((*MEASURES, "category:ID"))
    raise InputError(
        f"没有口径 {measure[:40]!r}；可用：{known}。",
        f"there is no measure {measure[:40]!r}; there are: {known}.",
    )


@dataclass(frozen=True, slots=True)
class Limits:
    """The rules as arrays over kinds of town and categories.

    ``kind`` (n,) is the row of each residence in ``seconds`` and ``required``,
    (kinds, categories); ``cycle`` tells where the cycle may be taken.
    """

    kind: npt.NDArray[np.int8]
    seconds: Seconds
    required: Bools
    cycle: Bools


def limits(city: City, parameters: Parameters, present: Bools) -> Limits:
    """Limits of ``parameters`` in the towns of ``city``; categories not ``present`` are not required."""
    names = city.kinds
    codes, town = np.unique(city.demand.town, return_inverse=True)
    kind = np.array([names.index(city.town_kind(code)) for code in codes.tolist()], dtype=np.int8)[town]
    shape = (len(names), len(CATEGORY_IDS))
    seconds, required, cycle = (
        np.full(shape, FIFTEEN_S, np.float32),
        np.zeros(shape, bool),
        np.zeros(shape, bool),
    )
    only = wanted_category(parameters.measure)
    for row, name in enumerate(names):
        for rule in city.rules(parameters.standard, name):
            column = CATEGORY_IDS.index(rule.category)
            cycle[row, column] = rule.mode == "walk_or_cycle"
            required[row, column] = rule.required
            if parameters.measure not in ("fifteen", "centre"):
                seconds[row, column] = rule.limit_s
    if only is not None:
        required[:] = False
        required[:, only] = True
    else:
        required &= present
    return Limits(kind, seconds, required, cycle)


@dataclass(frozen=True)
class Study:
    """Times of one city under one set of parameters, and what follows from them.

    ``seconds`` and ``nearest`` are (residences, categories): travel time, NaN
    beyond :data:`HORIZON_S` or unreachable, and the row of the nearest service
    in ``supply``, -1 where there is none. ``travels`` are the ways of getting
    about that are allowed anywhere (the group's own, then the cycle), ``by``
    which of them was the fastest.
    """

    city: City
    parameters: Parameters
    supply: Supply
    limits: Limits
    travels: tuple[Travel, ...]
    seconds: Seconds
    nearest: npt.NDArray[np.int32]
    by: npt.NDArray[np.uint8]
    ignored: tuple[int, ...] = ()

    # -- what follows, computed when first asked for ---------------------------

    @cached_property
    def limit_s(self) -> Seconds:
        """The limit of every residence and category, (n, categories)."""
        return self.limits.seconds[self.limits.kind]

    @cached_property
    def required(self) -> Bools:
        """Which categories each residence needs, (n, categories)."""
        return self.limits.required[self.limits.kind]

    @cached_property
    def in_time(self) -> Bools:
        """Which categories each residence reaches within the limit, inclusive, (n, categories)."""
        with np.errstate(invalid="ignore"):
            return self.seconds <= self.limit_s

    @cached_property
    def complete(self) -> Bools:
        """Residences that reach all they need, (n,); none where nothing is needed."""
        met = np.all(self.in_time | ~self.required, axis=1)
        return np.asarray(met & self.required.any(axis=1))

    @cached_property
    def reached(self) -> npt.NDArray[np.uint8]:
        """How many of the needed categories are reached in time, (n,)."""
        return np.asarray(np.sum(self.in_time & self.required, axis=1), dtype=np.uint8)

    @cached_property
    def short_s(self) -> Seconds:
        """Seconds by which the worst needed category misses its limit, (n,); inf when unreachable, <= 0 in time."""
        over = np.where(np.isnan(self.seconds), np.float32(np.inf), self.seconds) - self.limit_s
        return np.asarray(np.max(np.where(self.required, over, -np.inf), axis=1), dtype=np.float32)

    @cached_property
    def bottleneck(self) -> npt.NDArray[np.int16]:
        """The needed category that misses its limit by most, (n,); -1 where the circle is complete.

        Among unreachable ones the first in the order of the categories.
        """
        over = np.where(np.isnan(self.seconds), np.float32(np.inf), self.seconds) - self.limit_s
        worst = np.argmax(np.where(self.required, over, -np.inf), axis=1)
        return np.where(self.complete, -1, worst).astype(np.int16)

    @cached_property
    def slowest_s(self) -> Seconds:
        """Seconds to the slowest needed category, (n,); NaN when one of them is unreachable."""
        times = np.where(self.required, np.where(np.isnan(self.seconds), np.inf, self.seconds), -np.inf)
        slowest = times.max(axis=1)
        return np.where(np.isfinite(slowest), slowest, np.nan).astype(np.float32)

    def rule_requires(self, category: int) -> bool:
        """Whether the rules or the measure ask for a category, with data or without."""
        only = wanted_category(self.parameters.measure)
        if only is not None:
            return category == only
        name = CATEGORY_IDS[category]
        chosen = (self.city.rules(self.parameters.standard, kind) for kind in self.city.kinds)
        return any(name in found and found[name].required for found in chosen)

    @property
    def rules_verified(self) -> bool:
        """Whether every required value was seen in the standard or stated by a named source."""
        kinds = (self.city.rules(self.parameters.standard, kind) for kind in self.city.kinds)
        return all(found.verification != "no" for found in kinds)

    def rates(self) -> Floats:
        """Share covered by area and weight, (areas, 4); NaN where an area has none of a weight, or nothing is needed."""
        if not self.limits.required.any():
            return np.full((len(self.city.areas.areas), len(WEIGHTS)), np.nan)
        return self.city.shares(self.complete)

    def category_rates(self) -> Floats:
        """Share of each weight in the whole city that reaches each category in time, (categories, 4)."""
        weights = self.city.demand.weights
        total = weights.sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            result: Floats = (self.in_time.T.astype(np.float64) @ weights) / total
        return result

    def counts(self, category: int, limit_s: float | None = None) -> Ints:
        """How many services of a category each residence reaches within ``limit_s`` (default: its rule's)."""
        travel, rows = self.travels[0], self.supply.rows_of(category)
        limit = float(self.limit_s[:, category].max()) if limit_s is None else limit_s
        return travel.network.count(
            travel.origins, travel.stops(self.supply, rows), speed_mps=travel.speed_mps, limit_s=limit
        )

    def catchment(self, category: int, limit_s: float, *, gaussian: bool = False) -> Floats:
        """Capacity within reach per person (two-step floating catchment area), (n,).

        Services of unknown capacity count as one. Luo & Wang 2003; with
        ``gaussian`` the decay of Dai 2010.
        """
        travel, rows = self.travels[0], self.supply.rows_of(category)
        found = travel.network.pairs(
            travel.origins, travel.stops(self.supply, rows), speed_mps=travel.speed_mps, limit_s=limit_s
        )
        pairs = accessibility.Pairs(
            found["origin"].to_numpy(),
            found["facility"].to_numpy(),
            found["seconds"].to_numpy(),
            len(self.city.demand),
            len(rows),
        )
        capacity = np.nan_to_num(self.supply.capacity[rows], nan=1.0)
        people = self.city.demand.weights[:, WEIGHTS.index("people")]
        weight = accessibility.gaussian(limit_s) if gaussian else accessibility.step(limit_s)
        return accessibility.two_step_fca(pairs, people, capacity, weight)


def present(supply: Supply) -> Bools:
    """Which categories have at least one active service, (categories,)."""
    return np.bincount(supply.category[supply.active], minlength=len(CATEGORY_IDS)) > 0


def study(
    city: City, parameters: Parameters, supply: Supply | None = None, *, needed_only: bool = False
) -> Study:
    """Compute the times of ``city`` under ``parameters``.

    With ``needed_only`` the categories that nobody needs are left out (NaN), which
    is all that rates take.

    Raises
    ------
    twin.errors.InputError
        A standard, group or measure that does not exist.
    """
    parameters = parameters.settled(city)
    services = supply if supply is not None else city.supply(parameters)
    bounds = limits(city, parameters, present(services))
    travels = city.travels(parameters, cycle=bool(bounds.cycle.any()))
    shape = (len(city.demand), len(CATEGORY_IDS))
    blank = Study(
        city,
        parameters,
        services,
        bounds,
        travels,
        np.full(shape, np.nan, np.float32),
        np.full(shape, -1, np.int32),
        np.zeros(shape, np.uint8),
    )
    needed = np.flatnonzero(bounds.required.any(axis=0)).tolist()
    return recomputed(blank, needed if needed_only else range(len(CATEGORY_IDS)))


def recomputed(base: Study, categories: range | list[int]) -> Study:
    """``base`` with the times of some categories computed anew from its supply and networks."""
    seconds, nearest, by = base.seconds.copy(), base.nearest.copy(), base.by.copy()
    rows = {category: base.supply.rows_of(category) for category in categories}
    seconds[:, list(categories)], nearest[:, list(categories)] = np.nan, -1
    wanted = [category for category in categories if len(rows[category])]
    for number, travel in enumerate(base.travels):
        found = travel.nearest(base.supply, [rows[category] for category in wanted], HORIZON_S)
        for category, (time, row) in zip(wanted, found, strict=True):
            _take_faster(base, number, category, time, row, (seconds, nearest, by))
    return replace(base, seconds=seconds, nearest=nearest, by=by)


def with_works(base: Study, works: Works) -> Study:
    """``base`` after buildings were built and demolished: only the times of the new residences are computed."""
    before, city = base.city, base.city.with_works(works)
    known, fresh = len(before.demand), len(city.demand) - len(before.demand)
    travels = tuple(before.travel_with_works(travel, city, base.parameters) for travel in base.travels)
    changed = replace(
        base,
        city=city,
        limits=limits(city, base.parameters, present(base.supply)),
        travels=travels,
        seconds=np.vstack([base.seconds, np.full((fresh, len(CATEGORY_IDS)), np.nan, np.float32)]),
        nearest=np.vstack([base.nearest, np.full((fresh, len(CATEGORY_IDS)), -1, np.int32)]),
        by=np.vstack([base.by, np.zeros((fresh, len(CATEGORY_IDS)), np.uint8)]),
    )
    if not fresh:
        return changed
    at = np.arange(known, known + fresh, dtype=np.int32)
    into = (changed.seconds, changed.nearest, changed.by)
    rows = {category: base.supply.rows_of(category) for category in range(len(CATEGORY_IDS))}
    wanted = [category for category, services in rows.items() if len(services)]
    for number, travel in enumerate(travels):
        only = replace(travel, origins=travel.origins.of_owners(at))
        found = only.nearest(base.supply, [rows[category] for category in wanted], HORIZON_S)
        for category, (time, row) in zip(wanted, found, strict=True):
            _take_faster(changed, number, category, time, row, into, at)
    return changed


def improved(base: Study, added: Ints) -> Study:
    """``base`` after services were added at rows ``added`` of its supply: only shorter ways are taken over."""
    seconds, nearest, by = base.seconds.copy(), base.nearest.copy(), base.by.copy()
    supply = base.supply
    objects = dict.fromkeys(zip(supply.layer[added].tolist(), supply.fid[added].tolist(), strict=True))
    for layer, fid in objects:
        rows = added[(supply.layer[added] == layer) & (supply.fid[added] == fid)]
        for number, travel in enumerate(base.travels):
            at, time = travel.reached_from(supply, int(rows[0]), HORIZON_S)
            for row in rows.tolist():
                category = int(supply.category[row])
                _take_faster(base, number, category, time, np.int32(row), (seconds, nearest, by), at)
    return replace(base, seconds=seconds, nearest=nearest, by=by)


Times = tuple[Seconds, npt.NDArray[np.int32], npt.NDArray[np.uint8]]


def _take_faster(
    base: Study,
    number: int,
    category: int,
    time: Floats,
    row: npt.NDArray[np.int32] | np.int32,
    into: Times,
    at: npt.NDArray[np.int32] | slice = _ALL,
) -> None:
    """Put the times of travel ``number`` to ``category`` of the residences ``at`` where they are shorter and allowed."""
    seconds, nearest, by = into
    old = seconds[at, category]
    # Compared as they are kept, so that an equal way never replaces the one there is.
    new = time.astype(np.float32)
    with np.errstate(invalid="ignore"):
        faster = (new < old) | (np.isnan(old) & ~np.isnan(new))
    if number:
        faster &= base.limits.cycle[base.limits.kind[at], category]
    seconds[at, category] = np.where(faster, new, old)
    nearest[at, category] = np.where(faster, row, nearest[at, category])
    by[at, category] = np.where(faster, number, by[at, category])

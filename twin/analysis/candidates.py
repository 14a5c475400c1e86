"""Where the next facilities could go: candidate places, whom each would newly reach, the best of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import shapely
from pydantic import BaseModel, ConfigDict, Field
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from twin.analysis import siting
from twin.analysis.demand import WEIGHTS, Floats, Ints, arrays
from twin.analysis.life_circle import Study
from twin.analysis.rules import CATEGORY_IDS, TARGET
from twin.errors import InputError
from twin.store import Store

Objective = Literal["people", "fair", "target"]
PEOPLE = WEIGHTS.index("people")
APART_M, APART_SHARE = 150.0, 1 / 6
"""Candidates nearer to each other than this, or than this share of the reach, are as good as one."""
_PARCELS = ("public", "commercial", "construction", "village")
_BUILDINGS = ("public", "office", "education", "health")


class Question(BaseModel):
    """What is to be sited, and by what it is judged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    category: str = Field(default="centre", max_length=30, description="设施类别 category of facility")
    p: int = Field(default=5, ge=1, le=200, description="数量 number of sites")
    objective: Objective = Field(
        default="people",
        description="目标 people: most people; fair: the worst town as well as possible; target: fewest to 95 %",
    )
    candidates: Literal["land_use", "buildings"] | tuple[tuple[float, float], ...] = Field(
        default="land_use", description="候选 land_use | buildings | places as [[lon, lat], ...]"
    )
    exact: bool = Field(default=True, description="求最优 also prove how much better a choice could be")
    time_limit_s: float = Field(default=60.0, ge=1, le=600, description="时限 seconds for the proof")


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidate places and whom they reach.

    ``cover`` is (residences, candidates); ``weight`` the people of each residence
    who do not reach the category yet.
    """

    category: int
    lon: Floats
    lat: Floats
    name: tuple[str, ...]
    cover: csr_array
    weight: Floats
    already: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Chosen:
    """One chosen site: people it newly reaches beyond those ranked before it, and the rate after it."""

    rank: int
    candidate: int
    lon: float
    lat: float
    name: str
    gain_people: float
    rate: float


@dataclass(frozen=True, slots=True)
class Answer:
    """Sites in the order of their gain.

    ``covered`` are the people newly reached, ``rate`` the share of all people with
    them. ``value`` is what the objective asks for (that rate, or the rate of the
    worst town) and ``bound`` what no choice of as many sites exceeds, None where
    nothing of the kind is proven; ``gap`` their difference as a share of the bound.
    ``towns`` tell town by town what an objective of towns comes to.
    """

    chosen: tuple[Chosen, ...]
    covered: float
    rate: float
    value: float
    bound: float | None
    gap: float | None
    method: str
    towns: tuple[dict[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        sites = [
            {"rank": site.rank, "lon": site.lon, "lat": site.lat, "name": site.name,
             "gain_people": round(site.gain_people), "rate": site.rate}
            for site in self.chosen
        ]  # fmt: skip
        return {
            "chosen": sites,
            "covered": round(self.covered),
            "rate": self.rate,
            "value": self.value,
            "bound": self.bound,
            "gap": self.gap,
            "method": self.method,
            "towns": list(self.towns),
        }


def gather(store: Store, study: Study, question: Question) -> Candidates:
    """The candidates of ``question`` and whom they would reach under the parameters of ``study``.

    :class:`InputError` when the category is unknown or there is no candidate.
    """
    if question.category not in CATEGORY_IDS:
        raise InputError(
            f"没有设施类别 {question.category[:30]!r}；可用：{', '.join(CATEGORY_IDS)}。",
            f"there is no category {question.category[:30]!r}; there are: {', '.join(CATEGORY_IDS)}.",
        )
    category = CATEGORY_IDS.index(question.category)
    limit_s = study.limit_s[:, category]
    may_cycle = study.limits.cycle[study.limits.kind, category]
    travels = [
        (travel, np.ones(len(limit_s), bool) if number == 0 else may_cycle)
        for number, travel in enumerate(study.travels)
    ]
    reach_m = max(travel.speed_mps for travel, who in travels if who.any()) * float(limit_s.max())
    lon, lat, name = _places(store, study, question.candidates, max(APART_M, reach_m * APART_SHARE))
    if not len(lon):
        raise InputError(
            "没有候选地点；请改用其他候选来源，或在图上点选。",
            "there is no candidate place; choose another source of candidates or click some on the map.",
        )
    shape = (len(study.city.demand), len(lon))
    cover = csr_array(shape, dtype=bool)
    for travel, who in travels:
        pairs = travel.network.pairs(
            travel.origins,
            travel.stops_at(lon, lat),
            speed_mps=travel.speed_mps,
            limit_s=float(limit_s.max()),
        )
        origin, column = pairs["origin"].to_numpy(), pairs["facility"].to_numpy()
        near = (pairs["seconds"].to_numpy() <= limit_s[origin]) & who[origin]
        cover = cover + csr_array((np.ones(int(near.sum()), bool), (origin[near], column[near])), shape=shape)
    name = _named(store, study, lon, lat, name)
    already = study.in_time[:, category]
    people = study.city.demand.weights[:, PEOPLE]
    return Candidates(category, lon, lat, name, csr_array(cover), np.where(already, 0.0, people), already)


def solve(
    study: Study,
    candidates: Candidates,
    question: Question,
    *,
    method: siting.Method,
    cancelled: Callable[[], bool] | None = None,
) -> Answer:
    """The best ``p`` of the candidates by ``method`` (or the fewest that reach the target)."""
    people = study.city.demand.weights[:, PEOPLE]
    if question.objective == "target":
        return _fewest(study, candidates, method, question, cancelled)
    if question.objective == "fair":
        area, names = _towns(study)
        fair = siting.fair_cover(
            candidates.cover, people, area, question.p, already=candidates.already,
            method=method, time_limit_s=question.time_limit_s, cancelled=cancelled,
        )  # fmt: skip
        towns = tuple(
            {"town": names[number], "share": float(share)}
            for number, share in zip(fair.areas.tolist(), fair.shares.tolist(), strict=True)
        )
        answer = _ranked(people, candidates, fair.chosen, method)
        return replace(answer, value=fair.least, bound=fair.bound, gap=fair.gap, towns=towns)
    best = siting.maximal_cover(
        candidates.cover,
        candidates.weight,
        question.p,
        method=method,
        time_limit_s=question.time_limit_s,
        cancelled=cancelled,
    )
    answer = _ranked(people, candidates, best.chosen, method)
    total = max(float(people.sum()), 1e-9)
    bound = (float(people[candidates.already].sum()) + best.bound) / total
    return replace(answer, value=answer.rate, bound=bound, gap=best.gap)


def _ranked(people: Floats, candidates: Candidates, chosen: Ints, method: str) -> Answer:
    """The chosen in the order of what each adds to those before it, the best first."""
    columns = candidates.cover.tocsc()
    left = candidates.weight.copy()
    rest = [int(item) for item in chosen]
    total = max(float(people.sum()), 1e-9)
    base = float(people[candidates.already].sum())
    sites: list[Chosen] = []
    gained = 0.0
    while rest:
        members = [columns.indices[columns.indptr[item] : columns.indptr[item + 1]] for item in rest]
        gains = [float(left[rows].sum()) for rows in members]
        best = int(np.argmax(gains))
        item = rest.pop(best)
        left[members[best]] = 0.0
        gained += gains[best]
        place = (float(candidates.lon[item]), float(candidates.lat[item]), candidates.name[item])
        sites.append(Chosen(len(sites) + 1, item, *place, gains[best], (base + gained) / total))
    rate = (base + gained) / total
    return Answer(tuple(sites), gained, rate, rate, None, None, method)


def _towns(study: Study) -> tuple[Ints, list[str]]:
    """The town of every residence as a number from 0, and the towns' names."""
    codes, area = np.unique(study.city.demand.town, return_inverse=True)
    names = {item.id: item.name for item in study.city.areas.of_kind("town")}
    return area.astype(np.int64), [names.get(str(code), str(code)) for code in codes.tolist()]


def _fewest(
    study: Study,
    candidates: Candidates,
    method: siting.Method,
    question: Question,
    cancelled: Callable[[], bool] | None,
) -> Answer:
    """The fewest sites that bring every town to the target; a site may serve several towns."""
    area, names = _towns(study)
    people = study.city.demand.weights[:, PEOPLE]
    plans = siting.fewest_sites(
        candidates.cover, people, area, TARGET.share, already=candidates.already,
        method=method, time_limit_s=question.time_limit_s, cancelled=cancelled,
    )  # fmt: skip
    chosen = np.unique(np.concatenate([plan.chosen for plan in plans])) if plans else np.zeros(0, np.int64)
    towns = tuple(
        {
            "town": names[plan.area],
            "before": plan.before,
            "share": plan.share,
            "sites": len(plan.chosen),
            "at_least": plan.at_least,
            "reached": plan.reached,
        }
        for plan in plans
    )
    return replace(_ranked(people, candidates, chosen, method), towns=towns)


def _places(
    store: Store, study: Study, source: str | Sequence[tuple[float, float]], apart_m: float
) -> tuple[Floats, Floats, tuple[str, ...]]:
    if not isinstance(source, str):
        lon = np.array([float(place[0]) for place in source])
        lat = np.array([float(place[1]) for place in source])
        return lon, lat, tuple(f"{number}" for number in range(1, len(lon) + 1))
    layer, uses = ("land_use", _PARCELS) if source == "land_use" else ("building", _BUILDINGS)
    generation = store.generation(layer)
    named = ", ".join(f"'{use}'" for use in uses)
    label = "coalesce(name, '')" if layer == "building" else "''"
    found = arrays(
        store,
        f"SELECT lon, lat, {label} AS name, use FROM {generation.relation} WHERE use IN ({named}) "
        "ORDER BY measure DESC, fid",
    )
    metres = study.city.streets.to_metres(found["lon"], found["lat"])
    kept = _thinned(metres, apart_m)
    name = tuple(str(text) for text in found["name"][kept].tolist())
    return found["lon"][kept], found["lat"][kept], name


def _named(store: Store, study: Study, lon: Floats, lat: Floats, name: tuple[str, ...]) -> tuple[str, ...]:
    """The names there are; places without one go by the street they lie on."""
    streets = dict(
        store.cursor()
        .execute(f"SELECT fid, name FROM {store.generation('road').relation} WHERE coalesce(name, '') <> ''")
        .fetchall()
    )
    travel = study.travels[0]
    targets = travel.streets.targets(travel.traveller)
    named = targets.whole[np.isin(travel.streets.fid[targets.whole], list(streets))]
    if not len(named):
        return name
    points = shapely.points(travel.streets.to_metres(lon, lat))
    nearest = shapely.STRtree(travel.streets.line[named]).nearest(points)
    road = travel.streets.fid[named[nearest]].tolist()
    return tuple(
        own if own and not own.isdigit() else streets[fid] for own, fid in zip(name, road, strict=True)
    )


def _thinned(metres: Floats, apart_m: float) -> Ints:
    """Rows no two of which are nearer than ``apart_m``, earlier rows first."""
    if not len(metres):
        return np.zeros(0, np.int64)
    near = cKDTree(metres).query_pairs(apart_m, output_type="ndarray")
    near.sort(axis=1)
    near = near[np.lexsort((near[:, 1], near[:, 0]))]
    taken = np.ones(len(metres), bool)
    for first, second in near.tolist():
        if taken[first]:
            taken[second] = False
    return np.flatnonzero(taken)

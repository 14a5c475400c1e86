"""Missing links of a study: the city's water, estates and main roads around them, and its rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import shapely

from twin.analysis import demand, missing_links
from twin.analysis.city import City, Travel
from twin.analysis.demand import WEIGHTS
from twin.analysis.life_circle import Bools, Study
from twin.analysis.missing_links import Circle, Link, Parameters, Surroundings
from twin.analysis.street_rules import CLASSES
from twin.errors import InputError
from twin.store import Store

Question = Parameters
PEOPLE = WEIGHTS.index("people")
_MAIN = ("motorway", "trunk", "primary", "secondary")
_STAGES = {
    "candidates": {
        "zh": "寻找直线近而绕行远的地点",
        "en": "looking for places near in a line and far on foot",
    },
    "gains": {"zh": "逐条计算新增人口", "en": "computing what each link gains"},
    "done": {"zh": "完成", "en": "done"},
}


def find(
    store: Store,
    study: Study,
    parameters: Parameters,
    report: Callable[[float, dict[str, str] | None], None],
) -> dict[str, Any]:
    """The links that complete most people's circle, as plain data.

    Homes are judged on the network their rules allow: those that may cycle on
    the cycle's, the others on the group's own. ``report`` is told of the progress
    and raises :class:`twin.errors.Cancelled` to stop.
    """
    if not study.limits.required.any():
        raise InputError(
            "规则所需的设施没有数据，找不出断点；请换一种规则。",
            "there are no data of what the rules need, so no link can be judged; choose other rules.",
        )
    around = _surroundings(store, study.city)
    found: list[tuple[Link, Travel]] = []
    share = 1 / len(study.travels)
    for number, travel in enumerate(study.travels):

        def told(part: float, stage: str, number: int = number) -> None:
            report((number + part) * share, _STAGES.get(stage))

        found += [(link, travel) for link in _on(study, number, travel, around, parameters, told)]
    found.sort(key=lambda item: (-item[0].gain_people, -item[0].person_minutes, item[0].length_m))
    to_degrees = study.city.streets.to_degrees
    rows = []
    for rank, (link, travel) in enumerate(found[: parameters.count], start=1):
        ends = to_degrees(np.array([link.start, link.end]))
        title = missing_links.TITLES[link.kind]
        rows.append(
            {
                "rank": rank,
                "from": np.round(ends[0], 6).tolist(),
                "to": np.round(ends[1], 6).tolist(),
                "length_m": round(link.length_m, 1),
                "kind": link.kind,
                "title": {"zh": title.zh, "en": title.en},
                "gain_people": round(link.gain_people),
                "person_minutes": round(link.person_minutes),
                "detour_before": None if link.detour is None else round(link.detour, 1),
                "group": travel.traveller.id,
            }
        )
    return {"links": rows, "method": {"zh": missing_links.METHOD.zh, "en": missing_links.METHOD.en}}


def _on(
    study: Study,
    number: int,
    travel: Travel,
    around: Surroundings,
    parameters: Parameters,
    told: Callable[[float, str], None],
) -> list[Link]:
    """The best links of one network for the homes that are judged on it."""
    judged = _judged_by(study, number)
    people = np.where(judged, study.city.demand.weights[:, PEOPLE], 0.0)
    needed = np.flatnonzero(study.limits.required.any(axis=0))
    if not (people > 0).any():
        return []
    limits = np.where(study.limits.required, study.limits.seconds, np.nan)[:, needed].astype(np.float64)
    stops = [travel.stops(study.supply, study.supply.rows_of(column)) for column in needed.tolist()]
    circle = Circle.of(
        travel.network, travel.origins, stops, people, limits, study.limits.kind, speed_mps=travel.speed_mps
    )
    lines, rows = study.city.streets.line, study.city.streets.targets(travel.traveller).whole
    if travel.edited is not None:  # links of a scenario have no line: candidates end on what is drawn
        lines, drawn = travel.drawn_lines(), np.isfinite(travel.network.forward_s[: len(lines)])
        rows = np.r_[rows[drawn[rows]], len(study.city.streets.u) + np.arange(len(travel.edited.pieces))]
    return missing_links.best(circle, lines, around, parameters, rows=rows, progress=told)


def _judged_by(study: Study, number: int) -> Bools:
    """Homes judged on travel ``number``: the cycle's where any needed category allows it."""
    if len(study.travels) == 1:
        return np.ones(len(study.city.demand), bool)
    may_cycle = np.any(study.limits.cycle & study.limits.required, axis=1)
    result: Bools = np.asarray(may_cycle)[study.limits.kind] == bool(number)
    return result


def _surroundings(store: Store, city: City) -> Surroundings:
    main = np.isin(city.streets.kind, [CLASSES.index(name) for name in _MAIN])
    buildings = demand.geometries(
        store, f"SELECT ST_AsWKB(geom)::BLOB FROM {store.generation('building').relation} ORDER BY row_no"
    )
    obstacles = shapely.transform(
        buildings, lambda points: city.streets.to_metres(points[:, 0], points[:, 1])
    )
    estates = None if city.estates is None else city.estates.outline[city.estates.gated]
    return Surroundings(
        water=city.water if len(city.water) else None,
        estates=estates,
        main_roads=city.streets.line[main],
        obstacles=np.asarray(obstacles),
    )

"""Why one building has or lacks a complete life circle: category by category, with the ways walked."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.analysis.demand import WEIGHTS
from twin.analysis.life_circle import Study
from twin.analysis.route import Route
from twin.analysis.rules import CATEGORY_IDS
from twin.analysis.snapping import Flag
from twin.analysis.supply import COLORS, TITLES
from twin.errors import UnknownName
from twin.store import Store

PEOPLE = WEIGHTS.index("people")
DETOUR = 2.0
"""Ways longer than this many times the straight line point to a missing link rather than a missing facility."""


def explain(store: Store, study: Study, fid: int) -> dict[str, Any]:
    """Everything the study says of one residential building, as plain data.

    :class:`UnknownName` when the building is not lived in or not there.
    """
    demand = study.city.demand
    rows = np.flatnonzero((demand.fid == fid) & (demand.fid != 0))
    if not len(rows):
        raise UnknownName(
            "这栋建筑不是住宅，没有生活圈；请选择住宅建筑。",
            "this building is not lived in and has no life circle; choose a residential one.",
        )
    row = int(rows[0])
    generation = store.generation("building")
    named = (
        store.cursor()
        .execute(f"SELECT name, address, identifier FROM {generation.relation} WHERE fid = ?", [fid])
        .fetchone()
    )
    needed = study.required[row]
    categories = [
        _category(study, row, column)
        for column in range(len(CATEGORY_IDS))
        if needed[column] or not np.isnan(study.seconds[row, column])
    ]
    worst = int(study.bottleneck[row])
    short = float(study.short_s[row])
    travel = study.travels[0]
    flag = Flag(int(travel.flags[row]))
    return {
        "fid": fid,
        "identifier": named[2] if named else None,
        "name": (named[0] or named[1]) if named else None,
        "lon": float(demand.lon[row]),
        "lat": float(demand.lat[row]),
        "people": round(float(demand.weights[row, PEOPLE])),
        "complete": bool(study.complete[row]),
        "reached": int(study.reached[row]),
        "required": int(needed.sum()),
        "categories": sorted(categories, key=lambda item: (not item["required"], item["ok"])),
        "bottleneck": None if worst < 0 else CATEGORY_IDS[worst],
        "minutes_short": round(short / 60, 1) if 0 < short < np.inf else None,
        "snap": {"flag": flag.name.lower(), "access_m": _access_m(study, row)},
    }


def _access_m(study: Study, row: int) -> float | None:
    origins = study.travels[0].origins
    entrances = origins.of_owner(row)
    metres = origins.access_m[entrances][origins.edge[entrances] >= 0]
    return round(float(metres.min()), 1) if len(metres) else None


def _category(study: Study, row: int, column: int) -> dict[str, Any]:
    """One category as seen from a residence; the way is that of the nearest facility."""
    category = CATEGORY_IDS[column]
    seconds, limit_s = float(study.seconds[row, column]), float(study.limit_s[row, column])
    facility = int(study.nearest[row, column])
    ok = bool(study.in_time[row, column])
    told: dict[str, Any] = {
        "id": category,
        "title": {"zh": TITLES[category].zh, "en": TITLES[category].en},
        "color": COLORS[category],
        "required": bool(study.required[row, column]),
        "limit_min": round(limit_s / 60, 2),
        "minutes": None if np.isnan(seconds) else round(seconds / 60, 2),
        "ok": ok,
        "facility": None,
        "by": None,
        "route": [],
        "route_m": None,
        "straight_m": None,
        "detour": None,
    }
    if facility >= 0:
        told |= _way(study, row, column, facility)
    return told | {"fix": None if ok else _fix(study, column, told, limit_s)}


def _way(study: Study, row: int, column: int, facility: int) -> dict[str, Any]:
    supply, demand = study.supply, study.city.demand
    travel = study.travels[int(study.by[row, column])]
    route: Route | None = travel.network.route(
        row,
        0,
        speed_mps=travel.speed_mps,
        origins=travel.origins,
        facilities=travel.stops(supply, np.array([facility])),
    )
    place = np.array([[demand.lon[row], demand.lat[row]], [supply.lon[facility], supply.lat[facility]]])
    home, goal = study.city.streets.to_metres(place[:, 0], place[:, 1])
    straight_m = float(np.hypot(*(goal - home)))
    line = place if route is None else np.vstack([place[:1], travel.line_of(route), place[1:]])
    route_m = None if route is None else route.length_m
    return {
        "facility": {
            "layer": str(supply.layer[facility]),
            "fid": int(supply.fid[facility]),
            "name": supply.name[facility] or None,
            "lon": float(supply.lon[facility]),
            "lat": float(supply.lat[facility]),
        },
        "by": {
            "id": travel.traveller.id,
            "title": {"zh": travel.traveller.title.zh, "en": travel.traveller.title.en},
        },
        "route": np.round(line, 6).tolist(),
        "route_m": None if route_m is None else round(route_m, 1),
        "straight_m": round(straight_m, 1),
        "detour": round(route_m / straight_m, 2) if route_m is not None and straight_m > 1 else None,
    }


def _fix(study: Study, column: int, told: dict[str, Any], limit_s: float) -> dict[str, str]:
    """What would bring a category into reach, in one sentence."""
    travel = study.travels[0]
    reach_m = limit_s * travel.speed_mps
    title = TITLES[CATEGORY_IDS[column]]
    straight_m, detour = told["straight_m"], told["detour"]
    if straight_m is None:
        return {
            "zh": f"一小时内到不了任何{title.zh}：在步行 {reach_m:,.0f} m 内新增一处，或打通道路。",
            "en": f"No {title.en.lower()} is within an hour: add one within {reach_m:,.0f} m of walking, or open a way.",
        }
    if straight_m <= reach_m and detour is not None and detour >= DETOUR:
        return {
            "zh": f"直线只有 {straight_m:,.0f} m，绕行系数 {detour:.1f}：补一座桥、一处过街或一个小区出入口即可到达。",
            "en": f"It is {straight_m:,.0f} m away as the crow flies, the way is {detour:.1f} times as long: "
            "a bridge, a crossing or a gate would do.",
        }
    over = (told["minutes"] or 0) - limit_s / 60
    return {
        "zh": f"超时 {over:.1f} 分钟：在步行 {reach_m:,.0f} m 内新增一处{title.zh}。",
        "en": f"{over:.1f} minutes too far: add one within {reach_m:,.0f} m of walking.",
    }

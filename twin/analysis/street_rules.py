"""What a row of the road layer means for those who travel on it.

The columns of the layer decide, and where a row still has its OpenStreetMap
tags, these refine them: nobody walks along a trunk road unless it says so, a
centre line whose pavement is drawn separately is left to the pavement, and a
locked gate closes a way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

import layers

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]
Signs = npt.NDArray[np.int8]

CLASSES = tuple(choice.value for choice in layers.get("road").column("class").choices)
"""Classes of streets; the ``kind`` of an edge is an index into it."""
COLUMNS = ("class", "foot", "cycle", "oneway", "bridge", "tunnel", "level", "tags")
"""Columns of the road layer that :func:`of_rows` reads."""
NO, PRIVATE, YES = 0, 1, 2
"""Who may pass: nobody, those who live or have business there, everyone."""

_KIND = {name: code for code, name in enumerate(CLASSES)}
_CLOSED_TO_FOOT = ("motorway", "trunk", "other")
_CLOSED_TO_CYCLES = (*_CLOSED_TO_FOOT, "footway", "steps")
_ACCESS = {
    "yes": YES, "designated": YES, "permissive": YES, "official": YES, "public": YES,
    "private": PRIVATE, "customers": PRIVATE, "destination": PRIVATE, "delivery": PRIVATE,
    "permit": PRIVATE, "residents": PRIVATE,
    "no": NO, "use_sidepath": NO,
}  # fmt: skip
_EXPRESS = ("motorway", "motorway_link", "trunk", "trunk_link")
_UNBUILT = ("construction", "proposed")
_SOLID = ("wall", "fence", "hedge", "retaining_wall", "city_wall", "jersey_barrier", "debris")
_UNSET = 255
_HIGHEST = 30
BARRIERS = "barriers"
"""Key of the tags under which an import keeps the barriers on a way: a list of [lon, lat, tags]."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of n rows, parallel arrays.

    ``foot`` and ``cycle`` are :data:`NO`, :data:`PRIVATE` or :data:`YES`;
    ``foot_way`` and ``cycle_way`` are 1 (only as drawn), -1 (only against) or 0
    (both directions); ``steps`` includes ways unfit for wheels; ``signals`` are
    pedestrian crossings with traffic lights; ``area`` are the outlines of
    squares. ``closed`` holds lon, lat (k, 2) of places nobody passes.
    """

    kind: Codes
    foot: Codes
    cycle: Codes
    foot_way: Signs
    cycle_way: Signs
    steps: Bools
    bridge: Bools
    tunnel: Bools
    level: npt.NDArray[np.int16]
    signals: Bools
    area: Bools
    closed: npt.NDArray[np.float64]


def of_rows(rows: Mapping[str, npt.NDArray[Any]]) -> Rules:
    """The rules of rows of the road layer, given the arrays of its :data:`COLUMNS` (missing values None or nan)."""
    kind = _coded(rows["class"], _KIND, _KIND["other"])
    oneway, bridge, tunnel = (_flags(rows[name]) for name in ("oneway", "bridge", "tunnel"))
    # A source that knows bridges but no levels means the usual ones.
    implied = bridge.astype(np.float64) - (tunnel & ~bridge)
    given = np.asarray(pd.to_numeric(rows["level"]), dtype=np.float64)
    level = np.clip(np.where(np.isnan(given), implied, given), -_HIGHEST, _HIGHEST).astype(np.int16)

    codes, texts = pd.factorize(rows["tags"])
    meanings = [_meaning(_parsed(text)) for text in texts]
    tagged = np.array([item.codes for item in meanings] + [_Meaning().codes], dtype=np.int16)[codes]
    foot = _permission(rows["foot"], kind, _CLOSED_TO_FOOT, tagged[:, 0])
    cycle = _permission(rows["cycle"], kind, _CLOSED_TO_CYCLES, tagged[:, 1])
    steps = ((kind == _KIND["steps"]) | (tagged[:, 3] == 1)) & (tagged[:, 3] != 0)
    return Rules(
        kind=kind,
        foot=foot,
        cycle=cycle,
        foot_way=tagged[:, 2].astype(np.int8),
        cycle_way=(oneway & (tagged[:, 4] == 0)).astype(np.int8),
        steps=steps,
        bridge=bridge,
        tunnel=tunnel,
        level=level,
        signals=tagged[:, 5] == 1,
        area=tagged[:, 6] == 1,
        closed=np.array([point for item in meanings for point in item.closed]).reshape(-1, 2),
    )


def _coded(column: npt.NDArray[Any], codes: Mapping[str, int], otherwise: int) -> Codes:
    """The code of each text, ``otherwise`` for unknown and missing ones."""
    number, texts = pd.factorize(column)
    known = np.array([codes.get(text, otherwise) for text in texts] + [otherwise], dtype=np.uint8)
    return np.asarray(known[number])


def _flags(column: npt.NDArray[Any]) -> Bools:
    """True where the column says so; missing values are not."""
    return np.asarray(column == True, dtype=bool)  # noqa: E712 - None in the array


def _permission(
    column: npt.NDArray[Any], kind: Codes, closed: tuple[str, ...], tagged: npt.NDArray[np.int16]
) -> Codes:
    """The tags where they speak, else the column, else what is usual for the class."""
    usual = np.where(np.isin(kind, [_KIND[name] for name in closed]), NO, YES)
    given = _coded(column, {"no": NO, "private": PRIVATE, "yes": YES}, _UNSET)
    stated = np.where(given != _UNSET, given, usual)
    return np.where(tagged != _UNSET, tagged, stated).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What the tags of one way say; the numbers are foot, cycle (or unset), direction on foot,
    1 unfit or 0 fit for wheels (or unset), cycles go both ways, signals, square."""

    codes: tuple[int, int, int, int, int, int, int] = (_UNSET, _UNSET, 0, _UNSET, 0, 0, 0)
    closed: tuple[tuple[float, float], ...] = ()


def _parsed(text: str) -> dict[str, Any]:
    try:
        tags = json.loads(text)
    except ValueError:  # the column may come from a file that means something else by it
        return {}
    return tags if isinstance(tags, dict) else {}


def _meaning(tags: Mapping[str, Any]) -> _Meaning:
    highway = tags.get("highway", "")
    wheels = {"yes": 0, "designated": 0, "no": 1}.get(tags.get("wheelchair", ""), _UNSET)
    if highway == "elevator":
        wheels = 0
    return _Meaning(
        (
            _foot(tags, highway),
            _cycle(tags, highway),
            _direction(tags),
            wheels,
            int(tags.get("oneway:bicycle") == "no" or tags.get("cycleway", "").startswith("opposite")),
            int("traffic_signals" in tags.get("crossing", "") or tags.get("crossing:signals") == "yes"),
            int(tags.get("area") == "yes"),
        ),
        tuple(
            (float(lon), float(lat)) for lon, lat, barrier in tags.get(BARRIERS, ()) if _is_closed(barrier)
        ),
    )


def _foot(tags: Mapping[str, Any], highway: str) -> int:
    """The tag ``foot`` counts before ``access``."""
    if highway in _UNBUILT:
        return NO
    own = _ACCESS.get(tags.get("foot", ""), _UNSET)
    if own != _UNSET:
        return own
    if _separate_pavement(tags):
        return NO
    if _is_express(tags, highway):
        beside = {"yes", "both", "left", "right"}
        return YES if beside & {tags.get("sidewalk"), tags.get("sidewalk:both")} else NO
    return _ACCESS.get(tags.get("access", ""), _UNSET)


def _is_express(tags: Mapping[str, Any], highway: str) -> bool:
    return highway in _EXPRESS or tags.get("motorroad") == "yes"


def _separate_pavement(tags: Mapping[str, Any]) -> bool:
    """Whether people walk on lines of their own beside this one, so that it is crossed only where they cross."""
    if "separate" in (tags.get("sidewalk"), tags.get("sidewalk:both")):
        return True
    sides = {tags.get("sidewalk:left"), tags.get("sidewalk:right")}
    return "separate" in sides and sides <= {"separate", "no"}


def _cycle(tags: Mapping[str, Any], highway: str) -> int:
    if highway in _UNBUILT:
        return NO
    bicycle = tags.get("bicycle", "")
    if bicycle == "dismount":
        return NO
    own = _ACCESS.get(bicycle, _UNSET)
    if own == _UNSET and _is_express(tags, highway):
        return NO
    return own


def _direction(tags: Mapping[str, Any]) -> int:
    """Direction on foot along the stored line, which an import turns round where ``oneway=-1``."""
    turned = -1 if tags.get("oneway") == "-1" else 1
    only = {"yes": 1, "1": 1, "true": 1, "-1": -1}.get(tags.get("oneway:foot", ""), 0)
    moving = {"forward": 1, "backward": -1}.get(tags.get("conveying", ""), 0)
    return (only or moving) * turned


def _is_closed(barrier: Mapping[str, str]) -> bool:
    """Whether a barrier on a way lets nobody through on foot."""
    allowed = _ACCESS.get(barrier.get("foot", ""), _ACCESS.get(barrier.get("access", ""), _UNSET))
    if allowed != _UNSET:
        return allowed == NO
    return barrier.get("barrier") in _SOLID or barrier.get("locked") == "yes"

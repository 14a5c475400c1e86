"""A study as a map shows it: a value for every building, cells for the whole city, isochrones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from twin.analysis import isochrones
from twin.analysis.demand import WEIGHTS, Floats
from twin.analysis.life_circle import Study
from twin.analysis.rules import CATEGORY_IDS
from twin.errors import InputError, UnknownName

COMPLETE, NOT_LIVED_IN, UNREACHABLE = 253, 254, 255
"""Octets that are no value."""
_MOST_HALF_MINUTES = 250
CELL_M = 250.0
PEOPLE = WEIGHTS.index("people")


def octets(study: Study, value: str, category: str = "") -> bytes:
    """One octet for every building of the generation, in the order of its rows.

    ``value`` is ``minutes`` (half-minutes to ``category``, or to the slowest
    needed one), ``categories`` (number reached in time) or ``bottleneck`` (index
    of the category that fails most). :class:`InputError` for another value.
    """
    demand = study.city.demand
    lived_in = demand.row_no > 0
    if value == "minutes":
        seconds = study.slowest_s if not category else study.seconds[:, _column(category)]
        half = np.ceil(np.nan_to_num(seconds, nan=0.0) / 30.0)
        codes = np.where(np.isnan(seconds), UNREACHABLE, np.minimum(half, _MOST_HALF_MINUTES))
    elif value == "categories":
        codes = study.reached.astype(np.float64)
    elif value == "bottleneck":
        codes = np.where(study.complete, COMPLETE, study.bottleneck).astype(np.float64)
    else:
        raise InputError(
            "value 须是 minutes、categories 或 bottleneck。",
            "value must be minutes, categories or bottleneck.",
        )
    result: npt.NDArray[np.uint8] = np.full(demand.rows, NOT_LIVED_IN, np.uint8)
    result[demand.row_no[lived_in] - 1] = codes[lived_in].astype(np.uint8)
    return result.tobytes()


def cells(study: Study, category: str = "") -> dict[str, Any]:
    """Cells of :data:`CELL_M` with people: [lon, lat, people, share covered, mean minutes or None]."""
    demand = study.city.demand
    people = demand.weights[:, PEOPLE]
    column = _column(category) if category else None
    covered = study.complete if column is None else study.in_time[:, column]
    seconds = study.slowest_s if column is None else study.seconds[:, column]
    middle = np.radians(float(np.mean(demand.lat)))
    step_lat = CELL_M / 111_132.0
    step_lon = CELL_M / (111_320.0 * np.cos(middle))
    west, south = float(demand.lon.min()), float(demand.lat.min())
    column_no = np.floor((demand.lon - west) / step_lon).astype(np.int64)
    row_no = np.floor((demand.lat - south) / step_lat).astype(np.int64)
    cell, member = np.unique(column_no * 1_000_000 + row_no, return_inverse=True)
    total = np.bincount(member, people)
    reached = np.bincount(member, people * covered)
    known = ~np.isnan(seconds)
    timed = np.bincount(member, people * known)
    minutes = np.bincount(member, people * np.where(known, seconds, 0.0)) / 60
    lived_in = np.flatnonzero(total > 0)
    rows = [
        [
            round(west + (cell[number] // 1_000_000 + 0.5) * step_lon, 6),
            round(south + (cell[number] % 1_000_000 + 0.5) * step_lat, 6),
            round(float(total[number]), 1),
            round(float(reached[number] / total[number]), 4),
            round(float(minutes[number] / timed[number]), 2) if timed[number] > 0 else None,
        ]
        for number in lived_in.tolist()
    ]
    return {"size_m": CELL_M, "cells": rows}


def reach(
    study: Study, layer: str, fid: int, place: tuple[float, float] | None, minutes: Sequence[float]
) -> dict[str, Any]:
    """Reach of a facility, a centre or a place (lon, lat) as GeoJSON, the largest ring first.

    :class:`UnknownName` when the study has no such facility.
    """
    travel = study.travels[0]
    if place is None:
        rows = study.supply.rows_of_object(layer, fid)
        if not len(rows):
            raise UnknownName("没有这个设施，请重新选择。", "there is no such facility; choose one again.")
        place = (float(study.supply.lon[rows[0]]), float(study.supply.lat[rows[0]]))
    stop = travel.stops_at(np.array([place[0]]), np.array([place[1]]))
    limits_s = [value * 60 for value in minutes]
    shapes = isochrones.isochrones(
        travel.network, study.city.ground(travel), stop, limits_s, speed_mps=travel.speed_mps
    )
    to_degrees = study.city.streets.to_degrees

    def degrees(x: Floats, y: Floats) -> tuple[Floats, Floats]:
        lon, lat = to_degrees(np.column_stack([x, y])).T
        return lon, lat

    return isochrones.features(isochrones.as_lonlat(shapes, degrees), limits_s)


def _column(category: str) -> int:
    if category not in CATEGORY_IDS:
        raise UnknownName(f"没有设施类别 {category[:30]!r}。", f"there is no category {category[:30]!r}.")
    return CATEGORY_IDS.index(category)

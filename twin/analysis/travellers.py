"""Travellers: for whom a life circle is measured, and how they move.

The table ``data/travel_groups.csv`` names each group's speed, whether it takes
steps, what slopes do to it and how long it waits at a crossing, each with its
source. All of it can be edited there or, for one study, by
:meth:`Traveller.replace`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

from layers import Text
from twin.analysis._csv_table import Table
from twin.errors import InputError, UnknownName
from twin.settings import ROOT

Floats = npt.NDArray[np.float64]
Mode = Literal["foot", "cycle"]
Slope = Literal["tobler", "none"]

TABLE = ROOT / "data" / "travel_groups.csv"
SLOWEST_MPS, FASTEST_MPS = 0.1, 15.0
LONGEST_WAIT_S = 600.0
STEEPEST = 0.35
"""Gradients beyond this are taken as errors of the terrain model and cut off."""


@dataclass(frozen=True)
class Traveller:
    """One group of travellers.

    Parameters
    ----------
    mode
        Whose rules of the road hold.
    speed_mps
        On the level, m/s; also the speed of the straight way between a place and its street.
    steps_allowed
        Whether steps can be taken; without them also ways marked as unfit for wheels are closed.
    slope
        ``"tobler"``: Tobler's hiking function, relative to level ground; ``"none"``: slopes do not count.
    crossing_s
        Mean wait at one crossing of a main road, seconds. With signals of cycle C and green G it is
        (C - G)² / 2C, 15 s at C = 90 s and G = 38 s. 0 turns waiting off.
    """

    id: str
    title: Text
    mode: Mode
    speed_mps: float
    steps_allowed: bool
    slope: Slope
    crossing_s: float
    source: Text
    verified: bool

    def __post_init__(self) -> None:
        if not SLOWEST_MPS <= self.speed_mps <= FASTEST_MPS:  # also when it is nan
            raise InputError(
                f"速度 {self.speed_mps} m/s 不合理；请给出 {SLOWEST_MPS} 到 {FASTEST_MPS:.0f} 之间的值。",
                f"a speed of {self.speed_mps} m/s is not sensible; give one from {SLOWEST_MPS} "
                f"to {FASTEST_MPS:.0f}.",
            )
        if not 0 <= self.crossing_s <= LONGEST_WAIT_S:
            raise InputError(
                f"过街等待 {self.crossing_s} 秒不合理；请给出 0 到 {LONGEST_WAIT_S:.0f} 之间的值。",
                f"a wait of {self.crossing_s} s at crossings is not sensible; give one from 0 "
                f"to {LONGEST_WAIT_S:.0f}.",
            )

    def replace(self, **changes: Any) -> Traveller:
        """The same group with other values; :class:`twin.errors.InputError` when they are not sensible."""
        return dataclasses.replace(self, **changes)

    @cached_property
    def key(self) -> tuple[object, ...]:
        """What its travel times depend on."""
        return (self.mode, self.speed_mps, self.steps_allowed, self.slope, self.crossing_s)

    def pace(self, gradient: Floats) -> Floats:
        """Time on a slope over time on the level; ``gradient`` is rise over run, positive uphill."""
        if self.slope == "none":
            return np.ones_like(gradient)
        return tobler(gradient)


def tobler(gradient: Floats) -> Floats:
    """Time on a slope over time on the level by Tobler's hiking function.

    Speed is 6 km/h · exp(-3.5 |gradient + 0.05|), 5.04 km/h on the level
    (Tobler, Three presentations on geographical analysis and modeling, 1993).
    """
    steep = np.clip(gradient, -STEEPEST, STEEPEST)
    return np.asarray(np.exp(3.5 * (np.abs(steep + 0.05) - 0.05)))


_COLUMNS = (
    "id", "title_zh", "title_en", "mode", "speed_mps", "steps_allowed", "slope", "crossing_s", "source_zh", "source_en",
    "verified",
)  # fmt: skip


def read(path: Path = TABLE) -> Mapping[str, Traveller]:
    """Travellers by id, in the table's order; :class:`twin.errors.InputError` tells every fault of it."""
    table = Table(path, _COLUMNS)
    found: dict[str, Traveller] = {}
    for row in table:
        if row.text("id") in found:
            row.fault("id", "重复", "is there twice")
        found[row.text("id")] = Traveller(
            id=row.text("id"),
            title=Text(row.text("title_zh"), row.text("title_en")),
            mode=cast("Mode", row.choice("mode", ("foot", "cycle"))),
            speed_mps=row.number("speed_mps", SLOWEST_MPS, FASTEST_MPS),
            steps_allowed=row.choice("steps_allowed", ("no", "yes")) == "yes",
            slope=cast("Slope", row.choice("slope", ("none", "tobler"))),
            crossing_s=row.number("crossing_s", 0.0, LONGEST_WAIT_S),
            source=Text(row.text("source_zh"), row.text("source_en")),
            verified=row.choice("verified", ("no", "yes")) == "yes",
        )
    table.close()
    return MappingProxyType(found)


TRAVELLERS: Mapping[str, Traveller] = read()


def get(name: str) -> Traveller:
    """The group called ``name``; :class:`twin.errors.UnknownName` when there is none."""
    try:
        return TRAVELLERS[name]
    except KeyError:
        known = ", ".join(TRAVELLERS)
        raise UnknownName(
            f"没有出行人群 {name[:60]!r}；可用：{known}。",
            f"there is no group of travellers {name[:60]!r}; known are {known}.",
        ) from None

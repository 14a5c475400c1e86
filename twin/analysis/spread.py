"""How far a rate moves when what nobody knows exactly is assumed otherwise.

Each variant changes one assumption, the last two change all of them in the
harder and in the easier direction; a rate's interval runs from the lowest to
the highest of them all. A target inside the interval is neither met nor missed
by these data, and is flagged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from layers._spec import Text
from twin.analysis.demand import Floats
from twin.analysis.life_circle import Parameters, Study, study
from twin.errors import Cancelled

SPEED_SHARE = 0.15
"""Walkers differ: a sixth slower and faster than the group's speed."""
Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Variant:
    """One set of assumptions and the rates under it, (areas, 4)."""

    id: str
    title: Text
    parameters: Parameters
    rates: Floats


@dataclass(frozen=True, slots=True)
class Spread:
    """Lowest and highest rate of every area and weight, (areas, 4), over ``variants``."""

    low: Floats
    high: Floats
    variants: tuple[Variant, ...]


def variants(parameters: Parameters) -> list[tuple[str, Text, Parameters]]:
    """The assumptions to try around ``parameters``."""
    slow, fast = (parameters.speed_factor * (1 + change) for change in (-SPEED_SHARE, SPEED_SHARE))
    near, far = parameters.snap_cap_m / 2, parameters.snap_cap_m * 2
    share = f"{SPEED_SHARE:.0%}"
    changes: list[tuple[str, Text, dict[str, Any]]] = [
        ("as_assumed", Text("现有假设", "As assumed"), {}),
        ("slower", Text(f"速度慢 {share}", f"{share} slower"), {"speed_factor": slow}),
        ("faster", Text(f"速度快 {share}", f"{share} faster"), {"speed_factor": fast}),
        (
            "gates_closed",
            Text("未知出入口在最远侧", "Unknown gates on the far side"),
            {"unknown_gates": "closed"},
        ),
        ("gates_open", Text("未知出入口处处可进", "Unknown gates everywhere"), {"unknown_gates": "open"}),
        ("snap_near", Text(f"接入上限 {near:g} m", f"Ways within {near:g} m only"), {"snap_cap_m": near}),
        ("snap_far", Text(f"接入上限 {far:g} m", f"Ways within {far:g} m"), {"snap_cap_m": far}),
        ("crossings_slow", Text("过街延误加倍", "Crossings take twice as long"), {"crossing_factor": 2.0}),
        ("crossings_free", Text("过街不等待", "Crossings take no time"), {"crossing_factor": 0.0}),
        (
            "hardest",
            Text("全部不利", "All of the harder ones"),
            {"speed_factor": slow, "unknown_gates": "closed", "snap_cap_m": near, "crossing_factor": 2.0},
        ),
        (
            "easiest",
            Text("全部有利", "All of the easier ones"),
            {"speed_factor": fast, "unknown_gates": "open", "snap_cap_m": far, "crossing_factor": 0.0},
        ),
    ]
    return [(name, title, parameters.model_copy(update=change)) for name, title, change in changes]


def spread(
    base: Study,
    compute: Callable[[Parameters], Study] | None = None,
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Spread:
    """The spread of the rates of ``base`` over :func:`variants`.

    ``compute`` makes a study under other parameters (a scenario's edits
    applied); by default the city as it is. :class:`twin.errors.Cancelled` when asked to stop.
    """
    make = compute or (lambda parameters: study(base.city, parameters, needed_only=True))
    tried = variants(base.parameters)
    found: dict[Parameters, Floats] = {base.parameters: base.rates()}
    result = []
    for number, (name, title, parameters) in enumerate(tried):
        if cancelled():
            raise Cancelled("已取消。", "cancelled.")
        if parameters not in found:
            found[parameters] = make(parameters).rates()
        result.append(Variant(name, title, parameters, found[parameters]))
        if progress is not None:
            progress((number + 1) / len(tried), title.zh)
    every = np.array([item.rates for item in result])
    with np.errstate(invalid="ignore"):
        return Spread(every.min(axis=0), every.max(axis=0), tuple(result))

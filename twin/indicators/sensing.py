"""The state of the sensing terminals, as far as the twin knows it.

This is the one place where a live value takes over: when readings come in, :func:`state` gives their counts and
time instead of the layer's, with ``live`` set, and whatever shows sensors follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers import get

if TYPE_CHECKING:
    from twin.indicators.computed import Context

LAYER = "sensor"


@dataclass(frozen=True, slots=True)
class State:
    """How many terminals there are, how many of each state (``unknown`` where none is given), and whether it is live."""

    terminals: int
    by_status: Mapping[str, int]
    live: bool = False


def state(context: Context) -> State:
    """The terminals of the shown layer with their last recorded state.

    :class:`twin.errors.UnknownName` when the layer holds nothing.
    """
    known = [choice.value for choice in get(LAYER).column("status").choices]
    counts = ", ".join(f"count(*) FILTER (WHERE status = '{value}')" for value in known)
    total, *each = context.tally(LAYER, ("status",), f"count(*), {counts}")
    by_status = dict(zip(known, map(int, each), strict=True))
    return State(int(total), by_status | {"unknown": int(total) - sum(by_status.values())})

"""The state of the sensing terminals, as far as the twin knows it.

This is the one place where a live value takes over. Whoever receives readings names a source with :func:`follow`;
from then on :func:`state` gives its counts and time instead of the layer's, with ``live`` set, and indicator 4, the
wall and reports follow without knowing. A source that has fallen silent returns None, and the layer speaks again. ::

    sensing.follow(lambda: State(220_000, {"online": 219_400, "offline": 600, "fault": 0, "unknown": 0}, True, now))
    sensing.follow(None)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers import get

if TYPE_CHECKING:
    from twin.indicators.computed import Context

LAYER = "sensor"


@dataclass(frozen=True, slots=True)
class State:
    """How many terminals there are, how many of each state (``unknown`` where none is given), and whether it is live.

    ``read_at`` is the time of the newest reading, None for what the layer last recorded.
    """

    terminals: int
    by_status: Mapping[str, int]
    live: bool = False
    read_at: dt.datetime | None = None


Source = Callable[[], "State | None"]
_source: Source | None = None


def follow(source: Source | None) -> None:
    """Take the state from ``source`` while it gives one; None goes back to the layer."""
    global _source  # noqa: PLW0603 - one stream of readings a process
    _source = source


def live() -> State | None:
    """What the readings say now; None without any."""
    return None if _source is None else _source()


def state(context: Context) -> State:
    """The terminals of the readings, else of the shown layer with their last recorded state.

    A scenario adds and removes terminals of the layer, so it is told from that.
    :class:`twin.errors.UnknownName` when the layer holds nothing.
    """
    now = live()
    if now is not None and context.scenario is None:
        return now
    known = [choice.value for choice in get(LAYER).column("status").choices]
    counts = ", ".join(f"count(*) FILTER (WHERE status = '{value}')" for value in known)
    total, *each = context.tally(LAYER, ("status",), f"count(*), {counts}")
    by_status = dict(zip(known, map(int, each), strict=True))
    return State(int(total), by_status | {"unknown": int(total) - sum(by_status.values())})


def takes_over(layers: tuple[str, ...]) -> bool:
    """Whether a value that depends on these layers follows readings now, so that no noted one stands for it."""
    return LAYER in layers and live() is not None

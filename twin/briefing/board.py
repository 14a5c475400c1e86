"""The board of the wall: every figure that it shows, in one document that is always at hand.

A wall asks every few seconds and must never wait. Each source (indicators, life circle, 5G, sensors, centres,
building models) is computed in the background when its inputs have changed; until the new value is there, and
when computing it fails, the last good one is told with the moment it was made, and ``failures`` says since when.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from layers import get
from twin import catalogue
from twin import scenario as scenarios
from twin.errors import TwinError, UnknownName
from twin.indicators import Desk
from twin.indicators.ledger import Ledger
from twin.store import Store, utc_now

_log = logging.getLogger(__name__)
SOURCES = ("sensors", "centres", "models", "indicators", "life_circle", "coverage")
"""In the order in which they are computed: the quick ones first."""

_AGAIN_S = 30.0
"""Seconds after which a source that failed is tried again, though its inputs are the same."""
_LIVING_S = 20.0
"""Seconds after which sources are read again that change without a new generation."""
_SOON_S = 3.0
"""Seconds after which indicators are read again while the ledger is computing some."""
_LIVING = ("indicators", "models", "sensors")
"""Sources that may change without a new generation: entered values, the register of models, live readings."""
_MOST_KEPT = 60
_FAULT = {"zh": "计算时发生内部错误；详情见服务日志。", "en": "a fault of ours; see the server's log."}
TITLE = {"zh": "嘉定城市数字孪生", "en": "Jiading City Digital Twin"}
_KINDS = 8

Value = dict[str, Any]


@dataclass(slots=True)
class _Slot:
    """The last good value of one source, of what inputs and when; and what failed since."""

    value: Value | None = None
    made_at: dt.datetime | None = None
    inputs: Hashable = None
    failure: dict[str, str] | None = None
    since: dt.datetime | None = None
    tried: Hashable = None
    tried_at: dt.datetime | None = None
    waiting: bool = False
    unsettled: bool = False


class Board:
    """The figures of the wall, computed by one thread of its own; safe to ask from several threads."""

    def __init__(self, desk: Desk, ledger: Ledger | None = None) -> None:
        self._desk = desk
        self._reading = desk if ledger is None else ledger.reading()
        self._slots: dict[tuple[str, str], _Slot] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="board")
        self._closed = False

    def read(self, scenario: str = "") -> dict[str, Any]:
        """What is known now, at once; what is out of date is computed in the background.

        ``sources`` tells of each when it was made, ``failures`` what keeps one from being made anew and since when,
        ``pending`` which are being computed and may come. A source that was never made is missing.
        :class:`UnknownName` when there is no such scenario.
        """
        store = self._desk.store
        chosen = scenarios.get(store, scenario) if scenario else None
        told: dict[str, Any] = {
            "title": TITLE,
            "scenario": None if chosen is None else {"id": chosen.id, "name": chosen.name},
        }
        told |= {"sources": {}, "failures": {}, "pending": []} | _city(store)
        inputs = self._inputs(None if chosen is None else chosen.revision)
        for name in SOURCES:
            slot = self._asked(name, scenario, inputs)
            if slot.value is not None and slot.made_at is not None:
                told[name] = slot.value
                told["sources"][name] = {"made_at": slot.made_at.isoformat(timespec="seconds")}
            if slot.failure is not None and slot.since is not None:
                told["failures"][name] = slot.failure | {"since": slot.since.isoformat(timespec="seconds")}
            # One that failed on the same data is tried again, but nobody waits for it.
            if slot.waiting and (slot.failure is None or slot.tried != inputs):
                told["pending"].append(name)
        made = [item["made_at"] for item in told["sources"].values()]
        told["made_at"] = min(made, default=None)
        return told

    def settle(self, timeout_s: float = 600.0) -> None:
        """Wait until nothing is being computed: for tests and commands, never for a wall."""
        self._pool.submit(lambda: None).result(timeout_s)

    def close(self) -> None:
        """Stop after what is being computed."""
        self._closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _inputs(self, revision: int | None) -> Hashable:
        """What every source is made from; see :meth:`_asked` for values entered by hand."""
        shown = tuple((layer, item.number) for layer, item in sorted(self._desk.store.shown.items()))
        return (shown, revision)

    def _asked(self, name: str, scenario: str, inputs: Hashable) -> _Slot:
        now = utc_now()
        with self._lock:
            slot = self._slots.setdefault((name, scenario), _Slot())
            while len(self._slots) > _MOST_KEPT:
                del self._slots[next(iter(self._slots))]
            age = None if slot.tried_at is None else (now - slot.tried_at).total_seconds()
            again = _LIVING_S if name in _LIVING else None
            if slot.failure is not None:
                again = _AGAIN_S
            elif slot.unsettled:
                again = _SOON_S
            due = age is None or slot.tried != inputs or (again is not None and age >= again)
            if due and not slot.waiting and not self._closed:
                slot.waiting = True
                self._pool.submit(self._make, name, scenario, slot, inputs)
            return _Slot(
                slot.value,
                slot.made_at,
                slot.inputs,
                slot.failure,
                slot.since,
                slot.tried,
                slot.tried_at,
                slot.waiting,
            )

    def _make(self, name: str, scenario: str, slot: _Slot, inputs: Hashable) -> None:
        value: Value | None = None
        failure: dict[str, str] | None = None
        try:
            # What the ledger computes and notes for everybody is not computed once more.
            desk = self._reading if name == "indicators" and not scenario else self._desk
            value = _MAKERS[name](desk, scenario)
        except TwinError as error:
            failure = {"zh": error.zh, "en": error.en}
        except Exception:  # noqa: BLE001 - the wall must be told, whatever happened
            if not self._closed:
                _log.exception("the board's source %s failed", name)
            failure = _FAULT
        now = utc_now()
        with self._lock:
            slot.waiting, slot.tried, slot.tried_at = False, inputs, now
            slot.failure, slot.since = failure, (slot.since or now) if failure is not None else None
            if failure is None:
                slot.value, slot.made_at, slot.inputs = value, now, inputs
                slot.unsettled = value is not None and any(
                    row.get("computing") for row in value.get("indicators", ())
                )


def _city(store: Store) -> dict[str, Any]:
    """Where the city's data come from and of when they are."""
    used = {item for generation in store.shown.values() for item in generation.datasets}
    parts = catalogue.datasets(store, used)
    return {
        "origin": catalogue.origin(parts) if parts else None,
        "as_of": max((item.data_date or f"{item.imported_at:%Y-%m-%d}" for item in parts), default=None),
        "generations": {layer: item.number for layer, item in sorted(store.shown.items())},
    }


# -- the sources ---------------------------------------------------------------


def _indicators(desk: Desk, scenario: str) -> Value:
    from twin.indicators import report

    return report.summary(desk, scenario=scenario)


def _life_circle(desk: Desk, scenario: str) -> Value:
    from twin.analysis import report
    from twin.analysis.life_circle import Parameters

    study, base = desk.studies.study(Parameters(), scenario)
    found = report.summary(desk.store, study, base, None)
    keys = ("id", "name", "name_en", "kind", "rates", "target", "people", "short_people")
    areas = [{key: item[key] for key in keys} for item in found["areas"]]
    return {
        "central": next((item for item in areas if item["kind"] == "central"), None),
        "district": next((item for item in areas if item["kind"] == "district"), None),
        "towns": [item for item in areas if item["kind"] == "town"],
        **_headed(found["evidence"]),
    }


def _coverage(desk: Desk, scenario: str) -> Value:
    from twin.analysis.coverage_5g import report
    from twin.analysis.coverage_5g.parameters import Parameters

    if "site_5g" not in desk.store.shown:
        raise UnknownName("还没有 5G 基站数据。", "there are no 5G sites yet.")
    answer = desk.runs.answer(Parameters(), scenario)
    found = report.summary(desk.store, answer.found, answer.base)
    keys = ("id", "name", "name_en", "kind", "rates", "indoor_people", "target", "people", "short_people")
    areas = [{key: item.get(key) for key in keys} for item in found["areas"]]
    return {
        "central": next((item for item in areas if item["kind"] == "central"), None),
        "district": next((item for item in areas if item["kind"] == "district"), None),
        "towns": [item for item in areas if item["kind"] == "town"],
        "sites": desk.store.generation("site_5g").rows,
        "profile": found["profile"],
        **_headed(found["evidence"]),
    }


def _sensors(desk: Desk, scenario: str) -> Value:
    """Terminals by state and by kind; states come from :mod:`twin.indicators.sensing`, where live values take over."""
    from twin.indicators import sensing
    from twin.indicators.computed import Context

    store = desk.store
    chosen = scenarios.get(store, scenario) if scenario else None
    context = Context(desk, chosen, layers=(sensing.LAYER,))
    state = sensing.state(context)
    kinds = get(sensing.LAYER).column("kind").choices
    picks = ", ".join(f"count(*) FILTER (WHERE kind = '{item.value}')" for item in kinds)
    counts = context.tally(sensing.LAYER, ("kind",), picks)
    by_kind: list[Value] = sorted(
        ({"kind": item.value, "zh": item.title.zh, "en": item.title.en, "count": int(count)}
         for item, count in zip(kinds, counts, strict=True) if count),
        key=lambda item: -item["count"],
    )  # fmt: skip
    rest = by_kind[_KINDS - 1 :]
    if len(rest) > 1:
        other = {"kind": "other", "zh": "其他", "en": "Other", "count": sum(item["count"] for item in rest)}
        by_kind = [*by_kind[: _KINDS - 1], other]
    method = {
        "zh": "按感知终端图层统计各类型终端数及最近一次记录的状态；实时读数接入后，状态以实时值为准。",
        "en": "Terminals of the sensor layer by kind and by the state last recorded; live readings take their place.",
    }
    return {
        "terminals": state.terminals, "by_status": dict(state.by_status), "live": state.live, "by_kind": by_kind,
        **_counted(store, (sensing.LAYER,), method),
    }  # fmt: skip


def _centres(desk: Desk, scenario: str) -> Value:
    """Neighbourhood centres by state, and open ones by town."""
    from twin.indicators.computed import Context

    store = desk.store
    chosen = scenarios.get(store, scenario) if scenario else None
    context = Context(desk, chosen, layers=("centre",))
    choices = get("centre").column("status").choices
    picks = ", ".join(f"count(*) FILTER (WHERE status = '{item.value}')" for item in choices)
    total, *counts = context.tally("centre", ("status",), f"count(*), {picks}")
    by_status = [
        {"status": item.value, "zh": item.title.zh, "en": item.title.en, "count": int(count)}
        for item, count in zip(choices, counts, strict=True)
    ]
    method = {
        "zh": "按“我嘉·邻里中心”图层统计各建设状态的中心数。",
        "en": "Centres of the layer “neighbourhood centres” by their state of building.",
    }
    return {"total": int(total), "by_status": by_status, **_counted(store, ("centre",), method)}


def _models(desk: Desk, scenario: str) -> Value:
    """Building models: how many, placed, and the newest."""
    del scenario
    from twin.models import listing

    found = listing.models(desk.store)
    keys = ("id", "name", "version", "outcome", "storeys", "height_m", "schema", "updated_at", "placement")
    newest = [{key: item[key] for key in keys} for item in found[:5]]
    as_of = max((item["updated_at"] for item in found), default=None)
    method = {
        "zh": "建筑信息模型登记册：经检查并转换的 IFC 文件，取各模型当前版本。",
        "en": "The register of building models: IFC files, checked and converted; the current version of each.",
    }
    return {
        "models": len(found),
        "placed": sum(item["placement"] is not None for item in found),
        "accepted": sum(item["outcome"] == "accepted" for item in found),
        "storeys": sum(item["storeys"] or 0 for item in found),
        "newest": newest,
        "as_of": as_of[:10] if as_of else None,
        "origin": "real" if found else None,
        "evidence": {
            "as_of": as_of[:10] if as_of else None, "origin": "real" if found else None, "datasets": [], "parameters": {},
            "method": method, "caveats": [],
        },
    }  # fmt: skip


def _headed(evidence: dict[str, Any]) -> Value:
    return {"as_of": evidence["as_of"], "origin": evidence["origin"], "evidence": evidence}


def _counted(store: Store, layers: tuple[str, ...], method: dict[str, str]) -> Value:
    """As-of date, origin and evidence of what was counted on ``layers``; :class:`UnknownName` where one is empty."""
    return _headed(catalogue.evidence(store, [store.generation(layer) for layer in layers], method).as_dict())


_MAKERS: dict[str, Callable[[Desk, str], Value]] = {
    "sensors": _sensors,
    "centres": _centres,
    "models": _models,
    "indicators": _indicators,
    "life_circle": _life_circle,
    "coverage": _coverage,
}

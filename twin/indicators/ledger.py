"""The writer of a server's indicators: computes what takes seconds beside the requests, and notes what is new.

``GET /api/indicators`` never waits for an analysis and writes nothing. It tells what is noted; where that is not of
the layers as they are, it asks the ledger, and the next reading tells what came out. ::

    ledger = Ledger(Desk(store, studies, runs))
    report.summary(ledger.reading())    # at once
    ledger.settle()                     # wait until nothing is asked for any more
    ledger.close()
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace

from twin.errors import TwinError
from twin.indicators import report
from twin.indicators.computed import Desk, registry

_log = logging.getLogger(__name__)
_CLOSING_S = 5.0
_LOOK_S = 2.0
"""How often the shown generations are looked at, so that history has each state, whether anyone reads or not."""


class Ledger:
    """One thread that computes and notes; safe to ask from any other."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._change = threading.Condition()
        self._asked: dict[int, tuple[str, float | None]] = {}
        self._done: dict[int, tuple[str, float | None]] = {}
        self._failures: dict[int, tuple[str, dict[str, str]]] = {}
        self._working = False
        self._closed = False
        self._seen = self._shown()
        self._runs = desk.runs.held()
        self._thread = threading.Thread(target=self._run, name="indicators", daemon=True)
        self._thread.start()

    def reading(self) -> Desk:
        """A desk at which nobody waits."""
        return replace(self._desk, ledger=self)

    def ask(self, no: int, inputs: str, value: float | None = None) -> None:
        """Have an indicator computed and noted; asked for the same again, nothing happens."""
        with self._change:
            if self._done.get(no) != (inputs, value):
                self._asked[no] = (inputs, value)
                self._change.notify_all()

    def failure(self, no: int, inputs: str) -> dict[str, str] | None:
        """Why an indicator cannot be computed from these inputs; None when it can, or nobody knows yet."""
        with self._change:
            known = self._failures.get(no)
        return known[1] if known is not None and known[0] == inputs else None

    def settle(self, timeout_s: float = 600.0) -> bool:
        """Wait until everything that was asked for is computed; False when that takes longer."""
        with self._change:
            return self._change.wait_for(
                lambda: self._closed or not (self._asked or self._working), timeout_s
            )

    def close(self) -> None:
        """Ask for nothing more; what is under way is waited for some seconds, then left without its note."""
        with self._change:
            self._closed = True
            self._change.notify_all()
        self._thread.join(_CLOSING_S)

    def _run(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._closed or bool(self._asked), _LOOK_S)
                if self._closed:
                    return
                asked, self._asked = self._asked, {}
                self._working = True
            try:
                self._work(asked)
            except Exception:  # noqa: BLE001 - the thread must live as long as the server
                if not self._closed:  # else the home was closed under it
                    _log.exception("indicators could not be noted")
            with self._change:
                self._working = False
                self._change.notify_all()

    def _work(self, asked: dict[int, tuple[str, float | None]]) -> None:
        wanted = set(asked)
        shown = self._shown()
        if shown != self._seen:  # a start alone computes nothing: the first reader asks
            wanted |= set(registry())
            self._seen = shown
        runs = self._desk.runs.held()
        if runs - self._runs:  # someone computed one, perhaps the one that an indicator is told from
            wanted |= {no for no, how in registry().items() if how.cost == "run"}
        self._runs = runs
        for no in sorted(wanted):
            if self._closed:
                return
            inputs, value = asked.get(no, (registry()[no].inputs(self._desk.store), None))
            told = self._told(no)
            with self._change:
                self._done[no] = (inputs, value)
                if told is None:
                    self._failures.pop(no, None)
                else:
                    self._failures[no] = (inputs, told)

    def _shown(self) -> dict[str, int]:
        return {layer: item.number for layer, item in self._desk.store.shown.items()}

    def _told(self, no: int) -> dict[str, str] | None:
        """Compute and note one indicator; why it cannot be, if so."""
        try:
            found = report.one(self._desk, no)
        except TwinError as error:
            return {"zh": error.zh, "en": error.en}
        return found["not_computed"] if found["computed"] is None else None

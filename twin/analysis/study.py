"""The studies kept at hand: one city, the newest few sets of parameters and scenarios."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from twin.store import Store

if TYPE_CHECKING:
    from twin.analysis.city import City
    from twin.analysis.life_circle import Parameters, Study
    from twin.analysis.spread import Progress, Spread

_STUDIES = 6  # some 40 MB each on a district
_SPREADS = 40


class Studies:
    """Cities, studies and spreads computed once each; safe to ask from several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[str, OrderedDict[Hashable, Any]] = {
            "city": OrderedDict(),
            "study": OrderedDict(),
            "spread": OrderedDict(),
        }
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}

    def city(self) -> City:
        """The city of the shown generations; read again when another one is shown."""
        from twin.analysis.city import City

        found: City = self._once("city", self._version(), 1, lambda: City.read(self._store))
        return found

    def study(self, parameters: Parameters, scenario: str = "") -> tuple[Study, Study | None]:
        """The study under ``parameters``, and the one without the scenario when there is a scenario."""
        from twin import scenario as scenarios
        from twin.analysis import life_circle, what_if

        version = self._version()
        parameters = parameters.settled(self.city())
        base: Study = self._once(
            "study", (version, parameters, ""), _STUDIES, lambda: life_circle.study(self.city(), parameters)
        )
        if not scenario:
            return base, None
        chosen = scenarios.get(self._store, scenario)
        key = (version, parameters, chosen.id, chosen.revision)
        edited: Study = self._once("study", key, _STUDIES, lambda: what_if.with_edits(base, chosen.edits))
        return edited, base

    def known_spread(self, parameters: Parameters, scenario: str = "") -> Spread | None:
        """The spread of a study if it was computed already."""
        with self._lock:
            return self._kept["spread"].get(self._spread_key(parameters, scenario))

    def spread(self, parameters: Parameters, scenario: str = "", progress: Progress | None = None) -> Spread:
        """The spread of a study over its assumptions; takes seconds the first time."""
        from twin import scenario as scenarios
        from twin.analysis import life_circle, spread, what_if

        edits = scenarios.get(self._store, scenario) if scenario else None
        key = self._spread_key(parameters, scenario)

        def compute(other: Parameters) -> Study:
            made = life_circle.study(self.city(), other, needed_only=not edits)
            return what_if.with_edits(made, edits.edits) if edits else made

        def make() -> Spread:
            return spread.spread(self.study(parameters, scenario)[0], compute, progress=progress)

        found: Spread = self._once("spread", key, _SPREADS, make)
        return found

    def _spread_key(self, parameters: Parameters, scenario: str) -> Hashable:
        from twin import scenario as scenarios

        revision = scenarios.get(self._store, scenario).revision if scenario else 0
        return (self._version(), parameters, scenario, revision)

    def _version(self) -> tuple[tuple[str, int], ...]:
        return tuple((layer, generation.number) for layer, generation in sorted(self._store.shown.items()))

    def _once(self, kind: str, key: Hashable, most: int, make: Callable[[], Any]) -> Any:
        """The kept value of ``key``, made by the first who asks while others wait."""
        kept = self._kept[kind]
        with self._lock:
            if key in kept:
                kept.move_to_end(key)
                return kept[key]
            making = self._making.setdefault((kind, key), threading.Lock())
        with making:
            with self._lock:
                if key in kept:
                    return kept[key]
            value = make()
            with self._lock:
                kept[key] = value
                while len(kept) > most:
                    kept.popitem(last=False)
                self._making.pop((kind, key), None)
        return value

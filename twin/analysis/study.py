"""The studies kept at hand: one city, the newest few sets of parameters and scenarios."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, TypeVar

from twin.analysis.kept import Kept
from twin.store import Store

if TYPE_CHECKING:
    from twin.analysis.city import City
    from twin.analysis.life_circle import Parameters, Study
    from twin.analysis.spread import Progress, Spread

Figure = TypeVar("Figure")


class Studies:
    """Cities, studies and spreads computed once each; safe to ask from several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # A study of a district is some 40 MB.
        self._kept = Kept({"city": 1, "study": 6, "spread": 40, "figure": 100})

    def city(self) -> City:
        """The city of the shown generations; read again when another one is shown."""
        from twin.analysis.city import City

        found: City = self._kept.once("city", self._version(), lambda: City.read(self._store))
        return found

    def study(self, parameters: Parameters, scenario: str = "") -> tuple[Study, Study | None]:
        """The study under ``parameters``, and the one without the scenario when there is a scenario."""
        from twin import scenario as scenarios
        from twin.analysis import life_circle, what_if

        version = self._version()
        parameters = parameters.settled(self.city())
        base: Study = self._kept.once(
            "study", (version, parameters, ""), lambda: life_circle.study(self.city(), parameters)
        )
        if not scenario:
            return base, None
        chosen = scenarios.get(self._store, scenario)
        key = (version, parameters, chosen.id, chosen.revision)
        edited: Study = self._kept.once("study", key, lambda: what_if.with_edits(base, chosen.edits))
        return edited, base

    def figure(self, key: Hashable, make: Callable[[], Figure]) -> Figure:
        """A figure drawn from studies, made once for ``key``, which names all it depends on."""
        found: Figure = self._kept.once("figure", key, make)
        return found

    def known_spread(self, parameters: Parameters, scenario: str = "") -> Spread | None:
        """The spread of a study if it was computed already."""
        known: Spread | None = self._kept.known("spread", self._spread_key(parameters, scenario))
        return known

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

        found: Spread = self._kept.once("spread", key, make)
        return found

    def _spread_key(self, parameters: Parameters, scenario: str) -> Hashable:
        from twin import scenario as scenarios

        revision = scenarios.get(self._store, scenario).revision if scenario else 0
        return (self._version(), parameters, scenario, revision)

    def _version(self) -> Hashable:
        """What every study depends on: the shown generations and the tables of rules."""
        from twin.analysis import rules

        shown = tuple((layer, generation.number) for layer, generation in sorted(self._store.shown.items()))
        tables = (rules.rules_path(self._store.home), rules.town_types_path(self._store.home))
        return (shown, *((path, path.stat().st_mtime_ns) for path in tables))

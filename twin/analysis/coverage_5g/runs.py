"""The runs a server keeps at hand: surfaces, base runs, and what scenarios make of them.

A base run takes seconds and is shared; a scenario is laid over it by an
:class:`~twin.analysis.coverage_5g.what_if.Editor` and costs milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin import executor
from twin.analysis.kept import Kept
from twin.errors import UnknownName
from twin.store import Store

if TYPE_CHECKING:
    from twin.analysis.coverage_5g.engine import Run
    from twin.analysis.coverage_5g.parameters import Parameters
    from twin.analysis.coverage_5g.tables import Assessment
    from twin.analysis.coverage_5g.what_if import Editor
    from twin.analysis.surface import Surface

Progress = Callable[[str, float], None]
Stop = Callable[[], bool]

_SURFACE = ("building", "land_use", "district", "dem", "road")
_ZONES = ("district", "town", "pilot_area", "building", "land_use", "road", "sensor")


@dataclass(frozen=True)
class Answer:
    """A judged run, the one without the scenario when there is one, and numbers of edits without effect."""

    found: Assessment
    base: Assessment | None
    ignored: tuple[int, ...]


class Runs:
    """Surfaces, runs and rasters computed once each; safe to ask from several threads."""

    def __init__(self, store: Store, executor_name: str = "inline") -> None:
        self._store = store
        self._executor = executor_name
        # A district at 10 m is some 300 MB a run; runs of scenarios share what they do not change.
        most = {"surface": 2, "run": 2, "editor": 2, "judged": 4}
        self._kept = Kept(most, frozenset({"run", "judged"}))

    def surface(self, resolution_m: float) -> Surface:
        """The surface of the shown city; :class:`UnknownName` when there is nothing to make it of."""
        from twin.analysis import surface

        key = (self._version(*_SURFACE), resolution_m)
        made: Surface = self._kept.once("surface", key, lambda: surface.read(self._store, resolution_m))
        return made

    def base(
        self,
        parameters: Parameters,
        progress: Progress = lambda _stage, _share: None,
        stop: Stop = lambda: False,
    ) -> Run:
        """The run of the shown sites.

        Raises
        ------
        UnknownName
            There are no sites or no buildings yet.
        twin.errors.Cancelled
            ``stop`` said so.
        """
        from twin.analysis.coverage_5g import engine, sites

        def make() -> Run:
            if "site_5g" not in self._store.shown:
                raise UnknownName(
                    "还没有 5G 基站；请先在“数据”页导入工参表。",
                    "there are no 5G sites yet; import a site table on the Data page first.",
                )
            return engine.run(
                self.surface(parameters.resolution_m),
                sites.read(self._store, operators=parameters.operators, planned=parameters.planned),
                parameters,
                cache=self._store.home / "cache",
                executor=None if self._executor == "inline" else executor.named(self._executor),
                progress=progress,
                stop=stop,
            )

        found: Run = self._kept.once("run", self._run_key(parameters), make)
        return found

    def at_hand(self, parameters: Parameters, scenario: str = "") -> bool:
        """Whether the run of the shown sites, or what a scenario makes of it, is kept, so that asking costs no time."""
        from twin import scenario as scenarios

        if not scenario:
            return self._kept.known("run", self._run_key(parameters)) is not None
        chosen = scenarios.get(self._store, scenario)
        key = (self._judged_key(parameters), chosen.id, chosen.revision)
        return self._kept.known("judged", key) is not None

    def held(self) -> frozenset[Hashable]:
        """The base runs that are kept now, to see whether one has come."""
        return self._kept.held("run")

    def answer(self, parameters: Parameters, scenario: str = "") -> Answer:
        """The judged run under ``parameters``, with a scenario's edits applied when one is named."""
        from twin import scenario as scenarios
        from twin.analysis import building_works
        from twin.analysis.coverage_5g import report, tables
        from twin.analysis.coverage_5g.what_if import Editor

        run = self.base(parameters)
        key = self._judged_key(parameters)
        base: Assessment = self._kept.once(
            "judged", key, lambda: report.assessment(self._store, run, parameters.profile)
        )
        if not scenario:
            return Answer(base, None, ())
        chosen = scenarios.get(self._store, scenario)

        def make_editor() -> Editor:
            return Editor(run, lambda box: building_works.outlines(self._store, box))

        editor: Editor = self._kept.once("editor", self._run_key(parameters), make_editor)

        def make() -> Answer:
            outcome = editor.apply(chosen.edits)
            if outcome.works is None:
                return Answer(base.after(outcome.run), base, outcome.ignored)
            around = base.zones.with_works(outcome.run.surface, outcome.works)
            return Answer(tables.assess(outcome.run, around, base.profile), base, outcome.ignored)

        found: Answer = self._kept.once("judged", (key, chosen.id, chosen.revision), make)
        return found

    def _judged_key(self, parameters: Parameters) -> Hashable:
        return (self._run_key(parameters), parameters.profile, self._version(*_ZONES))

    def _run_key(self, parameters: Parameters) -> Hashable:
        shown = self._version("site_5g", *_SURFACE)
        # The profile judges a run, it does not change it.
        return (shown, parameters.model_copy(update={"profile": ""}))

    def _version(self, *layers: str) -> tuple[tuple[str, int], ...]:
        """Generations and rasters that a result depends on."""
        rows = self._store.cursor().execute("SELECT layer, number FROM twin.shown ORDER BY layer").fetchall()
        return tuple((layer, number) for layer, number in rows if layer in layers)

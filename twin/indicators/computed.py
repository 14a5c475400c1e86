"""The registry of computed indicators: each is one function with its method statement beside it. ::

    @computed(35, layers=("construction_site",), method=Text("…", "…"))
    def smart_sites(context: Context) -> Figure:
        part, whole = context.tally("construction_site", ("smart",), "count(*) FILTER (WHERE smart), count(*)")
        return context.figure(percent(part, whole), denominators=(Amount(Text("工地", "Sites"), whole, "个"),))

A function that cannot give a value raises the :class:`twin.errors.TwinError` that says why; its sentence is what
the reader is told instead of a number.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from layers import Text
from twin import catalogue
from twin.analysis._csv_table import own_or
from twin.catalogue import Evidence
from twin.errors import InputError
from twin.indicators import edited, sensing
from twin.store import Store

if TYPE_CHECKING:
    from twin.analysis.coverage_5g.runs import Runs
    from twin.analysis.study import Studies
    from twin.indicators.ledger import Ledger
    from twin.scenario import AnyEdit, Scenario

Cost = Literal["count", "analysis", "run"]
_MODULES = ("counted", "analysed")
_NO_METHOD = Text("", "")


@dataclass(frozen=True)
class Desk:
    """What indicators are computed from: the store, and the studies and coverage runs kept beside it.

    With a ``ledger`` nobody waits at this desk and nothing is written: what is noted of the same inputs is told, only
    counts are made anew, and what takes longer is told as it was last noted while the ledger computes it.
    """

    store: Store
    studies: Studies
    runs: Runs
    ledger: Ledger | None = None


@dataclass(frozen=True, slots=True)
class Amount:
    """A figure beside the value: what a share is taken of, or what a count is made of."""

    title: Text
    value: float
    unit: str

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"title": {"zh": self.title.zh, "en": self.title.en}, "value": self.value, "unit": self.unit}


@dataclass(frozen=True)
class Figure:
    """A computed value in the indicator's unit, with its evidence and what it is a share of."""

    value: float
    evidence: Evidence
    denominators: tuple[Amount, ...] = ()


@dataclass(frozen=True)
class Context:
    """One computation: the desk, the scenario if any, and whether a coverage run may be computed for it.

    ``method`` is the statement of the indicator under way, ``layers`` what it reads.
    """

    desk: Desk
    scenario: Scenario | None = None
    run_coverage: bool = False
    method: Text = _NO_METHOD
    layers: tuple[str, ...] = ()

    @property
    def store(self) -> Store:
        """The open store."""
        return self.desk.store

    @property
    def edits(self) -> tuple[AnyEdit, ...]:
        """The edits of the scenario; none without one."""
        return () if self.scenario is None else self.scenario.edits

    @property
    def scenario_id(self) -> str:
        """The id of the scenario, empty without one."""
        return "" if self.scenario is None else self.scenario.id

    def tally(
        self,
        layer: str,
        columns: Sequence[str],
        select: str,
        where: str = "true",
        values: Sequence[object] = (),
    ) -> tuple[Any, ...]:
        """Aggregates ``select`` over the layer's ``columns`` with the scenario applied; zeros instead of nulls."""
        sql, bound = edited.rows(self.store, layer, columns, self.edits)
        row = (
            self.store.cursor()
            .execute(f"SELECT {select} FROM ({sql}) WHERE {where}", [*bound, *values])
            .fetchone()
        )
        assert row is not None
        return tuple(value or 0 for value in row)

    def figure(
        self,
        value: float,
        *,
        denominators: Sequence[Amount] = (),
        parameters: Mapping[str, Any] | None = None,
        caveats: Sequence[Mapping[str, str]] = (),
    ) -> Figure:
        """A value with the evidence of the layers it was computed from."""
        used = [self.store.shown[name] for name in self.layers if name in self.store.shown]
        method = {"zh": self.method.zh, "en": self.method.en}
        given = dict(parameters or {}) | self.about_scenario()
        evidence = catalogue.evidence(self.store, used, method, given, tuple(caveats))
        return Figure(float(value), evidence, tuple(denominators))

    def about_scenario(self) -> dict[str, Any]:
        """The scenario as a parameter of the evidence."""
        if self.scenario is None:
            return {}
        chosen = self.scenario
        return {"scenario": {"id": chosen.id, "name": chosen.name, "revision": chosen.revision}}


class NotYetComputed(InputError):
    """There is no value because nobody has asked for the long computation yet; says how to."""

    def __init__(self) -> None:
        super().__init__(NOT_YET.zh, NOT_YET.en)


NOT_YET = Text(
    "尚未计算：在指标页点“计算”，或运行 python -m twin indicators --coverage（约需数十秒）。",
    "Not computed yet: press Compute on the Indicators page, or run python -m twin indicators --coverage, which takes "
    "some tens of seconds.",
)


Function = Callable[[Context], Figure]


@dataclass(frozen=True)
class Computed:
    """How an indicator is computed.

    ``layers`` are all layers and rasters it depends on, ``tables`` the shipped tables (a home may have its own),
    ``standards`` are cited beside the plan. ``cost``: a ``count`` is made every time; for an ``analysis`` (seconds)
    or a ``run`` (tens of seconds, only on request) what was noted with the same inputs is told. ``entered_first``: a
    value entered by hand goes before it, because the twin only models what the plan means. ``edits``: which edits of a
    scenario bear on it, as :func:`twin.indicators.edited.bearing` reads them; all edits of its layers unless said.
    """

    no: int
    function: Function
    method: Text
    layers: tuple[str, ...]
    tables: tuple[Path, ...] = ()
    standards: tuple[Text, ...] = ()
    cost: Cost = "count"
    entered_first: bool = False
    edits: tuple[str, ...] = ()

    def compute(self, context: Context) -> Figure:
        """The figure; a :class:`twin.errors.TwinError` says why there is none."""
        return self.function(
            Context(context.desk, context.scenario, context.run_coverage, self.method, self.layers)
        )

    def inputs(self, store: Store) -> str:
        """What the figure depends on: generations, rasters, tables and the code of the methods."""
        rows = store.cursor().execute("SELECT layer, number FROM twin.shown ORDER BY layer").fetchall()
        shown = [f"{layer}#{number}" for layer, number in rows if layer in self.layers]
        if sensing.takes_over(self.layers):
            shown.append("live")
        digest = hashlib.blake2b(_code(), digest_size=8)
        for table in self.tables:
            digest.update(own_or(store.home, table).read_bytes())
        return json.dumps([*shown, digest.hexdigest()], separators=(",", ":"))


_registry: dict[int, Computed] = {}


def computed(
    no: int,
    *,
    layers: tuple[str, ...],
    method: Text,
    tables: tuple[Path, ...] = (),
    standards: tuple[Text, ...] = (),
    cost: Cost = "count",
    entered_first: bool = False,
    edits: tuple[str, ...] = (),
) -> Callable[[Function], Function]:
    """Register a function as what computes indicator ``no``; :class:`ValueError` when there is one already."""

    def register(function: Function) -> Function:
        if no in _registry:
            raise ValueError(f"indicator {no} is computed by {_registry[no].function.__name__} already")
        _registry[no] = Computed(
            no, function, method, layers, tables, standards, cost, entered_first, edits or layers
        )
        return function

    return register


@lru_cache(maxsize=1)
def _code() -> bytes:
    """A digest of the code that computes: what an older version noted is no answer of this one."""
    digest = hashlib.blake2b(digest_size=16)
    here = Path(__file__).parent
    for path in sorted([*(here.parent / "analysis").rglob("*.py"), *here.glob("*.py")]):
        digest.update(path.read_bytes())
    return digest.digest()


@lru_cache(maxsize=1)
def _loaded() -> None:
    for name in _MODULES:
        import_module(f"twin.indicators.{name}")


def registry() -> Mapping[int, Computed]:
    """Every computed indicator by its number."""
    _loaded()
    return dict(sorted(_registry.items()))


def percent(part: float, whole: float) -> float:
    """``part`` of ``whole`` in per cent; :class:`InputError` when there is nothing to take a share of."""
    if whole <= 0:
        raise InputError(
            "没有可以统计的对象，无法给出比例；请先导入相应图层。",
            "there is nothing to take a share of; import the layer first.",
        )
    return 100.0 * part / whole

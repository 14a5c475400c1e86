"""A scenario's edits applied to a run: only the cells they touch are computed anew.

A new site is laid over the cells there are. Where a site goes, the window it
reached is emptied and built up again from all that remain: subtracting its power
would leave rounding behind. New sites come after all others in either way of
computing, so what comes out is the run of the changed sites from scratch, bit
for bit. The base is never written to: undoing an edit is going back to it. ::

    editor = Editor(run)
    outcome = editor.apply(edits)          # twin.scenario edits of sites and buildings
    outcome.run.rasters(outcome.window)    # just what changed

An :class:`Editor` remembers runs without some sites, so dragging one rebuilds
what it leaves once and then only lays it down at each new place.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from layers.site_5g import LAYER
from twin import planned
from twin.analysis.building_works import Outlines
from twin.analysis.coverage_5g import engine, masts, sites, windows, works
from twin.analysis.coverage_5g.engine import Run, Window
from twin.analysis.coverage_5g.sites import Sites
from twin.planned import Works
from twin.scenario import Add, AnyEdit, Change, Move, Remove

_REMEMBERED = 4


@dataclass(frozen=True)
class Outcome:
    """The run after edits, the window of the grid outside which nothing changed, and edits of no effect.

    ``window`` is None when nothing changed at all. ``ignored`` are numbers of edits of other layers, of
    sites and buildings that are not there or not of the operators asked for, and of places off the grid.
    ``works`` is what was done to buildings, None where the surface is the base's.
    """

    run: Run
    window: Window | None
    ignored: tuple[int, ...]
    works: Works | None = None


class Editor:
    """Applies lists of edits to one base run; not for several threads at once."""

    def __init__(self, base: Run, standing: Outlines = lambda _box: ()) -> None:
        """``standing`` gives the outlines of buildings, for what comes to light when one is demolished."""
        self.base = base
        self._standing = standing
        self._without: OrderedDict[frozenset[int], Run] = OrderedDict()
        self._built: OrderedDict[Hashable, tuple[works.Worked, Editor]] = OrderedDict()

    def apply(self, edits: Sequence[AnyEdit]) -> Outcome:
        """The base after ``edits``, in their order; buildings come before sites.

        :class:`twin.errors.InputError` when the values of an added site are out of range.
        """
        done = planned.works(edits)
        if not done.edits:
            return self._with_sites(edits)
        worked, editor = self._worked(done)
        outcome = editor._with_sites([edit for edit in edits if edit.id not in done.edits])  # noqa: SLF001 - an editor too
        idle = [number for number, about in done.edits.items() if not about & worked.seen]
        return Outcome(
            outcome.run,
            windows.union(worked.window, outcome.window),
            tuple(sorted([*outcome.ignored, *idle])),
            done if worked.window is not None else None,
        )

    def _worked(self, done: Works) -> tuple[works.Worked, Editor]:
        """The base after works on buildings, with an editor of its own for the sites."""
        if done.key not in self._built:
            worked = works.with_works(self.base, done, self._standing)
            self._built[done.key] = worked, Editor(worked.run)
            if len(self._built) > _REMEMBERED:
                self._built.popitem(last=False)
        self._built.move_to_end(done.key)
        return self._built[done.key]

    def _with_sites(self, edits: Sequence[AnyEdit]) -> Outcome:
        gone: set[int] = set()
        added: list[tuple[int, Sites]] = []
        ignored = [edit.id for edit in edits if not self._take(edit, gone, added)]
        remaining = self._silenced(frozenset(gone))
        extra = [one for _, one in added]
        if not extra:
            return Outcome(remaining, windows.around(self.base, self._masts_of(gone)), tuple(ignored))
        joined = extra[0]
        for one in extra[1:]:
            joined = joined.joined(one)
        run, new = _with_sites(remaining, joined)
        window = windows.union(windows.around(self.base, self._masts_of(gone)), windows.around(run, new))
        grid = run.surface.grid
        row, column = grid.cells(*grid.to_metres(joined.lon, joined.lat))
        off_grid = ~grid.holds(row, column)
        ignored += [edit for (edit, _), off in zip(added, off_grid.tolist(), strict=True) if off]
        return Outcome(run, window, tuple(sorted(ignored)))

    def _take(self, edit: AnyEdit, gone: set[int], added: list[tuple[int, Sites]]) -> bool:
        """Note what one edit does; False when it does nothing here."""
        if not isinstance(edit, (Add, Move, Remove, Change)) or edit.layer != LAYER.id:
            return False
        if isinstance(edit, Add):
            values = edit.values
            operators = self.base.parameters.operators
            if values.get("status") == "off" or (operators and values.get("operator") not in operators):
                return False
            row = {**values, "fid": -edit.id, "lon": edit.lon, "lat": edit.lat}
            added.append((edit.id, sites.of_rows([row], band_ghz=self.base.carrier.frequency_ghz)))
            return True
        again = next((k for k, (_, one) in enumerate(added) if int(one.fid[0]) == edit.fid), None)
        if again is not None:
            _, one = added.pop(again)
        else:
            found = self.base.sites.row_of(edit.fid)
            if found is None or found in gone:
                return False
            gone.add(found)
            one = self.base.sites.chosen(np.arange(len(self.base.sites)) == found)
        if isinstance(edit, Move):
            added.append((edit.id, one.moved(0, edit.lon, edit.lat)))
        elif isinstance(edit, Change):
            [row] = sites.as_rows(one)
            row |= edit.values
            if row["status"] != "off":
                added.append((edit.id, sites.of_rows([row], band_ghz=self.base.carrier.frequency_ghz)))
        return True

    def _masts_of(self, rows: Iterable[int]) -> npt.NDArray[np.intp]:
        return np.flatnonzero(np.isin(self.base.masts.site, list(rows)))

    def _silenced(self, gone: frozenset[int]) -> Run:
        """The base without some sites (rows)."""
        if not gone:
            return self.base
        if gone in self._without:
            self._without.move_to_end(gone)
            return self._without[gone]
        # Of the runs remembered, the one that lacks most of these is nearest.
        nearest = max((key for key in self._without if key < gone), key=len, default=frozenset[int]())
        start = self._without.get(nearest, self.base)
        run = silenced(start, np.array(sorted(gone - nearest)))
        self._without[gone] = run
        if len(self._without) > _REMEMBERED:
            self._without.popitem(last=False)
        return run


def with_edits(base: Run, edits: Sequence[AnyEdit]) -> Outcome:
    """``base`` after ``edits``; an :class:`Editor` is quicker for edits that follow one another."""
    return Editor(base).apply(edits)


def silenced(run: Run, rows: npt.NDArray[np.intp]) -> Run:
    """``run`` without the sites ``rows``: their windows emptied and built up from the others."""
    leaving = np.flatnonzero(np.isin(run.masts.site, rows) & run.masts.arrays.on)
    on = run.masts.arrays.on.copy()
    on[leaving] = False
    quiet = replace(run, sites=run.sites.silenced(rows), masts=run.masts.switched(on), evaluations=0)
    if not len(leaving):
        return quiet
    everyone = np.flatnonzero(on)
    around = run.masts.arrays.cell[leaving]
    return engine.laid(quiet, everyone, windows.clips(run, leaving), blank=True, around=around)


def with_sites(run: Run, added: Sites) -> Run:
    """``run`` with more sites on the air, such as ones that :func:`silenced` took off, turned or tilted anew."""
    return _with_sites(run, added)[0]


def _with_sites(run: Run, added: Sites) -> tuple[Run, npt.NDArray[np.intp]]:
    """The run, and the rows of the new masts in it."""
    new = masts.build(
        run.surface, added, run.carrier, run.parameters, patterns=run.patterns,
        first_site=len(run.sites), first_sector=run.sites.sectors,
    )  # fmt: skip
    seen = engine.look(run.surface, new, run.parameters, run.carrier)
    everyone = replace(
        run,
        sites=run.sites.joined(added),
        masts=run.masts.joined(new),
        sight=run.sight.joined(seen),
        evaluations=0,
    )
    rows = np.arange(len(run.masts), len(everyone.masts))
    if not len(rows):
        return everyone, rows
    return engine.laid(everyone, rows, windows.clips(everyone, rows), blank=False), rows

"""A scenario's edits applied to a study: what changes is computed anew, the rest is kept.

An added facility only shortens ways, so its own field is laid over the times
there are; closing one recomputes its categories; a planned home gets its own
times; a change of the streets recomputes all. The study that comes out is the same as one made from scratch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely

from twin import planned
from twin.analysis import closures, demand, life_circle, snapping, supply
from twin.analysis.city import City, Travel
from twin.analysis.demand import Floats, Ints
from twin.analysis.life_circle import Study
from twin.analysis.places import Places
from twin.analysis.rules import CATEGORY_IDS, CENTRE
from twin.analysis.supply import Supply
from twin.analysis.travellers import Traveller
from twin.errors import InputError
from twin.planned import Works
from twin.scenario import Add, AnyEdit, Build, Change, Gate, Link, Move, Remove

_LAYERS = ("facility", CENTRE)
_GATE_REACH_M = 120.0
"""A new gate joins ways inside and outside the estate that are this near to it."""


@dataclass(slots=True)
class _Streets:
    """What the edits do to the streets: closed roads, new links as pairs of places in degrees, gates."""

    closed: set[int] = field(default_factory=set)
    links: list[tuple[tuple[float, float], tuple[float, float]]] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)


def with_edits(base: Study, edits: Sequence[AnyEdit]) -> Study:
    """``base`` after ``edits``; numbers of edits that change nothing here are in :attr:`Study.ignored`."""
    services, streets = base.supply, _Streets()
    done = planned.works(edits)
    ignored: list[int] = []
    for edit in edits:
        if edit.id in done.edits:
            if not _matters(base, done, edit.id):
                ignored.append(edit.id)
        elif isinstance(edit, Link):
            streets.links.append((edit.from_, edit.to))
        elif isinstance(edit, Gate):
            streets.gates.append(edit)
        elif isinstance(edit, Remove) and edit.layer == "road":
            if edit.fid in base.city.road_fids:
                streets.closed.add(edit.fid)
            else:
                ignored.append(edit.id)
        elif not isinstance(edit, Build) and edit.layer in _LAYERS and not isinstance(edit, Change):
            changed = _supplied(services, edit, centre_services=base.parameters.centre_services)
            if changed is None:
                ignored.append(edit.id)
            else:
                services = changed
        else:
            ignored.append(edit.id)
    built = life_circle.with_works(base, done) if done else base
    study = _on_streets(built, streets)
    return _with_supply(study, services, everything=study is not built, ignored=tuple(sorted(ignored)))


def _matters(base: Study, done: Works, edit: int) -> bool:
    """Whether an edit of buildings houses people or takes the home of some away."""
    about = done.edits[edit]
    homes, standing = ({item.fid for item in items} for items in (demand.lived_in(done), done.built))
    if homes & about or any(
        fid < 0 and fid not in standing for fid in about
    ):  # or was built and given up again
        return True
    of_city = base.city.demand
    return bool(np.isin(of_city.fid[of_city.row_no > 0], list(about)).any())


def _supplied(services: Supply, edit: Add | Move | Remove, *, centre_services: bool) -> Supply | None:
    """The services after one edit; None when the edit's object is not among them."""
    if isinstance(edit, Add):
        return services.joined(
            supply.build(_rows(edit.layer, -edit.id, edit.lon, edit.lat, edit.values, centre_services))
        )
    rows = services.rows_of_object(edit.layer, edit.fid)
    if not len(rows):
        return None
    if isinstance(edit, Remove):
        return services.without(rows)
    again = [
        (edit.layer, edit.fid, CATEGORY_IDS[services.category[row]], edit.lon, edit.lat,
         None if np.isnan(services.capacity[row]) else services.capacity[row], services.name[row])
        for row in rows.tolist()
    ]  # fmt: skip
    return services.without(rows).joined(supply.build(again))


def _rows(
    layer: str, fid: int, lon: float, lat: float, values: dict[str, Any], centre_services: bool
) -> list[tuple[Any, ...]]:
    name, capacity = values.get("name"), values.get("capacity")
    if layer == CENTRE:
        services = values.get("services") if centre_services else None
        return supply.rows_of_centre(fid, lon, lat, services, capacity, name)
    return [(layer, fid, values.get("category"), lon, lat, capacity, name)]


def _with_supply(study: Study, services: Supply, *, everything: bool, ignored: tuple[int, ...]) -> Study:
    """``study`` with other services; only what they change is computed, or ``everything``."""
    before = study.supply
    changed = replace(study, supply=services, ignored=ignored)
    present = life_circle.present(services)
    if not np.array_equal(present, life_circle.present(before)):
        changed = replace(changed, limits=life_circle.limits(study.city, study.parameters, present))
    if everything:
        return life_circle.recomputed(changed, range(len(CATEGORY_IDS)))
    added = np.arange(len(before), len(services))
    added = added[services.active[added]]
    closed = np.flatnonzero(before.active & ~services.active[: len(before)])
    again = sorted(set(services.category[closed].tolist()))
    if again:
        changed = life_circle.recomputed(changed, again)
        added = added[~np.isin(services.category[added], again)]
    return life_circle.improved(changed, added) if len(added) else changed


def _on_streets(study: Study, streets: _Streets) -> Study:
    """``study`` on changed streets, its times not yet computed; itself when no street changes."""
    if not (streets.closed or streets.links or streets.gates):
        return study
    city = study.city
    closed = np.flatnonzero(np.isin(city.streets.fid, list(streets.closed)))
    travels = []
    for travel in study.travels:
        origins = _with_gates(study, travel, streets.gates)
        if len(closed):
            cap_m = study.parameters.snap_cap_m
            origins = closures.off(origins, city.streets, city.residences, travel.traveller, closed, cap_m)
        travels.append(travel.changed(closed, _links(city, streets, travel.traveller), origins))
    return replace(study, travels=tuple(travels))


def _links(city: City, streets: _Streets, traveller: Traveller) -> pd.DataFrame | None:
    frames = [city.streets.link(start, end, traveller) for start, end in streets.links]
    frames += [frame for gate in streets.gates if (frame := _gate(city, gate, traveller)) is not None]
    return pd.concat(frames, ignore_index=True) if frames else None


def _with_gates(study: Study, travel: Travel, gates: Sequence[Gate]) -> Places:
    """The residences on the streets; those of estates with new gates are placed again."""
    city, origins = study.city, travel.origins
    for row in {_estate(city, gate) for gate in gates}:
        assert city.estates is not None
        estates = city.estates
        for gate in gates:
            if _estate(city, gate) == row:
                x, y = city.streets.to_metres(gate.lon, gate.lat)[0]
                estates = estates.with_gate(row, float(x), float(y))
        shapely.prepare(estates.outline[row])
        owners = np.flatnonzero(shapely.intersects_xy(estates.outline[row], *city.residences.T))
        again = snapping.snap(
            city.streets, city.residences[owners], travel.traveller, estates=estates,
            cap_m=study.parameters.snap_cap_m, unknown_gates=study.parameters.unknown_gates,
        )  # fmt: skip
        origins = closures.replaced(origins, owners, Places.of(again.places, len(city.streets.u)))
    return origins


def _estate(city: City, gate: Gate) -> int:
    row = city.estate(gate.estate)
    if row is None:
        raise InputError(
            "要开门的小区不在数据中；请重新选择小区。",
            "the estate of the gate is not there; choose one again.",
        )
    return row


def _gate(city: City, gate: Gate, traveller: Traveller) -> pd.DataFrame | None:
    """A gate as a link from the nearest way inside the estate to the nearest outside; None where one is missing."""
    assert city.estates is not None
    outline = city.estates.outline[_estate(city, gate)]
    targets = city.streets.targets(traveller)
    point = shapely.points(city.streets.to_metres(gate.lon, gate.lat))[0]
    near = targets.whole[targets.whole_tree.query(point, predicate="dwithin", distance=_GATE_REACH_M)]
    middle = shapely.line_interpolate_point(city.streets.line[near], 0.5, normalized=True)
    within = shapely.intersects(outline, middle)
    if within.all() or not within.any():
        return None
    (edge_a, t_a, a_m), (edge_b, t_b, b_m) = (
        _nearest(city, rows, point) for rows in (near[within], near[~within])
    )
    return pd.DataFrame(
        {"edge_a": [edge_a], "t_a": [t_a], "edge_b": [edge_b], "t_b": [t_b], "length_m": [a_m + b_m]}
    )


def _nearest(city: City, rows: Ints, point: shapely.Point) -> tuple[int, float, float]:
    t, metres = city.streets.position(rows, point)
    best = int(np.argmin(metres))
    return int(rows[best]), float(t[best]), float(metres[best])


def newly_complete(before: Study, after: Study) -> Floats:
    """Change of people with a complete circle by area, (areas,)."""
    then, now = (study.complete[:, None] * study.city.demand.weights[:, :1] for study in (before, after))
    change = after.city.areas.sums(now)[:, 0]
    change[: len(before.city.areas.areas)] -= before.city.areas.sums(then)[:, 0]
    return change

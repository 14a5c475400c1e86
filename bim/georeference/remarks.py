"""What a report has to say of a model's place: the faults of its file, and what is asked of the user."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from bim.finding import Finding
from bim.georeference import faults
from bim.georeference.defaults import default_of
from bim.georeference.evidence import Evidence
from bim.georeference.hypotheses import Hypothesis
from bim.georeference.placement import turned
from bim.georeference.readings import FAR_M, turn_of
from bim.georeference.systems import LocalSystem, convergence_deg, crs, named

_PLACEHOLDER = re.compile(r"enter address|输入地址|アドレスを入力", re.IGNORECASE)
"""What Revit writes where no address was given."""


def findings(
    evidence: Evidence, ranked: Sequence[Hypothesis], local_systems: Sequence[LocalSystem] = ()
) -> list[Finding]:
    """The faults of the best hypothesis and of the file, each once, and whether the user must place the model.

    Parameters
    ----------
    evidence, local_systems
        As given to :func:`bim.georeference.hypotheses.hypotheses`.
    ranked
        What that returned.
    """
    best = ranked[0] if ranked else None
    found = list(best.faults) if best else []
    found += _unknown_systems(evidence, local_systems)
    found += _sites(evidence, best)
    if best is None:
        far = next((item for item in evidence.frames if math.hypot(*item.location_m[:2]) > FAR_M), None)
        if far is not None:
            found.append(faults.unknown_offset(math.hypot(*far.location_m[:2]), far.step_id))
        if not found:
            found.append(faults.missing())
    else:
        if not best.sure:
            found.append(faults.placement_needed())
        if best.level == 50:
            found += _true_north(evidence, best)
    if best is None or not best.sure:
        found += [
            faults.address(item.text) for item in evidence.addresses if not _PLACEHOLDER.search(item.text)
        ]
    return list({(item.code, item.step_id): item for item in reversed(found)}.values())[::-1]


def _unknown_systems(evidence: Evidence, local_systems: Sequence[LocalSystem]) -> Iterator[Finding]:
    for operation in evidence.operations:
        system = operation.system
        if system is not None and (system.name or system.wkt):
            more = (system.description, system.datum, system.projection, system.zone)
            meant = named(system.name, more, system.wkt, local_systems)
            if meant.definition is None:
                yield faults.unknown_crs(meant.label, operation.step_id)


def _sites(evidence: Evidence, best: Hypothesis | None) -> Iterator[Finding]:
    for site in evidence.sites:
        if site.latitude is None or site.longitude is None:
            continue
        if site.mixed_signs:
            yield faults.mixed_signs(site.step_id)
        default = default_of(site.latitude, site.longitude)
        if best is not None and best.level > 20 and default is not None:
            yield faults.default_ignored(default.tool, site.latitude, site.longitude, site.step_id)


def _true_north(evidence: Evidence, best: Hypothesis) -> list[Finding]:
    for context in evidence.contexts:
        if context.kind != "Model" or context.true_north is None:
            continue
        written = turn_of(context.true_north)
        # read as true north or, as most tools mean it, as grid north
        flat = not crs(best.crs).is_geographic
        grid = convergence_deg(best.crs, best.longitude, best.latitude) if flat else 0.0
        away = min(abs(turned(written - best.rotation_deg)), abs(turned(written - best.rotation_deg - grid)))
        if away > 1.0:
            return [faults.true_north(written, best.rotation_deg, context.step_id)]
    return []

"""Chains and rings of references in a model's text: placements, parts of parts, everything else.

A valid model has no rings at all. One of placements crashes the geometry kernel, one of parts keeps
IfcOpenShell's utilities going for ever, and long chains are deeper than recursion can follow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bim.finding import Finding, Sentence, Severity
from bim.step_text import Chains, StepText

DEEP = 200
"""Chains of references longer than this are told; real models stay below thirty."""

MOST_PLACEMENTS = 10_000
"""Placements that may stand relative to each other in a chain; at twice as many the kernel's stack overflows."""

_LISTED = 5
_SHOWN = 8
_PLACEMENTS = ("IFCLOCALPLACEMENT", "IFCGRIDPLACEMENT", "IFCLINEARPLACEMENT")
_OBJECT_PLACEMENT = 5  # argument of every IfcProduct
# Relations that say what something is part of or stands in: arguments of the whole and of its parts.
_PART_OF = {
    "IFCRELAGGREGATES": (4, 5),
    "IFCRELNESTS": (4, 5),
    "IFCRELCONTAINEDINSPATIALSTRUCTURE": (5, 4),
    "IFCRELVOIDSELEMENT": (4, 5),
    "IFCRELFILLSELEMENT": (4, 5),
    "IFCRELPROJECTSELEMENT": (4, 5),
    "IFCRELADHERESTOELEMENT": (4, 5),
}


def examine(text: StepText) -> tuple[int, list[Finding]]:
    """The number of placements in the longest chain of them, and what is wrong with the references."""
    edges = _placement_edges(text)
    depth, found = _placements(text, edges)
    return depth, found + _parts(text) + _rest(text, edges)


def _is_kind(text: StepText, *names: str) -> NDArray[np.bool_]:
    """Of each instance, whether its type is one of ``names``."""
    kind = np.array([name in names for name in text.names], bool)
    wanted: NDArray[np.bool_] = kind[text.kinds]
    return wanted


def _placement_edges(text: StepText) -> NDArray[np.bool_]:
    """The references by which a placement says what it is relative to."""
    among = _is_kind(text, *_PLACEMENTS)
    edges: NDArray[np.bool_] = (text.targets >= 0) & (text.places == 0)
    edges[edges] &= among[text.owners[edges]] & among[text.targets[edges]]
    return edges


def _placements(text: StepText, edges: NDArray[np.bool_]) -> tuple[int, list[Finding]]:
    chains = text.chains(np.where(edges, text.targets, -1).astype(np.int32))
    rows = text.of_types(*_PLACEMENTS)
    depth = int(chains.depth[rows].max()) if rows.size else 0
    if chains.rings:
        users = np.flatnonzero(np.isin(text.targets, chains.ring) & (text.places == _OBJECT_PLACEMENT))
        placed = [_named(text, int(text.owners[at])) for at in users[:_LISTED]]
        return depth, [
            _ring(
                text, "placement_cycle", chains,
                "构件的放置互相依赖，形成循环", "placements stand relative to each other in a ring",
                f"（涉及 {'；'.join(placed)}）" if placed else "", f" (of {'; '.join(placed)})" if placed else "",
            )
        ]  # fmt: skip
    if depth <= DEEP:
        return depth, []
    row = int(rows[chains.depth[rows].argmax()])
    if depth > MOST_PLACEMENTS:
        return depth, [
            _long(
                text, "deep_placement", row,
                f"放置链长达 {depth} 级（自 {text.label(row)} 起），超过 {MOST_PLACEMENTS} 级，无法处理。请修正后重新导出。",
                f"a chain of {depth} placements starts at {text.label(row)}; more than {MOST_PLACEMENTS} cannot be "
                "followed. Correct it and export again.",
                severity="error",
            )
        ]  # fmt: skip
    return depth, [
        _long(
            text, "deep_placement", row,
            f"放置链长达 {depth} 级（自 {text.label(row)} 起），处理会变慢。",
            f"a chain of {depth} placements starts at {text.label(row)}; it is slow to follow.",
        )
    ]  # fmt: skip


def _parts(text: StepText) -> list[Finding]:
    """Rings of what is part of, stands in or fills what."""
    related = np.flatnonzero(_is_kind(text, *_PART_OF)[text.owners] & (text.targets >= 0))
    kinds = text.kinds[text.owners[related]]
    sources, targets = [], []
    for name, (whole, part) in _PART_OF.items():
        if name not in text.names:
            continue
        of_kind = related[kinds == text.names.index(name)]
        wholes = of_kind[text.places[of_kind] == whole]
        parts = of_kind[text.places[of_kind] == part]
        whole_of = np.full(text.ids.size, -1, np.int32)
        whole_of[text.owners[wholes]] = text.targets[wholes]
        source = whole_of[text.owners[parts]]
        sources.append(source[source >= 0])
        targets.append(text.targets[parts][source >= 0])
    if not sources:
        return []
    chains = text.chains_of(np.concatenate(sources), np.concatenate(targets))
    if chains.rings:
        return [
            _ring(
                text, "aggregation_cycle", chains,
                "空间或构件互为组成部分，形成循环", "spatial elements or parts are part of each other in a ring",
            )
        ]  # fmt: skip
    depth, row = chains.deepest
    if depth <= DEEP:
        return []
    return [
        _long(
            text, "deep_parts", row,
            f"{_named(text, row)} 的组成层级达 {depth} 级，处理会变慢。",
            f"{_named(text, row)} has parts of parts {depth} levels deep; they are slow to follow.",
        )
    ]  # fmt: skip


def _rest(text: StepText, placements: NDArray[np.bool_]) -> list[Finding]:
    """Rings and depth of all other references."""
    chains = text.chains(np.where(placements, -1, text.targets).astype(np.int32))
    if chains.rings:
        return [
            _ring(text, "cycle", chains, "实例互相引用，形成循环", "instances refer to each other in a ring")
        ]
    if chains.deepest[0] <= DEEP:
        return []
    # The end of the chain is often a relation; what it mostly consists of says more.
    deep = np.flatnonzero(chains.depth > DEEP)
    rows = deep[text.kinds[deep] == np.bincount(text.kinds[deep]).argmax()]
    row = int(rows[chains.depth[rows].argmax()])
    return [
        _long(
            text, "deep_nesting", row,
            f"{text.label(row)} 嵌套达 {chains.depth[row]} 层，几何处理可能很慢或失败。",
            f"{text.label(row)} is nested {chains.depth[row]} levels deep; its shape may take long or fail.",
        )
    ]  # fmt: skip


def _named(text: StepText, row: int) -> str:
    name = text.name_of(row)
    return text.label(row) + (f" '{name}'" if name else "")


def _ring(
    text: StepText, code: str, chains: Chains, zh: str, en: str, more_zh: str = "", more_en: str = ""
) -> Finding:
    shown = [_named(text, row) for row in chains.ring[:_SHOWN]]
    chain = " → ".join([*shown, shown[0] if len(chains.ring) <= _SHOWN else "…"])
    row = chains.ring[0]
    return Finding(
        f"text.{code}",
        "error",
        Sentence(
            f"{zh}：{chain}{more_zh}。请在建模软件中修正后重新导出。",
            f"{en}: {chain}{more_en}. Correct it in the authoring tool and export again.",
        ),
        step_id=int(text.ids[row]),
        offset=int(text.offsets[row]),
    )


def _long(
    text: StepText, code: str, row: int, zh: str, en: str, *, severity: Severity = "warning"
) -> Finding:
    return Finding(
        f"text.{code}",
        severity,
        Sentence(zh, en),
        step_id=int(text.ids[row]),
        offset=int(text.offsets[row]),
    )

"""The evidence card of an indicator, as plain data.

``value``, ``unit``, ``unit_en``, ``as_of``, ``updated`` (when the data last came in), ``origin`` (real, synthetic,
mixed; None without data), ``basis`` (computed, entered, none), ``datasets``, ``parameters``, ``method``,
``standards``, ``denominators``, ``caveats``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from layers import Text
from twin.indicators.computed import Computed, Figure
from twin.indicators.entered import Entry
from twin.indicators.table import Indicator, words

_ENTERED = Text(
    "由填报人按所列来源录入，本系统未计算，也未核对来源。",
    "Entered by hand from the source named; neither computed nor checked by this system.",
)
_NO_DATA = Text(
    "本系统的图层中没有这一指标的数据，也没有录入的值；请按来源录入。",
    "No layer of this system holds this indicator and no value was entered; enter one with its source.",
)


def of_figure(indicator: Indicator, how: Computed, figure: Figure) -> dict[str, Any]:
    """The card of a computed value."""
    found = figure.evidence
    return _card(
        indicator,
        value=figure.value,
        as_of=found.as_of or None,
        updated=max((str(item["imported_at"]) for item in found.datasets), default=None),
        origin=found.origin,
        basis="computed",
        datasets=[dict(item) for item in found.datasets],
        parameters=dict(found.parameters),
        method=dict(found.method),
        standards=how.standards,
        denominators=[amount.as_dict() for amount in figure.denominators],
        caveats=[dict(item) for item in found.caveats],
    )


def of_entry(indicator: Indicator, entry: Entry) -> dict[str, Any]:
    """The card of an entered value: its source stands for the dataset."""
    moment = entry.entered_at.isoformat(timespec="seconds")
    return _card(
        indicator,
        value=entry.value,
        as_of=entry.as_of.isoformat(),
        updated=moment,
        origin="real",
        basis="entered",
        datasets=[
            {
                "id": None, "layer": None, "name": "人工录入 entered by hand", "source": entry.source,
                "licence": None, "data_date": entry.as_of.isoformat(), "imported_at": moment, "generation": None,
                "synthetic": False, "author": entry.author, "note": entry.note,
            }
        ],
        method=words(_ENTERED),
    )  # fmt: skip


def of_nothing(indicator: Indicator, reason: dict[str, str] | None) -> dict[str, Any]:
    """The card that says why there is no value."""
    return _card(
        indicator, value=None, as_of=None, updated=None, origin=None, basis="none", datasets=[],
        method=reason or words(_NO_DATA),
    )  # fmt: skip


def _card(
    indicator: Indicator,
    *,
    method: dict[str, Any],
    parameters: dict[str, Any] | None = None,
    standards: Sequence[Text] = (),
    denominators: Sequence[dict[str, Any]] = (),
    caveats: Sequence[dict[str, Any]] = (),
    **rest: Any,
) -> dict[str, Any]:
    return {
        **rest,
        "unit": indicator.unit.zh,
        "unit_en": indicator.unit.en,
        "method": method,
        "standards": [words(text) for text in (indicator.citation, *standards)],
        "parameters": parameters or {},
        "denominators": list(denominators),
        "caveats": list(caveats),
    }

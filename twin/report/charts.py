"""The charts of a report as plain data: categories, series, target and unit; slides and documents draw them.

``{"kind": "chart", "title", "note", "origin", "ref", "footnotes", "chart": {"form": "columns" | "bars",
"categories", "series": [{"name", "role": "base" | "value", "values", "texts", "statuses"}], "target": {"name",
"value"} | None, "unit", "top"}}``; ``statuses`` colour the bars one by one where there are any.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from layers import all_layers
from twin.errors import TwinError
from twin.indicators import Desk, sensing
from twin.indicators.computed import Context
from twin.report.ledger import Ledger, told
from twin.report.words import word

_MOST_PERCENT, _AXIS_PERCENT = 120.0, 160.0


def every(
    desk: Desk, rows: Sequence[Mapping[str, Any]], ledger: Ledger, scenario: str, coverage: bool
) -> list[dict[str, Any]]:
    """The charts that the home holds data for."""
    makers: tuple[Callable[[], dict[str, Any] | None], ...] = (
        lambda: _attained(rows, ledger),
        lambda: _life_circle(desk, ledger, scenario),
        lambda: _coverage(desk, ledger, scenario, coverage),
        lambda: _sensors(desk, ledger),
    )
    found = []
    for make in makers:
        try:
            chart = make()
        except TwinError:
            continue  # nothing to compute it from; the table of indicators says why
        if chart is not None:
            found.append(chart)
    return found


def _attained(rows: Sequence[Mapping[str, Any]], ledger: Ledger) -> dict[str, Any] | None:
    """Values as a share of their targets."""
    language = ledger.language
    kept = [row for row in rows if row["value"] is not None and row["target"] and row["comparison"] != "<="]
    if not kept:
        return None
    marks, names, shares, texts, statuses = [], [], [], [], []
    for row in kept:
        unit = row["unit_en"] if language == "en" else row["unit"]
        name = f"{row['no']} {row['name'][language]}"
        shown = told(row["value"], unit, language)
        mark = ledger.cite(f"indicator {row['no']}", name, shown, row["evidence"])
        share = 100.0 * row["value"] / row["target"]
        marks.append(mark)
        names.append(name)
        shares.append(min(_MOST_PERCENT, share))
        texts.append(f"{share:.1f}%  {shown} [{mark}]" if unit != "%" else f"{share:.1f}% [{mark}]")
        statuses.append(row["status"])
    series = {
        "name": word("share_of_target", language),
        "role": "value",
        "values": shares,
        "texts": texts,
        "statuses": statuses,
    }
    return _chart(
        word("attained", language), word("attained_note", language), "bars", names, [series], ledger, marks,
        unit="%", top=_AXIS_PERCENT, target=(word("target", language), 100.0),
        origin=_worst([row["origin"] for row in kept]),
    )  # fmt: skip


def _life_circle(desk: Desk, ledger: Ledger, scenario: str) -> dict[str, Any] | None:
    from twin.analysis import report
    from twin.analysis.life_circle import Parameters

    study, base = desk.studies.study(Parameters(), scenario)
    card = report.evidence(desk.store, study)
    title = word("life_circle", ledger.language)
    return _by_town(
        "life-circle", title, word("life_circle_note", ledger.language), report.areas_table(study, base), "people",
        card.as_dict(), ledger, base is not None,
    )  # fmt: skip


def _coverage(desk: Desk, ledger: Ledger, scenario: str, compute: bool) -> dict[str, Any] | None:
    from twin.analysis.coverage_5g import report, tables
    from twin.analysis.coverage_5g.parameters import Parameters

    parameters = Parameters()
    if not (compute or desk.runs.at_hand(parameters)):
        return None
    answer = desk.runs.answer(parameters, scenario)
    profile = report.profile_of(answer.found)["title"][ledger.language]
    title = word("coverage", ledger.language)
    note = word("coverage_note", ledger.language, profile=profile)
    areas = tables.areas_table(answer.found, answer.base)
    card = report.evidence(desk.store, answer.found).as_dict()
    return _by_town("coverage", title, note, areas, "people", card, ledger, answer.base is not None)


def _by_town(
    key: str,
    title: str,
    note: str,
    areas: Sequence[Mapping[str, Any]],
    rate: str,
    card: Mapping[str, Any],
    ledger: Ledger,
    has_base: bool,
) -> dict[str, Any] | None:
    """A share by town against the target of the first area that has one."""
    language = ledger.language
    towns = [area for area in areas if area["kind"] == "town" and area["rates"][rate] is not None]
    if not towns:
        return None
    towns.sort(key=lambda area: -area["rates"][rate])
    target = next((100.0 * area["target"] for area in towns if area["target"]), None)
    names = [(area["name_en"] if language == "en" else "") or area["name"] for area in towns]
    values = [100.0 * area["rates"][rate] for area in towns]
    statuses = [
        "none" if target is None else "met" if value >= target - 1e-9 else "short" for value in values
    ]
    series = [
        {
            "name": word("after" if has_base else "share", language),
            "role": "value",
            "values": values,
            "texts": [f"{value:.0f}" for value in values],
            "statuses": statuses,
        }
    ]
    if has_base:
        before = [100.0 * (area["base"][rate] or 0.0) for area in towns]
        series.insert(
            0,
            {
                "name": word("base", language),
                "role": "base",
                "values": before,
                "texts": [f"{value:.0f}" for value in before],
                "statuses": [],
            },
        )
    low, high = min(values), max(values)
    mark = ledger.cite(key, title, f"{told(low, '%', language)} - {told(high, '%', language)}", card)
    return _chart(
        title, note, "columns", names, series, ledger, [mark], unit="%", top=100.0,
        target=None if target is None else (f"{word('target', language)} {target:g}%", target),
        origin=card["origin"],
    )  # fmt: skip


def _sensors(desk: Desk, ledger: Ledger) -> dict[str, Any] | None:
    language = ledger.language
    if sensing.LAYER not in desk.store.shown:
        return None
    state = sensing.state(Context(desk))
    titles = {
        choice.value: choice.title.of(language)
        for choice in all_layers()[sensing.LAYER].column("status").choices
    }
    unknown = "未记录" if language == "zh" else "not recorded"
    kept = [(titles.get(name, unknown), count) for name, count in state.by_status.items() if count]
    if not kept:
        return None
    title = word("sensors", language)
    method = {
        "zh": "感知终端图层中各状态的终端数。",
        "en": "Number of terminals by state in the layer of sensing terminals.",
    }
    card = Context(desk, layers=(sensing.LAYER,)).figure(state.terminals).evidence.as_dict() | {
        "method": method
    }
    count = told(state.terminals, "", language)
    mark = ledger.cite("sensors", title, count, card)
    series = {
        "name": word("number", language),
        "role": "value",
        "values": [value for _, value in kept],
        "texts": [f"{value:,} ({value / state.terminals:.1%})" for _, value in kept],
        "statuses": [],
    }
    return _chart(
        title, word("sensors_note", language, count=count), "bars", [name for name, _ in kept], [series], ledger,
        [mark], unit="", top=max(value for _, value in kept) * 1.25, target=None, origin=card["origin"],
    )  # fmt: skip


def _chart(
    title: str,
    note: str,
    form: str,
    categories: Sequence[str],
    series: Sequence[Mapping[str, Any]],
    ledger: Ledger,
    marks: Sequence[str],
    *,
    unit: str,
    top: float,
    target: tuple[str, float] | None,
    origin: str | None,
) -> dict[str, Any]:
    lines = ledger.footnote(marks) if len(marks) == 1 else []
    return {
        "kind": "chart",
        "title": title,
        "note": note,
        "origin": origin,
        "refs": list(marks),
        "footnotes": [*lines, word("footnote_end", ledger.language)],
        "chart": {
            "form": form,
            "categories": list(categories),
            "series": [dict(item) for item in series],
            "target": None if target is None else {"name": target[0], "value": target[1]},
            "unit": unit,
            "top": top,
        },
    }


def _worst(origins: Sequence[str | None]) -> str | None:
    kinds = {item for item in origins if item}
    if not kinds:
        return None
    return kinds.pop() if len(kinds) == 1 else "mixed"

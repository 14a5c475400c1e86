"""The evidence of a report: every figure that is printed gets a mark that leads to its entry in the appendix."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from layers import all_layers
from twin.report.words import word

Card = Mapping[str, Any]
_MOST_ENTRIES = 999


def told(value: float | None, unit: str, language: str) -> str:
    """A value with its unit as it is printed: shares with one decimal, counts in groups of three."""
    if value is None or not math.isfinite(value):
        return word("no_data", language)
    if unit == "%":
        return f"{value:.1f}%"
    number = f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1000 else f"{value:,.1f}"
    gap = "" if not unit else "\u2009" if unit.isascii() or language == "en" else ""
    return f"{number}{gap}{unit}"


class Ledger:
    """Gives marks (E1, E2, …) to evidence cards and tells their entries; the same card is entered once."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.entries: list[dict[str, Any]] = []
        self._marks: dict[str, str] = {}

    def cite(self, key: str, name: str, value: str, card: Card) -> str:
        """The mark of a figure; ``key`` tells figures apart, ``value`` is what is printed of it."""
        if key in self._marks:
            return self._marks[key]
        mark = f"E{min(len(self.entries) + 1, _MOST_ENTRIES)}"
        self._marks[key] = mark
        self.entries.append(self._entry(mark, name, value, card))
        return mark

    def footnote(self, marks: Sequence[str]) -> list[str]:
        """One line a mark: what it is of, as of when, and of which kind."""
        known = {entry["mark"]: entry for entry in self.entries}
        return [
            word(
                "footnote", self.language, mark=f"[{mark}]", name=known[mark]["name"],
                as_of=known[mark]["as_of"] or "-", origin=known[mark]["origin_text"],
                basis=known[mark]["basis_text"],
            )
            for mark in dict.fromkeys(marks)
        ]  # fmt: skip

    def _entry(self, mark: str, name: str, value: str, card: Card) -> dict[str, Any]:
        language = self.language
        origin = card.get("origin")
        basis = "entered" if card.get("basis") == "entered" else "computed"
        method = str((card.get("method") or {}).get(language, ""))
        facts: list[dict[str, str]] = []

        def fact(key: str, text: str) -> None:
            if text:
                facts.append({"head": word(key, language), "text": text})

        fact("denominators", self._joined(self._denominator(item) for item in card.get("denominators", ())))
        fact("data", self._joined(self._datasets(card.get("datasets", ()))))
        fact("method", self._method(method))
        fact("standards", self._joined(self._text(item) for item in card.get("standards", ())))
        fact("parameters", self._joined(self._parameters(card.get("parameters") or {})))
        fact("caveats", " ".join(self._text(item) for item in card.get("caveats", ())))
        return {
            "mark": mark,
            "name": name,
            "value": value,
            "as_of": card.get("as_of") or "",
            "origin": origin,
            "origin_text": word(
                {"synthetic": "synthetic_short", "mixed": "mixed_short"}.get(str(origin), "real"), language
            ),
            "basis_text": word(basis, language),
            "method": method,
            "facts": facts,
        }

    def _method(self, method: str) -> str:
        """The statement, or where the same one stands already."""
        if len(method) > 80:
            for entry in self.entries:
                known = entry["method"]
                if known.endswith(method):
                    return word("method_of", self.language, mark=f"[{entry['mark']}]")
        return method

    def _denominator(self, item: Mapping[str, Any]) -> str:
        unit = str(item.get("unit") or "")
        if self.language == "en":
            unit = {"人": "", "个": ""}.get(unit, unit)
        return f"{self._text(item['title'])} {told(float(item['value']), unit, self.language)}"

    def _datasets(self, datasets: Sequence[Mapping[str, Any]]) -> list[str]:
        """Datasets of one source in one line, their layers with the generation of each."""
        language = self.language
        grouped: dict[tuple[str, ...], list[str]] = {}
        for item in datasets:
            key: tuple[str, ...] = (
                str(item.get("name") or ""),
                str(item.get("source") or word("no_source", language)),
                str(item.get("licence") or "") or ("" if item.get("id") is None else word("no_licence", language)),
                str(item.get("data_date") or item.get("imported_at") or "")[:10],
                word("synthetic_short" if item.get("synthetic") else "real", language),
                word("entered_by", language, author=item["author"], date=str(item["imported_at"])[:10])
                if item.get("author")
                else "",
            )  # fmt: skip
            layer = item.get("layer")
            if layer is not None:
                spec = all_layers().get(str(layer))
                title = str(layer) if spec is None else spec.title.of(language)
                generation = item.get("generation")
                mark = "" if generation is None else " " + word("generation", language, number=generation)
                grouped.setdefault(key, []).append(title + mark)
            else:
                grouped.setdefault(key, [])
        comma, colon = word("comma", language), word("colon", language)
        lines = []
        for facts, layers in grouped.items():
            about = comma.join(part for part in facts if part)
            lines.append(f"{comma.join(layers)}{colon}{about}" if layers else about)
        return lines

    def _parameters(self, parameters: Mapping[str, Any]) -> list[str]:
        lines = []
        for name, value in parameters.items():
            if value is None or value in ("", []):
                continue
            if isinstance(value, float):
                shown = f"{value:g}"
            elif isinstance(value, (list, tuple)):
                shown = ",".join(map(str, value))
            elif isinstance(value, Mapping):
                shown = ",".join(f"{key}:{item}" for key, item in value.items())
            else:
                shown = str(value)
            lines.append(f"{name}={shown[:120]}")
        return lines

    def _text(self, item: Any) -> str:
        return str(item.get(self.language, "")) if isinstance(item, Mapping) else str(item)

    def _joined(self, parts: Any) -> str:
        return word("semicolon", self.language).join(part for part in parts if part)

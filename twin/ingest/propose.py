"""Which layer a dataset is meant for: by its name, its columns, its values and its geometry."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd
import shapely

import layers
from layers import LayerSpec
from twin.crs_evidence import Geometries
from twin.ingest.mapping import PLACE_KEYS, normal, propose_mapping
from twin.ingest.values import fold, vocabulary

_DIMENSION = {"point": 0, "line": 1, "polygon": 2}
_CODES = {("district", "code"): re.compile(r"\d{6}$"), ("town", "code"): re.compile(r"\d{9}(?:\d{3})?$")}
_COMMON = frozenset({"name", "name_en", "address", "year", "source_key", "town", *PLACE_KEYS})
_ENOUGH = 2.0
_LEAD = 0.75
_WORDS = re.compile(r"[a-z0-9]+|[\u4e00-\u9fff]+")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def propose_layer(
    name: str, table: pd.DataFrame, geometry: Geometries, taken: tuple[str, ...] = ()
) -> str | None:
    """Id of the layer that clearly fits best, or None when the user must choose.

    ``name`` is the file's and the inner layer's name; ``taken`` are the columns
    that hold the coordinates.
    """
    dimensions = shapely.get_dimensions(geometry[:5000])
    dimensions = dimensions[dimensions >= 0]
    main = int(np.bincount(dimensions).argmax()) if len(dimensions) else -1
    sample = table.head(500)
    scores: dict[str, float] = {}
    named = _named(name)
    for spec in layers.all_layers().values():
        if main >= 0 and not _fits(spec, main):
            continue
        mapping = propose_mapping(spec, sample, taken)
        scores[spec.id] = named.get(spec.id, 0.0) + _by_columns(spec, mapping, sample)
    if not scores:
        return None
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    best, score = ranked[0]
    runner = ranked[1][1] if len(ranked) > 1 else 0.0
    return best if score >= _ENOUGH and score - runner >= _LEAD else None


def _fits(spec: LayerSpec, dimension: int) -> bool:
    """Whether geometry of a dimension can become the layer's kind (see the contract)."""
    wanted = _DIMENSION[spec.geometry]
    return dimension == wanted or (spec.id == "water" and dimension == 1)


def _named(name: str) -> dict[str, float]:
    """Score of layers whose id, title or alias stands in ``name``; the longest match counts most."""
    folded = fold(name)
    words = _WORDS.findall(folded)
    joined = " " + " ".join(words) + " "
    found: dict[str, int] = {}
    for spec in layers.all_layers().values():
        for alias in (spec.id, spec.title.zh, spec.title.en, *spec.aliases):
            plain = " ".join(_WORDS.findall(fold(alias)))
            if not plain:
                continue
            hit = plain in folded if _CHINESE.search(plain) else re.search(rf" {re.escape(plain)}s? ", joined)
            if hit:
                # A Chinese character says as much as several letters.
                weight = sum(3 if _CHINESE.match(character) else 1 for character in plain)
                found[spec.id] = max(found.get(spec.id, 0), weight)
    if not found:
        return {}
    longest = max(found.values())
    return {layer: 3.0 * weight / longest for layer, weight in found.items()}


def _by_columns(spec: LayerSpec, mapping: Mapping[str, str], sample: pd.DataFrame) -> float:
    """Score of the matched columns, and of values that belong to the layer's vocabularies."""
    score = 0.0
    for target, header in mapping.items():
        if target in _COMMON:
            continue
        if "." in target:
            score += 0.5
            continue
        column = spec.column(target)
        values = sample[header].dropna()
        if (spec.id, target) in _CODES:
            share = _share(values, lambda text, pattern=_CODES[spec.id, target]: bool(pattern.match(text)))
            score += 2.5 * share if share > 0.8 else 0.0
        elif column.choices:
            words = vocabulary(column)
            share = _share(values, lambda text, words=words: fold(text) in words)
            score += (2.0 if column.required else 1.25) * share if share > 0.3 else -0.25
        else:
            special = normal(header) not in ("type", "kind", "code", "id")
            score += 0.75 if special else 0.25
    missing = [column.name for column in spec.columns if column.required and column.name not in mapping]
    return score - 1.0 * len(missing)


def _share(values: pd.Series, test: object) -> float:
    if not len(values):
        return 0.0
    texts = [
        str(int(value)) if isinstance(value, float) and value.is_integer() else str(value) for value in values
    ]
    return sum(bool(test(text)) for text in texts) / len(texts)  # type: ignore[operator]

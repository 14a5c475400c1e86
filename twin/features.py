"""Objects of the city, looked up one at a time: cards, identifiers, search, labels, summaries."""

from __future__ import annotations

import json
from typing import Any

from layers import Column, LayerSpec, all_layers, get
from layers._identifier import from_fid, parse
from twin import catalogue
from twin.errors import InputError, UnknownName
from twin.search import normalise
from twin.store import Generation, Store

_BASE = ("row_no", "fid", "identifier", "source_key", "dataset", "synthetic", "town", "measure", "lon", "lat")
_SEARCH_LIMIT = 50
_LABEL_LIMIT = 4000


def fid_of_row(store: Store, layer: str, generation: int, row_no: int) -> int:
    """The lasting number of the object that a tile of ``generation`` calls ``row_no``.

    :class:`UnknownName` when the generation is no longer kept or has no such row.
    """
    kept = store.kept(known_layer(layer).id, generation)
    row = store.cursor().execute(f"SELECT fid FROM {kept.relation} WHERE row_no = ?", [row_no]).fetchone()
    if row is None:
        raise UnknownName(f"图层 {layer} 没有第 {row_no} 行。", f"the layer {layer!r} has no row {row_no}.")
    return int(row[0])


def card(store: Store, layer: str, fid: int) -> dict[str, Any]:
    """All that is known of one object, as plain data.

    Raises
    ------
    UnknownName
        The layer does not exist, holds nothing, or has no such object.
    """
    spec = known_layer(layer)
    generation = store.generation(layer)
    columns = [column for column in spec.columns if column.name in generation.columns]
    named = ", ".join([*_BASE, *(f'"{column.name}"' for column in columns)])
    row = (
        store.cursor()
        .execute(
            f"SELECT {named}, ST_AsGeoJSON(geom), xmin, ymin, xmax, ymax FROM {generation.relation} WHERE fid = ?",
            [fid],
        )
        .fetchone()
    )
    if row is None:
        raise UnknownName(
            f"图层 {spec.title.zh} 中没有编号 {fid} 的对象。",
            f"the layer {spec.id!r} has no object with number {fid}.",
        )
    base = dict(zip(_BASE, row, strict=False))
    values = dict(zip((column.name for column in columns), row[len(_BASE) :], strict=False))
    used = catalogue.datasets(store, [base["dataset"]])
    return {
        "layer": layer,
        "layer_title": {"zh": spec.title.zh, "en": spec.title.en},
        "fid": base["fid"],
        "row": base["row_no"],
        "identifier": base["identifier"],
        "name": values.get(spec.name_column) if spec.name_column else None,
        "name_en": values.get("name_en"),
        "town": town_name(store, base["town"]),
        "lon": base["lon"],
        "lat": base["lat"],
        "synthetic": base["synthetic"],
        "source_key": base["source_key"],
        "facts": [_fact(spec.column(name), values.get(name)) for name in spec.key_facts if name in values],
        "attributes": [
            _fact(column, values.get(column.name))
            for column in columns
            if column.name not in (spec.name_column, "name_en")
        ],
        "measure": _measure(spec, base["measure"]),
        "geometry": json.loads(row[-5]),
        "evidence": {
            "datasets": [_dataset(item) for item in used],
            "generation": generation.number,
            "as_of": max((item.data_date or f"{item.imported_at:%Y-%m-%d}" for item in used), default=""),
            "origin": "synthetic" if base["synthetic"] else "real",
        },
    }


def resolve(store: Store, code: str) -> tuple[str, int]:
    """The layer and feature number a city identifier stands for.

    Raises
    ------
    InputError
        The code is malformed or mistyped.
    UnknownName
        No layer has its prefix, or the layer has no such object.
    """
    try:
        found = parse(code)
    except ValueError as error:
        raise InputError(
            f"城市标识无效：{code[:40]!r}，请核对。", f"not a city identifier: {error}."
        ) from error
    for spec in all_layers().values():
        if spec.prefix == found.prefix:
            generation = store.generation(spec.id)
            row = (
                store.cursor()
                .execute(f"SELECT fid FROM {generation.relation} WHERE fid = ?", [found.fid])
                .fetchone()
            )
            if row is not None:
                return spec.id, found.fid
            break
    raise UnknownName(
        f"没有城市标识为 {code[:40]} 的对象，可能已被更新的数据替换。",
        f"no object carries the identifier {code[:40]}; newer data may have replaced it.",
    )


def search(store: Store, query: str, limit: int = 20) -> list[dict[str, Any]]:
    """Objects whose name (Chinese, pinyin, initials, English) or identifier matches ``query``.

    Best first: exact names, names that begin with the query, then the rest;
    within these the layers that matter most for orientation.
    """
    text = normalise(query)
    limit = max(1, min(limit, _SEARCH_LIMIT))
    if not text:
        return []
    results: list[tuple[tuple[int, int, int], dict[str, Any]]] = []
    for rank, (layer, generation) in enumerate(_by_importance(store)):
        spec = get(layer)
        if not spec.name_column:
            continue
        name = f'"{spec.name_column}"'
        english = "name_en" if "name_en" in generation.columns else "NULL"
        rows = (
            store.cursor()
            .execute(
                f"""
            SELECT fid, {name}, {english}, lon, lat, xmin, ymin, xmax, ymax, identifier, town,
                   CASE WHEN lower({name}) = $text OR lower({english}) = $text THEN 0
                        WHEN starts_with(search, $text) OR contains(search, '|' || $text) THEN 1 ELSE 2 END AS fit
            FROM {generation.relation} WHERE contains(search, $text)
            QUALIFY row_number() OVER (PARTITION BY {name}, town ORDER BY measure DESC) = 1
            ORDER BY fit, length({name}), fid LIMIT {limit}
            """,
                {"text": text},
            )
            .fetchall()
        )
        results += [((row[-1], rank, len(row[1] or "")), _hit(spec, row)) for row in rows]
    results.sort(key=lambda item: item[0])
    hits = _identified(store, query) + [hit for _, hit in results[:limit]]
    for hit in hits:
        hit["town_name"] = None if hit["layer"] == "town" else town_name(store, hit["town"])
    return hits


def _identified(store: Store, query: str) -> list[dict[str, Any]]:
    """The object a query names by its identifier, as a search result."""
    try:
        layer, fid = resolve(store, query)
    except (InputError, UnknownName):
        return []
    spec, generation = get(layer), store.generation(layer)
    name = f'"{spec.name_column}"' if spec.name_column else "NULL"
    row = (
        store.cursor()
        .execute(
            f"SELECT fid, {name}, NULL, lon, lat, xmin, ymin, xmax, ymax, identifier, town "
            f"FROM {generation.relation} WHERE fid = ?",
            [fid],
        )
        .fetchone()
    )
    return [] if row is None else [_hit(spec, row)]


def _hit(spec: LayerSpec, row: tuple[Any, ...]) -> dict[str, Any]:
    return {
        "layer": spec.id,
        "layer_title": {"zh": spec.title.zh, "en": spec.title.en},
        "fid": row[0],
        "name": row[1],
        "name_en": row[2],
        "lon": row[3],
        "lat": row[4],
        "extent_m": max(row[7] - row[5], row[8] - row[6]),
        "identifier": row[9],
        "town": row[10],
    }


def _by_importance(store: Store) -> list[tuple[str, Generation]]:
    """Shown layers, those that orient people first."""
    first = (
        "town",
        "pilot_area",
        "district",
        "metro_station",
        "centre",
        "estate",
        "facility",
        "road",
        "building",
    )
    rank = {layer: number for number, layer in enumerate(first)}
    return sorted(store.shown.items(), key=lambda item: (rank.get(item[0], len(first)), item[0]))


def labels(store: Store, limit: int = _LABEL_LIMIT) -> list[dict[str, Any]]:
    """Names to write on the map, most important first: place, text, zoom from which it shows."""
    result: list[dict[str, Any]] = []
    for layer, generation in _by_importance(store):
        spec = get(layer)
        column = spec.style.label
        if not column or column not in generation.columns or spec.style.label_zoom > 15:
            continue
        english = "name_en" if "name_en" in generation.columns else "NULL"
        rows = (
            store.cursor()
            .execute(
                f"""
            SELECT lon, lat, "{column}", {english}, measure FROM {generation.relation}
            WHERE "{column}" IS NOT NULL
            QUALIFY row_number() OVER (PARTITION BY "{column}", town ORDER BY measure DESC) = 1
            ORDER BY measure DESC, fid LIMIT {max(0, limit - len(result))}
            """
            )
            .fetchall()
        )
        result += [
            {
                "layer": layer,
                "position": [round(lon, 6), round(lat, 6)],
                "zh": name,
                "en": other or name,
                "zoom": spec.style.label_zoom,
                "priority": order,
            }
            for order, (lon, lat, name, other, _) in enumerate(rows)
        ]
    return result


def summary(store: Store, layer: str, column: str) -> dict[str, Any]:
    """Counts by value of a text or boolean column, or range and classes of a numeric one."""
    spec = known_layer(layer)
    generation = store.generation(layer)
    try:
        described = spec.column(column)
    except KeyError:
        raise UnknownName(
            f"图层 {spec.title.zh} 没有属性 {column[:40]!r}。",
            f"the layer {layer!r} has no column {column[:40]!r}.",
        ) from None
    name = f'"{column}"' if column in generation.columns else "NULL"
    cursor = store.cursor()
    if described.kind in ("text", "boolean"):
        rows = cursor.execute(
            f"SELECT {name}::VARCHAR, count(*) FROM {generation.relation} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 60"
        ).fetchall()
        return {
            "column": column,
            "kind": described.kind,
            "counts": {str(value): count for value, count in rows},
        }
    if described.kind not in ("integer", "number"):
        return {"column": column, "kind": described.kind, "counts": {}}
    row = cursor.execute(
        f"SELECT min({name}), max({name}), count({name}), count(*), sum({name}) FROM {generation.relation}"
    ).fetchone()
    assert row is not None
    breaks = next((by.breaks for by in spec.style.color_by if by.column == column), ())
    classes = []
    if breaks:
        case = " ".join(f"WHEN {name} < {limit} THEN {number}" for number, limit in enumerate(breaks))
        counted = dict(
            cursor.execute(
                f"SELECT CASE {case} ELSE {len(breaks)} END AS class, count(*) FROM {generation.relation} "
                f"WHERE {name} IS NOT NULL GROUP BY 1"
            ).fetchall()
        )
        classes = [counted.get(number, 0) for number in range(len(breaks) + 1)]
    return {
        "column": column,
        "kind": described.kind,
        "min": row[0],
        "max": row[1],
        "filled": row[2],
        "rows": row[3],
        "sum": row[4],
        "classes": classes,
    }


def completeness(store: Store, layer: str) -> dict[str, float]:
    """Share of rows, 0 to 1, in which each column of the layer is filled."""
    spec, generation = known_layer(layer), store.generation(layer)
    columns = [column.name for column in spec.columns if column.name in generation.columns]
    counted = ", ".join(f'count("{name}")' for name in columns)
    row = store.cursor().execute(f"SELECT {counted} FROM {generation.relation}").fetchone() if columns else ()
    total = max(1, generation.rows)
    shares = dict(zip(columns, (count / total for count in row or ()), strict=True))
    return {column.name: shares.get(column.name, 0.0) for column in spec.columns}


def town_name(store: Store, code: int) -> str | None:
    """Name of the town with a nine-digit ``code``, if the town layer knows it."""
    generation = store.shown.get("town")
    if generation is None or not code:
        return None
    row = (
        store.cursor()
        .execute(f"SELECT name FROM {generation.relation} WHERE town = ? LIMIT 1", [int(code)])
        .fetchone()
    )
    return row[0] if row else None


def known_layer(layer: str) -> LayerSpec:
    """The spec of ``layer``; :class:`UnknownName` when there is no such layer."""
    try:
        return get(layer)
    except KeyError:
        known = ", ".join(sorted(all_layers()))
        raise UnknownName(
            f"没有图层 {layer[:40]!r}；可用的有：{known}。",
            f"there is no layer {layer[:40]!r}; there are: {known}.",
        ) from None


def _fact(column: Column, value: Any) -> dict[str, Any]:
    """A column and its value with what a reader needs to understand it."""
    fact: dict[str, Any] = {
        "column": column.name,
        "kind": column.kind,
        "title": {"zh": column.title.zh, "en": column.title.en},
        "meaning": {"zh": column.meaning.zh, "en": column.meaning.en},
        "unit": column.unit,
        "value": value if not hasattr(value, "isoformat") else value.isoformat(),
    }
    choice = column.choice(value) if isinstance(value, str) else None
    if choice is not None:
        fact["choice"] = {"zh": choice.title.zh, "en": choice.title.en, "color": choice.color}
    if column.fields:
        fact["fields"] = [
            {"column": item.name, "title": {"zh": item.title.zh, "en": item.title.en}, "unit": item.unit}
            for item in column.fields
        ]
    return fact


def _measure(spec: LayerSpec, value: float) -> dict[str, Any] | None:
    if spec.geometry == "polygon":
        return {"kind": "area", "value": value, "unit": "m²"}
    if spec.geometry == "line":
        return {"kind": "length", "value": value, "unit": "m"}
    return None


def _dataset(item: catalogue.Dataset) -> dict[str, Any]:
    return {
        "id": item.id,
        "name": item.name,
        "file_name": item.file_name,
        "source": item.source,
        "licence": item.licence,
        "data_date": item.data_date,
        "imported_at": item.imported_at.isoformat(timespec="seconds"),
        "crs_declared": item.crs_declared,
        "crs_found": item.crs_found,
        "synthetic": item.synthetic,
    }


def identifier_of(layer: str, fid: int) -> str:
    """City identifier of feature ``fid`` of ``layer``."""
    return str(from_fid(get(layer).prefix, fid))

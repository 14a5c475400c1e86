"""The twin described as plain data: what the pages, the API and ``layers --json`` read."""

from __future__ import annotations

from typing import Any

from layers import ColorBy, Column, LayerSpec, all_layers
from twin import catalogue
from twin.store import Generation, Store

GROUPS: dict[str, dict[str, str]] = {
    "administration": {"zh": "行政与片区", "en": "Areas"},
    "ground": {"zh": "自然与用地", "en": "Ground"},
    "transport": {"zh": "道路与交通", "en": "Transport"},
    "buildings": {"zh": "建筑与小区", "en": "Buildings"},
    "services": {"zh": "公共服务", "en": "Services"},
    "sensing": {"zh": "数字底座", "en": "Digital base"},
}


def layers_table(store: Store) -> list[dict[str, Any]]:
    """One row a layer that holds data: rows, generation, origin, checksum, people."""
    return [
        {
            "id": layer,
            "title": spec.title.zh,
            "title_en": spec.title.en,
            "rows": generation.rows,
            "generation": generation.number,
            "origin": catalogue.origin(catalogue.datasets(store, generation.datasets)),
            "people": generation.people,
            "checksum": generation.checksum,
            "bounds": list(generation.bounds) if generation.bounds else None,
            "updated": generation.created_at.isoformat(timespec="seconds"),
        }
        for layer, spec in all_layers().items()
        if (generation := store.shown.get(layer)) is not None
    ]


def twin(store: Store) -> dict[str, Any]:
    """Everything the map needs to start: extent, layers with legends, pilot areas, origin."""
    used = {item for generation in store.shown.values() for item in generation.datasets}
    parts = catalogue.datasets(store, used)
    return {
        "bounds": bounds(store),
        "origin": catalogue.origin(parts) if parts else None,
        "as_of": max((item.data_date or f"{item.imported_at:%Y-%m-%d}" for item in parts), default=None),
        "sources": sorted({item.source for item in parts if item.source}),
        "groups": GROUPS,
        "layers": [
            describe_layer(spec, store.shown.get(layer), parts) for layer, spec in all_layers().items()
        ],
        "places": places(store),
    }


def bounds(store: Store) -> list[float] | None:
    """Lon/lat box of the city: its district's, else that of its buildings, else of everything."""
    for layer in ("district", "building", "road"):
        generation = store.shown.get(layer)
        if generation is not None and generation.bounds is not None:
            return list(generation.bounds)
    boxes = [generation.bounds for generation in store.shown.values() if generation.bounds is not None]
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return [min(west), min(south), max(east), max(north)]


def places(store: Store) -> list[dict[str, Any]]:
    """Pilot areas as one-click views."""
    generation = store.shown.get("pilot_area")
    if generation is None:
        return []
    rows = (
        store.cursor()
        .execute(
            f"""SELECT fid, name, name_en, kind, lon, lat, greatest(xmax - xmin, ymax - ymin)
            FROM {generation.relation} ORDER BY fid"""
        )
        .fetchall()
    )
    return [
        {
            "fid": fid,
            "name": name,
            "name_en": english or name,
            "kind": kind,
            "lon": lon,
            "lat": lat,
            "extent_m": extent,
        }
        for fid, name, english, kind, lon, lat, extent in rows
    ]


def describe_layer(
    spec: LayerSpec, generation: Generation | None, parts: list[catalogue.Dataset] | None = None
) -> dict[str, Any]:
    """A layer for the layer panel, the import form and the API."""
    own = [item for item in parts or () if generation is not None and item.id in generation.datasets]
    return {
        "id": spec.id,
        "title": {"zh": spec.title.zh, "en": spec.title.en},
        "description": {"zh": spec.description.zh, "en": spec.description.en},
        "group": spec.group,
        "prefix": spec.prefix,
        "geometry": spec.geometry,
        "mark": spec.style.mark,
        "order": spec.style.order,
        "visible": spec.style.visible,
        "color": spec.style.color,
        "min_zoom": spec.tiling.min_zoom,
        "detail_zoom": spec.tiling.detail_zoom if spec.tiling.aggregated else spec.tiling.min_zoom,
        "aggregated": spec.tiling.aggregated,
        "name_column": spec.name_column,
        "on_import": spec.on_import,
        "expects": {"zh": spec.expects.zh, "en": spec.expects.en},
        "columns": [
            describe_column(column) | {"fields": [describe_column(item) for item in column.fields]}
            for column in spec.columns
        ],
        "color_by": [describe_color(spec, by) for by in spec.style.color_by],
        "rows": generation.rows if generation else 0,
        "generation": generation.number if generation else None,
        "origin": catalogue.origin(own) if own else None,
    }


def describe_column(column: Column) -> dict[str, Any]:
    """A column with its vocabulary."""
    return {
        "name": column.name,
        "kind": column.kind,
        "title": {"zh": column.title.zh, "en": column.title.en},
        "meaning": {"zh": column.meaning.zh, "en": column.meaning.en},
        "unit": column.unit,
        "required": column.required,
        "tile": column.tile,
        "minimum": column.minimum,
        "maximum": column.maximum,
        "choices": [
            {"value": choice.value, "zh": choice.title.zh, "en": choice.title.en, "color": choice.color}
            for choice in column.choices
        ],
    }


def describe_color(spec: LayerSpec, by: ColorBy) -> dict[str, Any]:
    """A way to colour a layer, with the entries of its legend left to :mod:`twin.scene`."""
    column = spec.column(by.column)
    return {
        "column": by.column,
        "title": {"zh": column.title.zh, "en": column.title.en},
        "unit": column.unit,
        "scale": by.scale,
        "breaks": list(by.breaks),
    }

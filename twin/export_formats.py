"""The formats a layer can be written in; :mod:`twin.export` writes them."""

from __future__ import annotations

from typing import Any

from twin.errors import InputError

FORMATS: dict[str, str] = {
    "parquet": "GeoParquet",
    "gpkg": "GeoPackage",
    "geojson": "GeoJSON",
    "fgb": "FlatGeobuf",
    "csv": "CSV",
    "pmtiles": "PMTiles",
}


def known_suffix(suffix: str) -> str:
    """``suffix`` when it names a format; :class:`InputError` listing them otherwise."""
    name = suffix.lower().lstrip(".")
    if name not in FORMATS:
        listed = ", ".join(f".{item}" for item in FORMATS)
        raise InputError(
            f"不支持导出为 .{name[:20]}；可用：{listed}。", f"cannot export to .{name[:20]}; use {listed}."
        )
    return name


def inert(value: Any) -> Any:
    """A cell of a CSV table that a spreadsheet will not run as a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" else value

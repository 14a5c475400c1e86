"""Which format a file is, judged by its first bytes; the name only breaks ties between texts."""

from __future__ import annotations

import re
from pathlib import Path

from twin.errors import UnreadableFile
from twin.ingest.cityjson import looks_like_cityjson

_SQLITE = b"SQLite format 3\0"
_GPKG_IDS = (b"GPKG", b"GP10", b"GP11")
_FORMATS = (
    "OSM (.osm, .osm.pbf), GeoJSON, GeoPackage (.gpkg), Shapefile (.zip), FlatGeobuf (.fgb), GeoParquet, "
    "KML/KMZ, CSV, XLSX, CityJSON, GeoTIFF"
)


def format_of(path: Path, name: str) -> str:
    """Name of the format; :class:`UnreadableFile` naming the known ones when it is none of them."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        raise UnreadableFile(
            f"找不到或无法打开文件 {name}。", f"the file {name} is not there or cannot be opened."
        ) from None
    if size == 0:
        raise UnreadableFile(f"文件 {name} 是空的。", f"the file {name} is empty.")
    suffix = Path(name).suffix.lower()
    found = _binary(head, suffix) or _text(head, suffix, path)
    if found is None:
        raise UnreadableFile(
            f"不认识文件 {name} 的格式。可以导入：{_FORMATS}。",
            f"the format of {name} is not known. These can be imported: {_FORMATS}.",
        )
    return found


_MAGIC = (
    (b"fgb\x03", "FlatGeobuf"),
    (b"PAR1", "GeoParquet"),
    (b"II*\0", "GeoTIFF"),
    (b"MM\0*", "GeoTIFF"),
    (b"II+\0", "GeoTIFF"),
    (b"MM\0+", "GeoTIFF"),
    (b"\0\0\x27\x0a", "Shapefile"),
)


def _binary(head: bytes, suffix: str) -> str | None:
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "XLSX" if suffix in (".xlsx", ".xlsm") else "zip"
    if head.startswith(_SQLITE):
        return "GeoPackage" if head[68:72] in _GPKG_IDS or suffix == ".gpkg" else None
    # A PBF opens with a length and the name of its first block.
    if b"OSMHeader" in head[:32]:
        return "OSM"
    return next((name for mark, name in _MAGIC if head.startswith(mark)), None)


def _text(head: bytes, suffix: str, path: Path) -> str | None:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n\x1e")
    if text[:1] in (b"{", b"["):
        if looks_like_cityjson(head) or _late_cityjson(path, suffix, text):
            return "CityJSON"
        return "GeoJSON"
    if text[:1] == b"<":
        if re.search(rb"<(?:\w+:)?kml[\s>]", text):
            return "KML"
        return "OSM" if re.search(rb"<osm[\s>]", text) else None
    if suffix in (".csv", ".tsv", ".txt"):
        return "CSV"
    return None


def _late_cityjson(path: Path, suffix: str, text: bytes) -> bool:
    """CityJSON whose type stands behind its objects, as some writers put it."""
    if not text.startswith(b"{") or suffix not in (".json", ".cityjson"):
        return False
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - (1 << 16)))
        tail = file.read()
    return looks_like_cityjson(tail) or b'"CityObjects"' in text or b'"CityObjects"' in tail

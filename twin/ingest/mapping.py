"""Which column of a file is which column of a layer: proposed by the aliases of the layer.

Keys of a mapping are the layer's column names, and besides

``source_key``  the column that identifies a row in its source
``town``        the nine-digit town code
``lon``, ``lat``, ``wkt``  where a table keeps its coordinates
``sectors.azimuth_deg``    a field of a records column, in tables with a row per record
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from layers import Column, LayerSpec
from twin.errors import InputError
from twin.ingest.values import as_text, convertible, fold, vocabulary

PLACE_KEYS = ("lon", "lat", "wkt")
_BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|【([^【】]*)】")
_DROPPED = re.compile(r"[\s_\-./]+")
_SUFFIX = re.compile(r"[_\s](m|m2|km2|ha|mu|ft|cm|km|deg|ghz|mhz|dbm|w|kmh|sqm)$", re.IGNORECASE)
_KEY_NAMES = (
    "sourcekey", "identifier", "globalid", "uuid", "guid", "gmlid", "osmid", "fid", "gid", "id", "objectid",
    "编号", "编码", "标识", "标识码", "唯一标识", "设备编号", "站号", "基站编号", "基站id", "siteid",
    "bldgid", "buildingid", "code", "adcode", "areacode", "regionid",
)  # fmt: skip
SITE_IDS = (
    "站号", "基站id", "基站号", "基站编号", "基站标识", "站点编号", "站点id", "gnodebid", "gnbid", "nrsiteid",
    "siteid", "sitenumber", "sitecode", "enodebid", "enbid", "nodebid", "网元id", "物理站编号", "物理站id",
    "物理站址编码", "站址编码", "站址编号",
)  # fmt: skip
"""Headers of the number that the sectors of a 5G site share."""
CELL_NAMES = (
    "小区名称",
    "小区中文名",
    "小区名",
    "nr小区名称",
    "扇区名称",
    "cellname",
    "nrcellname",
    "sectorname",
)
"""Headers of a name that belongs to one sector."""
TOTAL_TILTS = (
    "下倾角", "下倾", "倾角", "俯仰角", "天线下倾角", "总下倾角", "总下倾", "总倾角", "天线总下倾角", "tilt",
    "downtilt", "antennatilt", "totaltilt", "totaldowntilt",
)  # fmt: skip
"""Headers of a tilt that is mechanical and electrical together, or does not say which."""
_TOWN_NAMES = ("towncode", "街镇代码", "乡镇代码", "街道代码", "镇代码", "统计用区划代码")
_NAME_PATTERN = re.compile(r"(name|名称|名|站名)$")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def normal(header: str) -> str:
    """A header without case, width variants, spaces, underscores and bracketed units."""
    return _DROPPED.sub("", _BRACKETS.sub("", fold(header)))


def unit_in(header: str) -> str:
    """The unit a header states in brackets (``高度(m)``) or behind an underscore (``area_ha``), or ``""``."""
    folded = fold(header)
    match = _BRACKETS.search(folded)
    if match:
        return next(group for group in match.groups() if group is not None).strip()
    match = _SUFFIX.search(folded)
    return match[1] if match else ""


def propose_mapping(spec: LayerSpec, table: pd.DataFrame, taken: Sequence[str] = ()) -> dict[str, str]:
    """The mapping that aliases suggest for a table; ``taken`` columns hold its coordinates."""
    headers = [str(name) for name in table.columns if str(name) not in taken]
    by_name: dict[str, str] = {}
    for header in headers:
        by_name.setdefault(normal(header), header)
    for header in headers:
        by_name.setdefault(normal(_SUFFIX.sub("", fold(header))), header)
    mapping = _by_alias(spec, table, by_name)
    for column in spec.columns:
        if column.kind == "records" and column.name not in mapping:
            mapping.update(_fields(column, by_name))
    used = set(mapping.values())
    if "name" not in mapping and any(column.name == "name" for column in spec.columns):
        mapping.update(_names(spec, table, [header for header in headers if header not in used]))
    key = _key(table, by_name)
    if spec.id == "site_5g" and any("." in target for target in mapping):
        # A row per sector: the key is the site's, and repeats.
        key = next((by_name[name] for name in SITE_IDS if name in by_name), key)
    if key is not None:
        mapping["source_key"] = key
    if spec.id != "town":
        town = next((by_name[name] for name in _TOWN_NAMES if name in by_name), None)
        if town is not None:
            mapping["town"] = town
    return mapping


def _by_alias(spec: LayerSpec, table: pd.DataFrame, by_name: Mapping[str, str]) -> dict[str, str]:
    """Column of the layer to column of the file, each used once."""
    mapping: dict[str, str] = {}
    used: set[str] = set()
    # Own names first, so that an alias of one column cannot take the name of another.
    for pick in (_own_names, _alias_names):
        for column in spec.columns:
            if column.name in mapping:
                continue
            candidates = [by_name[name] for name in pick(column) if name in by_name]
            candidates = [header for header in candidates if header not in used]
            if candidates:
                mapping[column.name] = _best(column, candidates, table)
                used.add(mapping[column.name])
    return mapping


def check_mapping(spec: LayerSpec, mapping: Mapping[str, str], table: pd.DataFrame) -> None:
    """:class:`InputError` when ``mapping`` names a column that the layer or the file does not have."""
    known = {column.name for column in spec.columns} | {"source_key", "town", *PLACE_KEYS}
    known |= {f"{column.name}.{field.name}" for column in spec.columns for field in column.fields}
    for target, header in mapping.items():
        if target not in known:
            raise InputError(
                f"图层 {spec.id} 没有 {target[:60]} 这一列，请改正列对应关系。",
                f"the layer {spec.id} has no column {target[:60]!r}; correct the mapping.",
            )
        if header not in table.columns:
            raise InputError(
                f"文件中没有 {header[:60]} 这一列，请改正列对应关系。",
                f"the file has no column {header[:60]!r}; correct the mapping.",
            )


def _best(column: Column, candidates: Sequence[str], table: pd.DataFrame) -> str:
    """The first candidate, unless another's values are in the column's vocabulary and its own are not."""
    if not column.choices or len(candidates) == 1:
        return candidates[0]
    words = vocabulary(column)
    for header in candidates:
        values = table[header].dropna().head(200)
        if sum(fold(as_text(value)) in words for value in values) > 0.5 * len(values):
            return header
    return candidates[0]


def _own_names(column: Column) -> Iterator[str]:
    yield normal(column.name)
    yield normal(column.title.zh)
    yield normal(column.title.en)


def _alias_names(column: Column) -> Iterator[str]:
    for alias in column.aliases:
        yield normal(alias)


def _fields(column: Column, by_name: Mapping[str, str]) -> dict[str, str]:
    """Fields of a records column that a flat table carries; at least two make it one."""
    found: dict[str, str] = {}
    used: set[str] = set()
    for pick in (_own_names, _alias_names):
        for field in column.fields:
            key = f"{column.name}.{field.name}"
            header = next((by_name[name] for name in pick(field) if name in by_name), None)
            if key not in found and header is not None and header not in used:
                found[key] = header
                used.add(header)
    return found if len(found) >= 2 else {}


def _names(spec: LayerSpec, table: pd.DataFrame, headers: list[str]) -> dict[str, str]:
    """Columns that look like names (``区域名称``, ``source_name``) where no alias matched."""
    chinese: str | None = None
    latin: str | None = None
    for header in headers:
        if not _NAME_PATTERN.search(normal(header)):
            continue
        some = table[header].dropna().head(200)
        words = [value for value in some if isinstance(value, str)]
        if len(words) < len(some) or not words or len(set(words)) < 0.5 * len(words):
            continue
        share = sum(bool(_CHINESE.search(word)) for word in words) / len(words)
        if share > 0.5 and chinese is None:
            chinese = header
        elif share <= 0.5 and latin is None:
            latin = header
    if chinese is None:
        return {"name": latin} if latin else {}
    found = {"name": chinese}
    if latin and any(column.name == "name_en" for column in spec.columns):
        found["name_en"] = latin
    return found


def _key(table: pd.DataFrame, by_name: Mapping[str, str]) -> str | None:
    """The identifying column: named like a key, and nearly free of gaps and repetitions."""
    for name in _KEY_NAMES:
        header = by_name.get(name)
        if header is None:
            continue
        values = table[header].dropna()
        try:
            distinct = values.nunique()
        except TypeError:
            continue
        allowed = max(0.02 * len(values), 1 if len(values) >= 5 else 0)
        if len(values) >= 0.99 * len(table) and distinct > 0 and len(values) - distinct <= allowed:
            return header
    return None


def unit_for(column: Column, header: str) -> str:
    """The header's unit, if it can be turned into the column's."""
    unit = unit_in(header)
    return unit if unit and convertible(column.unit, unit) else ""

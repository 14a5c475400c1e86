"""What a model says of the building it is linked to, beside what the building layer says, and taking it over.

Taken-over values become a new generation of the building layer with a dataset of
their own, as an import does, so that the catalogue names the model as their
source and undo takes them back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from bim.model import Model, Storey
from layers import Column
from layers.building import LAYER
from twin import catalogue
from twin.catalogue import Dataset
from twin.errors import InputError
from twin.generation import Builder, Previous
from twin.models import register, tables
from twin.models.register import Entry
from twin.models.tables import Tables
from twin.settings import Settings
from twin.store import Store, utc_now

COLUMNS = ("height_m", "height_source", "floors", "use", "floor_area_m2", "bim_model")
ACTION = "bim"
_GROUND_M = 0.5
"""Storeys whose floor lies no more than this below the ground's count as above ground."""
_ROOF = re.compile(
    r"屋面|屋顶|天面|顶层构架|女儿墙|机房|\broof\b|\bparapet\b|\bt\.?o\.?\b|\btop of\b", re.IGNORECASE
)
_USES = tuple(
    (choice.value, tuple(word.casefold() for word in (choice.title.zh, choice.title.en, *choice.aliases)))
    for column in LAYER.columns
    if column.name == "use"
    for choice in column.choices
    if choice.value not in ("other", "utility")
)
_MORE_WORDS = {
    "residential": (
        "bedroom",
        "living room",
        "kitchen",
        "bath",
        "卧室",
        "起居",
        "客厅",
        "厨房",
        "卫生间",
        "套型",
        "户型",
    ),
    "office": ("meeting", "conference", "会议", "办公室", "工位"),
    "education": ("classroom", "教室"),
    "health": ("ward", "诊室", "病房"),
    "retail": ("shop", "商铺", "超市"),
    "hotel": ("guest room", "客房"),
}


def floors_above_ground(model: Model) -> int | None:
    """Floors above ground: storeys from the ground up, less roofs and storeys that hold nothing."""
    above = [storey for storey in model.storeys if storey.elevation_m >= model.ground_m - _GROUND_M]
    with_spaces = any(storey.spaces for storey in above)
    used = [storey for storey in above if _is_floor(storey, with_spaces=with_spaces)]
    return len(used) or None


def _is_floor(storey: Storey, *, with_spaces: bool) -> bool:
    if storey.spaces:
        return True
    if with_spaces or _ROOF.search(f"{storey.name} {storey.long_name}"):
        return False
    return storey.elements > 0


def floor_area_m2(model: Model, found: Tables) -> float | None:
    """Area of the spaces above ground, m²; None where no space has one."""
    spaces = _spaces_above(model, found)
    area = float(spaces["area_m2"].sum())
    return round(area, 1) if area > 0 else None


def main_use(found: Tables) -> str | None:
    """The use of the building layer that most of the area of the spaces goes to; None where none is told."""
    spaces = found.elements[found.elements["kind"] == "space"]
    area: dict[str, float] = {}
    texts = spaces["use"].fillna("") + " " + spaces["name"].fillna("") + " " + spaces["long_name"].fillna("")
    for text, size in zip(texts.tolist(), spaces["area_m2"].tolist(), strict=True):
        use = _use_of(str(text))
        if use is not None:
            area[use] = area.get(use, 0.0) + (size if size > 0 else 1.0)  # NaN is not
    return max(area, key=lambda use: area[use]) if area else None


def _use_of(text: str) -> str | None:
    folded = text.casefold()
    for use, words in _USES:
        if any(_says(folded, word) for word in (*words, *_MORE_WORDS.get(use, ()))):
            return use
    return None


def _says(text: str, word: str) -> bool:
    """Whether a text names a word: Latin words as words, Chinese anywhere."""
    if word.isascii():
        return re.search(rf"\b{re.escape(word)}\b", text) is not None
    return word in text


def _spaces_above(model: Model, found: Tables) -> pd.DataFrame:
    spaces = found.elements[found.elements["kind"] == "space"]
    above = {storey.index for storey in model.storeys if storey.elevation_m >= model.ground_m - _GROUND_M}
    return spaces[spaces["storey"].isin(above)]


def said(store: Store, entry: Entry) -> dict[str, Any]:
    """What the model says of its building, by column of the building layer; None where it says nothing."""
    model = register.document(store, entry.id, entry.version)
    found = tables.read(register.folder(store, entry.id, entry.version))
    height = None if model.height_m is None else round(model.height_m, 2)
    return {
        "height_m": height,
        "height_source": None if height is None else "measured",
        "floors": floors_above_ground(model),
        "use": main_use(found),
        "floor_area_m2": floor_area_m2(model, found),
        "bim_model": entry.id,
    }


def compared(store: Store, entry: Entry) -> dict[str, Any]:
    """The building's row beside what the model says: before and after of every column, and whether they differ.

    :class:`InputError` when the model is not linked to a building.
    """
    before = _row(store, entry)
    after = said(store, entry)
    rows = []
    for name in COLUMNS:
        column = LAYER.column(name)
        rows.append(
            {
                "column": name,
                "title": {"zh": column.title.zh, "en": column.title.en},
                "unit": column.unit,
                "before": before[name],
                "after": after[name],
                "differs": after[name] is not None and not _same(before[name], after[name]),
            }
        )
    return {
        "building": {"fid": entry.building, "identifier": before["identifier"], "name": before["name"]},
        "rows": rows,
        "notes": [
            {
                "zh": "建筑面积为模型中地上房间的面积之和，不含墙体，通常小于报建面积。",
                "en": "The floor area is that of the model's spaces above ground, without walls: usually less than "
                "the area in the permit.",
            }
        ],
    }


def apply(store: Store, entry: Entry, columns: Sequence[str], settings: Settings) -> dict[str, Any]:
    """Take columns of the model over into the building's row, as a new generation of the layer.

    Raises
    ------
    InputError
        The model is not linked to a building, a column is not one of :data:`COLUMNS`, the model says
        nothing of it, or its value is out of the column's range.
    """
    before = _row(store, entry)
    after = said(store, entry)
    changes: dict[str, object] = {}
    for name in columns:
        if name not in COLUMNS:
            raise InputError(
                f"列 {str(name)[:40]!r} 不能由模型更新；可用：{', '.join(COLUMNS)}。",
                f"the column {str(name)[:40]!r} cannot come from a model; there are: {', '.join(COLUMNS)}.",
            )
        if after[name] is None:
            title = LAYER.column(name).title
            raise InputError(f"模型中没有“{title.zh}”。", f"the model says nothing of {title.en.lower()!r}.")
        _check(LAYER.column(name), after[name])
        changes[name] = after[name]
    if not changes:
        raise InputError("请至少选择一列。", "choose at least one column.")
    if "height_m" in changes:
        changes["height_source"] = "measured"
    changes["bim_model"] = entry.id
    version = entry.current
    assert entry.building is not None
    with store.import_lock:
        shown = store.generation("building")
        number = catalogue.next_dataset_id(store)
        dataset = Dataset(
            id=number, layer=LAYER.id, name=f"BIM {entry.name}", imported_at=utc_now(), rows_in=1, accepted=1,
            rejected=0, synthetic=False, file_name=version.file_name, sha256=version.sha256,
            source=f"BIM 模型 {entry.name} 第 {version.number} 版",
            parameters={"model": entry.id, "version": version.number, "building": entry.building,
                        "columns": {name: [before[name], value] for name, value in changes.items()}},
        )  # fmt: skip
        path = store.stage(LAYER.id)
        try:
            with Builder(store.extension_directory, settings.memory_mb) as builder:
                built = builder.build(
                    LAYER, (), path,
                    previous=Previous(shown.path, changes={entry.building: changes}, dataset=number),
                    serials=store.serials(LAYER.id),
                )  # fmt: skip
            [generation] = store.publish([built], ACTION, [dataset.insert()])
        finally:
            path.unlink(missing_ok=True)
    return {"generation": generation.number, "dataset": number, "changed": changes}


def _row(store: Store, entry: Entry) -> dict[str, Any]:
    """The building's row; :class:`InputError` when there is none."""
    shown = store.shown.get("building")
    if entry.building is None or shown is None:
        raise InputError(
            "模型还没有对应的建筑，请先放置模型并选择建筑。",
            "the model is not linked to a building; place it and choose one first.",
        )
    wanted = ["identifier", "name", *COLUMNS]
    named = [f'"{name}"' if name in ("identifier", *shown.columns) else "NULL" for name in wanted]
    row = (
        store.cursor()
        .execute(f"SELECT {', '.join(named)} FROM {shown.relation} WHERE fid = ?", [entry.building])
        .fetchone()
    )
    if row is None:
        raise InputError(
            "模型对应的建筑已不在建筑图层中，请重新选择。",
            "the building of the model is no longer in the building layer; choose another.",
        )
    return dict(zip(wanted, row, strict=True))


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, (int, float)) and isinstance(after, (int, float)):
        return abs(before - after) < 0.005
    return bool(before == after)


def _check(column: Column, value: Any) -> None:
    low = -float("inf") if column.minimum is None else column.minimum
    high = float("inf") if column.maximum is None else column.maximum
    if column.kind in ("integer", "number") and not low <= value <= high:
        raise InputError(
            f"模型的“{column.title.zh}” {value} 超出 {low:g} 至 {high:g}，未更新。",
            f"{column.title.en.lower()} {value} of the model lies outside {low:g} to {high:g}; nothing was changed.",
        )

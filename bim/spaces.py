"""What a space is used for and how large it is, from the places where authoring tools write it.

Names are of ISO 16739-1 (Qto_SpaceBaseQuantities, Pset_SpaceCommon, Pset_SpaceOccupancyRequirements) and of the
exports of Revit, ArchiCAD and their Chinese localisations.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from bim.properties import Property

AREAS = (
    ("netfloorarea", "净面积", "使用面积", "套内面积", "房间净面积"),
    ("grossfloorarea", "建筑面积", "毛面积"),
    (
        "gsabimarea",
        "netarea",
        "房间面积",
        "面积",
        "area",
        "grossarea",
        "nettofläche",
        "fläche",
        "gemessenefläche",
    ),
)
"""Names of a floor area, spaces and case left out; earlier rows are better."""

USES = (
    ("occupancytype", "occupancy", "用途", "房间用途", "使用功能", "功能", "房间功能"),
    ("category", "roomcategory", "raumkategorie", "房间类型", "空间类型", "房间分类", "department", "部门"),
    ("categorydescription", "omniclasstable13category"),
)
"""Names of a use; earlier rows are better."""


def area_m2(rows: Iterable[Property], area_factor: float) -> float:
    """The floor area of a space: net before gross before what is only called an area; nan where none is given.

    Parameters
    ----------
    rows
        The space's properties and quantities.
    area_factor
        From the file's area unit to square metres, for areas written as plain numbers.
    """
    best: tuple[int, int] | None = None
    area = math.nan
    for row in rows:
        if not row.number > 0:
            continue
        name = plain(row.name)
        rank = next((index for index, names in enumerate(AREAS) if name in names), None)
        # A quantity is measured by the tool; a property of the same name may have been typed.
        order = None if rank is None else (rank, 0 if row.kind == "quantity" else 1)
        if order is not None and (best is None or order < best):
            best = order
            area = row.number if row.unit else row.number * area_factor
    return area


def uses(
    properties: Sequence[Sequence[Property]],
    object_types: Sequence[str],
    classifications: Sequence[str],
    long_names: Sequence[str],
    names: Sequence[str],
) -> list[str]:
    """The use of every space of a model.

    Of the places where a use may be written, each space takes the first that says something. A place that says
    the same of all spaces while another tells them apart is passed over: Revit writes the category "Rooms".

    Parameters
    ----------
    properties, object_types, classifications, long_names, names
        Of each space, in one order.
    """
    columns: list[list[str]] = [[_named(rows, wanted) for rows in properties] for wanted in USES[:2]]
    columns += [
        list(object_types),
        list(classifications),
        [_named(rows, USES[2]) for rows in properties],
        [_without_number(text) for text in long_names],
        [_without_number(text) for text in names],
    ]
    distinct = [len({text for text in column if text}) for column in columns]
    if max(distinct, default=0) > 1 and len(names) > 1:
        telling = [
            column for column, number in zip(columns, distinct, strict=True) if number > 1 or not all(column)
        ]
        columns = telling or columns
    return [next((text for text in values if text), "") for values in zip(*columns, strict=True)]


def plain(name: str) -> str:
    """A property's name in small letters without what tools put between words."""
    return name.lower().replace(" ", "").replace("_", "").replace("-", "")


def _named(rows: Iterable[Property], wanted: tuple[str, ...]) -> str:
    best = len(wanted)
    found = ""
    for row in rows:
        name = plain(row.name)
        if name in wanted and wanted.index(name) < best and _telling(row.text):
            best, found = wanted.index(name), _without_code(row.text)
    return found


def _telling(text: str) -> bool:
    return text.strip().lower() not in {
        "",
        "undefined",
        "notdefined",
        "unset",
        "none",
        "n/a",
        "<default>",
        "-",
    }


def _without_code(text: str) -> str:
    """ "13-11 19 11 11: Kitchen" names a kitchen."""
    code, separator, rest = text.partition(": ")
    numeric = separator and all(letter.isdigit() or letter in "- ." for letter in code)
    return (rest if numeric else text).strip()


def _without_number(text: str) -> str:
    """ "Office 101" is an office; a name of digits alone is no use."""
    words = text.replace("\u3000", " ").split()
    kept = [word for word in words if not word.strip("-–#").isdigit() and word.strip("-–#")]
    if all(any(letter.isdigit() for letter in word) for word in kept):
        return ""
    while len(kept) > 1 and any(letter.isdigit() for letter in kept[-1]):
        kept.pop()
    return " ".join(kept)

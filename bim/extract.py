"""The data of a model: its storeys, spaces, elements and properties, read from a parsed file in one pass.

Nothing here looks at shapes; :mod:`bim.geometry` fills in the columns of the shape.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import ifcopenshell
import numpy as np
import pandas as pd
import pyarrow as pa

from bim import axes, identity, materials, spaces
from bim.content import Contents
from bim.errors import Refused
from bim.finding import Finding, Sentence
from bim.instances import Attributes, Instance
from bim.limits import DEFAULT, Limits
from bim.model import ELEMENT_COLUMNS, NO_STOREY, PROPERTY_COLUMNS, Model
from bim.properties import Properties, Property
from bim.spatial import Structure
from bim.units import Units

Progress = Callable[[float, Sentence], None]

ALWAYS_COUNTED = (
    "IfcSite", "IfcBuilding", "IfcBuildingStorey", "IfcSpace", "IfcWall", "IfcDoor", "IfcWindow", "IfcSlab",
    "IfcColumn", "IfcBeam",
)  # fmt: skip
"""Classes whose number is told even when it is zero."""

FARTHEST_M = 1e8
"""No coordinate system has larger coordinates, not even one with its zone before the easting."""

DRAWINGS = {"Plan", "Annotation", "Sketch"}
"""ContextType of two-dimensional drawings, which are no part of a model in space."""

SHAPE_COLUMNS = ("xmin", "ymin", "zmin", "xmax", "ymax", "zmax")


@dataclass(slots=True)
class Extracted:
    """What the data pass yields; see :mod:`bim.model` for the columns.

    Missing texts are empty, missing numbers nan; the shape's columns wait for the geometry pass.
    """

    model: Model
    elements: pd.DataFrame
    properties: pd.DataFrame
    tree: dict[str, Any]


def extract(
    file: ifcopenshell.file,
    *,
    name: str,
    size: int,
    sha256: str,
    encoding: str = "ascii",
    limits: Limits = DEFAULT,
    progress: Progress | None = None,
) -> Extracted:
    """Read the data of a parsed file.

    Parameters
    ----------
    file
        The parsed file.
    name, size, sha256, encoding
        Of the received file, kept in :class:`bim.model.Model`.
    limits
        ``text_characters`` is used.
    progress
        Told the share of the work done and what is being done.

    Raises
    ------
    Refused
        Without an IfcProject the file is no model.
    """
    return _Extraction(file, limits, progress).run(name, size, sha256, encoding)


class _Extraction:
    """One pass over one file."""

    def __init__(self, file: ifcopenshell.file, limits: Limits, progress: Progress | None) -> None:
        self.file = file
        self.read = Attributes(file, limits.text_characters)
        self.progress = progress
        projects = self.read.all("IfcProject")
        if not projects:
            raise Refused(
                "文件中没有 IfcProject，不是完整的建筑模型；请在建模软件中重新导出整个项目。",
                "The file has no IfcProject and is no complete model; export the whole project again.",
                code="no_project",
            )
        self.project: Instance = projects[0]
        self.units = Units(self.read, self.project)
        self.to_metre = self.units.length.factor
        self.placements = axes.Placements(self.read, self.to_metre)
        self.structure = Structure(self.read, self.project, self.placements, self.to_metre)
        self.relations = self.structure.relations
        self.findings: list[Finding] = []

    def run(self, name: str, size: int, sha256: str, encoding: str) -> Extracted:
        """Everything in its order."""
        read = self.read
        self._say(0.0, "读取空间结构", "Reading the spatial structure")
        products = read.all("IfcProduct")
        items = self._ordered([item for item in products if self._has_row(item)])
        self.row = {item.id(): row for row, item in enumerate(items)}
        self.keys, faults = identity.keys(
            [read.text(item, "GlobalId") for item in items], [item.id() for item in items]
        )
        self.findings += faults
        self._say(0.1, "读取属性", "Reading properties")
        rows = self._properties(items)
        self._say(0.4, "读取构件", "Reading elements")
        elements = self._elements(items, rows)
        properties = self._property_table(items, rows)
        self._say(0.95, "整理楼层", "Sorting storeys")
        model = self._model(name, size, sha256, encoding, products, elements)
        top = [
            (item.id(), row)
            for row, (item, parent) in enumerate(zip(items, elements["parent"].tolist(), strict=True))
            if parent < 0 and not read.is_a(item, "IfcSpatialStructureElement")
        ]
        tree, _ = self.structure.tree(self.row, top)
        model.findings = self._all_findings(elements)
        return Extracted(model, elements, properties, tree)

    def _say(self, share: float, zh: str, en: str) -> None:
        if self.progress is not None:
            self.progress(share, Sentence(zh, en))

    def _has_row(self, item: Instance) -> bool:
        """Every space and element, and whatever else has a shape in space; openings are part of what they cut."""
        parents = self.read.parents(item.is_a())
        if "IfcOpeningElement" in parents:
            return False
        if "IfcElement" in parents or "IfcSpace" in parents:
            return True
        shape = self.read.one(item, "Representation")
        if shape is None:
            return False
        for part in self.read.many(shape, "Representations"):
            context = self.read.one(part, "ContextOfItems")
            kind = None if context is None else self.read.get(context, "ContextType")
            if context is not None and kind is None:  # a part of a context inherits its kind
                above = self.read.one(context, "ParentContext")
                kind = None if above is None else self.read.get(above, "ContextType")
            if kind not in DRAWINGS:
                return True
        return False

    def _ordered(self, items: list[Instance]) -> list[Instance]:
        """By storey from below, then by the tree, a structure before what it contains, then by step id."""
        place = {number: index for index, number in enumerate(self.structure.order())}
        last = len(self.structure.storeys)

        def rank(item: Instance) -> tuple[int, int, int, int]:
            number = item.id()
            storey = self.structure.storey(number)
            structure = self.structure.of(number).structure
            return (
                last if storey == NO_STOREY else storey,
                -1 if structure is None else place[structure],
                0 if structure == number else 1,
                number,
            )

        return sorted(items, key=rank)

    def _properties(self, items: list[Instance]) -> list[list[tuple[Property, bool]]]:
        """Properties of every row, each with whether it is its type's; the element's own go before its type's."""
        reader = Properties(self.read, self.units)
        own = reader.by_element()
        self.types: dict[int, Instance] = {}
        for relation in self.read.all("IfcRelDefinesByType"):
            kind = self.read.one(relation, "RelatingType")
            if kind is not None:
                for item in self.read.many(relation, "RelatedObjects"):
                    self.types.setdefault(item.id(), kind)
        result: list[list[tuple[Property, bool]]] = []
        for item in items:
            number = item.id()
            rows = [(row, False) for row in own.get(number, ())]
            kind = self.types.get(number)
            inherited = () if kind is None else reader.of_type(kind)
            if inherited:
                named = {(row.set, row.name) for row, _ in rows}
                rows += [(row, True) for row in inherited if (row.set, row.name) not in named]
            result.append(rows)
        return result

    def _elements(self, items: list[Instance], rows: list[list[tuple[Property, bool]]]) -> pd.DataFrame:
        read, row_of = self.read, self.row
        made_of = materials.by_element(read)
        contents = Contents(read, self.placements, self.to_metre)
        columns: dict[str, list[Any]] = {column: [] for column in ELEMENT_COLUMNS}
        step = max(1, len(items) // 20)
        for row, item in enumerate(items):
            if row % step == 0:
                self._say(0.4 + 0.5 * row / len(items), "读取构件", "Reading elements")
            number, class_name = item.id(), item.is_a()
            kind = self.types.get(number)
            place = self.structure.of(number)
            above = self.relations.whole.get(number, -1)
            matrix = self.placements.of(item)
            is_space = read.is_a(item, "IfcSpace")
            values: dict[str, Any] = {
                "guid": read.text(item, "GlobalId"),
                "key": self.keys[row],
                "step_id": number,
                "class": class_name,
                "kind": "space" if is_space else "element",
                "predefined_type": self._predefined_type(item, kind),
                "name": read.text(item, "Name"),
                "long_name": read.text(item, "LongName"),
                "tag": read.text(item, "Tag"),
                "type_name": self._type_name(item, kind),
                "type_guid": "" if kind is None else read.text(kind, "GlobalId"),
                "materials": made_of.get(number) or ("" if kind is None else made_of.get(kind.id(), "")),
                "storey": self.structure.storey(number),
                "space": -1 if is_space or place.space is None else row_of.get(place.space, -1),
                "parent": row_of.get(above, -1),
                "host": row_of.get(self.relations.host.get(number, -1), -1),
                "area_m2": math.nan,
                "use": "",
                "x": matrix[3], "y": matrix[7], "z": matrix[11],
                "placement": axes.text(matrix),
                "content_hash": contents.of(item, self.relations.openings.get(number, ())),
                "triangles": 0,
                "method": "none",
                **dict.fromkeys(SHAPE_COLUMNS, math.nan),
            }  # fmt: skip
            for column, value in values.items():
                columns[column].append(value)
        self._spaces(items, rows, columns)
        return _table(columns, ELEMENT_COLUMNS)

    def _spaces(
        self, items: list[Instance], rows: list[list[tuple[Property, bool]]], columns: dict[str, list[Any]]
    ) -> None:
        read = self.read
        of_space = [row for row, kind in enumerate(columns["kind"]) if kind == "space"]
        if not of_space:
            return
        classified = self._classifications()
        given = [[item for item, _ in rows[row]] for row in of_space]
        uses = spaces.uses(
            given,
            [read.text(items[row], "ObjectType") for row in of_space],
            [classified.get(items[row].id(), "") for row in of_space],
            [columns["long_name"][row] for row in of_space],
            [columns["name"][row] for row in of_space],
        )
        factor = self.units.of_kind("AREAUNIT").factor
        for row, properties, use in zip(of_space, given, uses, strict=True):
            columns["use"][row] = use
            columns["area_m2"][row] = spaces.area_m2(properties, factor)

    def _classifications(self) -> dict[int, str]:
        read = self.read
        found: dict[int, str] = {}
        for relation in read.all("IfcRelAssociatesClassification"):
            reference = read.one(relation, "RelatingClassification")
            if reference is None or reference.is_a() != "IfcClassificationReference":
                continue
            text = read.text(reference, "Name") or read.text(reference, "Identification")
            text = text or read.text(reference, "ItemReference")
            for item in read.many(relation, "RelatedObjects"):
                found.setdefault(item.id(), text)
        return found

    def _type_name(self, item: Instance, kind: Instance | None) -> str:
        text = "" if kind is None else self.read.text(kind, "Name")
        return text or self.read.text(item, "ObjectType")

    def _predefined_type(self, item: Instance, kind: Instance | None) -> str:
        """The element's, else its type's; what the user wrote where it is defined by the user."""
        read = self.read
        own = read.get(item, "PredefinedType")
        if isinstance(own, str) and own != "NOTDEFINED":
            return (read.text(item, "ObjectType") or own) if own == "USERDEFINED" else own
        inherited = None if kind is None else read.get(kind, "PredefinedType")
        if kind is not None and isinstance(inherited, str):
            if inherited == "USERDEFINED":
                return read.text(kind, "ElementType") or read.text(item, "ObjectType") or inherited
            return "" if inherited == "NOTDEFINED" else inherited
        return ""

    def _property_table(self, items: list[Instance], rows: list[list[tuple[Property, bool]]]) -> pd.DataFrame:
        lengths = [len(found) for found in rows]
        flat = [pair for found in rows for pair in found]
        columns: dict[str, Any] = dict(
            zip(
                Property._fields,
                zip(*(row for row, _ in flat), strict=True) if flat else [()] * 6,
                strict=True,
            )
        )
        columns |= {
            "element": np.repeat(np.arange(len(items), dtype=np.int32), lengths),
            "of_type": np.array([inherited for _, inherited in flat], dtype=bool),
        }
        return _table(columns, PROPERTY_COLUMNS)

    def _model(
        self,
        name: str,
        size: int,
        sha256: str,
        encoding: str,
        products: list[Instance],
        elements: pd.DataFrame,
    ) -> Model:
        storeys = self.structure.storeys
        for kind, field in (("element", "elements"), ("space", "spaces")):
            of_kind = elements["storey"][elements["kind"] == kind]
            for index, number in of_kind[of_kind != NO_STOREY].value_counts().items():
                setattr(storeys[index], field, int(number))
        return Model(
            name=name,
            bytes=size,
            sha256=sha256,
            schema=self.file.schema_identifier,
            application=self._application(),
            project=self._named("IfcProject"),
            site=self._named("IfcSite"),
            building=self._named("IfcBuilding"),
            length_unit=self.units.length.symbol,
            to_metre=self.to_metre,
            encoding=encoding,
            counts=self._counts(products),
            storeys=storeys,
            ground_m=self.structure.ground_m,
        )

    def _counts(self, products: list[Instance]) -> dict[str, int]:
        exact = Counter(item.is_a() for item in products)
        counts: Counter[str] = Counter(dict.fromkeys(ALWAYS_COUNTED, 0))
        for class_name, number in exact.items():
            for parent in self.read.parents(class_name):
                if parent == "IfcProduct":
                    break
                counts[parent] += number
        for class_name in ("IfcPropertySet", "IfcElementQuantity"):
            counts[class_name] = len(self.file.by_type(class_name))
        return dict(sorted(counts.items()))

    def _application(self) -> str:
        for item in self.read.all("IfcApplication"):
            parts = self.read.text(item, "ApplicationFullName"), self.read.text(item, "Version")
            return " ".join(part for part in parts if part)
        return ""

    def _named(self, class_name: str) -> str:
        """Names of the instances of a class; a long name where there is no other, and a project's beside its number."""
        texts = []
        for item in self.read.all(class_name)[:10]:
            name, long_name = self.read.text(item, "Name"), self.read.text(item, "LongName")
            both = class_name == "IfcProject" and name and long_name and name != long_name
            texts.append(f"{name} {long_name}" if both else name or long_name)
        return "; ".join(dict.fromkeys(text for text in texts if text))

    def _all_findings(self, elements: pd.DataFrame) -> list[Finding]:
        found = [*self.units.findings, *self.structure.findings, *self.structure.faults(), *self.findings]
        spatial = elements["step_id"].isin(self.structure.elements)  # a site with its terrain is on no storey
        lost = int(((elements["storey"] == NO_STOREY) & (elements["parent"] < 0) & ~spatial).sum())
        if lost and self.structure.storeys:
            found.append(
                _finding(
                    "storey.none",
                    f"{lost} 个构件不属于任何楼层，显示在“未分楼层”下；如需按楼层查看，请在建模软件中指定楼层。",
                    f'{lost} elements are on no storey and are shown under "no storey"; '
                    "assign them to storeys in the authoring tool to see them by storey.",
                )
            )
        far = ~(elements[["x", "y", "z"]].abs() <= FARTHEST_M).all(axis=1)  # nan is far too
        if far.any():
            row = elements.loc[far.idxmax()]
            found.append(
                Finding(
                    "placement.far",
                    "warning",
                    Sentence(
                        f"{int(far.sum())} 个构件离原点超过 10 万公里（如 {row['name'] or row['guid']}），"
                        "任何坐标系都到不了；请核对坐标和单位。",
                        f"{int(far.sum())} elements are more than 100 000 km from the origin "
                        f"(such as {row['name'] or row['guid']}), where no coordinate system reaches; "
                        "check coordinates and units.",
                    ),
                    guid=row["guid"],
                    step_id=int(row["step_id"]),
                )
            )
        found += [
            Finding(
                "placement.unreadable",
                "warning",
                Sentence(
                    f"定位 #{number} 读不出来，已按上级的原点处理；请在建模软件中检查后重新导出。",
                    f"The placement #{number} cannot be read and counts as the origin of the one above; "
                    "check it in the authoring tool and export again.",
                ),
                step_id=number,
            )
            for number in sorted(self.placements.unreadable)[: identity.TOLD]
        ]
        return found + self._of_attributes()

    def _of_attributes(self) -> list[Finding]:
        found: list[Finding] = []
        for number, attribute in sorted(set(self.read.mistyped))[: identity.TOLD]:
            found.append(
                Finding(
                    "attribute.type",
                    "warning",
                    Sentence(
                        f"#{number} 的 {attribute} 类型不符合 IFC 标准，已尽量读取；请用原软件重新导出。",
                        f"{attribute} of #{number} is of a kind the standard does not allow and was read as far as "
                        "it goes; export the file again.",
                    ),
                    step_id=number,
                )
            )
        if self.read.cut:
            found.append(
                _finding(
                    "text.cut",
                    f"{self.read.cut} 处文字过长，已截断并以“…”标出。",
                    f'{self.read.cut} texts are too long and were cut; "…" marks the place.',
                )
            )
        return found


def _table(columns: Mapping[str, Any], kinds: Mapping[str, str]) -> pd.DataFrame:
    """``columns`` as ``kinds`` has them; texts go to Arrow as they are, without a look at each for what it is."""
    return pd.DataFrame(
        {column: pd.array(pa.array(columns[column], pa.large_string()), dtype=kind) if kind == "string"
         else np.array(columns[column], kind)
         for column, kind in kinds.items()}
    )  # fmt: skip


def _finding(code: str, zh: str, en: str) -> Finding:
    return Finding(code, "warning" if code == "text.cut" else "info", Sentence(zh, en))

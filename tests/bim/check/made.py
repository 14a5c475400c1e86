"""A small building written by hand, so that every specification's answer is known on paper."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import ifcopenshell
import ifcopenshell.guid

from bim import check
from bim.check.result import CheckResult, Specification
from tests.bim import cases

NAMESPACES = (
    'xmlns="http://standards.buildingsmart.org/IDS" xmlns:xs="http://www.w3.org/2001/XMLSchema" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)


class House:
    """A project with one building of two storeys; elements are added by the tests."""

    def __init__(self, schema: str = "IFC4") -> None:
        self.file = ifcopenshell.file(schema=schema)
        make = self.file.create_entity
        self.history = None
        if schema == "IFC2X3":
            person = make("IfcPersonAndOrganization", make("IfcPerson"), make("IfcOrganization", Name="o"))
            tool = make("IfcApplication", person.TheOrganization, "1", "hand", "hand")
            self.history = make("IfcOwnerHistory", person, tool, ChangeAction="ADDED", CreationDate=0)
        metre = make("IfcSIUnit", UnitType="LENGTHUNIT", Name="METRE")
        point = make("IfcCartesianPoint", (0.0, 0.0, 0.0))
        self.axes = make("IfcAxis2Placement3D", point)
        self.context = make("IfcGeometricRepresentationContext", None, "Model", 3, 1e-5, self.axes)
        self.project = self.root("IfcProject", Name="示范楼", RepresentationContexts=[self.context])
        self.project.UnitsInContext = make("IfcUnitAssignment", [metre])
        self.site = self.root("IfcSite", Name="嘉定")
        self.building = self.root("IfcBuilding", Name="一号楼")
        self.storeys = [
            self.root("IfcBuildingStorey", Name=name, Elevation=height)
            for name, height in (("一层", 0.0), ("二层", 3.6))
        ]
        self.aggregate(self.project, [self.site])
        self.aggregate(self.site, [self.building])
        self.aggregate(self.building, self.storeys)

    def root(self, ifc_class: str, **attributes: Any) -> Any:
        """An instance with a GlobalId of its own, the same in every run."""
        number = len(list(self.file))
        digest = hashlib.md5(f"{ifc_class}{number}".encode(), usedforsecurity=False).hexdigest()
        values = {"GlobalId": ifcopenshell.guid.compress(digest), "OwnerHistory": self.history, **attributes}
        return self.file.create_entity(ifc_class, **values)

    def aggregate(self, whole: Any, parts: list[Any]) -> None:
        self.root("IfcRelAggregates", RelatingObject=whole, RelatedObjects=parts)

    def add(self, ifc_class: str, name: str | None, storey: int | None = 0, **attributes: Any) -> Any:
        """An element or space with a box for a shape, in a storey or in none."""
        make = self.file.create_entity
        placement = make("IfcLocalPlacement", None, self.axes)
        flat = make("IfcAxis2Placement2D", make("IfcCartesianPoint", (0.0, 0.0)))
        profile = make("IfcRectangleProfileDef", "AREA", None, flat, 4.0, 3.0)
        solid = make("IfcExtrudedAreaSolid", profile, self.axes, make("IfcDirection", (0.0, 0.0, 1.0)), 2.8)
        shape = make("IfcShapeRepresentation", self.context, "Body", "SweptSolid", [solid])
        element = self.root(
            ifc_class,
            Name=name,
            ObjectPlacement=placement,
            Representation=make("IfcProductDefinitionShape", None, None, [shape]),
            **attributes,
        )
        if storey is not None and ifc_class == "IfcSpace":
            self.aggregate(self.storeys[storey], [element])
        elif storey is not None:
            self.root(
                "IfcRelContainedInSpatialStructure",
                RelatedElements=[element],
                RelatingStructure=self.storeys[storey],
            )
        return element

    def properties(self, element: Any, pset: str, **values: Any) -> Any:
        """A property set; a value is a pair of its IFC type and itself, or None."""
        make = self.file.create_entity
        items = [
            make("IfcPropertySingleValue", name, None, None if value is None else make(value[0], value[1]))
            for name, value in values.items()
        ]
        found = self.root("IfcPropertySet", Name=pset, HasProperties=items)
        self.root("IfcRelDefinesByProperties", RelatedObjects=[element], RelatingPropertyDefinition=found)
        return found

    def extracted(self) -> Any:
        found = cases.of(self.file)
        found.model.methods = {"kernel": len(found.elements)}
        found.elements["method"] = found.elements["method"].where(found.elements["kind"] == "space", "kernel")
        return found

    def check(self, *templates: str | Path, **options: Any) -> CheckResult:
        found = self.extracted()
        return check.run(self.file, found.model, found.elements, templates=templates, **options)


def ids(*specifications: str, title: str = "测试 / Test", extra: str = "") -> str:
    """An IDS file of specifications made by :func:`specification`."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{extra}<ids {NAMESPACES}><info><title>{title}</title></info>'
        f"<specifications>{''.join(specifications)}</specifications></ids>"
    )


def specification(
    applicability: str, requirements: str = "", *, occurs: str = 'minOccurs="0" maxOccurs="unbounded"',
    versions: str = "IFC2X3 IFC4 IFC4X3_ADD2", name: str = "一项 / One",
) -> str:  # fmt: skip
    asked = f"<requirements>{requirements}</requirements>" if requirements else ""
    return (
        f'<specification name="{name}" ifcVersion="{versions}">'
        f"<applicability {occurs}>{applicability}</applicability>{asked}</specification>"
    )


def entity(*names: str) -> str:
    return f"<entity><name>{values(*names)}</name></entity>"


def values(*items: str) -> str:
    if len(items) == 1:
        return f"<simpleValue>{items[0]}</simpleValue>"
    listed = "".join(f'<xs:enumeration value="{item}"/>' for item in items)
    return f'<xs:restriction base="xs:string">{listed}</xs:restriction>'


def bound(kind: str, value: str) -> str:
    base = "string" if kind == "pattern" else "double"
    return f'<xs:restriction base="xs:{base}"><xs:{kind} value="{value}"/></xs:restriction>'


def prop(pset: str, name: str, value: str = "", attributes: str = "") -> str:
    content = f"<value>{value}</value>" if value else ""
    return (
        f"<property {attributes}><propertySet>{values(pset)}</propertySet><baseName>{values(name)}</baseName>"
        f"{content}</property>"
    )


def attribute(name: str, value: str = "", attributes: str = "") -> str:
    content = f"<value>{value}</value>" if value else ""
    return f"<attribute {attributes}><name>{values(name)}</name>{content}</attribute>"


def one(result: CheckResult, template: str) -> Specification:
    """The only specification of a template."""
    (found,) = next(item for item in result.templates if item.id == template).specifications
    return found


def named(result: CheckResult, name: str) -> Specification:
    """A specification by its id."""
    return next(item for _, item in result.specifications() if item.id == name)

"""Properties and quantities of elements and their types, as text and in SI.

Source: ISO 16739-1, IfcPropertyResource and IfcQuantityResource; IFC 2x3 TC1 for its predefined sets.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import ifcopenshell

from bim.instances import Attributes, Instance
from bim.units import UNITLESS, Unit, Units

DEEPEST = 8
"""Levels of complex properties that are told apart; what lies deeper is left out."""


class Property(NamedTuple):
    """One property or quantity, as in :data:`bim.model.PROPERTY_COLUMNS`."""

    set: str
    name: str
    kind: str
    text: str
    number: float
    unit: str


class _Value(NamedTuple):
    text: str
    number: float
    unit: str


_NOTHING = _Value("", math.nan, "")


class Properties:
    """Reads property sets, each once however many elements share it."""

    def __init__(self, attributes: Attributes, units: Units) -> None:
        self._read = attributes
        self._units = units
        self._known: dict[int, tuple[Property, ...]] = {}
        self._typed: dict[int, tuple[Property, ...]] = {}
        self._complexes: dict[int, str] = {}
        self._quantity_kinds: dict[str, tuple[int, int, Unit]] = {}

    def by_element(self) -> dict[int, list[Property]]:
        """Properties of each object by step id, its type's not among them."""
        found: dict[int, list[Property]] = {}
        for relation in self._read.all("IfcRelDefinesByProperties"):
            for definition in self._definitions(relation):
                rows = self.of(definition)
                if rows:
                    for item in self._read.many(relation, "RelatedObjects"):
                        found.setdefault(item.id(), []).extend(rows)
        return found

    def of_type(self, kind: Instance) -> tuple[Property, ...]:
        """Properties that a type hands to its elements."""
        known = self._typed.get(kind.id())
        if known is None:
            sets = self._read.many(kind, "HasPropertySets")
            known = tuple(row for item in sets for row in self.of(item))
            self._typed[kind.id()] = known
        return known

    def of(self, definition: Instance) -> tuple[Property, ...]:
        """Rows of one property set, quantity set or predefined set."""
        number = definition.id()
        known = self._known.get(number)
        if known is None:
            known = self._known[number] = tuple(self._rows(definition))
        return known

    def _definitions(self, relation: Instance) -> list[Instance]:
        definition = self._read.one(relation, "RelatingPropertyDefinition")
        if definition is None:
            return []
        if definition.is_a() == "IfcPropertySetDefinitionSet":
            inner = definition.get_argument(0)
            return [item for item in inner or () if isinstance(item, ifcopenshell.entity_instance)]
        return [definition]

    def _rows(self, definition: Instance) -> list[Property]:
        read = self._read
        name = definition.is_a()
        title = read.text(definition, "Name")
        if name == "IfcPropertySet":
            items = read.many(definition, "HasProperties")
            return [Property(title, self._name(item), "property", *self._property(item)) for item in items]
        if name == "IfcElementQuantity":
            found: list[Property] = []
            self._quantities(title, definition, "Quantities", found)
            return found
        if read.is_a(definition, "IfcPropertySetDefinition"):
            return self._predefined(title or name, definition)
        return []

    def _name(self, item: Instance) -> str:
        """Its Name, which is the first attribute of every property and quantity."""
        text = item.get_argument(0) if len(item) else None
        return self._read.shortened(text) if isinstance(text, str) else self._read.text(item, "Name")

    def _quantities(self, title: str, owner: Instance, attribute: str, found: list[Property]) -> None:
        # Each with what its name begins with and its level, so that complex ones within another are no recursion.
        stack = [(item, "", 0) for item in reversed(self._read.many(owner, attribute))]
        seen: set[int] = set()
        while stack:
            item, prefix, depth = stack.pop()
            name = prefix + self._name(item)
            if item.is_a() == "IfcPhysicalComplexQuantity":
                if depth < DEEPEST and item.id() not in seen:
                    seen.add(item.id())
                    inner = self._read.many(item, "HasQuantities")
                    stack.extend((part, f"{name}/", depth + 1) for part in reversed(inner))
                continue
            found.append(Property(title, name, "quantity", *self._quantity(item)))

    def _quantity(self, item: Instance) -> _Value:
        read = self._read
        at, own_at, usual = self._kind_of_quantity(item.is_a())
        value = item.get_argument(at) if at >= 0 else None
        if not isinstance(value, float) or not math.isfinite(value):  # a count, or what is wrong
            value = read.number(item, f"{item.is_a().removeprefix('IfcQuantity')}Value")
            if math.isnan(value):
                return _NOTHING
        unit = usual
        if own_at < 0 or item.get_argument(own_at) is not None:
            own = read.one(item, "Unit")
            unit = usual if own is None else self._units.of(own)
        return _Value(_number(value), unit.si(value), unit.symbol)

    def _kind_of_quantity(self, name: str) -> tuple[int, int, Unit]:
        """Where a class of quantities keeps its value and its unit, and the unit it has without one of its own."""
        known = self._quantity_kinds.get(name)
        if known is None:
            what = name.removeprefix("IfcQuantity")  # Length, Area, Volume, Count, Weight, Time, Number
            kind = {"Weight": "MASS"}.get(what, what.upper())
            known = self._quantity_kinds[name] = (
                self._read.position(name, f"{what}Value"),
                self._read.position(name, "Unit"),
                self._units.of_kind(f"{kind}UNIT"),
            )
        return known

    def _property(self, item: Instance, depth: int = 0) -> _Value:
        read = self._read
        name = item.is_a()
        if name == "IfcPropertySingleValue":  # nearly all of them: Name, Description, NominalValue, Unit
            own = item.get_argument(3)
            return self._value(item.get_argument(2), None if own is None else read.one(item, "Unit"))
        unit = read.one(item, "Unit")
        if name == "IfcPropertyEnumeratedValue":
            return self._list(read.get(item, "EnumerationValues"), None)
        if name == "IfcPropertyListValue":
            return self._list(read.get(item, "ListValues"), unit)
        if name == "IfcPropertyBoundedValue":
            return self._bounded(item, unit)
        if name == "IfcPropertyTableValue":
            return self._table(item)
        if name == "IfcPropertyReferenceValue":
            return _Value(self._reference(read.one(item, "PropertyReference")), math.nan, "")
        if name == "IfcComplexProperty":
            return _Value(self._complex(item, depth), math.nan, "")
        return _NOTHING

    def _complex(self, item: Instance, depth: int) -> str:
        read = self._read
        known = self._complexes.get(item.id())
        if known is None:
            # Set first: one that holds itself ends here, and one held by many is read once.
            known = self._complexes[item.id()] = "…"
            if depth < DEEPEST:
                parts = [
                    (read.text(part, "Name"), self._property(part, depth + 1))
                    for part in read.many(item, "HasProperties")
                ]
                text = "; ".join(f"{key}={value.text}{_after(value.unit)}" for key, value in parts)
                known = self._complexes[item.id()] = read.shortened(text)
        return known

    def _value(self, value: Any, own: Instance | None) -> _Value:
        measure = ""
        if isinstance(value, ifcopenshell.entity_instance):
            typed: Instance = value
            measure, value = typed.is_a(), typed.get_argument(0)
        if value is None:
            return _NOTHING
        if isinstance(value, str):
            if measure == "IfcLogical" and value.upper() in {"U", "UNKNOWN"}:
                return _Value("unknown", math.nan, "")
            return _Value(self._read.shortened(value), math.nan, "")
        if isinstance(value, bool):
            return _Value("true" if value else "false", math.nan, "")
        if isinstance(value, int | float):
            if not math.isfinite(value):
                return _Value(str(value), math.nan, "")
            unit = self._unit(measure, own)
            return _Value(_number(value), unit.si(float(value)), unit.symbol)
        if isinstance(value, tuple):
            return _Value(self._read.shortened(", ".join(map(str, value))), math.nan, "")
        return _Value(self._read.shortened(str(value)), math.nan, "")

    def _unit(self, measure: str, own: Instance | None) -> Unit:
        if own is not None:
            return self._units.of(own)
        return self._units.of_measure(measure) if measure else UNITLESS

    def _list(self, values: Any, unit: Instance | None) -> _Value:
        if not isinstance(values, tuple):
            return _NOTHING if values is None else self._value(values, unit)
        found = [self._value(item, unit) for item in values]
        if len(found) == 1:
            return found[0]
        text = self._read.shortened(", ".join(item.text for item in found))
        return _Value(text, math.nan, found[0].unit if found else "")

    def _bounded(self, item: Instance, unit: Instance | None) -> _Value:
        lower, upper, point = (
            self._value(self._read.get(item, name), unit)
            for name in ("LowerBoundValue", "UpperBoundValue", "SetPointValue")
        )
        text = f"{lower.text} … {upper.text}".strip()
        if point.text:
            text = f"{point.text} ({text})" if lower.text or upper.text else point.text
        return _Value(text, point.number, point.unit or lower.unit or upper.unit)

    def _table(self, item: Instance) -> _Value:
        read = self._read
        defining, defined = read.get(item, "DefiningValues") or (), read.get(item, "DefinedValues") or ()
        if not isinstance(defining, tuple) or not isinstance(defined, tuple):
            return _NOTHING
        units = read.one(item, "DefiningUnit"), read.one(item, "DefinedUnit")
        pairs = (
            (self._value(key, units[0]), self._value(value, units[1]))
            for key, value in zip(defining, defined, strict=False)
        )
        text = "; ".join(
            f"{key.text}{_after(key.unit)}: {value.text}{_after(value.unit)}" for key, value in pairs
        )
        return _Value(read.shortened(text), math.nan, "")

    def _reference(self, target: Instance | None) -> str:
        if target is None:
            return ""
        read = self._read
        names = (read.text(target, name) for name in ("Name", "Identification", "FamilyName", "Location"))
        return next((name for name in names if name), target.is_a().removeprefix("Ifc"))

    def _predefined(self, title: str, definition: Instance) -> list[Property]:
        """Sets whose properties are attributes, such as IfcDoorLiningProperties of IFC 2x3."""
        found = []
        for name in self._read.names(definition.is_a())[4:]:  # after those of IfcRoot
            value = self._read.get(definition, name)
            if value is None or isinstance(value, ifcopenshell.entity_instance | tuple):
                continue
            plain = self._value(value, None)
            number = isinstance(value, float)
            # Their numbers are lengths but for ratios, and the schema's names tell the two apart.
            unit = self._units.length if number and not name.endswith("Ratio") else UNITLESS
            if number:
                plain = _Value(plain.text, unit.si(value), unit.symbol)
            found.append(Property(title, name, "property", *plain))
        return found


def _number(value: float) -> str:
    return f"{value:.15g}"


def _after(unit: str) -> str:
    return f" {unit}" if unit else ""

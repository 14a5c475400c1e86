"""Attributes of an untrusted file's instances: read by name, checked for their kind, never raising.

A STEP file may hold a number where the schema says text and a text where it says an instance. Every reader of
a model's data goes through :class:`Attributes`, so that a wrong kind reads as missing instead of ending the work.
"""

from __future__ import annotations

import math
from typing import Any

import ifcopenshell
from ifcopenshell import ifcopenshell_wrapper

Instance = Any
"""An ``ifcopenshell.entity_instance``; IfcOpenShell has no types of its own for a schema's classes."""


class Attributes:
    """Reads attributes by name through their position, which costs a quarter of reading them by name.

    Parameters
    ----------
    file
        The parsed file.
    longest
        Characters kept of a text; longer ones are cut and end with an ellipsis.
    """

    def __init__(self, file: ifcopenshell.file, longest: int) -> None:
        self.file = file
        self.cut = 0
        """How many texts were cut."""
        self.mistyped: list[tuple[int, str]] = []
        """Step id and attribute of the values that were of a wrong kind."""
        self._schema = ifcopenshell_wrapper.schema_by_name(file.schema_identifier)
        self._longest = longest
        self._positions: dict[tuple[str, str], int] = {}
        self._parents: dict[str, tuple[str, ...]] = {}
        self._lengths: dict[str, frozenset[int]] = {}

    def get(self, instance: Instance, name: str) -> Any:
        """The value as parsed; None where it is missing or the class has no such attribute."""
        position = self.position(instance.is_a(), name)
        return None if position < 0 else instance.get_argument(position)

    def position(self, class_name: str, name: str) -> int:
        """Which attribute of a class has that name, from 0; -1 where it has none."""
        key = (class_name, name)
        position = self._positions.get(key)
        if position is None:
            entity = self._schema.declaration_by_name(class_name).as_entity()
            position = self._positions[key] = -1 if entity is None else int(entity.attribute_index(name))
        return position

    def one(self, instance: Instance, name: str) -> Instance | None:
        """The instance that the attribute refers to; None where there is none."""
        value = self.get(instance, name)
        if value is None or isinstance(value, ifcopenshell.entity_instance):
            return value
        self._wrong(instance, name)
        return None

    def many(self, instance: Instance, name: str) -> list[Instance]:
        """The instances that the attribute refers to, in the order of the file."""
        value = self.get(instance, name)
        if value is None:
            return []
        if isinstance(value, ifcopenshell.entity_instance):
            return [value]
        if not isinstance(value, tuple):
            self._wrong(instance, name)
            return []
        found = [item for item in value if isinstance(item, ifcopenshell.entity_instance)]
        if len(found) != len(value):
            self._wrong(instance, name)
        return found

    def text(self, instance: Instance, name: str) -> str:
        """The text, cut to its limit; empty where it is missing, the value as text where it is no text."""
        value = self.get(instance, name)
        if value is None:
            return ""
        if not isinstance(value, str):
            if not isinstance(value, bool | int | float):
                self._wrong(instance, name)
                return ""
            self._wrong(instance, name)
            value = str(value)
        return self.shortened(value)

    def number(self, instance: Instance, name: str) -> float:
        """The finite number; nan where there is none."""
        value = self.get(instance, name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            if value is not None:
                self._wrong(instance, name)
            return math.nan
        return float(value) if math.isfinite(value) else math.nan

    def numbers(self, instance: Instance, name: str) -> tuple[float, ...]:
        """The finite numbers of a list such as coordinates; empty where one of them is none."""
        value = self.get(instance, name)
        if not isinstance(value, tuple):
            return ()
        good = all(isinstance(item, int | float) and math.isfinite(item) for item in value)
        return tuple(map(float, value)) if good else ()

    def shortened(self, text: str) -> str:
        """``text`` cut to the limit, without the characters that no table or page should hold."""
        if "\0" in text:
            text = text.replace("\0", "")
        if len(text) <= self._longest:
            return text
        self.cut += 1
        return text[: self._longest] + "…"

    def parents(self, name: str) -> tuple[str, ...]:
        """The class and all it is a kind of, itself first."""
        known = self._parents.get(name)
        if known is None:
            names = []
            entity = self._schema.declaration_by_name(name).as_entity()
            while entity is not None:
                names.append(entity.name())
                entity = entity.supertype()
            known = self._parents[name] = tuple(names)
        return known

    def is_a(self, instance: Instance, name: str) -> bool:
        """Whether the instance is of the class or of a kind of it; False for a class the schema lacks."""
        return name in self.parents(instance.is_a())

    def all(self, name: str) -> list[Instance]:
        """Every instance of a class and its kinds by step id; none where the schema lacks the class."""
        try:
            found = self.file.by_type(name)
        except RuntimeError:
            return []
        # Of two instances with one number, the one that references resolve to.
        by_id = {item.id(): item for item in found}
        if len(by_id) != len(found):
            by_id = {key: self.file.by_id(key) for key in by_id}
        return [by_id[key] for key in sorted(by_id)]

    def names(self, name: str) -> list[str]:
        """The attributes of a class in their order."""
        entity = self._schema.declaration_by_name(name).as_entity()
        return [] if entity is None else [item.name() for item in entity.all_attributes()]

    def lengths(self, name: str) -> frozenset[int]:
        """Positions of a class's attributes that are a length, such as a profile's width."""
        known = self._lengths.get(name)
        if known is None:
            entity = self._schema.declaration_by_name(name).as_entity()
            kinds = [] if entity is None else [item.type_of_attribute() for item in entity.all_attributes()]
            named = [kind.as_named_type() for kind in kinds]
            known = self._lengths[name] = frozenset(
                position
                for position, kind in enumerate(named)
                if kind is not None and kind.declared_type().name().endswith("LengthMeasure")
            )
        return known

    def _wrong(self, instance: Instance, name: str) -> None:
        self.mistyped.append((instance.id(), name))

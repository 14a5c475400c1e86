"""The instances that checks are about, told by what was extracted of the model."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from bim.check.result import Failure
from bim.check.wording import cut
from bim.finding import Sentence
from bim.model import Model

if TYPE_CHECKING:
    import ifcopenshell
    import pandas as pd

NAME_CHARACTERS = 200
"""Of a name that is kept with a failure."""


class Subjects:
    """The file, its model and the rows of its elements, with the way from one to the other."""

    def __init__(self, file: ifcopenshell.file, model: Model, elements: pd.DataFrame) -> None:
        self.file, self.model = file, model
        self.size = len(elements)
        self._columns: dict[str, list[Any]] = {}
        self._elements = elements

    def column(self, name: str) -> list[Any]:
        """A column as a list; None where a value is missing."""
        if name not in self._columns:
            values = self._elements[name]
            self._columns[name] = [
                None if missing else value for value, missing in zip(values, values.isna(), strict=True)
            ]
        return self._columns[name]

    @cached_property
    def row_of(self) -> dict[int, int]:
        """Number of an instance in the file -> row of its element."""
        return {int(number): row for row, number in enumerate(self.column("step_id"))}

    def storey(self, row: int) -> str:
        """Name of the storey of a row; empty for none."""
        number = self.column("storey")[row]
        if number is None or not 0 <= number < len(self.model.storeys):
            return ""
        return cut(self.model.storeys[number].name, NAME_CHARACTERS)

    def failure(self, instance: Any, reason: Sentence) -> Failure:
        """A failure of an instance of the file, with its row where it has one."""
        row = self.row_of.get(instance.id())
        if row is not None:
            return self.failure_of_row(row, reason)
        return Failure(
            reason=reason,
            guid=cut(getattr(instance, "GlobalId", None) or "", NAME_CHARACTERS),
            ifc_class=instance.is_a(),
            name=cut(getattr(instance, "Name", None) or "", NAME_CHARACTERS),
            step_id=instance.id(),
        )

    def failure_of_row(self, row: int, reason: Sentence) -> Failure:
        """A failure of the element of a row."""
        return Failure(
            reason=reason,
            guid=cut(self.column("guid")[row] or "", NAME_CHARACTERS),
            ifc_class=str(self.column("class")[row] or ""),
            name=cut(self.column("name")[row] or "", NAME_CHARACTERS),
            storey=self.storey(row),
            key=str(self.column("key")[row]),
            row=row,
            step_id=int(self.column("step_id")[row]),
        )

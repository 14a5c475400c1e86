"""Faults: what was wrong with which object, collected instead of raised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

Level = Literal["rejected", "warning"]
FAULT_COLUMNS = ("row", "key", "column", "level", "reason_zh", "reason_en", "value")
_VALUE_LENGTH = 120


class Faults:
    """A growing table of faults; ``rejected`` ones keep their object out, warnings do not."""

    def __init__(self) -> None:
        self._parts: list[pd.DataFrame] = []

    def add(
        self,
        level: Level,
        zh: str,
        en: str,
        *,
        rows: Sequence[int] | npt.NDArray[Any] | None = None,
        keys: Sequence[str] | npt.NDArray[Any] | None = None,
        values: Sequence[object] | npt.NDArray[Any] | None = None,
        column: str = "",
    ) -> None:
        """Record one reason for many objects; at least one of ``rows`` and ``keys`` is given."""
        known = next(item for item in (rows, keys) if item is not None)
        count = len(known)
        if count == 0:
            return
        self._parts.append(
            pd.DataFrame(
                {
                    "row": pd.array(rows if rows is not None else [pd.NA] * count, dtype="Int64"),
                    "key": _texts(keys, count),
                    "column": column,
                    "level": level,
                    "reason_zh": zh,
                    "reason_en": en,
                    "value": _texts(values, count),
                }
            )
        )

    def table(self) -> pd.DataFrame:
        """All faults with the columns :data:`FAULT_COLUMNS`, ordered by row, the grave ones first."""
        if not self._parts:
            empty = pd.DataFrame({name: pd.Series(dtype="object") for name in FAULT_COLUMNS})
            return empty.astype({"row": "Int64"})
        table = pd.concat(self._parts, ignore_index=True)
        return table.sort_values(["level", "row", "key"], kind="stable", ignore_index=True)[
            list(FAULT_COLUMNS)
        ]


def _texts(values: Sequence[object] | npt.NDArray[Any] | None, count: int) -> npt.NDArray[np.object_]:
    texts = np.full(count, "", dtype=object)
    if values is not None:
        texts[:] = ["" if value is None else str(value)[:_VALUE_LENGTH] for value in values]
    return texts

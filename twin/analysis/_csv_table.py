"""A small CSV table that a user may edit: read whole, every fault told at once."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from pathlib import Path

from layers import Text
from twin.errors import InputError, UnreadableFile

FAULTS_TOLD = 20
"""At most so many faults of a table are spelled out in one message."""


def own_or(home: Path, shipped: Path) -> Path:
    """The table in force for ``home``: the user's own of the same name when there is one, else the shipped one."""
    own = home / shipped.name
    return own if own.is_file() else shipped


class Row:
    """One line of a table; reading a bad value notes the fault and goes on."""

    def __init__(self, line: int, values: dict[str, str], faults: list[Text]) -> None:
        self.line = line
        self.values = values
        self._faults = faults

    def fault(self, column: str, zh: str, en: str) -> None:
        """Note that the value of ``column`` is wrong and how."""
        value = self.values[column]
        self._faults.append(
            Text(f"第 {self.line} 行 {column}={value!r}：{zh}", f"line {self.line}, {column}={value!r} {en}")
        )

    def text(self, column: str) -> str:
        """The value of ``column``, which must not be empty."""
        if not self.values[column]:
            self.fault(column, "不能为空", "must not be empty")
        return self.values[column]

    def choice(self, column: str, choices: tuple[str, ...]) -> str:
        """The value of ``column``, one of ``choices``; the first of them after a fault."""
        value = self.values[column]
        if value in choices:
            return value
        named = ", ".join(choices)
        self.fault(column, f"应为 {named} 之一", f"is not one of {named}")
        return choices[0]

    def number(self, column: str, least: float, most: float) -> float:
        """The number in ``column``, within the bounds; ``least`` after a fault."""
        try:
            value = float(self.values[column])
        except ValueError:
            value = math.nan
        if not least <= value <= most:  # also when it is nan
            bounds = f"{least:.10g}", f"{most:.10g}"
            self.fault(
                column,
                f"应为 {bounds[0]} 到 {bounds[1]} 的数",
                f"is not a number from {bounds[0]} to {bounds[1]}",
            )
            return least
        return value


class Table:
    """A CSV file read whole; :meth:`close` raises one error that tells every fault."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self._path = path
        self._faults: list[Text] = []
        try:
            self._rows = list(csv.DictReader(io.StringIO(_decoded(path), newline="")))
        except csv.Error as error:
            raise UnreadableFile(
                f"{path.name} 不是有效的 CSV 表：{error}。", f"{path.name} is not a valid CSV table: {error}."
            ) from error
        header = set(self._rows[0]) if self._rows else set()
        missing = [column for column in columns if column not in header]
        if missing:
            raise InputError(
                f"{path.name} 缺少列 {', '.join(missing)}（或没有数据行），请以随附的表为模板。",
                f"{path.name} lacks the columns {', '.join(missing)}, or has no rows; start from the table "
                "that comes with the twin.",
            )
        self._columns = columns

    def __iter__(self) -> Iterator[Row]:
        for number, row in enumerate(self._rows, start=2):
            values = {column: (row[column] or "").strip() for column in self._columns}
            if any(values.values()):
                yield Row(number, values, self._faults)

    def close(self) -> None:
        """Raise :class:`twin.errors.InputError` when any row had a fault."""
        if not self._faults:
            return
        told, more = self._faults[:FAULTS_TOLD], len(self._faults) - FAULTS_TOLD
        zh, en = "；".join(fault.zh for fault in told), "; ".join(fault.en for fault in told)
        if more > 0:
            zh, en = f"{zh}；另有 {more} 处", f"{en}; and {more} more"
        raise InputError(
            f"{self._path.name} 有 {len(self._faults)} 处错误，请改正：{zh}。",
            f"{self._path.name} has {len(self._faults)} faults to correct: {en}.",
        )


def _decoded(path: Path) -> str:
    """The file's text: UTF-8, or GB 18030 as spreadsheet programs write it in China."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(
            f"无法读取 {path}：{error.strerror}。", f"cannot read {path}: {error.strerror}."
        ) from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFile(
        f"{path.name} 的编码既不是 UTF-8 也不是 GB 18030，请另存为 UTF-8。",
        f"{path.name} is neither UTF-8 nor GB 18030; save it as UTF-8.",
    )

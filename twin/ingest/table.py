"""CSV and XLSX: encodings, delimiters and header rows as they come, coordinates in columns."""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd

from twin.errors import UnreadableFile
from twin.ingest.contract import Source
from twin.ingest.places import declared_by, find_places, geometry_of
from twin.ingest.reading import Task

_HEADER_ROWS = 15
_MAX_CELLS = 60_000_000


def read_csv(path: Path, name: str, task: Task) -> tuple[Source, dict[str, str]]:
    """A delimited text file in UTF-8, UTF-16 or GB 18030, and its coordinate columns.

    :class:`UnreadableFile` when it is no table.
    """
    task.step(0.0, "read")
    text = _decoded(path.read_bytes(), name)
    head = "\n".join(text.splitlines()[:50])
    delimiter = _delimiter(head)
    skip = _header_row(list(csv.reader(io.StringIO(head), delimiter=delimiter)))
    try:
        table = pd.read_csv(
            io.StringIO(text), sep=delimiter, dtype=str, skiprows=skip, keep_default_na=False,
            skipinitialspace=True, on_bad_lines="error", index_col=False, encoding_errors="strict",
        )  # fmt: skip
    except (ValueError, pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise _unreadable(name, str(error).splitlines()[0][:120]) from None
    return _source(table, Path(name).stem, name, skip + 2)


def read_xlsx(path: Path, name: str, task: Task) -> list[tuple[Source, dict[str, str]]]:
    """Every sheet of a workbook that holds a table; :class:`UnreadableFile` when none does."""
    task.step(0.0, "read")
    _refuse_bomb(path, name)
    found = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
            try:
                sheets = [(sheet.title, _rows(sheet, name)) for sheet in book.worksheets]
            finally:
                book.close()
    except UnreadableFile:
        raise
    except Exception:  # noqa: BLE001 - openpyxl raises anything on damaged workbooks
        raise _unreadable(name, "") from None
    for title, rows in sheets:
        skip = _header_row(rows[:_HEADER_ROWS])
        if len(rows) <= skip + 1:
            continue
        width = max((index + 1 for index, cell in enumerate(rows[skip]) if cell not in (None, "")), default=0)
        headers = [str(cell).strip() if cell not in (None, "") else f"#{index + 1}"
                   for index, cell in enumerate(rows[skip][:width])]  # fmt: skip
        body = [(list(row) + [None] * width)[:width] for row in rows[skip + 1 :]]
        table = pd.DataFrame(body, columns=_unique(headers), dtype=object)
        found.append(_source(table, title, name, skip + 2))
    if not found:
        raise _unreadable(name, "")
    return found


def _source(table: pd.DataFrame, title: str, name: str, first_row: int) -> tuple[Source, dict[str, str]]:
    table.columns = pd.Index(_unique([str(header).strip() for header in table.columns]))
    table = table.astype(object)
    table = table.where(table.notna(), None)
    blank = (table.isna() | (table == "")).all(axis=1)
    # Trailing blank lines are no rows; blank lines between keep the numbering right.
    last = int(np.flatnonzero(~blank.to_numpy())[-1]) + 1 if (~blank).any() else 0
    table = table.iloc[:last].reset_index(drop=True)
    if table.empty or table.shape[1] == 0:
        raise _unreadable(name, "")
    places = find_places(table)
    geometry = geometry_of(table, places) if places else np.full(len(table), None, dtype=object)
    return Source(title, table, geometry, declared_by(places), first_row), places


def _rows(sheet: Any, name: str) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    cells = blank = 0
    for row in sheet.iter_rows(values_only=True):
        cells += len(row)
        if cells > _MAX_CELLS:
            raise UnreadableFile(
                f"工作簿 {name} 太大，请另存为 CSV 后导入。",
                f"the workbook {name} is too large; save it as CSV.",
            )
        rows.append(row)
        blank = blank + 1 if all(cell is None for cell in row) else 0
        # Sheets formatted to their last line end in a million empty rows.
        if blank > 5000:
            break
    return rows[: len(rows) - blank]


def _refuse_bomb(path: Path, name: str) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        raise _unreadable(name, "") from None
    if size > 2 * 2**30 or size > 200 * max(1, path.stat().st_size):
        raise UnreadableFile(
            f"工作簿 {name} 解压后过大，已拒绝。", f"the workbook {name} unpacks to too much and was refused."
        )


def _decoded(data: bytes, name: str) -> str:
    order = ["utf-16"] if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "gb18030"]
    if b"\0" in data[:4096] and order[0] != "utf-16":
        raise _unreadable(name, "")
    for encoding in order:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _unreadable(name, "")


def _delimiter(head: str) -> str:
    """The delimiter that splits the first lines into most equal columns."""
    best, most = ",", 0.0
    for candidate in (",", "\t", ";", "|"):
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(head), delimiter=candidate) if row]
        except csv.Error:
            continue
        if not widths:
            continue
        common = max(set(widths), key=widths.count)
        score = (common - 1) * widths.count(common) / len(widths)
        if score > most:
            best, most = candidate, score
    return best


def _header_row(rows: list[Any]) -> int:
    """Index of the header: the first row about as wide as the table (titles stand above it)."""
    widths = [sum(1 for cell in row if cell not in (None, "")) for row in rows[:_HEADER_ROWS]]
    wide = max(widths, default=0)
    return next((index for index, width in enumerate(widths) if width >= max(1, 0.6 * wide)), 0)


def _unique(headers: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    unique = []
    for header in headers:
        seen[header] = seen.get(header, 0) + 1
        unique.append(header if seen[header] == 1 else f"{header}.{seen[header]}")
    return unique


def _unreadable(name: str, detail: str) -> UnreadableFile:
    extra_zh, extra_en = (f"（{detail}）", f" ({detail})") if detail else ("", "")
    return UnreadableFile(
        f"无法把 {name} 读成表格{extra_zh}；请检查文件是否完整，或另存为 UTF-8 的 CSV。",
        f"{name} cannot be read as a table{extra_en}; check that it is complete, or save it as CSV in UTF-8.",
    )

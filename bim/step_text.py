"""A STEP file (ISO 10303-21) as text: its instances and references without a parser for its schema.

The file is mapped and not read; what is kept of it is thirteen bytes a reference and twenty-one an
instance. Nothing in it is trusted: see :mod:`bim._step_scan` for how it is gone through.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bim import _step_graph as graph
from bim import _step_scan as scan
from bim.errors import Refused

MOST_TYPES = 4000
"""All schemas together have fewer entities."""

MOST_REFERENCES = 64_000_000
"""More ``#`` than any real file of the largest size taken has by far; bounds the memory of a scan."""

_KEYWORDS = (
    b"ISO-10303-21", b"HEADER", b"DATA", b"ENDSEC", b"END-ISO-10303-21",
    b"FILE_DESCRIPTION", b"FILE_NAME", b"FILE_SCHEMA",
)  # fmt: skip
_BLOCK = 1 << 24
_HEADER_BYTES = 1 << 20
# Possessive throughout: whatever the text, no byte is looked at twice.
_SPACE = rb"(?:\s++|/\*(?:[^*]++|\*(?!/))*+\*/)*+"
_TYPE = re.compile(rb"#\d++" + _SPACE + rb"=" + _SPACE + rb"([A-Za-z][\w-]*+)")
_ROOTED = re.compile(rb"[^(]*+\(\s*+'[^']*+'\s*+,\s*+(?:#\d++|\$)\s*+,\s*+'([^'\\]{1,80}+)'")
_LIST_OR_TEXT = re.compile(rb"/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z)|'((?:[^']++|'')*+)(?:'|\Z)|([(),$;])")


@lru_cache(maxsize=1)
def _hashes() -> NDArray[np.uint64]:
    return np.array([scan.hash_of(np.frombuffer(word, np.uint8)) for word in _KEYWORDS], np.uint64)


@dataclass(slots=True)
class Chains:
    """What :func:`bim._step_graph.chains` says of a graph of instances, by row."""

    depth: NDArray[np.int32]
    ring: list[int]
    """Rows of the first ring in order; empty without one."""
    rings: int

    @property
    def deepest(self) -> tuple[int, int]:
        """The longest chain's length and the row it starts from."""
        if not self.depth.size:
            return 0, -1
        row = int(self.depth.argmax())
        return int(self.depth[row]), row


class StepText:
    """The instances and references of one text, by row in the order they stand in it.

    Parameters
    ----------
    data
        The text; kept, so a mapping must stay open as long as this is used.

    Attributes
    ----------
    ids, offsets
        ``#`` number and byte offset of each instance, int32[n] and int64[n].
    kinds
        Row in :attr:`names` of each instance's type, int32[n].
    starts
        First reference of each instance, int64[n + 1].
    refs, places
        ``#`` number of each reference and the argument it stands in (0, 1, ... 255), int32[m], uint8[m].
    """

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self.data = data
        view = np.frombuffer(data, np.uint8)
        view.flags.writeable = False  # one compiled scan for mapped files and for bytes
        numbers, equals = 0, 0
        for start in range(0, view.size, _BLOCK):
            block = view[start : start + _BLOCK]
            numbers += int(np.count_nonzero(block == ord("#")))
            equals += int(np.count_nonzero(block == ord("=")))
        if max(numbers, equals) > MOST_REFERENCES:
            raise Refused(
                f"文件中的实例和引用超过 {MOST_REFERENCES} 个。请拆分模型后再上传。",
                f"the file holds more than {MOST_REFERENCES} instances and references; split the model.",
                code="text.too_many",
            )
        ids, offsets = np.empty(equals, np.int32), np.empty(equals, np.int64)
        types, starts = np.empty(equals, np.uint64), np.zeros(equals + 1, np.int64)
        refs, places = np.empty(numbers, np.int32), np.empty(numbers, np.uint8)
        self.state = scan.new_state()
        n, m = scan.scan(view, _hashes(), ids, offsets, types, starts, refs, places, self.state)
        self.ids, self.offsets, self.starts = ids[:n], offsets[:n], starts[: n + 1]
        self.refs, self.places = refs[:m], places[:m]
        self.kinds, first, known = graph.interned(types[:n], MOST_TYPES)
        if known > MOST_TYPES:
            raise Refused(
                f"文件中的实例类型超过 {MOST_TYPES} 种，不是 IFC。请从建模软件重新导出。",
                f"the file has more than {MOST_TYPES} types of instances and is no IFC; export it again.",
                code="text.too_many",
            )
        self.names = [self._type_at(int(row)) for row in first]
        counts = np.bincount(self.kinds, minlength=known)
        self.counts = {name: int(count) for name, count in zip(self.names, counts, strict=True)}

    # Faults and places ---------------------------------------------------------------------------

    def fact(self, which: int) -> int:
        """One of the facts of :mod:`bim._step_scan`, such as ``END``."""
        return int(self.state[which])

    def count(self, kind: int) -> int:
        """How many faults of a kind there are."""
        return int(self.state[scan.FACTS + kind])

    def places_of(self, kind: int) -> list[int]:
        """Offsets of the first faults of a kind."""
        start = scan.FACTS + scan.KINDS + kind * scan.KEPT
        return [int(at) for at in self.state[start : start + min(self.count(kind), scan.KEPT)]]

    def row_at(self, offset: int) -> int:
        """Row of the instance that an offset lies in; -1 before the first."""
        return int(np.searchsorted(self.offsets, offset, side="right")) - 1

    # Instances -----------------------------------------------------------------------------------

    def _type_at(self, row: int) -> str:
        start = int(self.offsets[row])
        found = _TYPE.match(bytes(self.data[start : start + 4096]))
        return found[1].decode("ascii", "replace").upper() if found else ""

    def label(self, row: int) -> str:
        """An instance as people look for it in the file: ``#31 IFCLOCALPLACEMENT``."""
        return f"#{self.ids[row]} {self.names[self.kinds[row]]}"

    def of_types(self, *names: str) -> NDArray[np.int64]:
        """Rows of the instances of some types, by their names in capitals."""
        wanted = [row for row, name in enumerate(self.names) if name in names]
        return np.flatnonzero(np.isin(self.kinds, wanted))

    def name_of(self, row: int) -> str:
        """The third argument of a rooted instance where it is a plain text, else empty."""
        start = int(self.offsets[row])
        found = _ROOTED.match(bytes(self.data[start : start + 400]))
        return found[1].decode("utf-8", "replace") if found else ""

    # Graphs --------------------------------------------------------------------------------------

    @cached_property
    def targets(self) -> NDArray[np.int32]:
        """Row of the instance each reference names, -1 where there is none, int32[m]."""
        if not self.ids.size:
            return np.full(self.refs.size, -1, np.int32)
        last = int(self.ids.max())
        if last <= 8 * self.ids.size + 1_000_000:
            return graph.rows_of(self.refs, self.ids, last)
        order = np.argsort(self.ids, kind="stable")
        ordered = self.ids[order]
        at = np.searchsorted(ordered, self.refs, side="right") - 1
        found = (at >= 0) & (ordered[at] == self.refs)
        return np.where(found, order[at], -1).astype(np.int32)

    @cached_property
    def owners(self) -> NDArray[np.int32]:
        """Row of the instance each reference stands in, int32[m]."""
        return np.repeat(np.arange(self.ids.size, dtype=np.int32), np.diff(self.starts))

    def chains(self, targets: NDArray[np.int32]) -> Chains:
        """Depth and rings of the references, of which those with a target of -1 do not count."""
        return Chains(*_plain(graph.chains(self.starts, targets, 64)))

    def chains_of(self, sources: NDArray[np.int32], targets: NDArray[np.int32]) -> Chains:
        """Depth and rings of a graph between rows given by its edges, [k] each."""
        order = np.argsort(sources, kind="stable")
        starts = np.searchsorted(sources[order], np.arange(self.ids.size + 1)).astype(np.int64)
        return Chains(*_plain(graph.chains(starts, targets[order].astype(np.int32), 64)))

    # Header --------------------------------------------------------------------------------------

    def header(self, which: int) -> list[list[str]] | None:
        """The arguments of a header entity (``DESCRIPTION``, ``NAME``, ``SCHEMA``), each a list of its texts.

        Texts are as written, escapes and all. None where the file has no such entity, or no end of it.
        """
        start, end = self.fact(which), self.fact(which + 1)
        if start < 0 or end < 0:
            return None
        arguments: list[list[str]] = [[]]
        depth = 0
        for found in _LIST_OR_TEXT.finditer(bytes(self.data[start : min(end, start + _HEADER_BYTES)])):
            sign = found[2]
            if found[1] is not None:
                arguments[-1].append(found[1].decode("utf-8", "replace").replace("''", "'"))
            elif sign == b"," and depth == 1:
                arguments.append([])
            elif sign in (b"(", b")"):
                depth += 1 if sign == b"(" else -1
        return arguments


def _plain(
    found: tuple[NDArray[np.int32], NDArray[np.int32], int],
) -> tuple[NDArray[np.int32], list[int], int]:
    depth, ring, rings = found
    return depth, [int(row) for row in ring], int(rings)


@contextmanager
def opened(path: Path) -> Iterator[bytes | mmap.mmap]:
    """The bytes of a file, mapped; an empty file cannot be mapped and is ``b""``."""
    with path.open("rb") as file:
        if path.stat().st_size == 0:
            yield b""
            return
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            yield mapped
        finally:
            # An array over the mapping may still be held by the traceback of an error on its way out;
            # the mapping goes with it.
            with suppress(BufferError):
                mapped.close()

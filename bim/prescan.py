"""A model file gone through as text before any parser sees it.

IfcOpenShell opens cut-off files without a word, drops raw Chinese, reads on into the next string when
one is not closed, overwrites instances with the same number and never comes back from placements or
parts that stand in each other. All of that shows in the text, in one pass and bounded memory.
"""

from __future__ import annotations

import mmap
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from bim import _step_scan as scan
from bim import rings
from bim.errors import Refused
from bim.finding import Finding, Sentence, Severity
from bim.limits import DEFAULT, Limits
from bim.step_text import StepText, opened
from bim.transcode import Detected, Encoding, detect, transcode

SCHEMAS = ("IFC2X3", "IFC4", "IFC4X3_ADD2")
"""Schemas that are read, as FILE_SCHEMA names them."""

_LISTED = 5
_MISSING_SHARE = 0.1
_END_MARK = b"END-ISO-10303-21"
_NUMBER = re.compile(rb"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?")


@lru_cache(maxsize=len(SCHEMAS))
def _entities(schema: str) -> frozenset[str]:
    """Names of the entities of a schema, in capitals."""
    from ifcopenshell import ifcopenshell_wrapper

    return frozenset(item.name().upper() for item in ifcopenshell_wrapper.schema_by_name(schema).entities())


_OPENING = re.compile(rb"HEADER(?:\s++|/\*(?:[^*]++|\*(?!/))*+\*/)*+;")
"""How the header begins; without the semicolon the parser finds none."""


@dataclass(frozen=True, slots=True)
class Prescan:
    """What the text of a model says of itself.

    Attributes
    ----------
    schema
        FILE_SCHEMA in capitals; empty without one.
    application
        What wrote the file, by FILE_NAME.
    encoding, raw_bytes
        What bytes beyond ASCII are taken for, and how many there are outside of comments' ends.
    instances
        Instances with numbers of their own and types of the schema: so many must be there once the file is
        parsed, or the parser lost some without a word.
    counts
        Instances by type, names in capitals.
    placement_depth
        Placements in the longest chain of placements.
    backslashes
        Backslashes that start no escape, as in a path of Windows; IfcOpenShell stops at the first.
    end
        Where the text ends, when something follows it that is not to be read.
    findings
        What was found; see :attr:`errors`.
    """

    bytes: int
    schema: str = ""
    application: str = ""
    encoding: Encoding = "ascii"
    raw_bytes: int = 0
    instances: int = 0
    references: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    placement_depth: int = 0
    backslashes: int = 0
    end: int | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings for which the file must be refused."""
        return tuple(item for item in self.findings if item.severity == "error")

    @property
    def rewrite(self) -> bool:
        """Whether the text must be written anew by :meth:`transcode` before it is parsed."""
        return self.encoding != "ascii" or self.backslashes > 0 or self.end is not None

    def transcode(self, source: Path, target: Path) -> int:
        """Write the text that was gone through as plain ASCII that the parser reads whole.

        Returns the number of bytes that were no character.
        """
        return transcode(source, target, self.encoding, backslashes=self.backslashes > 0, end=self.end)

    def check(self) -> None:
        """Raise :class:`bim.errors.Refused` with all findings, told by the first error, if there is one."""
        if self.errors:
            worst = self.errors[0]
            raise Refused(worst.text.zh, worst.text.en, code=worst.code, findings=self.findings)


def prescan(path: Path, limits: Limits = DEFAULT) -> Prescan:
    """Go through a received STEP file as text.

    Raises
    ------
    Refused
        When the file is larger than ``limits`` allow or holds more instances than can be kept; all
        else is in :attr:`Prescan.findings`.
    """
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise Refused(
            f"文件有 {size / 1e6:.0f} MB，超过上限 {limits.file_bytes / 1e6:.0f} MB。请拆分模型后再上传。",
            f"the file has {size / 1e6:.0f} MB, the limit is {limits.file_bytes / 1e6:.0f} MB; split the model.",
            code="receive.too_large",
        )
    with opened(path) as data:
        return _Examination(data).result()


class _Examination:
    """One text under examination; findings gather in the order in which they explain each other."""

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self.data = data
        self.text = StepText(data)
        self.findings: list[Finding] = []
        self.schema = ""
        self.placement_depth = 0
        self.distinct = int(self.text.ids.size)
        first = self.text.fact(scan.RAW_FIRST)
        self.encoding = detect(data, first) if first >= 0 else Detected("ascii", clear=True)

    def result(self) -> Prescan:
        text = self.text
        whole = self._complete()
        if self._header() and whole and self._syntax():
            self._numbers_and_escapes()
            self._types()
            self._duplicates()
            self._references()
            self.placement_depth, found = rings.examine(text)
            self.findings += found
            self._project()
        self._encoding()
        self._loose()
        return Prescan(
            bytes=len(self.data),
            schema=self.schema,
            application=self._application(),
            encoding=self.encoding.encoding,
            raw_bytes=text.fact(scan.RAW_BYTES),
            instances=self.distinct,
            references=int(text.refs.size),
            counts=text.counts,
            placement_depth=self.placement_depth,
            end=next(iter(text.places_of(scan.AFTER)), None),
            backslashes=text.count(scan.BACKSLASH) + text.count(scan.ESCAPE_AFTER_RAW),
            findings=tuple(self.findings),
        )

    def _find(
        self,
        code: str,
        severity: Severity,
        zh: str,
        en: str,
        *,
        offset: int | None = None,
        row: int | None = None,
    ) -> None:
        step = int(self.text.ids[row]) if row is not None and row >= 0 else None
        self.findings.append(Finding(f"text.{code}", severity, Sentence(zh, en), step_id=step, offset=offset))

    def _fault(self, code: str, kind: int, zh: str, en: str, *, at: int | None = None) -> None:
        """An error at the first fault of a kind; ``{}`` in the sentences is its place."""
        offset = self.text.places_of(kind)[0] if at is None else at
        place_zh, place_en = self._place(offset)
        row = self.text.row_at(offset)
        more = self.text.count(kind) - 1
        self._find(
            code,
            "error",
            zh.format(place_zh) + (f"同类问题另有 {more} 处。" if more > 0 else ""),
            en.format(place_en) + (f" More like it: {more}." if more > 0 else ""),
            offset=offset,
            row=row,
        )

    def _place(self, offset: int) -> tuple[str, str]:
        """Line, byte and instance of an offset, zh and en."""
        lines = 1
        for start in range(0, offset, 1 << 24):
            lines += self.data[start : min(offset, start + (1 << 24))].count(b"\n")
        row = self.text.row_at(offset)
        label = self.text.label(row) if row >= 0 else ""
        return (
            f"第 {lines} 行（字节 {offset}{'，' + label if label else ''}）",
            f"line {lines} (byte {offset}{', ' + label if label else ''})",
        )

    # Structure -----------------------------------------------------------------------------------

    def _complete(self) -> bool:
        """Whether the text goes on to its end mark."""
        text = self.text
        if text.fact(scan.END) >= 0:
            if text.fact(scan.ENDSEC) < 0 <= text.fact(scan.DATA):
                self._find(
                    "no_endsec", "warning",
                    "数据段缺少结束标记 ENDSEC；实例已全部读取。",
                    "the data section has no ENDSEC; all its instances were read.",
                    offset=text.fact(scan.END),
                )  # fmt: skip
            return self._nothing_after()
        tail = self.data[max(0, len(self.data) - 4096) :]
        if _END_MARK in tail and (
            text.count(scan.STRING) or text.count(scan.COMMENT) or text.count(scan.QUOTE)
        ):
            return True  # the mark is there, inside a text that does not end: told by _syntax
        last = text.label(text.ids.size - 1) if text.ids.size else ""
        dangling = int((text.targets < 0).sum())
        self._find(
            "truncated", "error",
            f"文件不完整：在字节 {len(self.data)} 处中断{'（' + last + '）' if last else ''}，没有结束标记 END-ISO-10303-21"
            f"{f'，{dangling} 处引用指向缺失的实例' if dangling else ''}。请重新导出或重新上传。",
            f"the file is cut off at byte {len(self.data)}{' (' + last + ')' if last else ''}: there is no "
            f"END-ISO-10303-21{f' and {dangling} references name instances that are missing' if dangling else ''}. "
            "Export it or upload it again.",
            offset=len(self.data), row=text.ids.size - 1,
        )  # fmt: skip
        return False

    def _nothing_after(self) -> bool:
        places = self.text.places_of(scan.AFTER)
        if not places:
            return True
        at = places[0]
        place_zh, place_en = self._place(at)
        if re.search(rb"#\d{1,10}\s{0,8}=", self.data[at : at + 65536]):
            self._find(
                "second_file", "error",
                f"结束标记之后还有另一份数据，从{place_zh}开始。请把它们拆成单独的文件。",
                f"more data follows the end mark, from {place_en}; make separate files of them.",
                offset=at,
            )  # fmt: skip
            return False
        self._find(
            "after_end", "warning",
            f"结束标记之后还有内容，从{place_zh}开始；未读取。",
            f"something follows the end mark, from {place_en}; it was left unread.",
            offset=at,
        )  # fmt: skip
        return True

    def _header(self) -> bool:
        """Whether the header is whole and names one schema that is read."""
        text = self.text
        schema = text.header(scan.SCHEMA)
        missing = [
            name
            for name, fact in (
                ("HEADER", scan.HEADER),
                ("FILE_DESCRIPTION", scan.DESCRIPTION),
                ("FILE_NAME", scan.NAME),
                ("FILE_SCHEMA", scan.SCHEMA),
            )
            if text.fact(fact) < 0
        ]
        if not missing and _OPENING.match(text.data, text.fact(scan.HEADER)) is None:
            missing = ["HEADER;"]
        if missing or schema is None:
            if any(item.code == "text.truncated" for item in self.findings):
                return False
            listed = ", ".join(missing or ["FILE_SCHEMA"])
            self._find(
                "header", "error",
                f"文件头缺少 {listed}。请从建模软件重新导出 IFC。",
                f"the header lacks {listed}; export the IFC again from the authoring tool.",
                offset=max(text.fact(scan.HEADER), 0),
            )  # fmt: skip
            return False
        names = [name.strip() for argument in schema for name in argument]
        self.schema = names[0].upper() if names else ""
        written = [name for argument in schema for name in argument]
        if len(written) == 1 and written[0].upper() in SCHEMAS:
            return True
        told = ", ".join(names)[:200] or "''"
        self.findings = []  # what the text of another format is like does not matter
        self._find(
            "schema", "error",
            f"不支持文件的模式 {told}。可以读取 {'、'.join(SCHEMAS)}；请用其中之一重新导出。",
            f"the file's schema {told} is not supported. {', '.join(SCHEMAS)} can be read; re-export with one of them.",
            offset=text.fact(scan.SCHEMA),
        )  # fmt: skip
        return False

    def _syntax(self) -> bool:
        """Whether the text can be cut into instances; the first thing that breaks it is told first."""
        text = self.text
        before = len(self.findings)
        broken: list[tuple[int, str, int, str, str]] = []
        strings = [
            at for kind in (scan.SPAN, scan.QUOTE, scan.STRING) for at in text.places_of(kind)[:1]
        ]  # fmt: skip
        if text.count(scan.QUOTE) or text.count(scan.STRING):
            broken.append((
                min(strings), "string", scan.QUOTE,
                "字符串没有结束引号，开始于{}，其后的内容被吞掉。请修复该处或重新导出。",
                "a string is not closed; it starts at {} and swallows what follows. Repair it or export the model again.",
            ))  # fmt: skip
        broken += [
            (text.places_of(kind)[0], code, kind, zh, en)
            for code, kind, zh, en in _BREAKS
            if text.count(kind)
        ]
        broken.sort(key=lambda item: item[0])
        # What follows an open string or comment is its consequence.
        swallowed = any(code in ("string", "comment") for _, code, *_ in broken)
        for _, code, kind, zh, en in broken:
            if kind == scan.CUT and swallowed:
                continue
            at = min(strings) if code == "string" else None
            self._fault(code, kind, zh, en, at=at)
            if code in ("string", "comment"):
                break
        return len(self.findings) == before

    def _numbers_and_escapes(self) -> None:
        text = self.text
        for at in text.places_of(scan.MAGNITUDE):
            found = _NUMBER.match(self.data[at : at + 100_000])
            if found is None or _holds(found[0]):
                continue
            place_zh, place_en = self._place(at)
            shown = found[0][:24].decode("ascii")
            self._find(
                "real_overflow", "error",
                f"{place_zh}的数值 {shown} 超出双精度范围。请修正后重新导出。",
                f"the number {shown} at {place_en} is beyond double precision; correct it and export again.",
                offset=at, row=text.row_at(at),
            )  # fmt: skip
            break
        # The second byte of a GBK character may be a backslash.
        chinese = self.encoding.encoding == "gb18030"
        kinds = [scan.ESCAPE] if chinese else [scan.ESCAPE, scan.ESCAPE_AFTER_RAW]
        for kind in kinds:
            if text.count(kind):
                self._fault(
                    "escape", kind,
                    "{}的字符串中有残缺的转义（应为 \\X2\\…\\X0\\ 或 \\X\\hh）。请重新导出。",
                    "a string has a broken escape at {} (\\X2\\…\\X0\\ or \\X\\hh is wanted). Export the model again.",
                )  # fmt: skip

    def _types(self) -> None:
        """Types that the schema has not; the parser leaves their instances out."""
        text = self.text
        unknown = sorted(set(text.names) - _entities(self.schema))
        if not unknown:
            return
        rows = text.of_types(*unknown)
        self.distinct -= int(rows.size)
        many = rows.size > _MISSING_SHARE * text.ids.size and rows.size > 20
        listed = ", ".join(f"{name or '?'} × {text.counts[name]}" for name in unknown[:_LISTED])
        row = int(rows[0])
        self._find(
            "unknown_type", "error" if many else "warning",
            f"有 {rows.size} 个实例的类型不属于 {self.schema}（{listed}），第一个是 #{text.ids[row]}；"
            f"{'文件与其声明的模式不符，请重新导出。' if many else '这些实例不读取。'}",
            f"instances of types that {self.schema} has not: {rows.size} ({listed}), first #{text.ids[row]}; "
            f"{'the file is not what its schema says, export it again.' if many else 'they are left out.'}",
            offset=int(text.offsets[row]), row=row,
        )  # fmt: skip

    # Graph ---------------------------------------------------------------------------------------

    def _duplicates(self) -> None:
        text = self.text
        if text.ids.size < 2 or bool((np.diff(text.ids) > 0).all()):
            return
        order = np.argsort(text.ids, kind="stable")
        again = np.flatnonzero(np.diff(text.ids[order]) == 0)
        self.distinct -= int(again.size)
        if not again.size:
            return
        different = [
            (int(order[at]), int(order[at + 1]))
            for at in again[:100_000]
            if self._body(int(order[at])) != self._body(int(order[at + 1]))
        ]
        if not different:
            row = int(order[again[0] + 1])
            self._find(
                "repeated_instance", "warning",
                f"有 {again.size} 个实例被原样重复写入，第一个是 {text.label(row)}；重复的已忽略。",
                f"instances written again in the same words: {again.size}, first {text.label(row)}; they do no harm.",
                offset=int(text.offsets[row]), row=row,
            )  # fmt: skip
            return
        pairs = [f"{text.label(a)} / {text.names[text.kinds[b]]}" for a, b in different[:_LISTED]]
        row = different[0][1]
        self._find(
            "duplicate_id", "error",
            f"有 {len(different)} 个实例编号被用于不同的实例（{'；'.join(pairs)}），引用因此不明确。请重新导出。",
            f"instance numbers that stand for different instances: {len(different)} ({'; '.join(pairs)}); "
            "references are ambiguous. Export the model again.",
            offset=int(text.offsets[row]), row=row,
        )  # fmt: skip

    def _body(self, row: int) -> bytes:
        text = self.text
        start = int(text.offsets[row])
        end = int(text.offsets[row + 1]) if row + 1 < text.ids.size else len(self.data)
        section = text.fact(scan.ENDSEC)
        body = self.data[start : section if start < section < end else end]
        return b"".join(body[: body.rfind(b";") + 1].split())

    def _references(self) -> None:
        text = self.text
        lost = np.flatnonzero(text.targets < 0)
        if not lost.size:
            return
        examples = [f"{text.label(int(text.owners[at]))} → #{text.refs[at]}" for at in lost[:_LISTED]]
        row = int(text.owners[lost[0]])
        many = lost.size > _MISSING_SHARE * text.refs.size and lost.size > 20
        self._find(
            "dangling", "error" if many else "warning",
            f"有 {lost.size} 处引用指向不存在的实例（{'；'.join(examples)}）"
            f"{'，文件缺失了一部分。请重新导出。' if many else '；相关属性按空值处理。'}",
            f"references to instances that do not exist: {lost.size} ({'; '.join(examples)})"
            f"{'; part of the file is missing. Export the model again.' if many else '; they are taken for empty.'}",
            offset=int(text.offsets[row]), row=row,
        )  # fmt: skip

    def _project(self) -> None:
        projects = self.text.of_types("IFCPROJECT")
        if projects.size == 1:
            return
        if not projects.size:
            self._find(
                "no_project", "error",
                "文件中没有 IfcProject，单位和坐标无从得知。请重新导出完整模型。",
                "the file has no IfcProject, so its units and coordinates cannot be known; export the whole model again.",
            )  # fmt: skip
            return
        self._find(
            "several_projects", "warning",
            f"文件中有 {projects.size} 个 IfcProject，应只有一个；采用 {self.text.label(int(projects[0]))}。",
            f"the file has {projects.size} IfcProject where one belongs; {self.text.label(int(projects[0]))} is used.",
            row=int(projects[1]), offset=int(self.text.offsets[projects[1]]),
        )  # fmt: skip

    # Text ----------------------------------------------------------------------------------------

    def _encoding(self) -> None:
        found = self.encoding
        raw = self.text.fact(scan.RAW_BYTES)
        if not raw or found.encoding == "ascii":
            return
        name = {"utf-8": "UTF-8", "gb18030": "GB18030", "latin-1": "Latin-1"}[found.encoding]
        if found.clear:
            self._find(
                "encoding", "info",
                f"文件中有 {raw} 个字节的文字未按 IFC 规定转义，已识别为 {name} 并转换，名称得以保留。",
                f"{raw} bytes of text are not escaped as IFC asks; they were recognised as {name} and converted, "
                "so names are kept.",
                offset=self.text.fact(scan.RAW_FIRST),
            )  # fmt: skip
            return
        self._find(
            "encoding_unclear", "warning",
            f"文件中有 {raw} 个字节的文字编码不明，暂按 {name} 读取，名称可能有误。请以 UTF-8 或标准转义重新导出。",
            f"the encoding of {raw} bytes of text is not clear; they were read as {name} and names may be wrong. "
            "Export again with UTF-8 or proper escapes.",
            offset=self.text.fact(scan.RAW_FIRST),
        )  # fmt: skip

    def _loose(self) -> None:
        """Slips that a parser gets over."""
        text = self.text
        kinds = (scan.EMPTY, scan.WORD, scan.SURPLUS, scan.SEMICOLON)
        found = sum(text.count(kind) for kind in kinds)
        if self._refused():
            return
        if found:
            at = min(at for kind in kinds for at in text.places_of(kind)[:1])
            place_zh, place_en = self._place(at)
            self._find(
                "loose", "warning",
                f"有 {found} 处不符合 STEP 语法（缺值、多余括号等），第一处在{place_zh}；相应的值可能丢失。",
                f"places that are not proper STEP (missing values, stray brackets): {found}, first {place_en}; "
                "their values may be lost.",
                offset=at, row=text.row_at(at),
            )  # fmt: skip
        if text.count(scan.BACKSLASH) and self.encoding.encoding != "gb18030":
            at = text.places_of(scan.BACKSLASH)[0]
            place_zh, place_en = self._place(at)
            self._find(
                "backslash", "warning",
                f"有 {text.count(scan.BACKSLASH)} 个反斜杠未按规定写成两个，第一处在{place_zh}；已更正。",
                f"backslashes that are not written twice: {text.count(scan.BACKSLASH)}, first {place_en}; corrected.",
                offset=at, row=text.row_at(at),
            )  # fmt: skip
        if text.count(scan.SURROGATE):
            at = text.places_of(scan.SURROGATE)[0]
            place_zh, place_en = self._place(at)
            self._find(
                "half_character", "warning",
                f"有 {text.count(scan.SURROGATE)} 处 \\X2\\ 转义含不完整的字符，第一处在{place_zh}；这些字符会丢失。",
                f"\\X2\\ escapes that hold parts of characters: {text.count(scan.SURROGATE)}, first {place_en}; "
                "those characters are lost.",
                offset=at, row=text.row_at(at),
            )  # fmt: skip

    def _refused(self) -> bool:
        """Whether anything found refuses the file."""
        return any(item.severity == "error" for item in self.findings)

    def _application(self) -> str:
        arguments = self.text.header(scan.NAME) or []
        for place in (5, 4):  # originating system, preprocessor
            if len(arguments) > place and arguments[place] and arguments[place][0].strip():
                return arguments[place][0].strip()[:200]
        return ""


_BREAKS: tuple[tuple[str, int, str, str], ...] = (
    ("comment", scan.COMMENT,
     "注释没有结束，开始于{}，其后的内容被吞掉。请修复该处或重新导出。",
     "a comment is not closed; it starts at {} and swallows what follows. Repair it or export the model again."),
    ("nul", scan.NUL,
     "{}有空字节（NUL），文件已损坏。请重新导出或重新上传。",
     "there is a NUL byte at {}; the file is damaged. Export it or upload it again."),
    ("stray", scan.STRAY,
     "{}在实例之间有不属于 STEP 的内容，文件已损坏。请重新导出或重新上传。",
     "something that is not STEP stands between instances at {}; the file is damaged. Export it or upload it again."),
    ("stray", scan.RAW,
     "{}在字符串之外有非 ASCII 字节，文件已损坏。请重新导出或重新上传。",
     "there are bytes beyond ASCII outside of a string at {}; the file is damaged. Export it or upload it again."),
    ("syntax", scan.SYNTAX,
     "{}的实例不符合 STEP 语法，文件已损坏。请重新导出或重新上传。",
     "the instance at {} is not proper STEP; the file is damaged. Export it or upload it again."),
    ("syntax", scan.UNCLOSED,
     "{}的实例括号未闭合，文件已损坏。请重新导出或重新上传。",
     "a bracket of the instance at {} is not closed; the file is damaged. Export it or upload it again."),
    ("syntax", scan.CUT,
     "{}的实例没有写完，文件已损坏。请重新导出或重新上传。",
     "the instance at {} is not written to its end; the file is damaged. Export it or upload it again."),
    ("nesting", scan.NESTING,
     "{}的括号嵌套超过 100 层，不是正常的 IFC。",
     "brackets are nested more than 100 deep at {}; this is no proper IFC."),
    ("instance_number", scan.NUMBER_OF_INSTANCE,
     "{}的实例编号无效，应在 1 到 2147483647 之间。请重新导出。",
     "the instance number at {} is not valid; it must lie between 1 and 2147483647. Export the model again."),
    ("number", scan.NUMBER,
     "{}有无法识别的数值。请修正后重新导出。",
     "there is something at {} that is no number; correct it and export again."),
)  # fmt: skip


def _holds(number: bytes) -> bool:
    """Whether float64 can hold a number: neither infinite nor, being something, nothing."""
    value = float(number)
    if value in (float("inf"), float("-inf")):
        return False
    mantissa = re.split(rb"[eE]", number)[0]
    return value != 0.0 or not re.search(rb"[1-9]", mantissa)

"""Delivery templates: IDS 1.0 files that say what a model must hold when it is handed over.

Those that come with the twin lie in ``bim/check/templates`` and are ordinary IDS
files: a user may take them to any IDS editor, and a file of the same name in the
user's own folder replaces ours. A title in both languages is written with a
slash, Chinese first: ``房间有面积 / Spaces have an area``.

Source: buildingSMART IDS 1.0 (2024), checked against the schema that ifctester ships.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.parsers import expat

from bim.check.result import EMPTY, Origin
from bim.errors import Refused
from bim.finding import Sentence

FOLDER = Path(__file__).with_name("templates")
BUILT_IN = ("basic", "architecture", "fire", "facility")
"""Ids of the templates that come with the twin, in the order in which they are told."""

BYTES = 2_000_000
"""Largest IDS file."""
DEPTH = 64
SPECIFICATIONS = 500
CJK = re.compile(r"[\u3400-\u9fff]")
_NAMESPACE = "http://standards.buildingsmart.org/IDS"
_LATIN = re.compile("[A-Za-z]")
_SAFE_NAME = re.compile(r"[\w\u3400-\u9fff .()（）-]{1,100}")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One template as it is listed; ``problem`` says why a file cannot be used."""

    id: str
    path: Path
    origin: Origin
    title: Sentence
    description: Sentence = EMPTY
    specifications: int = 0
    problem: Sentence | None = None
    ids: Any = field(default=None, repr=False, compare=False)
    """The parsed file, an ``ifctester.ids.Ids``."""

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "id": self.id,
            "file": self.path.name,
            "origin": self.origin,
            "title": {"zh": self.title.zh, "en": self.title.en},
            "description": {"zh": self.description.zh, "en": self.description.en},
            "specifications": self.specifications,
            "problem": None if self.problem is None else {"zh": self.problem.zh, "en": self.problem.en},
        }


def templates(folder: Path | None = None) -> list[Delivery]:
    """Every template there is: ours, then the IDS files of the user's ``folder`` by name.

    A user's file that cannot be read is listed with its problem, so that it is
    seen where it is looked for.
    """
    own = {} if folder is None else {path.stem: path for path in sorted(folder.glob("*.ids"))}
    ours = {name: own.pop(name, FOLDER / f"{name}.ids") for name in BUILT_IN}
    return [described(path) for path in (*ours.values(), *own.values())]


def described(template: str | Path) -> Delivery:
    """A template by its id or path, with its problem instead of an error."""
    path = located(template)
    try:
        return read(path)
    except Refused as error:
        return Delivery(path.stem, path, _origin(path), Sentence(path.stem, path.stem), problem=error.text)


def located(template: str | Path) -> Path:
    """The file of a template that is named by id (``basic``) or by path."""
    if isinstance(template, str) and template in BUILT_IN:
        return FOLDER / f"{template}.ids"
    return Path(template)


def read(path: Path) -> Delivery:
    """Read an IDS file, checked against the schema of IDS 1.0.

    Raises
    ------
    Refused
        When it cannot be read, is no IDS 1.0, is too large, or declares XML entities.
    """
    name = path.name
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= BYTES else b""
    except OSError as error:
        raise Refused(
            f"无法读取 IDS 文件“{name}”：{error.strerror}。",
            f"cannot read the IDS file “{name}”: {error.strerror}.",
        ) from error
    if size > BYTES:
        raise Refused(
            f"IDS 文件“{name}”有 {size / 1e6:.1f} MB，超过上限 {BYTES / 1e6:.0f} MB。",
            f"the IDS file “{name}” has {size / 1e6:.1f} MB; at most {BYTES / 1e6:.0f} MB are taken.",
        )
    ids = parse(data, name)
    title = bilingual(str(ids.info.get("title", path.stem)))
    return Delivery(
        id=path.stem,
        path=path,
        origin=_origin(path),
        title=title,
        description=bilingual(str(ids.info.get("description", ""))),
        specifications=len(ids.specifications),
        ids=ids,
    )


@lru_cache(maxsize=16)
def parse(data: bytes, name: str) -> Any:
    """The ``ifctester.ids.Ids`` of an IDS file's bytes, shared: it is only read.

    Raises
    ------
    Refused
        As :func:`read`.
    """
    from xmlschema import XMLSchemaException, XMLSchemaValidationError

    library = ifctester()
    text = _guarded(data, name)
    schema = library.get_schema()
    try:
        # As ifctester's own `from_string`, but for its validation, which loses the prefixes of names in values;
        # decoding is strict, so the schema is asked here.
        content = schema.decode(text, strip_namespaces=True, namespaces={"": _NAMESPACE})
        ids = library.Ids().parse(content)
        _identify(ids, content)
    except XMLSchemaValidationError as error:
        where, why = _where(error)
        raise Refused(
            f"“{name}”不符合 IDS 1.0 的格式：{where} 处有误（{why}），请在 IDS 编辑软件中改正后重新上传。",
            f"“{name}” is no valid IDS 1.0 at {where} ({why}); correct it in an IDS editor and upload it again.",
        ) from error
    except (XMLSchemaException, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Refused(
            f"“{name}”不是可用的 IDS 1.0 文件，请在 IDS 编辑软件中检查。",
            f"“{name}” is no usable IDS 1.0 file; look at it in an IDS editor.",
        ) from error
    if len(ids.specifications) > SPECIFICATIONS:
        raise Refused(
            f"“{name}”有 {len(ids.specifications)} 条要求，超过上限 {SPECIFICATIONS} 条，请拆成几个文件。",
            f"“{name}” has {len(ids.specifications)} specifications; at most {SPECIFICATIONS} are taken, so split it.",
        )
    _try_patterns(ids, name)
    _quicken(ids, library)
    return ids


def ifctester() -> Any:
    """``ifctester.ids``, the only module of it that is used: its reporter asks for packages we do without."""
    return importlib.import_module("ifctester.ids")


def save(folder: Path, name: str, data: bytes) -> Delivery:
    """Keep a user's template in ``folder`` as ``name`` (with or without ``.ids``), once it is known to be good.

    Raises
    ------
    Refused
        When the name is no file name, or as :func:`read`.
    """
    stem = name.removesuffix(".ids")
    if not _SAFE_NAME.fullmatch(stem) or stem.strip(" .") != stem:
        raise Refused(
            "模板的名称只能有文字、数字、空格、点、横线和括号。",
            "the name of a template may have letters, digits, spaces, dots, hyphens and brackets.",
        )
    if len(data) > BYTES:
        raise Refused(
            f"IDS 文件超过上限 {BYTES / 1e6:.0f} MB。", f"the IDS file is larger than {BYTES / 1e6:.0f} MB."
        )
    parse(data, f"{stem}.ids")
    folder.mkdir(parents=True, exist_ok=True)
    path, part = folder / f"{stem}.ids", folder / f".{stem}.part"
    part.write_bytes(data)
    part.replace(path)
    return read(path)


def bilingual(text: str) -> Sentence:
    """A text written as ``中文 / English`` by language; any other text is the same in both."""
    left, slash, right = (part.strip() for part in text.partition(" / "))
    if slash and CJK.search(left) and len(CJK.findall(right)) < len(_LATIN.findall(right)):
        return Sentence(left, right)
    return Sentence(text.strip(), text.strip())


def _origin(path: Path) -> Origin:
    return "built-in" if path.parent == FOLDER else "user"


def _guarded(data: bytes, name: str) -> str:
    """The file as text; no document type, so no entities, are taken, whatever the encoding."""
    depth = 0

    def opened(_tag: str, _attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH:
            raise Refused(
                f"“{name}”的嵌套超过 {DEPTH} 层，不是 IDS 文件。",
                f"“{name}” is nested deeper than {DEPTH} levels; it is no IDS file.",
            )

    def closed(_tag: str) -> None:
        nonlocal depth
        depth -= 1

    def refused(*_: object) -> None:
        raise Refused(
            f"“{name}”含有 DOCTYPE 或实体声明，出于安全不予读取；请删去后重新上传。",
            f"“{name}” declares a DOCTYPE or entities and is not read, for safety; remove them and upload it again.",
        )

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refused
    parser.EntityDeclHandler = refused
    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        parser.Parse(data, True)
        text = data.decode(encoding)
    except (expat.ExpatError, UnicodeDecodeError) as error:
        where = f"{error.lineno}" if isinstance(error, expat.ExpatError) else "?"
        raise Refused(
            f"“{name}”不是完整的 XML（第 {where} 行），请重新导出 IDS 文件。",
            f"“{name}” is no well-formed XML (line {where}); export the IDS file again.",
        ) from error
    return re.sub(r"^\s*<\?xml[^>]*\?>", "", text).strip()


def _identify(ids: Any, content: Any) -> None:
    """Give the specifications their identifiers, which ifctester leaves in the file."""
    found = content["specifications"]["specification"]
    for specification, data in zip(
        ids.specifications, found if isinstance(found, list) else [found], strict=True
    ):
        specification.identifier = data.get("@identifier")


def _where(error: Any) -> tuple[str, str]:
    """Path in the file and the schema's reason, both without namespaces and short."""
    path = re.sub(r"\{[^}]*\}|\bids:", "", str(getattr(error, "path", None) or "/ids"))
    reason = re.sub(r"\{[^}]*\}|\bids:", "", " ".join(str(getattr(error, "reason", None) or error).split()))
    return path[-120:], reason[:160]


def _facets(ids: Any) -> Iterable[Any]:
    for specification in ids.specifications:
        yield from specification.applicability
        yield from specification.requirements


def _quicken(ids: Any, library: Any) -> None:
    """Let lists of allowed texts be looked up at once: ifctester goes through them for every comparison.

    A list of eighty classes, as in our own templates, took two thirds of the time of a check.
    """

    class OneOf(library.Restriction):  # type: ignore[misc]
        def __init__(self, like: Any) -> None:
            super().__init__(like.options, like.base)
            self.allowed = frozenset(like.options["enumeration"])

        def __eq__(self, other: object) -> bool:
            return other in self.allowed if isinstance(other, str) else bool(super().__eq__(other))

        __hash__ = None  # type: ignore[assignment]

    for facet in _facets(ids):
        for name, value in vars(facet).items():
            if type(value) is library.Restriction and list(value.options) == ["enumeration"]:
                setattr(facet, name, OneOf(value))


def _try_patterns(ids: Any, name: str) -> None:
    """Refuse patterns that are no regular expressions of XML Schema, which would fail only on a model."""
    from elementpath.regex import RegexError, translate_pattern

    for facet in _facets(ids):
        for value in vars(facet).values():
            options = getattr(value, "options", None)
            patterns = options.get("pattern", []) if isinstance(options, dict) else []
            for pattern in patterns if isinstance(patterns, list) else [patterns]:
                try:
                    re.compile(
                        translate_pattern(
                            pattern, back_references=False, lazy_quantifiers=False, anchors=False
                        )
                    )
                except (RegexError, ValueError, re.error, RecursionError, OverflowError) as error:
                    raise Refused(
                        f"“{name}”中的格式“{pattern[:60]}”不是正确的正则表达式。",
                        f"the pattern “{pattern[:60]}” in “{name}” is no regular expression of XML Schema.",
                    ) from error

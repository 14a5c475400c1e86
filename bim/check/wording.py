"""IDS requirements and their failures told as sentences in both languages, facet by facet.

ifctester gives an English sentence and, behind it, a reason as data
(``{"type": "NOVALUE", ...}``); the sentences here are made from that data and
from the facet, so that they name what is asked for and what is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bim.check.terms import class_words, named, spelled
from bim.finding import Sentence

SHOWN = 6
"""Allowed values listed in a sentence; the rest are counted."""
CHARACTERS = 80
"""Of a value quoted in a sentence."""

BROKEN = Sentence(
    "构件的数据有误，无法判定。", "The data of the element is faulty, so this cannot be decided."
)
PROHIBITED = Sentence("按此项要求，模型中不应有这样的对象。", "The model should hold no such object.")
NOTHING = Sentence(
    "模型中没有此项所要求的对象，应至少有一个。",
    "The model holds nothing of what is asked for; there should be at least one.",
)
NOT_APPLICABLE = Sentence("模型中没有此项所针对的对象。", "The model holds nothing that this is about.")
OTHER_VERSION = Sentence("此项针对其他版本的 IFC。", "This is about other versions of IFC.")
TIME = Sentence("时间用完，只检查了一部分。", "Time ran out; only a part was looked at.")
UNREADABLE = Sentence("此项无法执行，请检查模板。", "This cannot be evaluated; look at the template.")

_WORD_LIST = re.compile(r"[\w ]+(\|[\w ]+)+")

_RELATIONS: dict[str | None, tuple[str, str, str]] = {
    None: ("属于", "belong to", "does not belong to"),
    "IFCRELAGGREGATES": ("组成", "be part of", "is not part of"),
    "IFCRELASSIGNSTOGROUP": ("归入", "be assigned to", "is not assigned to"),
    "IFCRELCONTAINEDINSPATIALSTRUCTURE": ("直接位于", "be contained in", "is not contained in"),
    "IFCRELNESTS": ("附属于", "be nested in", "is not nested in"),
    "IFCRELVOIDSELEMENT IFCRELFILLSELEMENT": ("开设或安装于", "void or fill", "does not void or fill"),
}
"""Relation of IDS -> what it is called in Chinese, in English, and in English when it is missing."""

_BOUNDS = {
    "minInclusive": Sentence("不小于 {}", "be at least {}"),
    "minExclusive": Sentence("大于 {}", "be greater than {}"),
    "maxInclusive": Sentence("不大于 {}", "be at most {}"),
    "maxExclusive": Sentence("小于 {}", "be less than {}"),
    "length": Sentence("长 {} 个字符", "have {} characters"),
    "minLength": Sentence("至少 {} 个字符", "have at least {} characters"),
    "maxLength": Sentence("至多 {} 个字符", "have at most {} characters"),
    "totalDigits": Sentence("至多 {} 位数字", "have at most {} digits"),
    "fractionDigits": Sentence("至多 {} 位小数", "have at most {} decimals"),
}


def cut(value: object, characters: int = CHARACTERS) -> str:
    """A value as one short line: control characters are spaces, what is too long ends in an ellipsis."""
    text = str(value)[: characters * 4]
    text = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return text if len(text) <= characters else text[: characters - 1] + "…"


def requirement(facet: Any) -> Sentence:
    """What a facet asks for, such as “须有耐火极限（Pset_WallCommon.FireRating）”."""
    return _REQUIREMENTS[kind(facet)](facet)


def failure(facet: Any, reason: Mapping[str, Any] | None) -> Sentence:
    """Why an element does not meet a facet; ``reason`` is the one of ifctester's result."""
    if not reason or "type" not in reason:
        return BROKEN
    return _FAILURES[kind(facet)](facet, reason)


def kind(facet: Any) -> str:
    """The facet's element name in IDS: ``entity``, ``partOf``, ..."""
    name = type(facet).__name__
    return name[0].lower() + name[1:]


def joined(sentences: Iterable[Sentence]) -> Sentence:
    """Several reasons as one sentence."""
    items = list(sentences)
    return Sentence(
        "；".join(item.zh.rstrip("。") for item in items) + "。",
        "; ".join(item.en.rstrip(".") for item in items) + ".",
    )


def _options(value: Any) -> dict[str, Any] | None:
    """The options of a restriction; None for a simple value."""
    return None if isinstance(value, str) or value is None else dict(value.options)


def _as_list(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _demand(value: Any, show: Callable[[str], str] = cut) -> Sentence:
    """What a value must be: “为“x””, “be “x””; follows 应 or 须 and should or shall."""
    options = _options(value)
    if options is None:
        return Sentence(f"为“{show(str(value))}”", f"be “{show(str(value))}”")
    zh, en = [], []
    for name, given in options.items():
        if name == "enumeration":
            values = [show(item) for item in _as_list(given)]
            more = len(values) - SHOWN
            text_zh, text_en = "、".join(values[:SHOWN]), ", ".join(values[:SHOWN])
            zh.append(f"为 {text_zh}{f' 等 {len(values)} 种' if more > 0 else ''}之一")
            en.append(f"be one of {text_en}{f' and {more} more' if more > 0 else ''}")
        elif name == "pattern":
            pattern = " | ".join(cut(item) for item in _as_list(given))
            if pattern in {".*", ".+"}:
                continue
            if _WORD_LIST.fullmatch(pattern):
                words = pattern.split("|")
                zh.append(f"为 {'、'.join(words[:SHOWN])}{' 等' if len(words) > SHOWN else ''}之一")
                en.append(
                    f"be one of {', '.join(words[:SHOWN])}{' and others' if len(words) > SHOWN else ''}"
                )
                continue
            zh.append(f"符合格式 {pattern}")
            en.append(f"match the pattern {pattern}")
        elif name in _BOUNDS:
            zh.append(_BOUNDS[name].zh.format(cut(given)))
            en.append(_BOUNDS[name].en.format(cut(given)))
    return Sentence("且".join(zh), " and ".join(en))


def _name(value: Any, show: Callable[[str], str] = cut) -> str:
    """A name that may be a restriction, as a short text."""
    options = _options(value)
    if options is None:
        return show(str(value))
    values = [show(item) for given in options.values() for item in _alternatives(given)]
    more = len(values) - SHOWN
    return " / ".join(values[:SHOWN]) + (f" …(+{more})" if more > 0 else "")


def _alternatives(given: Any) -> list[str]:
    """The values of an option; a pattern that only lists words is taken apart."""
    values = _as_list(given)
    return values[0].split("|") if len(values) == 1 and _WORD_LIST.fullmatch(values[0]) else values


def _words(value: Any, full: str | None = None) -> Sentence:
    """An attribute or property in words; the alternatives of a list each in their own."""
    options = _options(value)
    if options is None:
        return named(cut(value), full)
    if list(options) == ["enumeration"]:
        items = [named(cut(item)) for item in _as_list(options["enumeration"])[:SHOWN]]
        return Sentence("或".join(item.zh for item in items), " or ".join(item.en for item in items))
    return Sentence(f"“{_name(value)}”", f"“{_name(value)}”")


def _classes(value: Any) -> Sentence:
    options = _options(value)
    if options is None:
        return class_words(cut(value))
    if list(options) != ["enumeration"]:
        return Sentence(_name(value, spelled), _name(value, spelled))
    seen: dict[str, Sentence] = {}
    for item in _as_list(options["enumeration"]):
        words = class_words(cut(item))
        seen.setdefault(words.zh.split("（")[0], words)
    items = list(seen.values())
    more = len(items) - SHOWN
    return Sentence(
        "、".join(item.zh for item in items[:SHOWN]) + (f" 等 {len(items)} 类" if more > 0 else ""),
        ", ".join(item.en for item in items[:SHOWN]) + (f" and {more} more" if more > 0 else ""),
    )


def _actual(value: Any) -> str:
    if isinstance(value, (list, tuple, set)):
        values = sorted({cut(item) for item in value if item is not None})
        return "、".join(values[:SHOWN]) or "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    if hasattr(value, "is_a"):
        return str(value.is_a())
    return "-" if value is None else cut(value)


def _shall(facet: Any, what: Sentence, value: Any = None) -> Sentence:
    """The requirement “须有 X” in the facet's cardinality, with what its value must be."""
    cardinality = getattr(facet, "cardinality", "required")
    demand = Sentence("", "") if value is None else _demand(value)
    if cardinality == "prohibited":
        zh = f"不得有{what.zh}" + (f"{demand.zh}的值" if demand.zh else "")
        en = f"{what.en} shall not {demand.en or 'be given'}"
    elif cardinality == "optional":
        zh, en = (
            f"如有{what.zh}，须{demand.zh or '有值'}",
            f"{what.en}, where given, shall {demand.en or 'have a value'}",
        )
    else:
        zh = f"须有{what.zh}" + (f"，且{demand.zh}" if demand.zh else "")
        en = f"{what.en} shall be given" + (f" and {demand.en}" if demand.en else "")
    return Sentence(zh, en[0].upper() + en[1:])


def _entity_requirement(facet: Any) -> Sentence:
    what = _classes(facet.name)
    if facet.predefinedType is None:
        return Sentence(f"须是{what.zh}", f"Shall be {what.en}")
    kinds = _name(facet.predefinedType)
    return Sentence(
        f"须是{what.zh}，预定义类型为 {kinds}", f"Shall be {what.en} of the predefined type {kinds}"
    )


def _property_words(facet: Any) -> Sentence:
    if isinstance(facet.baseName, str):
        return named(cut(facet.baseName), f"{_name(facet.propertySet)}.{cut(facet.baseName)}")
    words = _words(facet.baseName)
    sets = _name(facet.propertySet)
    return Sentence(f"{words.zh}（属性集 {sets}）", f"{words.en} (set {sets})")


def _part_words(facet: Any) -> tuple[tuple[str, str, str], Sentence]:
    relation = _RELATIONS.get(facet.relation, _RELATIONS[None])
    whole = Sentence("某个整体", "a whole") if facet.name is None else _classes(facet.name)
    if facet.predefinedType is not None:
        kinds = _name(facet.predefinedType)
        whole = Sentence(f"{whole.zh}，类型 {kinds}", f"{whole.en} of type {kinds}")
    return relation, whole


def _part_requirement(facet: Any) -> Sentence:
    relation, whole = _part_words(facet)
    if getattr(facet, "cardinality", "required") == "prohibited":
        return Sentence(f"不得{relation[0]}{whole.zh}", f"Shall not {relation[1]} a {whole.en}")
    return Sentence(f"须{relation[0]}{whole.zh}", f"Shall {relation[1]} a {whole.en}")


def _classification_words(facet: Any) -> Sentence:
    demand = Sentence("", "") if facet.system is None else _demand(facet.system)
    if not demand.zh:
        return Sentence("分类编码", "a classification")
    return Sentence(f"分类编码（体系须{demand.zh}）", f"a classification whose system shall {demand.en}")


_REQUIREMENTS: dict[str, Callable[[Any], Sentence]] = {
    "entity": _entity_requirement,
    "attribute": lambda facet: _shall(facet, _words(facet.name), facet.value),
    "property": lambda facet: _shall(facet, _property_words(facet), facet.value),
    "classification": lambda facet: _shall(facet, _classification_words(facet), facet.value),
    "material": lambda facet: _shall(facet, Sentence("材料", "a material"), facet.value),
    "partOf": _part_requirement,
}


def _wrong(what: Sentence, actual: Any, value: Any) -> Sentence:
    demand = _demand(value)
    return Sentence(
        f"{what.zh}为“{_actual(actual)}”" + (f"，应{demand.zh}。" if demand.zh else "，不符合要求。"),
        f"The {what.en} is “{_actual(actual)}”"
        + (f" and should {demand.en}." if demand.en else ", not as asked."),
    )


def _not_allowed(what: Sentence) -> Sentence:
    return Sentence(f"不应有这样的{what.zh}。", f"It should not have this {what.en}.")


def _entity_failure(facet: Any, reason: Mapping[str, Any]) -> Sentence:
    if reason["type"] == "PREDEFINEDTYPE":
        return _wrong(named("PredefinedType"), reason["actual"], facet.predefinedType)
    is_, should = class_words(str(reason["actual"])), _classes(facet.name)
    return Sentence(f"类别是{is_.zh}，应是{should.zh}。", f"It is a {is_.en} and should be a {should.en}.")


def _attribute_failure(facet: Any, reason: Mapping[str, Any]) -> Sentence:
    what = _words(facet.name)
    match reason["type"]:
        case "NOVALUE":
            return Sentence(f"这类对象没有{what.zh}。", f"Objects of this class have no {what.en}.")
        case "FALSEY":
            return Sentence(f"{what.zh}为空。", f"The {what.en} is empty.")
        case "PROHIBITED":
            return _not_allowed(what)
        case "INVALID":
            return UNREADABLE
    return _wrong(what, reason["actual"], facet.value)


def _property_failure(facet: Any, reason: Mapping[str, Any]) -> Sentence:
    what, sets, name = _words(facet.baseName), _name(facet.propertySet), _property_words(facet)
    match reason["type"]:
        case "NOPSET":
            return Sentence(
                f"缺少属性集 {sets}，因而没有{what.zh}。",
                f"The property set {sets} is missing, and with it the {what.en}.",
            )
        case "NOVALUE":
            return Sentence(
                f"属性集 {sets} 中没有填写{what.zh}。", f"The set {sets} does not give the {what.en}."
            )
        case "DATATYPE":
            given, asked = cut(reason["actual"]), cut(reason["dataType"])
            return Sentence(
                f"{name.zh}的数据类型是 {given}，应为 {asked}。",
                f"The {name.en} is of data type {given} and should be {asked}.",
            )
        case "PROHIBITED":
            return _not_allowed(name)
    return _wrong(name, reason["actual"], facet.value)


def _classification_failure(facet: Any, reason: Mapping[str, Any]) -> Sentence:
    match reason["type"]:
        case "NOVALUE":
            return Sentence("没有分类编码。", "It has no classification.")
        case "SYSTEM":
            return _wrong(Sentence("分类体系", "classification system"), reason["actual"], facet.system)
        case "PROHIBITED":
            return _not_allowed(Sentence("分类编码", "classification"))
    return _wrong(Sentence("分类编码", "classification"), reason["actual"], facet.value)


def _material_failure(facet: Any, reason: Mapping[str, Any]) -> Sentence:
    match reason["type"]:
        case "NOVALUE":
            return Sentence("没有材料。", "It has no material.")
        case "PROHIBITED":
            return _not_allowed(Sentence("材料", "material"))
    return _wrong(Sentence("材料", "material"), reason["actual"], facet.value)


def _part_failure(facet: Any, reason: Mapping[str, Any]) -> Sentence:
    relation, whole = _part_words(facet)
    missing = Sentence(f"没有{relation[0]}任何{whole.zh}。", f"It {relation[2]} any {whole.en}.")
    match reason["type"]:
        case "NOVALUE":
            return missing
        case "PROHIBITED":
            return Sentence(f"不应{relation[0]}{whole.zh}。", f"It should not {relation[1]} a {whole.en}.")
        case "PREDEFINEDTYPE":
            return _wrong(named("PredefinedType"), reason["actual"], facet.predefinedType)
    given = reason["actual"] if isinstance(reason["actual"], list) else [reason["actual"]]
    found = [spelled(str(item)) for item in given[:SHOWN]]
    if not found:
        return missing
    return Sentence(
        f"上级是 {'、'.join(found)}，其中没有{whole.zh}。",
        f"It is under {', '.join(found)}, none of them a {whole.en}.",
    )


_FAILURES: dict[str, Callable[[Any, Mapping[str, Any]], Sentence]] = {
    "entity": _entity_failure,
    "attribute": _attribute_failure,
    "property": _property_failure,
    "classification": _classification_failure,
    "material": _material_failure,
    "partOf": _part_failure,
}

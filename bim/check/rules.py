"""What IDS cannot say: rules on the whole model, on its shapes and on its place on earth.

Each rule is a row of :data:`RULES`: what it is called, how grave it is, and a
function that tells what it looked at and what is wrong.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from bim.check.result import Failure, Requirement, Specification, Template
from bim.check.subjects import Subjects
from bim.check.terms import class_words
from bim.check.wording import NOT_APPLICABLE, cut
from bim.finding import Finding, Sentence, Severity
from bim.model import NO_STOREY

KEPT = 1000
"""Failures listed of one rule; the rest are counted."""
SAME_M = 0.01
"""Storeys less than this apart stand at one elevation."""
GUID = re.compile(r"[0-3][0-9A-Za-z_$]{21}")
"""A GlobalId: 128 bits in 22 digits to the base of 64, so that the first is 0 to 3 (ISO 16739, IfcGloballyUniqueId)."""

Found = tuple[int, Iterable[Failure]]
"""How many things a rule looked at, and what is wrong with some of them."""

_METHODS = {
    "max-voids": Sentence("洞口过多，只切了一部分。", "It has too many openings; only some were cut."),
    "no-openings": Sentence(
        "未能切出洞口，按实体绘制。", "Its openings could not be cut; it is drawn solid."
    ),
    "ifclite": Sentence(
        "由备用程序绘制，请核对外形。", "It was drawn by the reserve program; compare its shape."
    ),
    "box": Sentence("形体无法生成，只画了外包盒。", "Its shape could not be made; only its box is drawn."),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of our own."""

    id: str
    title: Sentence
    description: Sentence
    severity: Severity
    find: Callable[[Subjects], Found]


def check_model(subjects: Subjects) -> Template:
    """All rules of :data:`RULES` on a model."""
    return Template(
        id="model",
        title=Sentence("模型质量", "Quality of the model"),
        origin="model",
        description=Sentence(
            "标识、楼层、面积和形体的基本要求。", "What identifiers, storeys, areas and shapes must be like."
        ),
        specifications=[_applied(rule, subjects) for rule in RULES],
    )


def check_georeference(findings: Sequence[Finding]) -> Template:
    """What the rules on the model's place found, a specification for each kind of finding."""
    template = Template(
        id="georeference",
        title=Sentence("地理配准", "Georeferencing"),
        origin="georeference",
        description=Sentence(
            "模型说明自己在哪里的方式是否完整、一致。",
            "Whether the ways in which the model says where it stands are complete and agree.",
        ),
    )
    kinds: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        kinds[finding.code].append(finding)
    for code, items in kinds.items():
        wrong = [item for item in items if item.severity != "info"]
        severity: Severity = "error" if any(item.severity == "error" for item in items) else "warning"
        template.specifications.append(
            Specification(
                id=code,
                title=items[0].text,
                severity=severity if wrong else "info",
                outcome="fail" if wrong else "pass",
                applicable=len(items),
                passed=len(items) - len(wrong),
                failed=len(wrong),
                failures=[
                    Failure(reason=item.text, guid=item.guid or "", step_id=item.step_id)
                    for item in wrong[:KEPT]
                ],
            )
        )
    if not kinds:
        template.specifications.append(
            Specification(
                id="georeference",
                title=Sentence("地理配准信息未发现问题", "Nothing wrong found in the georeferencing"),
                severity="info",
                outcome="pass",
                applicable=1,
                passed=1,
            )
        )
    return template


def _applied(rule: Rule, subjects: Subjects) -> Specification:
    applicable, found = rule.find(subjects)
    failures = list(found)
    return Specification(
        id=rule.id,
        title=rule.title,
        description=rule.description,
        severity=rule.severity,
        outcome="fail" if failures else "pass" if applicable else "none",
        why=None if applicable else NOT_APPLICABLE,
        applicable=applicable,
        passed=applicable - len(failures),
        failed=len(failures),
        requirements=[Requirement("rule", rule.title, len(failures))],
        failures=failures[:KEPT],
    )


def _valid_guids(subjects: Subjects) -> Found:
    roots = subjects.file.by_type("IfcRoot")
    reason = Sentence("GlobalId“{}”不合规范。", "The GlobalId “{}” is not valid.")
    empty = Sentence("没有 GlobalId。", "It has no GlobalId.")
    wrong = []
    for root in roots:
        guid = root.GlobalId
        if not isinstance(guid, str) or not GUID.fullmatch(guid):
            wrong.append(subjects.failure(root, _filled(reason, cut(guid, 40)) if guid else empty))
    return len(roots), wrong


def _unique_guids(subjects: Subjects) -> Found:
    roots = subjects.file.by_type("IfcRoot")
    counts = Counter(root.GlobalId for root in roots)
    repeated = {guid: number for guid, number in counts.items() if number > 1 and guid}
    reason = Sentence("GlobalId 与另外 {} 个对象相同。", "Its GlobalId is that of {} other objects too.")
    return len(roots), [
        subjects.failure(root, _filled(reason, repeated[root.GlobalId] - 1))
        for root in (roots if repeated else ())
        if root.GlobalId in repeated
    ]


def _in_storeys(subjects: Subjects) -> Found:
    rows = _elements(subjects)
    storeys, reason = (
        subjects.column("storey"),
        Sentence(
            "不在任何楼层内，按楼层查看时会漏掉。",
            "It is in no storey, so it is missing when one storey is shown.",
        ),
    )
    return len(rows), [
        subjects.failure_of_row(row, reason)
        for row in rows
        if storeys[row] is None or storeys[row] == NO_STOREY
    ]


def _elevations(subjects: Subjects) -> Found:
    storeys = sorted(subjects.model.storeys, key=lambda item: (item.building, item.elevation_m))
    reason = Sentence("与楼层“{}”同在标高 {:.3f} m。", "It stands at the elevation of storey “{}”, {:.3f} m.")
    wrong = [
        Failure(
            reason=_filled(reason, cut(below.name), above.elevation_m),
            guid=cut(above.guid),
            ifc_class="IfcBuildingStorey",
            name=cut(above.name),
            storey=cut(above.name),
        )
        for below, above in pairwise(storeys)
        if below.building == above.building and above.elevation_m - below.elevation_m < SAME_M
    ]
    return len(storeys), wrong


def _areas(subjects: Subjects) -> Found:
    kinds, areas = subjects.column("kind"), subjects.column("area_m2")
    rows = [row for row in range(subjects.size) if kinds[row] == "space"]
    reason = Sentence(
        "没有面积，也无法由形体求得。", "It has no area, and none could be taken from its shape."
    )
    return len(rows), [
        subjects.failure_of_row(row, reason)
        for row in rows
        if areas[row] is None or math.isnan(areas[row]) or areas[row] <= 0
    ]


def _drawn(subjects: Subjects) -> Found:
    rows, methods = _with_shape(subjects), subjects.column("method")
    reason = Sentence("{}有形体描述，但未能绘制。", "The {} has a shape that could not be drawn.")
    classes = subjects.column("class")
    wrong = []
    for row in rows:
        if methods[row] == "none":
            words = class_words(str(classes[row]))
            wrong.append(
                subjects.failure_of_row(row, Sentence(reason.zh.format(words.zh), reason.en.format(words.en)))
            )
    return len(rows), wrong


def _by_kernel(subjects: Subjects) -> Found:
    rows, methods = _with_shape(subjects), subjects.column("method")
    return len(rows), [
        subjects.failure_of_row(row, _METHODS[methods[row]]) for row in rows if methods[row] in _METHODS
    ]


def _elements(subjects: Subjects) -> list[int]:
    """Rows of physical elements: no spaces, sites, grids or annotations, and no openings."""
    kinds, numbers = subjects.column("kind"), subjects.column("step_id")
    rows = []
    for row in range(subjects.size):
        if kinds[row] == "element":
            instance: Any = subjects.file.by_id(int(numbers[row]))
            if instance.is_a("IfcElement") and not instance.is_a("IfcVirtualElement"):
                rows.append(row)
    return rows


def _with_shape(subjects: Subjects) -> list[int]:
    """Rows of elements that come with a shape; none before the model has been meshed."""
    if not subjects.model.methods:
        return []
    methods, numbers = subjects.column("method"), subjects.column("step_id")
    return [
        row
        for row in _elements(subjects)
        if methods[row]
        and getattr(subjects.file.by_id(int(numbers[row])), "Representation", None) is not None
    ]


def _filled(text: Sentence, *values: object) -> Sentence:
    return Sentence(text.zh.format(*values), text.en.format(*values))


RULES: tuple[Rule, ...] = (
    Rule(
        "guid.valid",
        Sentence("GlobalId 合乎规范", "GlobalIds are valid"),
        Sentence(
            "22 个字符，首位 0 至 3；无效的标识无法跟踪版本。",
            "22 digits, the first 0 to 3; versions cannot be followed by an invalid one.",
        ),
        "error",
        _valid_guids,
    ),
    Rule(
        "guid.unique",
        Sentence("GlobalId 不重复", "GlobalIds are unique"),
        Sentence("每个对象一个标识，不得复制。", "Each object has one of its own."),
        "error",
        _unique_guids,
    ),
    Rule(
        "storey.elements",
        Sentence("构件都在楼层内", "Elements are in storeys"),
        Sentence("每个构件应归入一个楼层。", "Every element should belong to a storey."),
        "warning",
        _in_storeys,
    ),
    Rule(
        "storey.elevation",
        Sentence("楼层标高各不相同", "Storeys have elevations of their own"),
        Sentence(
            "同一建筑的两个楼层不应在同一标高。",
            "No two storeys of a building should stand at one elevation.",
        ),
        "warning",
        _elevations,
    ),
    Rule(
        "space.area",
        Sentence("房间有面积", "Spaces have an area"),
        Sentence("取自属性，没有则由形体求得。", "Given, or else taken from the shape."),
        "warning",
        _areas,
    ),
    Rule(
        "shape.drawn",
        Sentence("构件都能绘制", "Elements can be drawn"),
        Sentence("有形体的构件应在三维中看得见。", "What has a shape should be seen in 3D."),
        "error",
        _drawn,
    ),
    Rule(
        "shape.exact",
        Sentence("形体按原样绘制", "Shapes are drawn as modelled"),
        Sentence(
            "简化绘制的构件外形与模型不尽相同。", "What was drawn in a simpler way differs from the model."
        ),
        "warning",
        _by_kernel,
    ),
)
"""Our own rules, in the order in which they are told."""

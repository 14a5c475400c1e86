"""Failures as BCF 2.1 topics, for the people who will mend them in their own BIM software.

A specification that few elements fail makes a topic of each element; one that
many fail makes a topic of each storey, with its elements selected. The camera
looks at what is selected, obliquely from above. Repeated exports of one check
have the same topic GUIDs, so that a BCF server updates them.

Source: buildingSMART BCF-XML 2.1 (markup.xsd, visinfo.xsd, project.xsd, version.xsd).
"""

from __future__ import annotations

import math
import re
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd

from bim import model as models
from bim.check import result as results
from bim.check.result import CheckResult, Failure, Specification, Template
from bim.check.rules import GUID
from bim.check.terms import class_words
from bim.check.wording import cut
from bim.finding import Sentence
from bim.model import Model

SINGLE = 8
"""Failures of a specification up to which each is a topic of its own."""
TOPICS = 200
SELECTED = 300
"""Components selected in one topic; viewers get slow with more."""
AUTHOR = "jiading-city-twin"
FIELD_OF_VIEW_DEG = 60.0
"""BCF 2.1 asks for 45 to 60."""
_DIRECTION = (-0.55, 0.65, -0.53)
"""Where the camera looks: from the south-east and above, with z up."""
_BOX = ("xmin", "ymin", "zmin", "xmax", "ymax", "zmax")
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 does not allow in any form."""

Box = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing to mend."""

    guid: str
    title: Sentence
    description: Sentence
    kind: str
    labels: tuple[Sentence, ...]
    failures: tuple[Failure, ...]


def bcf(folder: Path, target: Path, language: str = "zh") -> int:
    """Write what failed in the model kept in ``folder`` to ``target``, a ``.bcfzip`` of BCF 2.1.

    Returns how many topics there are; none is a file too. ``language`` is that of titles and texts.

    Raises
    ------
    ValueError
        When the model has not been checked.
    """
    checked = results.read(folder)
    if checked is None:
        raise ValueError(f"{folder} holds no result of checks")
    model = models.read(folder)
    boxes = _boxes(folder)
    at = _moment(checked.at)
    topics = list(_topics(model, checked))
    kept, left = topics[:TOPICS], len(topics) - TOPICS
    if left > 0:
        kept.append(_rest(model, left))
    part = target.with_name(f"{target.name}.part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        _put(archive, "bcf.version", _version(), at)
        _put(archive, "project.bcfp", _project(model), at)
        for number, topic in enumerate(kept, 1):
            view = None if not topic.failures else str(uuid.uuid5(uuid.UUID(topic.guid), "viewpoint"))
            _put(archive, f"{topic.guid}/markup.bcf", _markup(model, topic, number, view, at, language), at)
            if view is not None:
                _put(archive, f"{topic.guid}/viewpoint.bcfv", _viewpoint(model, topic, view, boxes), at)
    part.replace(target)
    return len(kept)


def _topics(model: Model, checked: CheckResult) -> Iterator[Topic]:
    """What failed, errors before warnings."""
    failed = [(template, item) for template, item in checked.specifications() if item.outcome == "fail"]
    for template, item in sorted(failed, key=lambda pair: pair[1].severity != "error"):
        labels = (template.title, item.title)
        kind = "Warning" if item.severity == "warning" else "Error"
        if not item.failures:
            why = item.why or item.description
            yield Topic(_guid(model, template, item), item.title, why, kind, labels, ())
        elif item.failed <= SINGLE:
            for number, failure in enumerate(item.failures):
                yield _single(model, template, item, failure, number, kind)
        else:
            yield from _by_storey(model, template, item, kind)


def _single(
    model: Model, template: Template, item: Specification, failure: Failure, number: int, kind: str
) -> Topic:
    name = cut(failure.name, 80) or class_words(failure.ifc_class).en
    return Topic(
        guid=_guid(model, template, item, failure.key or failure.guid or str(number), str(number)),
        title=Sentence(f"{item.title.zh}：{name}", f"{item.title.en}: {name}"),
        description=_described(item, [failure], 1),
        kind=kind,
        labels=(template.title, item.title),
        failures=(failure,),
    )


def _by_storey(model: Model, template: Template, item: Specification, kind: str) -> Iterator[Topic]:
    groups: dict[str, list[Failure]] = {}
    for failure in item.failures:
        groups.setdefault(failure.storey, []).append(failure)
    for storey, failures in groups.items():
        place = Sentence(storey or "无楼层", storey or "no storey")
        count = len(failures)
        yield Topic(
            guid=_guid(model, template, item, "storey", storey),
            title=Sentence(
                f"{item.title.zh}：{place.zh}，{count} 个", f"{item.title.en}: {place.en}, {count} elements"
            ),
            description=_described(item, failures, count),
            kind=kind,
            labels=(template.title, item.title),
            failures=tuple(failures),
        )


def _described(item: Specification, failures: Sequence[Failure], count: int) -> Sentence:
    """What is asked for, every reason once with how often, and what was left out."""
    reasons: dict[Sentence, int] = {}
    for failure in failures:
        reasons[failure.reason] = reasons.get(failure.reason, 0) + 1
    zh, en = [item.description.zh], [item.description.en]
    for reason, times in list(reasons.items())[:20]:
        zh.append(reason.zh if count == 1 else f"{reason.zh}（{times} 个）")
        en.append(reason.en if count == 1 else f"{reason.en} ({times} elements)")
    if count > SELECTED:
        zh.append(f"视点中只选中前 {SELECTED} 个。")
        en.append(f"The viewpoint selects the first {SELECTED}.")
    if item.left_out:
        zh.append(f"此项不合格共 {item.failed} 个，其中 {item.left_out} 个未列出。")
        en.append(f"{item.failed} fail in all, {item.left_out} of them are not listed.")
    return Sentence("\n".join(line for line in zh if line), "\n".join(line for line in en if line))


def _rest(model: Model, left: int) -> Topic:
    return Topic(
        guid=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{AUTHOR}/{model.sha256}/rest")),
        title=Sentence(f"另有 {left} 个议题未导出", f"{left} more topics were not exported"),
        description=Sentence(
            "先处理已导出的议题，再重新检查并导出；全部结果见检查报告。",
            "Mend these first, then check and export again; the report holds everything.",
        ),
        kind="Info",
        labels=(),
        failures=(),
    )


def _guid(model: Model, template: Template, item: Specification, *more: str) -> str:
    """The same for the same failure in every version of a model, whenever it is exported."""
    # File names change between versions: project and building name the model, where they are given.
    whose = f"{model.project}/{model.building}" if model.project or model.building else model.name
    name = "/".join((AUTHOR, whose, template.id, item.id, *more))
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name.encode("utf-8", "replace").decode("utf-8")))


def _version() -> ET.Element:
    root = ET.Element("Version", VersionId="2.1")
    ET.SubElement(root, "DetailedVersion").text = "2.1"
    return root


def _project(model: Model) -> ET.Element:
    root = ET.Element("ProjectExtension")
    identifier = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{AUTHOR}/{cut(model.project)}/{cut(model.building)}"))
    project = ET.SubElement(root, "Project", ProjectId=identifier)
    ET.SubElement(project, "Name").text = _clean(model.project or model.building or model.name, 200)
    ET.SubElement(root, "ExtensionSchema").text = ""
    return root


def _markup(
    model: Model, topic: Topic, number: int, view: str | None, at: datetime, language: str
) -> ET.Element:
    root = ET.Element("Markup")
    file = ET.SubElement(ET.SubElement(root, "Header"), "File", isExternal="true")
    ET.SubElement(file, "Filename").text = _clean(model.name, 200)
    head = ET.SubElement(root, "Topic", Guid=topic.guid, TopicType=topic.kind, TopicStatus="Open")
    ET.SubElement(head, "Title").text = _clean(topic.title.of(language), 200)
    ET.SubElement(head, "Priority").text = "Normal" if topic.kind == "Warning" else "High"
    ET.SubElement(head, "Index").text = str(number)
    for label in topic.labels:
        ET.SubElement(head, "Labels").text = _clean(label.of(language), 120)
    ET.SubElement(head, "CreationDate").text = at.isoformat()
    ET.SubElement(head, "CreationAuthor").text = AUTHOR
    ET.SubElement(head, "Description").text = _clean(topic.description.of(language), 4000)
    if view is not None:
        point = ET.SubElement(root, "Viewpoints", Guid=view)
        ET.SubElement(point, "Viewpoint").text = "viewpoint.bcfv"
    return root


def _viewpoint(model: Model, topic: Topic, view: str, boxes: Sequence[Box | None]) -> ET.Element:
    root = ET.Element("VisualizationInfo", Guid=view)
    components = ET.SubElement(root, "Components")
    spaces = any(failure.ifc_class == "IfcSpace" for failure in topic.failures)
    hints = {"SpacesVisible": spaces, "SpaceBoundariesVisible": False, "OpeningsVisible": False}
    ET.SubElement(components, "ViewSetupHints", {name: str(value).lower() for name, value in hints.items()})
    selection = ET.SubElement(components, "Selection")
    for failure in topic.failures[:SELECTED]:
        # An invalid GlobalId may not stand in IfcGuid; the number of the instance finds the element then.
        valid = {"IfcGuid": failure.guid} if GUID.fullmatch(failure.guid) else {}
        component = ET.SubElement(selection, "Component", valid)
        if failure.step_id is not None and not valid:
            ET.SubElement(component, "AuthoringToolId").text = f"#{failure.step_id}"
    ET.SubElement(components, "Visibility", DefaultVisibility="true")
    box = _around(
        [boxes[item.row] for item in topic.failures if item.row is not None and item.row < len(boxes)]
    )
    if box is None and model.bbox_m is not None:
        box = (*model.bbox_m[0], *model.bbox_m[1])
    if box is not None:
        _camera(root, box)
    return root


def _camera(root: ET.Element, box: Box) -> None:
    """A perspective camera that sees the whole box."""
    length = math.sqrt(sum(value * value for value in _DIRECTION))
    ahead = [value / length for value in _DIRECTION]
    centre = [(box[axis] + box[axis + 3]) / 2 for axis in range(3)]
    radius = max(0.5, math.dist(box[:3], box[3:]) / 2)
    away = 1.2 * radius / math.sin(math.radians(FIELD_OF_VIEW_DEG) / 2)
    across = math.hypot(ahead[0], ahead[1])
    up = [-ahead[0] * ahead[2] / across, -ahead[1] * ahead[2] / across, across]
    camera = ET.SubElement(root, "PerspectiveCamera")
    for name, values in (
        ("CameraViewPoint", [c - away * a for c, a in zip(centre, ahead, strict=True)]),
        ("CameraDirection", ahead),
        ("CameraUpVector", up),
    ):
        node = ET.SubElement(camera, name)
        for axis, value in zip("XYZ", values, strict=True):
            ET.SubElement(node, axis).text = f"{value:.6f}"
    ET.SubElement(camera, "FieldOfView").text = f"{FIELD_OF_VIEW_DEG:g}"


def _boxes(folder: Path) -> list[Box | None]:
    """The box of every row of the elements; None for what has no shape."""
    path = folder / "elements.parquet"
    if not path.exists():
        return []
    rows = pd.read_parquet(path, columns=list(_BOX)).to_numpy(dtype="float64")
    return [tuple(row) if all(map(math.isfinite, row)) else None for row in rows.tolist()]


def _around(boxes: Sequence[Box | None]) -> Box | None:
    known = [box for box in boxes if box is not None]
    if not known:
        return None
    low = [min(box[axis] for box in known) for axis in range(3)]
    high = [max(box[axis] for box in known) for axis in range(3, 6)]
    return (low[0], low[1], low[2], high[0], high[1], high[2])


def _clean(value: str, characters: int) -> str:
    """A text of a model as XML may hold it, cut."""
    lines = [cut(line, characters) for line in _FORBIDDEN.sub(" ", value[: 4 * characters]).split("\n")]
    return "\n".join(lines)[:characters]


def _put(archive: zipfile.ZipFile, name: str, root: ET.Element, at: datetime) -> None:
    entry = zipfile.ZipInfo(name, at.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _moment(at: str) -> datetime:
    try:
        return datetime.fromisoformat(at)
    except ValueError:
        return datetime.now(UTC).replace(microsecond=0)

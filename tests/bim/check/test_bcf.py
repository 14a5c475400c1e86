"""BCF 2.1 read back: the structure its schemas ask for, the elements, a camera that sees them."""

from __future__ import annotations

import math
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bim import check
from bim.check import topics
from tests.bim import cases

from .made import House
from .test_page import HOSTILE, kept

GUID = re.compile(r"[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}")
IFC_GUID = re.compile(r"[0-9A-Za-z_$]{22}")
# The sequences of markup.xsd and visinfo.xsd of BCF 2.1: (child, least, most) in the order they must have.
MANY = 10**6
SEQUENCES: dict[str, list[tuple[str, int, int]]] = {
    "Version": [("DetailedVersion", 0, 1)],
    "ProjectExtension": [("Project", 0, 1), ("ExtensionSchema", 1, 1)],
    "Project": [("Name", 0, 1)],
    "Markup": [("Header", 0, 1), ("Topic", 1, 1), ("Comment", 0, MANY), ("Viewpoints", 0, MANY)],
    "Header": [("File", 1, MANY)],
    "File": [("Filename", 0, 1), ("Date", 0, 1), ("Reference", 0, 1)],
    "Topic": [
        ("ReferenceLink", 0, MANY), ("Title", 1, 1), ("Priority", 0, 1), ("Index", 0, 1), ("Labels", 0, MANY),
        ("CreationDate", 1, 1), ("CreationAuthor", 1, 1), ("ModifiedDate", 0, 1), ("ModifiedAuthor", 0, 1),
        ("DueDate", 0, 1), ("AssignedTo", 0, 1), ("Stage", 0, 1), ("Description", 0, 1),
    ],
    "Viewpoints": [("Viewpoint", 0, 1), ("Snapshot", 0, 1), ("Index", 0, 1)],
    "VisualizationInfo": [("Components", 0, 1), ("OrthogonalCamera", 0, 1), ("PerspectiveCamera", 0, 1)],
    "Components": [("ViewSetupHints", 0, 1), ("Selection", 0, 1), ("Visibility", 1, 1), ("Coloring", 0, 1)],
    "Selection": [("Component", 1, MANY)],
    "Component": [("OriginatingSystem", 0, 1), ("AuthoringToolId", 0, 1)],
    "PerspectiveCamera": [
        ("CameraViewPoint", 1, 1), ("CameraDirection", 1, 1), ("CameraUpVector", 1, 1), ("FieldOfView", 1, 1),
    ],
    "CameraViewPoint": [("X", 1, 1), ("Y", 1, 1), ("Z", 1, 1)],
    "CameraDirection": [("X", 1, 1), ("Y", 1, 1), ("Z", 1, 1)],
    "CameraUpVector": [("X", 1, 1), ("Y", 1, 1), ("Z", 1, 1)],
}  # fmt: skip
REQUIRED = {
    "Version": {"VersionId"}, "Project": {"ProjectId"}, "Topic": {"Guid"}, "Viewpoints": {"Guid"},
    "VisualizationInfo": {"Guid"},
}  # fmt: skip
ALLOWED = {
    "Topic": {"Guid", "TopicType", "TopicStatus"}, "File": {"IfcProject", "IfcSpatialStructureElement", "isExternal"},
    "Component": {"IfcGuid"}, "Visibility": {"DefaultVisibility"},
    "ViewSetupHints": {"SpacesVisible", "SpaceBoundariesVisible", "OpeningsVisible"},
}  # fmt: skip


def conform(node: ET.Element) -> None:
    """Assert that a node and everything below it has the structure of BCF 2.1."""
    sequence = SEQUENCES.get(node.tag, [])
    names = [child.tag for child in node]
    order = [name for name, _, _ in sequence]
    assert set(names) <= set(order), (node.tag, names)
    assert names == sorted(names, key=order.index), (node.tag, names)
    for name, least, most in sequence:
        assert least <= names.count(name) <= most, (node.tag, name)
    required = REQUIRED.get(node.tag, set())
    assert required <= set(node.attrib) <= required | ALLOWED.get(node.tag, set()), node.tag
    if "Guid" in node.attrib:
        assert GUID.fullmatch(node.attrib["Guid"])
    if "IfcGuid" in node.attrib:
        assert IFC_GUID.fullmatch(node.attrib["IfcGuid"])
    for child in node:
        conform(child)


def read(path: Path) -> dict[str, tuple[ET.Element, ET.Element | None]]:
    """Topics of a file by GUID: markup and viewpoint, every part found to conform."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(names) == len(set(names))
        version, project = (ET.fromstring(archive.read(name)) for name in ("bcf.version", "project.bcfp"))
        conform(version)
        conform(project)
        assert version.attrib["VersionId"] == "2.1"
        for name in names:
            assert re.fullmatch(
                rf"bcf\.version|project\.bcfp|{GUID.pattern}/(markup\.bcf|viewpoint\.bcfv)", name
            )
            if not name.endswith("markup.bcf"):
                continue
            markup = ET.fromstring(archive.read(name))
            conform(markup)
            guid = name.split("/")[0]
            assert markup.find("Topic").attrib["Guid"] == guid
            reference, view = markup.find("Viewpoints"), None
            if reference is not None:
                view = ET.fromstring(archive.read(f"{guid}/{reference.findtext('Viewpoint')}"))
                conform(view)
                assert view.attrib["Guid"] == reference.attrib["Guid"]
            found[guid] = (markup, view)
        assert len(names) == 2 + sum(1 if view is None else 2 for _, view in found.values())
    return found


def title(markup: ET.Element) -> str:
    return markup.findtext("Topic/Title") or ""


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """Four walls below, twelve above, none with a fire rating; boxes side by side, 4 m each."""
    house = House()
    for number in range(4):
        house.add("IfcWall", f"下{number}", 0)
    for number in range(12):
        house.add("IfcWall", f"上{number}", 1)
    data = house.extracted()
    rows = range(len(data.elements))
    for axis, (low, high) in {"x": (0.0, 4.0), "y": (-1.5, 1.5), "z": (0.0, 2.8)}.items():
        data.elements[f"{axis}min"] = [low + 10.0 * row * (axis == "x") for row in rows]
        data.elements[f"{axis}max"] = [high + 10.0 * row * (axis == "x") for row in rows]
    cases.keep(data, tmp_path / "office")
    check.run(house.file, data.model, data.elements, templates=["fire"]).write(tmp_path / "office")
    return tmp_path / "office"


def test_many_failures_are_a_topic_a_storey(office: Path, tmp_path: Path) -> None:
    count = check.bcf(office, tmp_path / "issues.bcfzip")
    found = read(tmp_path / "issues.bcfzip")
    assert count == len(found)
    walls = {
        title(markup): (markup, view) for markup, view in found.values() if "墙有耐火极限" in title(markup)
    }
    assert set(walls) == {"墙有耐火极限：一层，4 个", "墙有耐火极限：二层，12 个"}
    markup, view = walls["墙有耐火极限：二层，12 个"]
    assert view is not None
    selected = {component.attrib["IfcGuid"] for component in view.iter("Component")}
    failures = check.read(office).specifications()
    rating = next(item for _, item in failures if item.id == "fire.wall")
    assert selected == {failure.guid for failure in rating.failures if failure.storey == "二层"}
    assert markup.findtext("Topic/Description").endswith(
        "缺少属性集 Pset_WallCommon，因而没有“耐火极限”（FireRating）。（12 个）"
    )
    assert [label.text for label in markup.iter("Labels")] == ["消防与疏散", "墙有耐火极限"]
    assert markup.find("Topic").attrib["TopicType"] == "Error"


def test_what_fails_as_a_whole_is_a_topic_without_a_view(office: Path, tmp_path: Path) -> None:
    check.bcf(office, tmp_path / "issues.bcfzip")
    (found,) = [
        pair for pair in read(tmp_path / "issues.bcfzip").values() if title(pair[0]) == "划分了防火分区"
    ]
    assert found[1] is None
    assert "应至少有一个" in found[0].findtext("Topic/Description")


def test_the_camera_sees_the_elements(office: Path, tmp_path: Path) -> None:
    check.bcf(office, tmp_path / "issues.bcfzip")
    (view,) = [
        view for markup, view in read(tmp_path / "issues.bcfzip").values() if "一层，4 个" in title(markup)
    ]
    camera = view.find("PerspectiveCamera")
    eye, ahead, up = (
        [float(camera.findtext(f"{name}/{axis}")) for axis in "XYZ"]
        for name in ("CameraViewPoint", "CameraDirection", "CameraUpVector")
    )
    angle = float(camera.findtext("FieldOfView"))
    assert 45 <= angle <= 60
    assert math.isclose(math.hypot(*ahead), 1, abs_tol=1e-5)
    assert math.isclose(math.hypot(*up), 1, abs_tol=1e-5)
    assert abs(sum(a * b for a, b in zip(ahead, up, strict=True))) < 1e-5
    assert up[2] > 0
    # The four walls of the ground floor stand between x = 0 and 34; every corner is within the cone of view.
    for x in (0.0, 34.0):
        for y in (-1.5, 1.5):
            for z in (0.0, 2.8):
                towards = [x - eye[0], y - eye[1], z - eye[2]]
                cosine = sum(a * b for a, b in zip(towards, ahead, strict=True)) / math.hypot(*towards)
                assert math.degrees(math.acos(cosine)) < angle / 2


def test_few_failures_are_a_topic_each_and_errors_come_first(tmp_path: Path) -> None:
    house = House()
    for number in range(3):
        house.add("IfcDoor", f"门{number}", None)
    folder = kept(house, tmp_path / "m")
    check.bcf(folder, tmp_path / "issues.bcfzip", "en")
    found = [markup for markup, _ in read(tmp_path / "issues.bcfzip").values()]
    titles = [title(markup) for markup in found]
    assert {
        "Elements are in storeys: 门0",
        "Elements are in storeys: 门1",
        "Elements are in storeys: 门2",
    } <= set(titles)
    assert len({markup.find("Topic").attrib["Guid"] for markup in found}) == len(found)
    ordered = sorted(found, key=lambda markup: int(markup.findtext("Topic/Index")))
    kinds = [markup.find("Topic").attrib["TopicType"] for markup in ordered]
    assert kinds == sorted(kinds)  # Error before Warning
    assert {"Error", "Warning"} == set(kinds)


def test_the_same_failures_have_the_same_guids_again(office: Path, tmp_path: Path) -> None:
    check.bcf(office, tmp_path / "one.bcfzip")
    check.bcf(office, tmp_path / "two.bcfzip")
    assert set(read(tmp_path / "one.bcfzip")) == set(read(tmp_path / "two.bcfzip"))
    assert (tmp_path / "one.bcfzip").read_bytes() == (tmp_path / "two.bcfzip").read_bytes()
    assert not list(tmp_path.glob("*.part"))


def test_topics_are_capped_and_the_rest_is_told(
    office: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = check.bcf(office, tmp_path / "all.bcfzip")
    monkeypatch.setattr(topics, "TOPICS", 2)
    monkeypatch.setattr(topics, "SELECTED", 3)
    assert check.bcf(office, tmp_path / "few.bcfzip") == 3
    found = read(tmp_path / "few.bcfzip")
    assert f"另有 {everything - 2} 个议题未导出" in {title(markup) for markup, _ in found.values()}
    assert max(len(list(view.iter("Component"))) for _, view in found.values() if view is not None) == 3
    assert any(
        "只选中前 3 个" in (markup.findtext("Topic/Description") or "") for markup, _ in found.values()
    )


def test_hostile_names_and_bad_identifiers_make_no_bad_file(tmp_path: Path) -> None:
    house = House()
    house.project.Name = house.building.Name = "\x0b" + HOSTILE[5]
    house.storeys[0].Name = "]]><Topic Guid='x'>\x00\x1b"
    for name in HOSTILE:
        house.add("IfcWall", name)
    house.add("IfcWall", "坏").GlobalId = "not a GlobalId <&>"
    folder = kept(house, tmp_path / "m")
    assert check.bcf(folder, tmp_path / "issues.bcfzip") > 0
    found = read(tmp_path / "issues.bcfzip")
    text = "\n".join(ET.tostring(markup, encoding="unicode") for markup, _ in found.values())
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\ud800-\udfff]", text)
    assert max(len(title(markup)) for markup, _ in found.values()) <= 200
    by_number = [
        component for _, view in found.values() if view is not None for component in view.iter("Component")
        if "IfcGuid" not in component.attrib
    ]  # fmt: skip
    assert by_number
    assert all(re.fullmatch(r"#\d+", component.findtext("AuthoringToolId")) for component in by_number)


def test_a_model_without_failures_is_a_file_without_topics(tmp_path: Path) -> None:
    house = House()
    data = house.extracted()
    cases.keep(data, tmp_path / "m")
    check.run(house.file, data.model, data.elements, templates=[]).write(tmp_path / "m")
    assert check.bcf(tmp_path / "m", tmp_path / "issues.bcfzip") == 0
    assert read(tmp_path / "issues.bcfzip") == {}


def test_a_model_that_was_not_checked_has_no_issues_to_export(tmp_path: Path) -> None:
    cases.keep(House().extracted(), tmp_path / "m")
    with pytest.raises(ValueError, match="no result"):
        check.bcf(tmp_path / "m", tmp_path / "issues.bcfzip")

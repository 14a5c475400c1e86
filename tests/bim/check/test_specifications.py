"""IDS facets on a hand-made building: who passes, who fails, and what the reason says."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from bim import check
from bim.check import verification
from bim.finding import Finding, Sentence

from .made import House, attribute, bound, entity, ids, named, one, prop, specification, values

WALL = entity("IFCWALL", "IFCWALLSTANDARDCASE")


@pytest.fixture(scope="module")
def house() -> House:
    made = House()
    a = made.add("IfcWall", "A", 0, Tag="W1", PredefinedType="SOLIDWALL")
    b = made.add("IfcWallStandardCase", "B", 0, Tag="W2", PredefinedType="PARTITIONING")
    c = made.add("IfcWall", "C", 1, Tag="")
    made.add("IfcWall", None, None)
    make = made.file.create_entity
    made.properties(
        a, "Pset_WallCommon", FireRating=("IfcLabel", "2.00h"), IsExternal=("IfcBoolean", True),
        ThermalTransmittance=("IfcThermalTransmittanceMeasure", 0.45),
    )  # fmt: skip
    made.properties(
        b, "Pset_WallCommon", FireRating=("IfcLabel", "1.00h"), IsExternal=("IfcLabel", "是"),
        ThermalTransmittance=("IfcThermalTransmittanceMeasure", 1.2),
    )  # fmt: skip
    made.properties(c, "Pset_WallCommon", FireRating=("IfcLabel", ""))
    concrete, brick = make("IfcMaterial", "混凝土"), make("IfcMaterial", "砖")
    made.root("IfcRelAssociatesMaterial", RelatedObjects=[a], RelatingMaterial=concrete)
    made.root("IfcRelAssociatesMaterial", RelatedObjects=[b], RelatingMaterial=brick)
    system = make("IfcClassification", Name="GB/T 51269")
    other = make("IfcClassification", Name="Uniclass")
    code = make("IfcClassificationReference", Identification="14-10.20.03", ReferencedSource=system)
    foreign = make("IfcClassificationReference", Identification="14-10.20.03", ReferencedSource=other)
    made.root("IfcRelAssociatesClassification", RelatedObjects=[a], RelatingClassification=code)
    made.root("IfcRelAssociatesClassification", RelatedObjects=[b], RelatingClassification=foreign)
    return made


CASES = {
    # requirement: (names that fail, in the order of the file, a part of each reason in zh, and in en)
    "attribute given": (attribute("Tag"), {"C": "“编号”（Tag）为空", None: "“编号”（Tag）为空"}, "is empty"),
    "attribute value": (
        attribute("Tag", values("W1")),
        {"B": "为“W2”，应为“W1”", "C": "为空", None: "为空"},
        "should be “W1”",
    ),
    "attribute list": (
        attribute("PredefinedType", values("SOLIDWALL", "SHEAR")),
        {"B": "应为 SOLIDWALL、SHEAR之一", "C": "为空", None: "为空"},
        "should be one of SOLIDWALL, SHEAR",
    ),
    "attribute pattern": (
        attribute("Name", bound("pattern", "[A-B]")),
        {"C": "应符合格式 [A-B]", None: "为空"},
        "should match the pattern [A-B]",
    ),
    "attribute unknown to the class": (
        attribute("LongName"),
        dict.fromkeys(["A", "B", "C", None], "没有“全称”（LongName）"),
        "have no long name",
    ),
    "attribute optional": (
        attribute("Tag", values("W1"), 'cardinality="optional"'),
        {"B": "应为", "C": "空", None: "空"},
        "W1",
    ),
    "attribute prohibited": (
        attribute("Tag", "", 'cardinality="prohibited"'),
        {"A": "不应有", "B": "不应有"},
        "should not have",
    ),
    "entity kind": (
        f"<entity><name>{values('IFCWALL')}</name><predefinedType>{values('SOLIDWALL')}</predefinedType></entity>",
        {"B": "应是墙（IfcWall）", "C": "应为“SOLIDWALL”", None: "应为“SOLIDWALL”"},
        "should be",
    ),
    "property given": (
        prop("Pset_WallCommon", "FireRating"),
        {"C": "中没有填写“耐火极限”（FireRating）", None: "缺少属性集 Pset_WallCommon"},
        "fire rating (FireRating)",
    ),
    "property bound": (
        prop("Pset_WallCommon", "ThermalTransmittance", bound("maxInclusive", "0.8")),
        {"B": "为“1.2”，应不大于 0.8", "C": "没有填写", None: "缺少属性集"},
        "thermal transmittance",
    ),
    "property type": (
        prop("Pset_WallCommon", "IsExternal", "", 'dataType="IFCBOOLEAN"'),
        {"B": "数据类型是 IfcLabel，应为 IFCBOOLEAN", "C": "没有填写", None: "缺少属性集"},
        "external flag",
    ),
    "property optional": (
        prop("Pset_WallCommon", "FireRating", values("2.00h"), 'cardinality="optional"'),
        {"B": "为“1.00h”，应为“2.00h”"},
        "should be “2.00h”",
    ),
    "classification": (
        f"<classification><value>{values('14-10.20.03')}</value><system>{values('GB/T 51269')}</system></classification>",
        {"B": "“Uniclass”，应为“GB/T 51269”", "C": "没有分类编码", None: "没有分类编码"},
        "classification",
    ),
    "classification value": (
        f"<classification><value>{values('30-01')}</value><system>{values('GB/T 51269')}</system></classification>",
        {"A": "应为“30-01”", "B": "应为“30-01”", "C": "没有分类编码", None: "没有分类编码"},
        "classification",
    ),
    "material": (
        f"<material><value>{values('混凝土')}</value></material>",
        {"B": "为“砖”，应为“混凝土”", "C": "没有材料", None: "没有材料"},
        "material",
    ),
    "material prohibited": (
        '<material cardinality="prohibited"/>',
        {"A": "不应有", "B": "不应有"},
        "should not have this material",
    ),
    "part of": (
        f"<partOf><entity><name>{values('IFCBUILDINGSTOREY')}</name></entity></partOf>",
        {None: "没有属于任何楼层（IfcBuildingStorey）"},
        "does not belong to any storey",
    ),
    "contained": (
        f'<partOf relation="IFCRELCONTAINEDINSPATIALSTRUCTURE">{entity("IFCSPACE")}</partOf>',
        {"A": "上级是 IfcBuildingStorey", "B": "上级是", "C": "上级是", None: "没有直接位于任何房间"},
        "space (IfcSpace)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_facet_fails_whom_it_should_and_says_why(house: House, tmp_path: Path, case: str) -> None:
    requirement, fails, english = CASES[case]
    path = tmp_path / "own.ids"
    path.write_text(ids(specification(WALL, requirement)), encoding="utf-8")
    found = one(house.check(path), "own")
    assert found.applicable == 4  # IfcWall and IfcWallStandardCase alike
    assert {failure.name or None for failure in found.failures} == set(fails)
    for failure in found.failures:
        assert fails[failure.name or None] in failure.reason.zh
    assert any(english in failure.reason.en for failure in found.failures)
    assert (found.failed, found.passed) == (len(fails), 4 - len(fails))
    assert found.outcome == "fail"
    assert found.requirements[0].failed == len(fails)
    assert found.requirements[0].text.zh and found.requirements[0].text.en


def test_what_a_requirement_asks_is_told_in_both_languages(house: House, tmp_path: Path) -> None:
    path = tmp_path / "own.ids"
    path.write_text(
        ids(
            specification(WALL, prop("Pset_WallCommon", "ThermalTransmittance", bound("maxInclusive", "0.8")))
        ),
        encoding="utf-8",
    )
    (asked,) = one(house.check(path), "own").requirements
    assert asked.text.zh == "须有“传热系数”（Pset_WallCommon.ThermalTransmittance），且不大于 0.8"
    assert asked.text.en == (
        "Thermal transmittance (Pset_WallCommon.ThermalTransmittance) shall be given and be at most 0.8"
    )


def test_several_reasons_of_one_element_are_one_failure(house: House, tmp_path: Path) -> None:
    path = tmp_path / "own.ids"
    path.write_text(
        ids(specification(WALL, attribute("Tag") + prop("Pset_WallCommon", "FireRating"))), encoding="utf-8"
    )
    found = one(house.check(path), "own")
    assert found.failed == 2
    assert found.failures[0].name == "C"
    assert (
        found.failures[0].reason.zh
        == "“编号”（Tag）为空；属性集 Pset_WallCommon 中没有填写“耐火极限”（FireRating）。"
    )
    assert [asked.failed for asked in found.requirements] == [2, 2]


@pytest.mark.parametrize(
    ("occurs", "ifc_class", "outcome", "applicable", "failed"),
    [
        ('minOccurs="1" maxOccurs="unbounded"', "IFCWALL", "pass", 3, 0),
        ('minOccurs="1" maxOccurs="unbounded"', "IFCROOF", "fail", 0, 0),
        ('minOccurs="0" maxOccurs="unbounded"', "IFCROOF", "none", 0, 0),
        ('minOccurs="0" maxOccurs="0"', "IFCROOF", "pass", 0, 0),
        ('minOccurs="0" maxOccurs="0"', "IFCWALL", "fail", 3, 3),
    ],
)
def test_required_and_prohibited_specifications(
    house: House, tmp_path: Path, occurs: str, ifc_class: str, outcome: str, applicable: int, failed: int
) -> None:
    path = tmp_path / "own.ids"
    path.write_text(ids(specification(entity(ifc_class), occurs=occurs)), encoding="utf-8")
    found = one(house.check(path), "own")
    assert (found.outcome, found.applicable, found.failed) == (outcome, applicable, failed)


def test_specifications_for_other_versions_are_not_judged(house: House, tmp_path: Path) -> None:
    path = tmp_path / "own.ids"
    path.write_text(ids(specification(WALL, attribute("Tag"), versions="IFC2X3")), encoding="utf-8")
    result = house.check(path)
    assert one(result, "own").outcome == "skipped"
    assert result.summary()["not_applicable"] == 1 + sum(
        1 for item in result.templates[0].specifications if item.outcome == "none"
    )


def test_failures_name_the_row_the_storey_and_the_identifier(house: House, tmp_path: Path) -> None:
    path = tmp_path / "own.ids"
    path.write_text(
        ids(specification(WALL, attribute("Tag"), name="有编号 / Has a tag"),
            specification(entity("IFCBUILDING"), attribute("LongName"))),
        encoding="utf-8",
    )  # fmt: skip
    result = house.check(path)
    wall, building = next(item for item in result.templates if item.id == "own").specifications
    failure = wall.failures[0]
    assert (wall.title.zh, wall.title.en) == ("有编号", "Has a tag")
    assert (failure.ifc_class, failure.name, failure.storey) == ("IfcWall", "C", "二层")
    elements = house.extracted().elements
    assert failure.row is not None
    assert elements["key"][failure.row] == failure.key == failure.guid
    assert elements["step_id"][failure.row] == failure.step_id
    assert result.failures_of(failure.guid)[0][2] is failure
    other = building.failures[0]
    assert (other.key, other.row, other.ifc_class, other.name) == (None, None, "IfcBuilding", "一号楼")


def test_long_lists_are_cut_and_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = House()
    for number in range(30):
        made.add("IfcDoor", f"门{number}")
    path = tmp_path / "own.ids"
    path.write_text(
        ids(
            specification(entity("IFCDOOR"), attribute("Tag")),
            specification(entity("IFCDOOR"), attribute("Tag")),
        ),
        encoding="utf-8",
    )
    monkeypatch.setattr(verification, "KEPT", 20)
    monkeypatch.setattr(verification, "KEPT_IN_ALL", 25)
    found = made.check(path).templates[-1].specifications
    assert [(item.failed, len(item.failures), item.left_out) for item in found] == [(30, 20, 10), (30, 5, 25)]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs interval timers, which Windows has not")
def test_a_pattern_that_never_ends_is_stopped(tmp_path: Path) -> None:
    made = House()
    made.add("IfcDoor", "a" * 60 + "!")
    path = tmp_path / "own.ids"
    path.write_text(
        ids(specification(entity("IFCDOOR"), attribute("Name", bound("pattern", "(a|aa)+"))),
            specification(entity("IFCDOOR"), attribute("Name"))),
        encoding="utf-8",
    )  # fmt: skip
    started = time.process_time()
    first, second = made.check(path, limit_s=1.5).templates[-1].specifications
    assert time.process_time() - started < 5
    assert first.outcome == "stopped"
    assert second.outcome in {"stopped", "pass"}
    assert signal.getsignal(signal.SIGVTALRM) == signal.SIG_DFL


def test_an_instance_that_cannot_be_read_fails_and_the_rest_goes_on(tmp_path: Path) -> None:
    made = House()
    broken, fine = made.add("IfcDoor", "坏"), made.add("IfcDoor", "好")
    made.properties(broken, "Pset_DoorCommon", FireRating=None)
    made.properties(fine, "Pset_DoorCommon", FireRating=("IfcLabel", "甲级"))
    table = made.file.create_entity("IfcPropertyBoundedValue", "FireRating")  # bounds without a value
    other = made.add("IfcDoor", "空")
    made.root(
        "IfcRelDefinesByProperties", RelatedObjects=[other],
        RelatingPropertyDefinition=made.root("IfcPropertySet", Name="Pset_DoorCommon", HasProperties=[table]),
    )  # fmt: skip
    path = tmp_path / "own.ids"
    path.write_text(
        ids(specification(entity("IFCDOOR"), prop("Pset_DoorCommon", "FireRating"))), encoding="utf-8"
    )
    found = one(made.check(path), "own")
    assert (found.applicable, found.passed, found.failed) == (3, 1, 2)
    assert {failure.name for failure in found.failures} == {"坏", "空"}


def test_the_result_survives_its_file(house: House, tmp_path: Path) -> None:
    findings = [
        Finding("georeference.grf002", "warning", Sentence("没有 EPSG 代码。", "No EPSG code."), step_id=7),
        Finding("georeference.note", "info", Sentence("仅供参考。", "For information.")),
    ]
    result = house.check(*check.BUILT_IN, georeference_findings=findings)
    result.write(tmp_path)
    assert check.read(tmp_path) == result
    assert result.as_dict() == check.CheckResult.from_dict(result.as_dict()).as_dict()
    place = next(item for item in result.templates if item.id == "georeference")
    assert [item.ended for item in place.specifications] == ["warned", "passed"]
    assert named(result, "georeference.grf002").failures[0].step_id == 7
    assert check.read(tmp_path / "nowhere") is None


def test_what_was_not_asked_about_the_place_is_not_told(house: House) -> None:
    assert "georeference" not in [item.id for item in house.check().templates]
    asked = house.check(georeference_findings=[])
    assert named(asked, "georeference").outcome == "pass"


def test_progress_ends_at_one(house: House) -> None:
    shares: list[float] = []
    house.check("basic", "fire", progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0

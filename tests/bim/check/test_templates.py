"""The delivery templates that come with the twin, users' own, and files that are no template."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from xmlschema import XMLSchema

from bim import check
from bim.check import delivery
from bim.check.result import CheckResult
from bim.errors import Refused
from tests.bim import cases

from .made import House, attribute, bound, entity, ids, named, one, specification


def checked(name: str, *templates: str) -> CheckResult:
    file = cases.parsed(cases.PUBLIC / name)
    found = cases.of(file)
    return check.run(file, found.model, found.elements, templates=templates or check.BUILT_IN)


def test_the_templates_are_valid_and_in_both_languages() -> None:
    found = check.templates()
    assert [item.id for item in found] == list(check.BUILT_IN)
    schema: XMLSchema = delivery.ifctester().get_schema()
    for item in found:
        assert item.problem is None
        assert item.origin == "built-in"
        schema.validate(str(item.path))
        for specification_ in item.ids.specifications:
            title = delivery.bilingual(specification_.name)
            assert delivery.CJK.search(title.zh) and not delivery.CJK.search(title.en), specification_.name
            about = delivery.bilingual(specification_.description or "")
            assert about.zh != about.en or not about.zh
            assert specification_.identifier.startswith(f"{item.id}.")
            assert "IFCWALL" not in str(specification_.applicability[0].name) or "IFCWALLSTANDARDCASE" in str(
                specification_.applicability[0].name
            )


def test_a_user_may_add_change_and_break_templates(tmp_path: Path) -> None:
    text = ids(specification(entity("IFCDOOR"), attribute("Tag")), title="本院要求 / Our own")
    kept = check.save(tmp_path / "templates", "本院要求", text.encode())
    assert (kept.id, kept.origin, kept.specifications, kept.title.en) == ("本院要求", "user", 1, "Our own")
    ours = (delivery.FOLDER / "basic.ids").read_text(encoding="utf-8").replace("基本交付", "区级交付")
    check.save(tmp_path / "templates", "basic.ids", ours.encode())
    (tmp_path / "templates" / "broken.ids").write_text("<ids>", encoding="utf-8")
    listed = {item.id: item for item in check.templates(tmp_path / "templates")}
    assert list(listed) == [*check.BUILT_IN, "broken", "本院要求"]
    assert listed["basic"].title.zh == "区级交付"
    assert listed["basic"].origin == "user"
    assert listed["broken"].problem is not None
    assert json.dumps([item.as_dict() for item in listed.values()])
    made = House()
    made.add("IfcDoor", "门")
    result = made.check(listed["本院要求"].path, listed["broken"].path)
    assert one(result, "本院要求").failed == 1
    assert result.templates[-1].problem is not None
    assert result.templates[-1].specifications == []


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".", "..", " x", "x\n", "a" * 101, "con:1"])
def test_names_that_are_no_file_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused):
        check.save(tmp_path, name, ids(specification(entity("IFCDOOR"), attribute("Tag"))).encode())
    assert list(tmp_path.rglob("*")) == []


GOOD = specification(entity("IFCDOOR"), attribute("Tag"))
BOMB = '<!DOCTYPE ids [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
BROKEN = {
    "empty": (b"", "不是完整的 XML"),
    "text": ("不是 XML".encode(), "不是完整的 XML"),
    "cut": (ids(GOOD).encode()[:-30], "不是完整的 XML"),
    "bytes": (b"\xff\xfe\x00\xd8", "不是完整的 XML"),
    "other XML": (b"<html><body/></html>", "不符合 IDS 1.0"),
    "no namespace": (b"<ids><info><title>x</title></info></ids>", "不符合 IDS 1.0"),
    "wrong facet": (ids(GOOD.replace("attribute", "attribut")).encode(), "不符合 IDS 1.0"),
    "wrong version": (ids(GOOD.replace("IFC4X3_ADD2", "IFC5")).encode(), "不符合 IDS 1.0"),
    "entities": (ids(GOOD, title="&b;", extra=BOMB).encode(), "DOCTYPE"),
    "external": (
        ids(GOOD, title="&x;", extra='<!DOCTYPE ids [<!ENTITY x SYSTEM "file:///etc/passwd">]>').encode(),
        "DOCTYPE",
    ),
    "utf-16 entities": (
        ids(GOOD, extra=BOMB).replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16"),
        "DOCTYPE",
    ),
    "deep": (b"<ids>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</ids>", "嵌套"),
    "pattern": (
        ids(specification(entity("IFCDOOR"), attribute("Tag", bound("pattern", "[a")))).encode(),
        "正则",
    ),
    "large": (b" " * (delivery.BYTES + 1), "超过上限"),
    "many": (ids(*[GOOD] * (delivery.SPECIFICATIONS + 1)).encode(), "条要求"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_template_is_refused_in_one_sentence(tmp_path: Path, case: str) -> None:
    data, said = BROKEN[case]
    path = tmp_path / "own.ids"
    path.write_bytes(data)
    with pytest.raises(Refused) as refused:
        check.read_template(path)
    assert said in refused.value.zh
    assert refused.value.zh.count("。") == 1
    assert "own.ids" in refused.value.en
    with pytest.raises(Refused):
        check.save(tmp_path / "kept", "own", data)
    assert not (tmp_path / "kept" / "own.ids").exists()


def test_a_missing_template_is_a_problem_of_its_own(tmp_path: Path) -> None:
    result = House().check(tmp_path / "gone.ids", "basic")
    gone, basic = result.templates[-2:]
    assert gone.problem is not None and "gone.ids" in gone.problem.en
    assert basic.problem is None


def test_utf_16_is_read(tmp_path: Path) -> None:
    path = tmp_path / "own.ids"
    path.write_bytes(ids(GOOD).replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16"))
    assert check.read_template(path).title.zh == "测试"


@cases.needs_cases
def test_the_office_as_its_makers_wrote_it() -> None:
    """20 external walls have Pset_WallCommon with a fire rating; no door, slab or column has one."""
    result = checked("jiading_office_cn_v1.ifc")
    counts = {
        name: (named(result, name).applicable, named(result, name).passed)
        for name in ("fire.wall", "fire.slab", "fire.column", "basic.space.area", "architecture.wall.insulation",
                     "architecture.wall.bearing", "architecture.window.size", "basic.element.storey")
    }  # fmt: skip
    assert counts == {
        "fire.wall": (45, 20),
        "fire.slab": (5, 0),
        "fire.column": (70, 0),
        "basic.space.area": (30, 30),
        "architecture.wall.insulation": (20, 20),
        "architecture.wall.bearing": (45, 0),
        "architecture.window.size": (60, 60),
        "basic.element.storey": (205, 205),
    }
    walls = named(result, "fire.wall")
    assert {failure.name.split("-")[0] for failure in walls.failures} == {"内墙"}
    assert len({failure.storey for failure in walls.failures}) == 5
    assert named(result, "basic.classification").failed == 235


@cases.needs_cases
@pytest.mark.parametrize(
    "name",
    [
        "duplex_a_ifc2x3.ifc",
        "samplehouse_ifc4.ifc",
        "ac20_fzk_haus_ifc4.ifc",
        "bimwhale_tallbuilding.ifc",
        pytest.param("office_a_ifc2x3.ifc", marks=pytest.mark.slow),
        pytest.param("root_houten_kozijnen.ifc", marks=pytest.mark.slow),
    ],
)
def test_walls_and_doors_are_counted_as_in_the_file(name: str) -> None:
    facts = cases.facts()[name]["text"]["counts"]
    result = checked(name, "fire")
    walls = facts.get("IFCWALL", 0) + facts.get("IFCWALLSTANDARDCASE", 0)
    assert named(result, "fire.wall").applicable == walls
    assert named(result, "fire.door.exit").applicable == facts.get("IFCDOOR", 0)
    assert named(result, "fire.slab").applicable == facts.get("IFCSLAB", 0)


@pytest.mark.slow
@cases.needs_cases
def test_the_largest_model_is_checked_in_time() -> None:
    result = checked("janesville_revit2012.ifc")
    facts = cases.facts()["janesville_revit2012.ifc"]["text"]["counts"]
    assert named(result, "fire.wall").applicable == facts["IFCWALL"] + facts["IFCWALLSTANDARDCASE"] == 247
    assert named(result, "architecture.window.size").applicable == facts["IFCWINDOW"]
    assert named(result, "basic.space.name").applicable == facts["IFCSPACE"]
    assert result.summary()["not_finished"] == 0
    assert result.seconds < 60  # 1.4 s of processor time; the machine may be busy


@cases.needs_cases
def test_the_duplex_says_what_revit_left_out() -> None:
    result = checked("duplex_a_ifc2x3.ifc")
    assert named(result, "architecture.wall.external").passed == 57
    assert named(result, "fire.wall").failed == 57
    assert named(result, "basic.building").failures[0].reason.zh == "“名称”（Name）为空。"
    assert named(result, "basic.space.area").passed == 21

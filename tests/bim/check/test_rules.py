"""Our own rules on models whose faults are known."""

from __future__ import annotations

import math

from bim import check

from .made import House, named


def test_a_sound_building_passes_every_rule() -> None:
    made = House()
    made.add("IfcWall", "墙")
    found = made.extracted()
    found.elements["area_m2"] = 12.0
    result = check.run(made.file, found.model, found.elements, templates=())
    assert {item.outcome for _, item in result.specifications()} == {"pass", "none"}
    assert named(result, "space.area").outcome == "none"  # there is no space


def test_bad_and_repeated_identifiers_are_named() -> None:
    made = House()
    one, two, bad = (made.add("IfcWall", name) for name in ("一", "二", "坏"))
    two.GlobalId = one.GlobalId
    bad.GlobalId = "4thisIsTooHighAtFront$"  # 22 digits, but the first is above 3
    result = made.check()
    valid, unique = named(result, "guid.valid"), named(result, "guid.unique")
    assert [(failure.name, failure.row is not None) for failure in valid.failures] == [("坏", True)]
    assert "4thisIsTooHighAtFront$" in valid.failures[0].reason.zh
    assert {failure.name for failure in unique.failures} == {"一", "二"}
    assert len({failure.key for failure in unique.failures}) == 2
    assert unique.applicable == valid.applicable == len(made.file.by_type("IfcRoot"))


def test_elements_outside_storeys_and_spaces_without_area() -> None:
    made = House()
    made.add("IfcWall", "内", 0)
    made.add("IfcWall", "外", None)
    made.add("IfcSpace", "101", 0)
    made.add("IfcSpace", "102", 0)
    found = made.extracted()
    spaces = found.elements.index[found.elements["kind"] == "space"]
    found.elements.loc[spaces[0], "area_m2"], found.elements.loc[spaces[1], "area_m2"] = 20.0, math.nan
    result = check.run(made.file, found.model, found.elements, templates=())
    assert [failure.name for failure in named(result, "storey.elements").failures] == ["外"]
    assert named(result, "storey.elements").applicable == 2
    assert [failure.name for failure in named(result, "space.area").failures] == ["102"]
    assert named(result, "space.area").ended == "warned"


def test_storeys_at_one_elevation() -> None:
    made = House()
    made.storeys[1].Elevation = 0.005
    (failure,) = named(made.check(), "storey.elevation").failures
    assert failure.name == "二层"
    assert "一层" in failure.reason.zh
    made.storeys[1].Elevation = 0.02
    assert named(made.check(), "storey.elevation").outcome == "pass"


def test_what_is_not_drawn_or_drawn_otherwise() -> None:
    made = House()
    for name in ("好", "盒", "无", "实"):
        made.add("IfcWall", name)
    assembly = made.add("IfcElementAssembly", "组合")
    assembly.Representation = None  # drawn by its parts
    found = made.extracted()
    methods = {"好": "kernel", "盒": "box", "无": "none", "实": "no-openings", "组合": "none"}
    found.elements["method"] = [methods[name] for name in found.elements["name"]]
    result = check.run(made.file, found.model, found.elements, templates=())
    assert [failure.name for failure in named(result, "shape.drawn").failures] == ["无"]
    assert named(result, "shape.drawn").ended == "failed"
    assert {failure.name for failure in named(result, "shape.exact").failures} == {"盒", "实"}
    assert named(result, "shape.exact").applicable == 4


def test_a_model_that_was_not_meshed_is_not_blamed_for_its_shapes() -> None:
    made = House()
    made.add("IfcWall", "墙")
    found = made.extracted()
    found.model.methods, found.elements["method"] = {}, "none"
    result = check.run(made.file, found.model, found.elements, templates=())
    assert named(result, "shape.drawn").outcome == "none"

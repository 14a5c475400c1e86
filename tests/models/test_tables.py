"""Elements, cards, search and values of a version, against what the office is known to hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.models import office
from twin.errors import InputError, UnknownName
from twin.models import contents, tables
from twin.store import Store


def test_elements_by_columns(versions: tuple[Path, Path]) -> None:
    found = tables.read(versions[0])
    listed = found.listed
    assert {len(listed[name]) for name in ("row", "key", "class", "name", "storey", "kind", "method")} == {
        len(found)
    }
    assert len(set(listed["key"])) == len(found)
    assert set(listed["kind"]) == {"element", "space"}
    counts = office.document(versions[0]).counts
    assert listed["class"].count("IfcWindow") == counts["IfcWindow"]
    assert listed["kind"].count("space") == counts["IfcSpace"]


def test_a_card_has_all_of_an_element(versions: tuple[Path, Path]) -> None:
    found = tables.read(versions[0])
    row = found.listed["class"].index("IfcWindow")
    card = contents.card(versions[0], row)
    assert card["row"] == row
    assert card["name"].startswith("铝合金窗")
    assert card["hosted"] == []
    host = contents.card(versions[0], card["host"])
    assert host["class"].startswith("IfcWall")
    assert row in host["hosted"]
    names = {item["name"] for group in host["sets"] for item in group["properties"]}
    assert names
    total = sum(len(group["properties"]) for group in host["sets"])
    assert total == int((found.properties["element"] == card["host"]).sum())
    for wrong in (-1, len(found)):
        with pytest.raises(UnknownName):
            found.card(wrong)


def test_search_finds_names_classes_ids_and_values(versions: tuple[Path, Path]) -> None:
    found = tables.read(versions[0])
    listed = found.listed
    walls = {row for row, name in enumerate(listed["name"]) if name and "外墙" in name}
    assert walls <= {hit["row"] for hit in found.search("外墙", 500)["hits"]}
    by_id = found.search(listed["key"][3].lower())
    assert by_id["hits"][0]["row"] == 3
    assert (by_id["hits"][0]["where"], by_id["total"]) == ("key", 1)
    item = found.properties[found.properties["text"].str.len() > 2].iloc[0]
    hit = next(hit for hit in found.search(str(item["text"]), 500)["hits"] if hit["row"] == item["element"])
    assert hit["text"]
    full = found.search(f"{item['set']}.{item['name']}", 500)
    owners = found.properties[
        (found.properties["set"] == item["set"]) & (found.properties["name"] == item["name"])
    ]
    assert full["total"] == owners["element"].nunique()
    assert found.search("  ") == {"total": 0, "hits": []}
    assert found.search("nothing of the kind") == {"total": 0, "hits": []}
    assert len(found.search("i", 5)["hits"]) == 5


def test_values_to_colour_by(versions: tuple[Path, Path]) -> None:
    found = tables.read(versions[0])
    assert found.values("class")["values"] == found.listed["class"]
    area = found.values("area_m2")
    assert area["kind"] == "number"
    spaces = [value for value in area["values"] if value is not None]
    assert len(spaces) == int(np.isfinite(found.elements["area_m2"]).sum())
    for item in found.colourable:
        told = found.values(item["by"])
        assert (told["kind"], len(told["values"])) == (item["kind"], len(found))
        assert sum(value is not None for value in told["values"]) <= item["count"]
    with pytest.raises(InputError):
        found.values("Pset_Nothing.Nothing")


def test_what_an_element_says_comes_before_its_type(versions: tuple[Path, Path]) -> None:
    found = tables.Tables(versions[0])
    twice = found.properties.iloc[[0, 0]].copy()
    twice["set"], twice["name"], twice["number"] = "Own", "Rating", np.nan
    twice["of_type"], twice["text"] = [True, False], ["type", "own"]
    found.properties = twice
    told = found.values("Own.Rating")
    assert [value for value in told["values"] if value is not None] == ["own"]


def test_changes_between_versions_have_rows(versions: tuple[Path, Path]) -> None:
    told = contents.compared(*versions)
    assert told["added"]
    keys = {"added": 1, "changed": 1, "removed": 0}
    for kind, side in keys.items():
        listed = tables.read(versions[side]).listed["key"]
        for item in told[kind]:
            if item["row"] is not None:
                assert listed[item["row"]] == item["key"]


def test_the_check_is_told_in_short_and_in_full(
    versions: tuple[Path, Path], store: Store, tmp_path: Path
) -> None:
    short = contents.check_of(versions[0])
    assert short is not None
    assert short["templates"]
    keys = tables.read(versions[0]).listed["key"]
    for failure in short["failures"]:
        if failure["row"] is not None:
            assert keys[failure["row"]] == failure["key"]
    one = next((failure for failure in short["failures"] if failure["row"] is not None), None)
    if one is not None:
        assert one["reason"] in [
            item["reason"] for item in contents.card(versions[0], one["row"])["failures"]
        ]
    assert contents.report_document(versions[0])["check"] is not None
    assert "<html" in contents.report_page(versions[0], "zh")
    contents.write_issues(versions[0], tmp_path / "issues.bcf")
    assert (tmp_path / "issues.bcf").stat().st_size > 0
    bare = tmp_path / "bare"
    bare.mkdir()
    assert contents.check_of(bare) is None
    with pytest.raises(UnknownName):
        contents.report_page(bare, "zh")

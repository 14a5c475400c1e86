"""What stands in a report: the town's figures, each with evidence that resolves, in both languages."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.report.conftest import Town, with_files
from twin.errors import InputError, UnknownName
from twin.indicators import report as indicators
from twin.report import content, ledger, request, words

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def refs(value: Any) -> set[str]:
    """Every mark that a document prints."""
    if isinstance(value, dict):
        own = {value[key] for key in ("ref", "before_ref", "after_ref") if value.get(key)}
        own |= set(value.get("refs", ()))
        return own.union(*(refs(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(refs(item) for item in value))
    return set()


@pytest.fixture(scope="module")
def document(place: Town) -> dict[str, Any]:
    return place.document(scenario=place.scenario)


def section(document: dict[str, Any], kind: str, number: int = 0) -> dict[str, Any]:
    return [item for item in document["sections"] if item["kind"] == kind][number]


def test_sections_in_their_order(document: dict[str, Any]) -> None:
    kinds = [item["kind"] for item in document["sections"]]
    assert kinds[:4] == ["summary", "view", "view", "indicators"]
    assert kinds[-3:] == ["scenario", "maps", "annotations"]
    assert kinds.count("chart") >= 3
    assert document["title"] == "季度汇报"
    assert json.loads(json.dumps(document)) == document  # plain data, as templates read it


def test_every_mark_leads_to_its_evidence(document: dict[str, Any]) -> None:
    known = {entry["mark"]: entry for entry in document["evidence"]}
    assert len(known) == len(document["evidence"])
    assert refs(document["sections"]) == set(known)
    for entry in known.values():
        heads = [fact["head"] for fact in entry["facts"]]
        assert {"数据", "方法"} <= set(heads)
        assert entry["as_of"]
        assert entry["origin_text"] == "合成数据"


def test_figures_are_those_of_the_indicators(place: Town, document: dict[str, Any]) -> None:
    figures = {item["no"]: item for item in section(document, "view")["figures"]}
    assert figures[3]["value"] == "6\u2009个" or figures[3]["value"].startswith(
        "6"
    )  # 4 stand, 2 of the scenario
    assert figures[22]["value"] == "50.0%"
    assert (figures[1]["value"], figures[1]["ref"]) == ("", "")
    told = {row["no"]: row for row in indicators.rows(place.desk, scenario=place.scenario)}
    table = {
        item["no"]: item for group in section(document, "indicators")["groups"] for item in group["figures"]
    }
    assert len(table) == 35
    for no, row in told.items():
        assert table[no]["value"] == (
            "" if row["value"] is None else ledger.told(row["value"], row["unit"], "zh")
        )
        assert table[no]["as_of"] == (row["as_of"] or "")
        assert bool(table[no]["ref"]) == (row["value"] is not None)


def test_summary_counts_what_the_table_shows(document: dict[str, Any]) -> None:
    counts = {item["status"]: item["count"] for item in section(document, "summary")["statuses"]}
    figures = [item for group in section(document, "indicators")["groups"] for item in group["figures"]]
    assert sum(counts.values()) == 35
    assert counts == {name: sum(item["status"] == name for item in figures) for name in content.STATUSES}
    assert sum(sum(item["counts"]) for item in section(document, "summary")["categories"]) == 35


def test_scenario_tells_before_and_after(document: dict[str, Any]) -> None:
    found = section(document, "scenario")
    row = next(item for item in found["rows"] if item["no"] == 3)
    assert (row["before"][0], row["after"][0], row["change"][:2]) == ("4", "6", "+2")
    assert row["before_ref"] != row["after_ref"]
    assert len(found["edits"]) == 2
    assert "新站" in found["edits"][0]
    assert section(document, "maps")["pictures"][1]["key"] == "after"


def test_annotations_of_the_scenario_are_printed(document: dict[str, Any]) -> None:
    (row,) = section(document, "annotations")["rows"]
    assert (row["title"], row["author"], row["status_text"]) == ("此处请核对基站权属。", "王工", "未解决")


def test_synthetic_data_is_told_wherever_it_shows(document: dict[str, Any]) -> None:
    for item in document["sections"]:
        if item["kind"] != "annotations":
            assert item["notice"] == words.word("synthetic", "zh"), item["title"]
    assert document["notice"]


def test_charts_hold_targets_and_marks(document: dict[str, Any]) -> None:
    charts = [item for item in document["sections"] if item["kind"] == "chart"]
    attained = charts[0]["chart"]
    assert attained["target"]["value"] == 100.0
    assert all(re.search(r"\[E\d+\]$", text) for text in attained["series"][0]["texts"])
    by_town = next(item["chart"] for item in charts if item["chart"]["form"] == "columns")
    assert by_town["target"]["value"] == pytest.approx(95.0)
    assert [series["role"] for series in by_town["series"]] == ["base", "value"]
    sensors = charts[-1]["chart"]["series"][0]
    assert sum(sensors["values"]) == 5


def test_english_reports_are_in_english(place: Town) -> None:
    document = place.document(lang="en", scenario=place.scenario)
    assert section(document, "view")["title"] == "New city core"
    own = json.dumps(
        [section(document, "indicators"), section(document, "summary"), document["words"]], ensure_ascii=False
    )
    assert not CHINESE.search(own)


def test_only_what_was_asked_for(place: Town) -> None:
    (first, second) = place.tour.viewpoints
    document = place.document(viewpoints=[second.id], indicators=[3, 22])
    views = [item for item in document["sections"] if item["kind"] == "view"]
    assert [item["title"] for item in views] == ["全镇"]
    assert sum(len(group["figures"]) for group in section(document, "indicators")["groups"]) == 2
    with pytest.raises(InputError, match="no viewpoint"):
        place.document(viewpoints=["beef"])
    assert first.id not in json.dumps(document)


def test_a_scenario_that_is_not_there(place: Town) -> None:
    with pytest.raises(UnknownName):
        place.document(scenario="beef")


def test_pictures_and_the_sentences_in_their_place(document: dict[str, Any]) -> None:
    told = with_files(document)
    assert section(told, "view")["pictures"][0]["file"] == "view-01.png"
    lacking = content.with_pictures(document, {}, {"view-01": {"zh": "没有浏览器。", "en": "no browser."}})
    assert section(lacking, "view")["pictures"][0]["missing"] == "没有地图图片：没有浏览器。"
    assert "未要求" in section(lacking, "view", 1)["pictures"][0]["missing"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"tour": "a", "format": "docx"}, "format"),
        ({"tour": ""}, "tour"),
        ({}, "tour"),
        ({"tour": "a", "lang": "fr"}, "lang"),
        ({"tour": "a", "pictures": "yes"}, "pictures"),
        ({"tour": "a", "indicators": [36]}, "indicators"),
        ({"tour": "a", "colour": 1}, "colour"),
    ],
)
def test_a_request_that_is_wrong_is_named(body: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        request.read(body)


@pytest.mark.parametrize(
    ("value", "unit", "language", "text"),
    [
        (65.31, "%", "zh", "65.3%"),
        (220000.0, "个", "zh", "220,000个"),
        (1.25, "Mbps", "en", "1.2\u2009Mbps"),
        (7.0, "", "en", "7"),
        (None, "%", "zh", "暂无数据"),
    ],
)
def test_values_as_they_are_printed(value: float | None, unit: str, language: str, text: str) -> None:
    assert ledger.told(value, unit, language) == text

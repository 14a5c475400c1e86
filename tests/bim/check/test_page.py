"""The HTML report: complete, alone, in both languages, and safe with hostile names."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from bim import check
from bim.check.page import text
from bim.check.page_words import WORDS
from bim.finding import Finding, Sentence
from tests.bim import cases
from twin.design import tokens

from .made import House

HOSTILE = [
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "\"><svg onload=document.title='owned'>",
    "</style></table></body><h1>外</h1>",
    "{0} {passed} %s",
    "\u202e反向\u202c 零\u200b宽 控制\x01\x07字符\n换行",
    "长" * 5000,
    "&amp; &lt;",
]


class Reader(HTMLParser):
    """Tags, links and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "col", "input", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def kept(house: House, folder: Path, findings: list[Finding] | None = None) -> Path:
    """The folder of a house with its checks."""
    data = house.extracted()
    cases.keep(data, folder)
    check.run(house.file, data.model, data.elements, georeference_findings=findings).write(folder)
    return folder


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    house = House()
    house.project.Name, house.building.Name = HOSTILE[0], HOSTILE[1]
    house.storeys[0].Name, house.storeys[0].LongName = HOSTILE[2], HOSTILE[3]
    for name in HOSTILE:
        wall = house.add("IfcWall", name)
        house.properties(
            wall, "Pset_WallCommon", FireRating=("IfcLabel", name), IsExternal=("IfcLabel", name)
        )
    for number in range(20):
        house.add("IfcWall", f"墙{number}")
    return kept(
        house, tmp_path / "hostile", [Finding("georeference.x", "warning", Sentence(HOSTILE[0], HOSTILE[1]))]
    )


def test_the_report_stands_alone(hostile: Path) -> None:
    for language in ("zh", "en"):
        page = check.html(hostile, language, base="/bim")
        read = Reader(page)
        assert read.open == []  # every element is closed, in order
        names = {name for name, _ in read.tags}
        assert not names & {"script", "img", "svg", "link", "iframe", "object", "form", "base"}
        assert not [
            key for _, attributes in read.tags for key in attributes if key.startswith("on") or key == "src"
        ]
        assert not re.search(r"url\(|@import|https?:", page)
        assert "default-src 'none'" in page
        assert read.all("html")[0]["lang"] == ("zh-CN" if language == "zh" else "en")


def test_hostile_texts_are_texts(hostile: Path) -> None:
    page = check.html(hostile, "zh", base="/bim")
    read = Reader(page)
    assert HOSTILE[0] in read.text
    assert "</style></table></body><h1>外</h1>" in read.text
    assert "{0} {passed} %s" in read.text
    assert len(read.all("h1")) == 1
    assert not re.search("[\x00-\x08\x0b-\x1f\u200b\u202a-\u202e]", page)
    assert max(len(part) for part in re.findall("长+", page)) <= 300
    assert len(page) < 300_000


def test_elements_are_linked_by_their_key_where_there_is_a_viewer(hostile: Path) -> None:
    elements = json.loads((hostile / "check.json").read_text(encoding="utf-8"))
    keys = {
        failure["key"] for template in elements["templates"] for item in template["specifications"]
        for failure in item["failures"] if "key" in failure
    }  # fmt: skip
    links = [each["href"] for each in Reader(check.html(hostile, "zh", base="/bim")).all("a")]
    assert links
    found = {str(link).removeprefix("/bim?element=").replace("%24", "$") for link in links}
    assert found == keys
    assert Reader(check.html(hostile, "zh")).all("a") == []
    assert Reader(check.html(hostile, "zh", base="javascript:alert(1)//")).all("a") == []
    quoted = check.html(hostile, "zh", base='/bim"><script>')
    assert "<script" not in quoted


def test_everything_is_told_in_the_language_asked_for(tmp_path: Path) -> None:
    house = House()
    house.project.Name = house.site.Name = house.building.Name = "x"
    for storey in house.storeys:
        storey.Name = "L"
    house.add("IfcWall", None)
    house.add("IfcSpace", "101", None)
    folder = kept(house, tmp_path / "m", [])
    english = Reader(f"<html><head>{check.html(folder, 'en').split('</style>')[1]}").text
    quoted = ("防火分区", "防火")  # names that a model must have, whatever the language
    for name in quoted:
        english = english.replace(name, "")
    assert not re.findall("[\u3400-\u9fff，。；：（）]+", english)
    assert "Model check report" in english
    assert "The property set Pset_WallCommon is missing" in english
    chinese = check.html(folder, "zh")
    for word in (
        "模型检查报告",
        "楼层",
        "未通过",
        "不合格明细",
        "基本交付",
        "消防与疏散",
        "缺少属性集 Pset_WallCommon",
    ):
        assert word in chinese
    assert all(sentence.zh and sentence.en for sentence in WORDS.values())


def test_the_figures_are_those_of_the_checks(tmp_path: Path) -> None:
    house = House()
    house.add("IfcWall", "墙")
    folder = kept(house, tmp_path / "m", [])
    summary = check.document(folder)["check"]["summary"]
    page = check.html(folder, "zh")
    assert f"<b>{summary['passed']}</b><span>项通过</span>" in page
    assert f"<b>{summary['failed']}</b><span>项未通过</span>" in page
    assert summary["specifications"] == sum(
        summary[name] for name in ("passed", "failed", "warned", "not_finished", "not_applicable")
    )
    assert page.count('<span class="chip bad">未通过') == summary["failed"]


def test_long_lists_are_folded_and_what_is_left_out_is_counted(tmp_path: Path) -> None:
    house = House()
    for number in range(130):
        house.add("IfcWall", f"墙{number}")
    folder = kept(house, tmp_path / "m")
    page = check.html(folder, "zh", base="/bim")
    assert "<details>" in page
    assert "<details open>" not in page
    assert "另有 30 个未在此列出" in page
    assert "（130 个）" in page
    assert len(check.document(folder)["check"]["templates"][2]["specifications"][0]["failures"]) == 130


def test_hypotheses_and_the_placement_are_told(hostile: Path) -> None:
    class Guess:
        name, crs, score, overlap, rotation_deg = "map_conversion", "EPSG:4549", 0.97, 0.914, 30.0
        longitude, latitude = 121.250301, 31.384102
        title = Sentence("按文件所写", "As written")
        why = (Sentence("落在嘉定区。", "In Jiading."),)
        faults = (Finding("georeference.scale", "warning", Sentence("比例<b>错误</b>。", "Wrong scale.")),)

    plain: dict[str, Any] = {
        "name": "site", "title": {"zh": "按场地经纬度", "en": "By the site"}, "score": None, "overlap": None,
        "longitude": 121.25, "latitude": 31.38, "rotation_deg": 0.0, "why": [], "faults": [],
    }  # fmt: skip
    placement = {"lon": 121.2503, "lat": 31.3841, "height_m": 4.25, "rotation_deg": 30.0}
    page = check.html(hostile, "zh", hypotheses=[Guess(), plain], placement=placement)
    read = Reader(page)
    for said in ("按文件所写", "EPSG:4549", "121.250301", "91 %", "97 %", "落在嘉定区", "比例<b>错误</b>", "按场地经纬度",
                 "已确认：东经 121.250300，北纬 31.384100，高程 4.25 m，旋转 30.00°"):  # fmt: skip
        assert said in read.text


def test_a_model_without_checks_has_a_report_of_its_facts(tmp_path: Path) -> None:
    house = House()
    cases.keep(house.extracted(), tmp_path / "m")
    page = check.html(tmp_path / "m", "zh")
    assert "此模型尚未检查" in page
    assert "二层" in page
    assert check.document(tmp_path / "m")["check"] is None


def test_the_colours_are_those_of_the_design() -> None:
    style = (Path(check.__file__).with_name("page.css")).read_text(encoding="utf-8")
    light = tokens()["light"]
    for name, token in {
        "ground": "ground", "panel": "panel_solid", "line": "line", "text-1": "text_1", "text-2": "text_2",
        "text-3": "text_3", "accent": "accent", "good": "good", "warn": "warn", "bad": "bad",
    }.items():  # fmt: skip
        assert f"--{name}:{light[token]}" in style.replace(": ", ":")


def test_text_is_safe_and_short() -> None:
    assert text("<b>'\"&") == "&lt;b&gt;&#x27;&quot;&amp;"
    assert text("a\x00b\nc\u202ed\ud800e") == "a b c d e"
    assert text("长" * 400) == "长" * 299 + "…"


@pytest.mark.browser
def test_the_report_in_a_browser(chromium: Any, hostile: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(check.html(hostile, "zh", base="/bim"), encoding="utf-8")
    context = chromium.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    messages: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    assert page.title().startswith("模型检查报告")
    assert (messages, requests) == ([], [path.as_uri()])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1280, "height": 800})
    shown = "document.querySelector('details table').checkVisibility()"
    assert not page.evaluate(shown)
    page.locator("#unfold").check()
    assert page.evaluate(shown)
    context.close()

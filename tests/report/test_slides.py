"""Slides opened again: texts, native tables and charts, pictures, notes, links of every figure to its evidence."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pptx import Presentation
from pptx.oxml.ns import qn

from tests.report.conftest import Town, png, with_files
from twin.errors import InputError, UnknownName
from twin.report import content, slide_parts, slides, template

MARK = re.compile(r"\[(E\d+)\]")


@pytest.fixture(scope="module")
def written(place: Town, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Any]:
    folder = tmp_path_factory.mktemp("slides")
    for number in (1, 2):
        (folder / f"view-0{number}.png").write_bytes(png(shade=100 * number))
    document = with_files(place.document(scenario=place.scenario))
    path = folder / "report.pptx"
    count = slides.write(document, path, template.find(folder, "", "pptx"), folder)
    deck = Presentation(str(path))
    assert len(deck.slides) == count
    return document, deck


def texts(slide: Any) -> str:
    found = []
    for shape in slide.shapes:
        if shape.has_text_frame:
            found.append(shape.text_frame.text)
        if shape.has_table:
            found += [cell.text for row in shape.table.rows for cell in row.cells]
    return "\n".join(found)


def titled(deck: Any, title: str) -> Any:
    return next(slide for slide in deck.slides if slide.shapes.title.text_frame.text == title)


def test_cover_and_contents(written: tuple[dict[str, Any], Any]) -> None:
    document, deck = written
    assert deck.slides[0].shapes.title.text_frame.text == "季度汇报"
    assert "合成演示数据" in texts(deck.slides[0])
    told = texts(deck.slides[1])
    for section in document["sections"]:
        assert section["title"] in told
    numbers = {slide.shapes.title.text_frame.text: str(n) for n, slide in enumerate(deck.slides, start=1)}
    contents = next(
        shape.table for shape in deck.slides[1].shapes if shape.has_table and len(shape.table.columns) == 2
    )
    for row in list(contents.rows)[1:]:
        assert numbers[row.cells[0].text] == row.cells[1].text


def test_no_placeholder_is_left_empty(written: tuple[dict[str, Any], Any]) -> None:
    for slide in written[1].slides:
        for shape in slide.placeholders:
            assert not shape.has_text_frame or shape.text_frame.text.strip(), (slide.slide_id, shape.name)


def test_view_has_its_picture_figures_and_footnotes(written: tuple[dict[str, Any], Any]) -> None:
    _, deck = written
    slide = titled(deck, "新城核心")
    (picture,) = [shape for shape in slide.shapes if shape.shape_type is not None and hasattr(shape, "image")]
    assert picture.image.size == (2400, 1350)
    assert "公交" in picture._element.nvPicPr.cNvPr.get("descr")
    told = texts(slide)
    assert "50.0%" in told
    assert "暂无数据" in told
    marks = set(MARK.findall(told))
    notes = slide.notes_slide.notes_text_frame.text
    assert marks
    assert marks == set(MARK.findall(notes)) - set(MARK.findall("\n".join(re.findall("方法: 同.*", notes))))
    assert "数据: " in notes


def test_every_mark_is_a_link_to_the_slide_of_its_entry(written: tuple[dict[str, Any], Any]) -> None:
    document, deck = written
    known = {entry["mark"] for entry in document["evidence"]}
    entries: dict[str, Any] = {}
    for slide in deck.slides:
        if slide.slide_layout.name == template.LAYOUTS["text"]:
            for mark, name in re.findall(r"^\[(E\d+)\] (.+)$", texts(slide), re.M):
                entries.setdefault(mark, slide)
                assert name
    assert set(entries) == known
    linked = 0
    for slide in deck.slides:
        for run in slide.shapes._spTree.iter(qn("a:r")):
            link = run.find(f"{qn('a:rPr')}/{qn('a:hlinkClick')}")
            marks = MARK.findall(run.find(qn("a:t")).text or "")
            if link is not None and len(marks) == 1:
                target = slide.part.related_part(link.get(qn("r:id")))
                assert target is entries[marks[0]].part
                linked += 1
    assert linked >= len(known)


def test_table_of_all_indicators(written: tuple[dict[str, Any], Any]) -> None:
    _, deck = written
    rows: list[list[str]] = []
    for slide in deck.slides:
        if slide.shapes.title.text_frame.text.startswith("指标明细"):
            table = next(shape.table for shape in slide.shapes if shape.has_table)
            rows += [[cell.text for cell in row.cells] for row in list(table.rows)[1:]]
    numbers = [row[0] for row in rows if row[0].isdigit()]
    assert numbers == [str(no) for no in range(1, 36)]


def test_charts_are_native_with_their_numbers(written: tuple[dict[str, Any], Any]) -> None:
    document, deck = written
    charts = {
        slide.shapes.title.text_frame.text: shape.chart
        for slide in deck.slides
        for shape in slide.shapes
        if shape.has_chart
    }
    for section in document["sections"]:
        if section["kind"] != "chart":
            continue
        chart, spec = charts[section["title"]], section["chart"]
        series = [item for plot in chart.plots for item in plot.series]
        values = [list(item.values) for item in series]
        order = spec["categories"] if spec["form"] == "columns" else spec["categories"][::-1]
        assert [str(item) for item in chart.plots[0].categories] == order
        for told in spec["series"]:
            own = told["values"] if spec["form"] == "columns" else told["values"][::-1]
            assert any(value == pytest.approx(own) for value in values)
        if spec["form"] == "columns" and spec["target"]:
            assert values[-1] == pytest.approx([spec["target"]["value"]] * len(order))
            assert len(chart.plots) == 2  # the target is a line over the columns


def test_chinese_runs_say_that_they_are_chinese(written: tuple[dict[str, Any], Any]) -> None:
    languages = {
        run.get("lang")
        for slide in written[1].slides
        for run in slide.shapes._spTree.iter(qn("a:rPr"))
        if run.get("lang")
    }
    assert languages == {"zh-CN"}
    theme = next(
        rel.target_part
        for rel in written[1].slide_master.part.rels.values()
        if rel.reltype.endswith("/theme")
    )
    assert b'<a:ea typeface="Microsoft YaHei"/>' in theme.blob


def test_pictures_that_are_not_there_are_told(place: Town, tmp_path: Path) -> None:
    reason = {"zh": "本机没有浏览器。", "en": "no browser."}
    document = content.with_pictures(place.document(), {}, {"view-01": reason, "view-02": reason})
    slides.write(document, tmp_path / "r.pptx", template.find(tmp_path, "", "pptx"), tmp_path)
    deck = Presentation(str(tmp_path / "r.pptx"))
    assert "没有地图图片：本机没有浏览器。" in texts(titled(deck, "新城核心"))


def own_template(home: Path, change: Any) -> Path:
    folder = template.folder(home)
    folder.mkdir(parents=True)
    deck = Presentation(str(template.FOLDER / "briefing.pptx"))
    change(deck)
    deck.save(str(folder / "ours.pptx"))
    return folder / "ours.pptx"


def test_an_own_template_is_found_and_used(place: Town, tmp_path: Path) -> None:
    def change(deck: Any) -> None:
        layout = next(item for item in deck.slide_layouts if item.name == template.LAYOUTS["cover"])
        layout.placeholders[0].left = 123456
        deck.slides.add_slide(layout).shapes.title.text = "示例"  # an example that must not be printed

    path = own_template(tmp_path, change)
    assert template.names(tmp_path, "pptx") == ["briefing", "ours"]
    assert template.find(tmp_path, "ours", "pptx") == path
    slides.write(content.with_pictures(place.document(), {}, {}), tmp_path / "r.pptx", path, tmp_path)
    deck = Presentation(str(tmp_path / "r.pptx"))
    assert deck.slides[0].shapes.title.left == 123456
    assert "示例" not in texts(deck.slides[0])


def test_what_a_template_lacks_is_named(tmp_path: Path) -> None:
    def change(deck: Any) -> None:
        view = next(item for item in deck.slide_layouts if item.name == template.LAYOUTS["view"])
        notice = next(item for item in view.placeholders if item.placeholder_format.idx == template.NOTICE)
        slide_parts.remove(notice)
        next(item for item in deck.slide_layouts if item.name == template.LAYOUTS["chart"]).name = "别的"

    path = own_template(tmp_path, change)
    with pytest.raises(InputError) as caught:
        template.slides(path)
    assert "合成数据提示 Notice" in caught.value.zh
    assert template.LAYOUTS["chart"] in caught.value.zh


def test_a_template_that_is_no_presentation(tmp_path: Path) -> None:
    path = tmp_path / "broken.pptx"
    path.write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(InputError, match=r"broken\.pptx"):
        template.slides(path)


@pytest.mark.parametrize("name", ["none", "../briefing", "a/b", "x" * 200])
def test_names_that_are_no_template(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnknownName):
        template.find(tmp_path, name, "pptx")


def test_text_is_set_smaller_where_it_would_not_fit() -> None:
    wide, tall = 3 * 914400, 1 * 914400
    assert slide_parts.fitting(["短"], wide, tall, (14, 9)) == 14
    assert slide_parts.fitting(["字" * 100], wide, tall, (14, 9)) == 9
    assert slide_parts.ems("汉字ab") == pytest.approx(3.1)

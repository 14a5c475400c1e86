"""Parts that slides are made of: placeholders, runs of text, tables, charts, and how much text fits where."""

from __future__ import annotations

import copy
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lxml import etree  # type: ignore[import-untyped]
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION
from pptx.enum.dml import MSO_THEME_COLOR as THEME
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.opc.constants import RELATIONSHIP_TYPE as RT
from pptx.oxml.ns import qn
from pptx.util import Emu, Inches, Pt

LANGUAGE_TAGS = {"zh": "zh-CN", "en": "en-GB"}
STATUS = {
    "met": THEME.ACCENT_2,
    "short": THEME.ACCENT_4,
    "unjudged": THEME.ACCENT_3,
    "no_data": THEME.ACCENT_5,
    "none": THEME.ACCENT_1,
}
_PLAIN_TABLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
_EMU_PT = 12700
_LINE = 1.28
"""Height of a line in sizes of its type; the metrics of Chinese fonts are taller than those of Latin ones."""


def placeholder(slide: Any, idx: int) -> Any:
    """The placeholder of a slide by its number; None when it was taken away."""
    return next((item for item in slide.placeholders if item.placeholder_format.idx == idx), None)


def remove(shape: Any) -> None:
    """Take a shape off its slide."""
    if shape is not None:
        shape._element.getparent().remove(shape._element)  # noqa: SLF001 - python-pptx has no way to delete


def describe(shape: Any, text: str) -> None:
    """The text that a screen reader tells of a picture."""
    shape._element._nvXxPr.cNvPr.set("descr", text[:500])  # noqa: SLF001


def furniture(slide: Any, footer: str, date: str, language: str) -> None:
    """Footer, date and number, which python-pptx does not take over from a layout."""
    texts = {"ftr": footer, "dt": date, "sldNum": None}
    for item in slide.slide_layout.placeholders:
        kind = item._element.find(f".//{qn('p:ph')}").get("type")  # noqa: SLF001
        if kind not in texts:
            continue
        element = copy.deepcopy(item._element)  # noqa: SLF001
        style = element.find(qn("p:txBody")).find(qn("a:lstStyle"))
        for child in list(style):
            style.remove(child)
        shape = element.find(qn("p:spPr"))
        for child in list(shape):
            shape.remove(child)
        slide.shapes._spTree.append(element)  # noqa: SLF001
        for text in element.iter(qn("a:t")):
            text.text = texts[kind] if texts[kind] is not None else "‹#›"
        for run in element.iter(qn("a:rPr")):
            run.set("lang", LANGUAGE_TAGS[language])


def say(
    paragraph: Any,
    text: str,
    language: str,
    *,
    size: float | None = None,
    bold: bool | None = None,
    color: Any = None,
) -> Any:
    """A run at the end of a paragraph, marked with its language so that fonts and spelling follow."""
    run = paragraph.add_run()
    run.text = text
    properties = run._r.get_or_add_rPr()  # noqa: SLF001
    properties.set("lang", LANGUAGE_TAGS[language])
    properties.set("altLang", "en-US" if language == "zh" else "zh-CN")
    if size is not None:
        run.font.size = Pt(size)
    if bold is not None:
        run.font.bold = bold
    if color is not None:
        run.font.color.theme_color = color
    return run


def link(slide: Any, run: Any, target: Any) -> None:
    """A click on ``run`` leads to another slide of the presentation."""
    identity = slide.part.relate_to(target.part, RT.SLIDE)
    properties = run._r.get_or_add_rPr()  # noqa: SLF001
    for old in properties.findall(qn("a:hlinkClick")):
        properties.remove(old)
    element = etree.SubElement(properties, qn("a:hlinkClick"))
    element.set(qn("r:id"), identity)
    element.set("action", "ppaction://hlinksldjump")


# -- how much fits ---------------------------------------------------------------


def ems(text: str) -> float:
    """Width of a text in sizes of its type: a Chinese character is 1, a Latin one about 0.55."""
    return sum(1.0 if unicodedata.east_asian_width(sign) in "WFA" else 0.55 for sign in text)


def lines_of(text: str, width: int, size: float) -> int:
    """Lines that ``text`` takes at ``size`` points in ``width`` EMU."""
    room = max(1.0, width / _EMU_PT / size - 0.5)
    return sum(max(1, -(-int(ems(line) * 100) // int(room * 100))) for line in text.split("\n"))


def fitting(lines: Sequence[str], width: int, height: int, sizes: Sequence[float]) -> float:
    """The largest of ``sizes`` at which all lines fit; the smallest when none does."""
    for size in sizes:
        if sum(lines_of(line, width, size) for line in lines) * size * _LINE <= height / _EMU_PT:
            return size
    return sizes[-1]


class Columns:
    """How full a box of several columns is, in lines."""

    def __init__(self, width: int, height: int, size: float, columns: int) -> None:
        gap = Inches(0.35)
        self._width = (width - gap * (columns - 1)) // columns
        self._size = size
        self._per_column = int(height / _EMU_PT / (size * _LINE)) - 1
        self._room = self._per_column * columns
        self._used = 0.0

    def start(self) -> None:
        """The next box is empty."""
        self._used = 0.0

    def split(self, head: str, text: str) -> list[tuple[str, str]]:
        """A long text in pieces of at most half a box, the head with the first."""
        most = int((self._width / _EMU_PT / self._size) * self._per_column * 0.9)
        pieces: list[tuple[str, str]] = []
        rest = text
        while ems(rest) > most:
            cut = next(number for number in range(len(rest), 0, -1) if ems(rest[:number]) <= most)
            stop = max(rest.rfind(mark, 0, cut) for mark in "。；;. ")
            cut = stop + 1 if stop > cut // 2 else cut
            pieces.append((head if not pieces else "", rest[:cut]))
            rest = rest[cut:]
        pieces.append((head if not pieces else "", rest))
        return pieces

    def _lines(self, head: str, text: str, heading: bool) -> float:
        return lines_of(f"{head}  {text}", self._width, self._size) + (0.8 if heading else 0.0)

    def full(self, head: str, text: str, *, heading: bool) -> bool:
        """Whether the next piece does not fit; a heading wants some lines after it."""
        return self._used + self._lines(head, text, heading) + (3 if heading else 0) > self._room

    def take(self, head: str, text: str, *, heading: bool) -> None:
        """The piece was put."""
        self._used += self._lines(head, text, heading)


# -- tables ----------------------------------------------------------------------


def table(slide: Any, idx: int, rows: int, columns: int, *, widths: Sequence[float] = ()) -> Any:
    """A plain table in a placeholder; ``widths`` are shares of its width."""
    holder = placeholder(slide, idx)
    whole = holder.width
    frame = holder.insert_table(rows, columns)
    made = frame.table
    _plain(made, whole, widths or [1.0] * columns)
    return made


def _plain(made: Any, whole: int, shares: Sequence[float]) -> None:
    """No style of Office's own, and columns that share the width."""
    properties = made._tbl.tblPr  # noqa: SLF001
    properties.find(qn("a:tableStyleId")).text = _PLAIN_TABLE
    properties.set("firstRow", "0")
    properties.set("bandRow", "0")
    for column, share in zip(made.columns, shares, strict=True):
        column.width = Emu(int(whole * share / sum(shares)))


def table_instead(slide: Any, idx: int, rows: int, widths: Sequence[float]) -> Any:
    """A plain table in the place of a placeholder of text."""
    holder = placeholder(slide, idx)
    box = holder.left, holder.top, holder.width, holder.height
    remove(holder)
    made = slide.shapes.add_table(rows, len(widths), *box).table
    _plain(made, box[2], widths)
    return made


def height_of(made: Any) -> int:
    """Height of all rows of a table, EMU."""
    return sum(item.height for item in made.rows)


def margins(cell: Any, sides: float, ends: float) -> None:
    """Margins of a cell in inches, and the hairline below it."""
    cell.margin_left = cell.margin_right = Inches(sides)
    cell.margin_top = cell.margin_bottom = Inches(ends)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    properties = cell._tc.get_or_add_tcPr()  # noqa: SLF001
    for old in properties.findall(qn("a:lnB")):
        properties.remove(old)
    line = etree.fromstring(
        '<a:lnB xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" w="6350"><a:solidFill>'
        '<a:schemeClr val="accent6"/></a:solidFill></a:lnB>'
    )
    properties.insert(0, line)


def header(
    made: Any, texts: Sequence[str], language: str, *, numeric: Iterable[int] = (), size: float = 11
) -> None:
    """The first row: small and quiet."""
    made._tbl.tblPr.set("firstRow", "1")  # noqa: SLF001
    row(made.rows[0], texts, language, size=size, bold=True, color=THEME.TEXT_2, numeric=numeric)
    for cell in made.rows[0].cells:
        cell.fill.solid()
        cell.fill.fore_color.theme_color = THEME.BACKGROUND_2


def row(
    made: Any,
    texts: Sequence[str],
    language: str,
    *,
    size: float,
    bold: bool | None = None,
    color: Any = None,
    numeric: Iterable[int] = (),
    height: int = 330_000,
) -> None:
    """Texts into the cells of a row; those of ``numeric`` columns stand at the right."""
    right = set(numeric)
    made.height = Emu(height)
    for number, cell in enumerate(made.cells):
        margins(cell, 0.06, 0.03)
        if number >= len(texts):
            continue
        for index, line in enumerate(texts[number].split("\n")):
            frame = cell.text_frame
            paragraph = frame.paragraphs[0] if index == 0 else frame.add_paragraph()
            if number in right:
                paragraph.alignment = PP_ALIGN.RIGHT
            if line:
                say(paragraph, line, language, size=size, bold=bold, color=color)
            else:
                paragraph.font.size = Pt(size)


# -- charts ----------------------------------------------------------------------


def chart(holder: Any, spec: Mapping[str, Any], language: str) -> Any:
    """A native chart in a placeholder: columns with a line at the target, or bars over the extent of it."""
    columns = spec["form"] == "columns"
    data: Any = CategoryChartData(number_format="0.0" if spec["unit"] == "%" else "#,##0")  # type: ignore[no-untyped-call]
    # Bars are drawn from below; the first category is to stand on top.
    order = list(range(len(spec["categories"])))
    if not columns:
        order.reverse()
    data.categories = [spec["categories"][number] for number in order]
    target = spec["target"]
    for series in spec["series"]:
        data.add_series(series["name"], [series["values"][number] for number in order])
    if target is not None and columns:
        data.add_series(target["name"], [target["value"]] * len(order))
    kind = XL_CHART_TYPE.COLUMN_CLUSTERED if columns else XL_CHART_TYPE.BAR_CLUSTERED
    made = holder.insert_chart(kind, data).chart
    _style(made, spec, language, columns)
    plot = made.plots[0]
    plot.gap_width = 55 if columns else 45
    plot.overlap = -5
    for series, told in zip(plot.series, spec["series"], strict=False):
        _paint(series, told, order, language, spec["unit"])
    if target is not None and columns:
        _as_line(made, len(spec["series"]))
    return made


def _style(made: Any, spec: Mapping[str, Any], language: str, columns: bool) -> None:
    made.font.size = Pt(11)
    made.font.color.theme_color = THEME.TEXT_2
    made.has_title = False
    several = len(spec["series"]) > 1 or (columns and spec["target"] is not None)
    made.has_legend = several
    if several:
        made.legend.position = XL_LEGEND_POSITION.TOP
        made.legend.include_in_layout = False
        made.legend.font.size = Pt(11)
    axis = made.value_axis
    axis.minimum_scale, axis.maximum_scale = 0, spec["top"]
    axis.has_major_gridlines = True
    axis.major_gridlines.format.line.color.theme_color = THEME.ACCENT_6
    axis.major_gridlines.format.line.width = Pt(0.5)
    axis.format.line.fill.background()
    axis.tick_labels.font.size = Pt(10)
    if spec["unit"] == "%":
        axis.major_unit = 20
        axis.tick_labels.number_format = '0"%"'
        axis.tick_labels.number_format_is_linked = False
    else:
        axis.tick_label_position = XL_TICK_LABEL_POSITION.NONE
        axis.has_major_gridlines = False
    made.category_axis.tick_labels.font.size = Pt(11 if len(spec["categories"]) <= 14 else 9)
    made.category_axis.format.line.color.theme_color = THEME.ACCENT_5
    for text in made._chartSpace.iter(qn("a:defRPr")):  # noqa: SLF001
        text.set("lang", LANGUAGE_TAGS[language])


def _paint(series: Any, told: Mapping[str, Any], order: Sequence[int], language: str, unit: str) -> None:
    """Colour bars by their status and write their texts on them."""
    series.format.fill.solid()
    series.format.fill.fore_color.theme_color = THEME.ACCENT_5 if told["role"] == "base" else THEME.ACCENT_1
    if told["role"] == "base":
        series.format.fill.fore_color.brightness = 0.45
    for position, number in enumerate(order):
        if told["statuses"]:
            fill = series.points[position].format.fill
            fill.solid()
            fill.fore_color.theme_color = STATUS[told["statuses"][number]]
    labels = series.data_labels
    labels.show_value = True
    labels.position = XL_LABEL_POSITION.OUTSIDE_END
    labels.font.size = Pt(10)
    labels.number_format = "0" if unit == "%" else "#,##0"
    labels.number_format_is_linked = False
    if any(not text.replace(",", "").isdigit() for text in told["texts"]):
        for position, number in enumerate(order):
            label = series.points[position].data_label
            label.position = XL_LABEL_POSITION.OUTSIDE_END
            paragraph = label.text_frame.paragraphs[0]
            say(paragraph, told["texts"][number], language, size=10, color=THEME.TEXT_2)


def _as_line(made: Any, number: int) -> None:
    """Turn the series ``number`` of a column chart into a dashed line over the same axes, which python-pptx cannot."""
    area = made._chartSpace.chart.plotArea  # noqa: SLF001
    bars = area.find(qn("c:barChart"))
    series = bars.findall(qn("c:ser"))[number]
    bars.remove(series)
    for name in ("c:invertIfNegative", "c:spPr", "c:dLbls", "c:dPt"):
        for element in series.findall(qn(name)):
            series.remove(element)
    space = "http://schemas.openxmlformats.org/drawingml/2006/chart"
    drawing = "http://schemas.openxmlformats.org/drawingml/2006/main"
    line = etree.fromstring(
        f'<c:lineChart xmlns:c="{space}" xmlns:a="{drawing}"><c:grouping val="standard"/><c:varyColors val="0"/>'
        '<c:marker val="1"/></c:lineChart>'
    )
    look = etree.fromstring(
        f'<c:spPr xmlns:c="{space}" xmlns:a="{drawing}"><a:ln w="22225"><a:solidFill><a:schemeClr val="accent3"/>'
        '</a:solidFill><a:prstDash val="dash"/></a:ln></c:spPr>'
    )
    none = etree.fromstring(f'<c:marker xmlns:c="{space}"><c:symbol val="none"/></c:marker>')
    place = series.index(series.find(qn("c:tx"))) + 1
    series.insert(place, look)
    series.insert(place + 1, none)
    etree.SubElement(series, qn("c:smooth")).set("val", "0")
    line.insert(2, series)
    for axis in bars.findall(qn("c:axId")):
        line.append(copy.deepcopy(axis))
    bars.addnext(line)

"""The content of a report as slides that can be edited: native tables and charts, evidence in notes and appendix.

The template's layouts say where things stand and how they look; nothing here names a colour beyond the theme's own
slots, so another theme recolours tables and charts too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pptx.enum.dml import MSO_THEME_COLOR as THEME
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR
from pptx.oxml.ns import qn
from pptx.util import Emu, Pt

from twin.report import slide_parts as parts
from twin.report import template
from twin.report.template import (
    ASIDE,
    CAPTION,
    FIGURES,
    FOOTNOTES,
    NOTICE,
    PICTURE,
    PICTURE_2,
    SUBTITLE,
    TITLE,
)

Section = Mapping[str, Any]
_TABLE_ROWS = 14
_FIGURES_ROOMY = 4
_APPENDIX_PT = 9.0


def write(document: Mapping[str, Any], path: Path, template_file: Path, pictures: Path) -> int:
    """Write the slides; returns their number. ``pictures`` is the folder of the pictures' files.

    :class:`twin.errors.InputError` when the template lacks something.
    """
    return _Deck(document, template.slides(template_file), pictures).write(path)


class _Deck:
    """One presentation as it grows."""

    def __init__(self, document: Mapping[str, Any], deck: Any, pictures: Path) -> None:
        self.document, self.deck, self.pictures = document, deck, pictures
        self.language = str(document["lang"])
        self.words: Mapping[str, str] = document["words"]
        self.layouts = {layout.name: layout for layout in deck.slide_layouts}
        self.entries = {entry["mark"]: entry for entry in document["evidence"]}
        self.where: dict[str, Any] = {}
        """Slide of every mark's entry."""
        self.links: list[tuple[Any, Any, str]] = []
        """Runs that lead to the entry of a mark: slide, run, mark."""

    def write(self, path: Path) -> int:
        makers: dict[str, Callable[[Section], Any]] = {
            "summary": self._summary, "view": self._view, "indicators": self._indicators, "chart": self._chart,
            "scenario": self._scenario, "maps": self._maps, "annotations": self._annotations,
        }  # fmt: skip
        self._cover()
        starts = [
            (section["title"], makers[section["kind"]](section)) for section in self.document["sections"]
        ]
        starts.append((self.words["methods"], self._appendix()))
        self._contents(starts)
        for slide, run, mark in self.links:
            if mark in self.where:
                parts.link(slide, run, self.where[mark])
        properties = self.deck.core_properties
        properties.title, properties.subject = self.document["title"], self.document["subtitle"]
        properties.author, properties.language = self.words["product"], parts.LANGUAGE_TAGS[self.language]
        self.deck.save(str(path))
        return len(self.deck.slides)

    # -- what every slide has --------------------------------------------------

    def _slide(self, layout: str, title: str, notice: str) -> Any:
        slide = self.deck.slides.add_slide(self.layouts[template.LAYOUTS[layout]])
        self._fill(slide, TITLE, title)
        self._fill(slide, NOTICE, notice)
        parts.furniture(
            slide, f"{self.words['product']} · {self.document['title']}" if not self._plain() else self.words["product"],
            self.document["date"], self.language,
        )  # fmt: skip
        return slide

    def _plain(self) -> bool:
        """Whether the report is named like the product."""
        return bool(self.document["title"] == self.words["product"])

    def _fill(
        self, slide: Any, idx: int, text: str | Sequence[str], *, shrink: Sequence[float] = ()
    ) -> Any | None:
        """Put paragraphs into a placeholder, in the largest of the sizes that fits; without text it goes."""
        holder = parts.placeholder(slide, idx)
        lines = [text] if isinstance(text, str) else list(text)
        lines = [line for line in lines if line]
        if not lines:
            parts.remove(holder)
            return None
        size = parts.fitting(lines, holder.width, holder.height, shrink) if shrink else None
        frame = holder.text_frame
        for number, line in enumerate(lines):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            parts.say(paragraph, line, self.language, size=size)
        return holder

    def _mark(self, slide: Any, paragraph: Any, ref: str, size: float) -> None:
        """The mark of evidence after a figure."""
        if ref:
            run = parts.say(paragraph, f" [{ref}]", self.language, size=size, color=THEME.ACCENT_1)
            self.links.append((slide, run, ref))

    def _notes(self, slide: Any, lines: Sequence[str], refs: Sequence[str]) -> None:
        """Speaker's notes: what to say, then the evidence of each figure on the slide."""
        told = [line for line in lines if line]
        for ref in dict.fromkeys(refs):
            entry = self.entries[ref]
            told.append(
                f"[{ref}] {entry['name']} {entry['value']} ({entry['as_of']}, {entry['origin_text']})"
            )
            told += [f"{fact['head']}: {fact['text']}" for fact in entry["facts"]]
        if told:
            slide.notes_slide.notes_text_frame.text = "\n".join(told)

    # -- sections --------------------------------------------------------------

    def _cover(self) -> None:
        document = self.document
        slide = self._slide("cover", document["title"], document["notice"])
        self._fill(slide, SUBTITLE, document["subtitle"])
        facts = [document["district"], "　".join(document["facts"]), document["note"], document["sources"]]
        self._fill(slide, CAPTION, facts, shrink=(14, 12, 10.5))

    def _summary(self, section: Section) -> Any:
        slide = self._slide("summary", section["title"], section["notice"])
        statuses = section["statuses"]
        table = parts.table(slide, FIGURES, 1, len(statuses))
        for cell, item in zip(table.rows[0].cells, statuses, strict=True):
            cell.vertical_anchor = MSO_ANCHOR.MIDDLE
            first = cell.text_frame.paragraphs[0]
            parts.say(first, str(item["count"]), self.language, size=36, bold=True)
            second = cell.text_frame.add_paragraph()
            parts.say(second, "● ", self.language, size=12, color=parts.STATUS[item["status"]])
            parts.say(second, item["text"], self.language, size=13, color=THEME.TEXT_2)
        table.rows[0].height = Emu(1097280)
        heads = [self.words["category"], *(item["text"] for item in statuses), self.words["total"]]
        categories = section["categories"]
        table = parts.table(slide, PICTURE, len(categories) + 1, len(heads), widths=(2.6, *[1] * 5))
        parts.header(table, heads, self.language, numeric=range(1, len(heads)), size=12)
        for row, item in zip(list(table.rows)[1:], categories, strict=True):
            texts = [item["name"], *map(str, item["counts"]), str(sum(item["counts"]))]
            parts.row(row, texts, self.language, size=13, numeric=range(1, len(heads)), height=520_000)
        self._fill(slide, FOOTNOTES, f"{section['lead']}{'。' if self.language == 'zh' else '.'}")
        return slide

    def _contents(self, starts: Sequence[tuple[str, Any]]) -> None:
        """The table of contents on the summary, once the numbers of the slides are known."""
        numbers = {slide.slide_id: number for number, slide in enumerate(self.deck.slides, start=1)}
        slide = starts[0][1]
        listed = [(title, page) for title, page in starts if page is not None]
        table = parts.table_instead(slide, ASIDE, len(listed) + 1, (5.0, 0.7))
        height = min(310_000, parts.height_of(table) // (len(listed) + 1))
        size = 13 if height > 290_000 else 11 if height > 230_000 else 9
        parts.row(
            table.rows[0], [self.words["contents"]], self.language, size=size + 1, bold=True, height=height
        )
        for row, (title, page) in zip(list(table.rows)[1:], listed, strict=True):
            parts.row(
                row, ["", str(numbers[page.slide_id])], self.language, size=size, numeric=(1,), height=height
            )
            paragraph = row.cells[0].text_frame.paragraphs[0]
            run = parts.say(paragraph, _cut(title, 270 / size), self.language, size=size)
            if page is not slide:
                parts.link(slide, run, page)

    def _view(self, section: Section) -> Any:
        slide = self._slide("view", section["title"], section["notice"])
        self._picture(slide, PICTURE, section["pictures"][0], f"{section['title']} {section['caption']}")
        figures = section["figures"]
        holder = parts.placeholder(slide, CAPTION)
        if not figures:
            room = parts.placeholder(slide, FIGURES)
            holder.left, holder.top, holder.width = holder.left, holder.top, holder.width
            holder.height = room.top + room.height - holder.top
            parts.remove(room)
        self._fill(slide, CAPTION, section["caption"], shrink=(14, 13, 12, 11, 10, 9, 8))
        if figures:
            self._figures(slide, figures)
        notes = [*section["footnotes"]]
        if notes:
            notes[-1] += f"{'。' if self.language == 'zh' else '. '}{self.words['footnote_end']}"
        self._fill(slide, FOOTNOTES, notes, shrink=(9, 8, 7, 6))
        self._notes(slide, [section["caption"]], [item["ref"] for item in figures if item["ref"]])
        return slide

    def _figures(self, slide: Any, figures: Sequence[Mapping[str, Any]]) -> None:
        """Figures beside a map: a card each, or a line each when there are many."""
        roomy = len(figures) <= _FIGURES_ROOMY
        table = parts.table(slide, FIGURES, len(figures), 1)
        for row, item in zip(table.rows, figures, strict=True):
            row.height = Emu(700000 if roomy else 240000)
            frame = row.cells[0].text_frame
            parts.margins(row.cells[0], 0.02, 0.04 if roomy else 0.015)
            first = frame.paragraphs[0]
            name = item["name"] if roomy else _cut(item["name"], 17)
            parts.say(first, name, self.language, size=10.5 if roomy else 9, color=THEME.TEXT_2)
            line = frame.add_paragraph() if roomy else first
            value = item["value"] or item["status_text"]
            size = (17 if item["value"] else 12) if roomy else 9.5
            parts.say(
                line, value if roomy else f"  {value}", self.language, size=size, bold=bool(item["value"])
            )
            self._mark(slide, line, item["ref"], 9 if roomy else 8)
            if roomy:
                last = frame.add_paragraph()
                parts.say(
                    last,
                    f"{self.words['target']} {item['target']}   ",
                    self.language,
                    size=10,
                    color=THEME.TEXT_2,
                )
                if item["value"]:
                    color = parts.STATUS[item["status"]]
                    parts.say(last, f"● {item['status_text']}", self.language, size=10, color=color)

    def _picture(self, slide: Any, idx: int, item: Mapping[str, Any], description: str) -> None:
        """A picture in its placeholder, or the sentence that says why there is none."""
        holder = parts.placeholder(slide, idx)
        if item["file"]:
            shape = holder.insert_picture(str(self.pictures / item["file"]))
            parts.describe(shape, description)
            return
        box = slide.shapes.add_shape(
            MSO_SHAPE.RECTANGLE, holder.left, holder.top, holder.width, holder.height
        )
        parts.remove(holder)
        box.fill.solid()
        box.fill.fore_color.theme_color = THEME.BACKGROUND_2
        box.line.color.theme_color = THEME.ACCENT_6
        style = box._element.find(qn("p:style"))  # noqa: SLF001 - its shadow
        box._element.remove(style)  # noqa: SLF001
        box.text_frame.word_wrap = True
        parts.say(box.text_frame.paragraphs[0], item["missing"], self.language, size=12, color=THEME.TEXT_2)

    def _maps(self, section: Section) -> Any:
        slide = self._slide("maps", section["title"], section["notice"])
        titles = []
        for idx, item in zip((PICTURE, PICTURE_2), section["pictures"], strict=True):
            self._picture(slide, idx, item, f"{section['title']} {item['title']}")
            titles.append(item["title"])
        self._fill(slide, ASIDE, titles)
        self._fill(slide, CAPTION, section["caption"])
        self._fill(slide, FOOTNOTES, "")
        return slide

    def _indicators(self, section: Section) -> Any:
        """The table of indicators over as many slides as it takes, a line above each category."""
        lines: list[tuple[str, Mapping[str, Any] | None]] = []
        for group in section["groups"]:
            lines.append((group["name"], None))
            lines += [(group["name"], item) for item in group["figures"]]
        pages: list[list[tuple[str, Mapping[str, Any] | None]]] = [[]]
        for number, line in enumerate(lines):
            alone = line[1] is None and number + 1 < len(lines) and len(pages[-1]) >= _TABLE_ROWS - 1
            if len(pages[-1]) >= _TABLE_ROWS or alone:
                pages.append([(line[0], None)] if line[1] is not None else [])
            pages[-1].append(line)
        first = None
        for number, page in enumerate(pages):
            title = section["title"]
            if number:
                title = self.words["continued"].format(title=title)
            slide = self._slide("table", title, section["notice"])
            first = first or slide
            self._table_of(slide, page)
            self._fill(slide, FOOTNOTES, section["footnotes"], shrink=(9, 8, 7))
            self._notes(slide, [], [item["ref"] for _, item in page if item and item["ref"]])
        return first

    def _table_of(self, slide: Any, lines: Sequence[tuple[str, Mapping[str, Any] | None]]) -> None:
        words = self.words
        heads = [
            words[key] for key in ("no", "indicator", "target", "value", "status", "as_of_head", "basis")
        ]
        widths = (
            (0.6, 5.1, 1.75, 1.85, 1.3, 1.15, 1.5)
            if self.language == "zh"
            else (0.5, 5.2, 1.7, 1.7, 1.35, 1.05, 1.75)
        )
        table = parts.table(slide, FIGURES, len(lines) + 1, len(heads), widths=widths)
        parts.header(table, heads, self.language, numeric=(0, 3), size=11)
        for row, (name, item) in zip(list(table.rows)[1:], lines, strict=True):
            cells = list(row.cells)
            if item is None:
                cells[0].merge(cells[-1])
                parts.row(
                    row, [name], self.language, size=11, bold=True, color=THEME.ACCENT_1, height=310_000
                )
                continue
            basis = self.words["comma"].join(part for part in (item["basis"], item["origin_text"]) if part)
            texts = [
                str(item["no"]), item["name"], item["target"], item["value"] or "–", "", item["as_of"] or "–", basis or "–"
            ]  # fmt: skip
            parts.row(row, texts, self.language, size=10.5, numeric=(0, 3), height=310_000)
            self._mark(slide, cells[3].text_frame.paragraphs[0], item["ref"], 8)
            status = cells[4].text_frame.paragraphs[0]
            parts.say(status, "● ", self.language, size=9, color=parts.STATUS[item["status"]])
            parts.say(status, item["status_text"], self.language, size=10.5)

    def _chart(self, section: Section) -> Any:
        slide = self._slide("chart", section["title"], section["notice"])
        self._fill(slide, CAPTION, section["note"], shrink=(13, 12, 11))
        holder = parts.placeholder(slide, FIGURES)
        parts.chart(holder, section["chart"], self.language)
        refs = section["refs"]
        notes = [*section["footnotes"]]
        self._fill(slide, FOOTNOTES, notes, shrink=(9, 8, 7))
        self._notes(slide, [section["note"]], refs)
        footnotes = parts.placeholder(slide, FOOTNOTES)
        if len(refs) == 1 and footnotes is not None:
            self.links.append((slide, footnotes.text_frame.paragraphs[0].runs[0], refs[0]))
        return slide

    def _scenario(self, section: Section) -> Any:
        slide = self._slide("scenario", section["title"], section["notice"])
        note = [section["about"], section["note"]]
        self._fill(slide, CAPTION, note, shrink=(13, 12, 11, 10, 9))
        rows = section["rows"]
        words = self.words
        if rows:
            heads = [words[key] for key in ("indicator", "target", "base", "after", "change", "status")]
            table = parts.table(
                slide, FIGURES, len(rows) + 1, len(heads), widths=(2.9, 1.0, 1.35, 1.35, 1.1, 1.1)
            )
            parts.header(table, heads, self.language, numeric=(2, 3, 4), size=11)
            for row, item in zip(list(table.rows)[1:], rows, strict=True):
                after = item["after"] or "–"
                texts = [
                    f"{item['no']} {item['name']}",
                    item["target"],
                    item["before"],
                    after,
                    item["change"] or "–",
                    "",
                ]
                parts.row(row, texts, self.language, size=10.5, numeric=(2, 3, 4))
                cells = row.cells
                self._mark(slide, cells[2].text_frame.paragraphs[0], item["before_ref"], 8)
                self._mark(slide, cells[3].text_frame.paragraphs[0], item["after_ref"], 8)
                status = cells[5].text_frame.paragraphs[0]
                parts.say(
                    status,
                    f"● {item['status_text']}",
                    self.language,
                    size=10,
                    color=parts.STATUS[item["status"]],
                )
        else:
            parts.remove(parts.placeholder(slide, FIGURES))
        edits = [
            words["edits"],
            *(f"{number}. {line}" for number, line in enumerate(section["edits"], start=1)),
        ]
        self._fill(slide, ASIDE, edits, shrink=(11, 10, 9, 8, 7))
        reasons = [f"{item['no']} {item['reason']}" for item in rows if item["reason"]]
        self._fill(slide, FOOTNOTES, [section["none"], *reasons, *section["footnotes"]], shrink=(9, 8, 7))
        refs = [item[key] for item in rows for key in ("before_ref", "after_ref") if item[key]]
        self._notes(slide, note, refs)
        return slide

    def _annotations(self, section: Section) -> Any:
        heads = [self.words[key] for key in ("text", "place", "author", "status")]
        first = None
        pages = _chunks(section["rows"], 6)
        for number, page in enumerate(pages):
            title = (
                section["title"] if number == 0 else self.words["continued"].format(title=section["title"])
            )
            slide = self._slide("table", title, section["notice"])
            first = first or slide
            table = parts.table(slide, FIGURES, len(page) + 1, 4, widths=(7.0, 2.3, 1.6, 1.2))
            parts.header(table, heads, self.language, size=11)
            for row, item in zip(list(table.rows)[1:], page, strict=True):
                texts = ["", item["place"], f"{item['author']}\n{item['date']}", item["status_text"]]
                parts.row(row, texts, self.language, size=10.5)
                frame = row.cells[0].text_frame
                parts.say(frame.paragraphs[0], item["title"], self.language, size=10.5, bold=True)
                for line in (item["text"], *item["replies"][:3]):
                    if line:
                        parts.say(
                            frame.add_paragraph(),
                            _cut(line, 150),
                            self.language,
                            size=9.5,
                            color=THEME.TEXT_2,
                        )
            self._fill(slide, FOOTNOTES, "")
        return first

    def _appendix(self) -> Any:
        """The entries of the evidence in two columns, on as many slides as they need."""
        entries = self.document["evidence"]
        if not entries:
            return None
        layout = self.layouts[template.LAYOUTS["text"]]
        holder = next(item for item in layout.placeholders if item.placeholder_format.idx == CAPTION)
        room = parts.Columns(holder.width, holder.height, _APPENDIX_PT, columns=2)
        blocks: list[tuple[str, str, str]] = [("", self.words["methods_note"], "")]
        for entry in entries:
            about = self.words["comma"].join(
                part
                for part in (entry["value"], entry["as_of"], entry["origin_text"], entry["basis_text"])
                if part
            )
            blocks.append((entry["mark"], f"[{entry['mark']}] {entry['name']}", about))
            blocks += [("", fact["head"], fact["text"]) for fact in entry["facts"]]
        slide, first, frame = None, None, None
        for mark, head, text in blocks:
            for part, (title, body) in enumerate(room.split(head, text)):
                if slide is None or room.full(title, body, heading=bool(mark)):
                    title_of = (
                        self.words["methods"]
                        if first is None
                        else self.words["continued"].format(title=self.words["methods"])
                    )
                    slide = self._slide("text", title_of, self.document["notice"])
                    first = first or slide
                    room.start()
                    frame = None
                if mark and part == 0:
                    self.where[mark] = slide
                frame = self._entry_line(slide, frame, title, body, heading=bool(mark))
                room.take(title, body, heading=bool(mark))
        return first

    def _entry_line(self, slide: Any, frame: Any, head: str, text: str, *, heading: bool) -> Any:
        if frame is None:
            frame = parts.placeholder(slide, CAPTION).text_frame
            paragraph = frame.paragraphs[0]
        else:
            paragraph = frame.add_paragraph()
        color = THEME.ACCENT_1 if heading else THEME.TEXT_2
        size = _APPENDIX_PT + (1 if heading else 0)
        if heading:
            paragraph.space_before = Pt(5)
        if head:
            parts.say(
                paragraph,
                f"{head}  " if text else head,
                self.language,
                size=size,
                bold=bool(text),
                color=color,
            )
        if text:
            parts.say(paragraph, text, self.language, size=_APPENDIX_PT)
        return frame


def _cut(text: str, ems: float) -> str:
    while parts.ems(text) > ems:
        text = text[:-2].rstrip("…") + "…"
    return text


def _chunks(rows: Sequence[Any], size: int) -> list[Sequence[Any]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]

"""A report from its request to its file: content and pictures side by side, then the setting."""

from __future__ import annotations

import math
import re
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.briefing import tour as tours
from twin.report import content, document, files, template
from twin.report.pictures import HEIGHT, Drawn

if TYPE_CHECKING:
    from twin.indicators import Desk
    from twin.report.request import Request
    from twin.scenario import Scenario

Draw = Callable[[Sequence[Mapping[str, Any]], Path, Callable[[int, int], None]], Drawn]
"""Draws views into a folder; told of progress by a function that may raise to stop it."""
Progress = Callable[[float, dict[str, str]], None]
_UNSAFE = re.compile(r"[^\w\u4e00-\u9fff-]+")
_NARROWER = math.log2(900 / HEIGHT)
"""Zoom levels farther away: viewpoints are composed on maps some 900 pixels high, pictures are lower."""
_COMPOSING = {"zh": "计算指标与证据", "en": "Indicators and their evidence"}
_SETTING = {"zh": "排版", "en": "Setting pages"}


@dataclass(frozen=True, slots=True)
class Made:
    """A finished report: its file in the home, the name to save it under, and what a reader must know of it."""

    file: str
    name: str
    bytes: int
    pages: int
    pictures: int
    views: int
    notes: tuple[dict[str, str], ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "file": self.file,
            "address": f"/api/report/files/{self.file}",
            "name": self.name,
            "bytes": self.bytes,
            "pages": self.pages,
            "pictures": self.pictures,
            "views": self.views,
            "notes": list(self.notes),
        }


def make(desk: Desk, request: Request, draw: Draw, progress: Progress) -> Made:
    """Make the report asked for and keep it in the home.

    Raises
    ------
    twin.errors.UnknownName
        There is no such tour, scenario or template.
    twin.errors.InputError
        The template lacks something, or a viewpoint is not in the tour.
    twin.errors.Cancelled
        ``progress`` said so.
    """
    home = desk.store.home
    progress(0.0, _COMPOSING)
    tour = tours.get(desk.store, request.tour)
    chosen_template = template.find(home, request.template, request.format)
    if request.format == "pptx":
        template.slides(chosen_template)
    else:
        template.document(chosen_template)
    viewpoints = content.chosen(tour, request)
    views = _views(desk, request, viewpoints) if request.pictures else []
    coverage = any(view.show == "coverage" for view in viewpoints)
    with tempfile.TemporaryDirectory(prefix="twin-report-") as name, ThreadPoolExecutor(1) as beside:
        folder = Path(name)
        composing = beside.submit(content.compose, desk, tour, request, coverage=coverage)

        def drawn_so_far(done: int, total: int) -> None:
            stage = {"zh": f"绘制地图 {done}/{total}", "en": f"Drawing maps {done} of {total}"}
            progress(0.05 + 0.8 * done / max(1, total), stage)

        drawn = draw(views, folder, drawn_so_far) if views else Drawn()
        progress(0.85, _COMPOSING)
        found = content.with_pictures(composing.result(), drawn.files, drawn.reasons)
        progress(0.9, _SETTING)
        made, pages = _set(found, request, chosen_template, folder)
        progress(0.98, _SETTING)
        suffix = made.suffix
        offered = files.offered_name(found["title"], request.lang, suffix)
        size = made.stat().st_size
        about = {
            "name": offered, "tour": tour.id, "title": found["title"], "lang": request.lang, "format": request.format,
            "pages": pages, "pictures": len(drawn.files), "scenario": request.scenario, "made": found["date"],
        }  # fmt: skip
        kept = files.keep(home, made, about)
    return Made(kept, offered, size, pages, len(drawn.files), len(views), _notes(drawn))


def _set(found: dict[str, Any], request: Request, chosen_template: Path, folder: Path) -> tuple[Path, int]:
    if request.format == "pptx":
        from twin.report import slides

        path = folder / "report.pptx"
        return path, slides.write(found, path, chosen_template, folder)
    if request.format == "pdf":
        path = folder / "report.pdf"
        return path, document.write(found, path, chosen_template, folder)
    path = folder / "report.zip"
    return path, _archive(found, path, chosen_template, folder)


def _archive(found: dict[str, Any], path: Path, chosen_template: Path, folder: Path) -> int:
    """Pictures of the maps and of every page of the document, in one archive."""
    pages = document.pages(found, chosen_template, folder)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for section in found["sections"]:
            for item in section.get("pictures", ()):
                if item["file"]:
                    title = _UNSAFE.sub("-", section["title"] + item["title"]).strip("-")
                    archive.write(folder / item["file"], f"maps/{item['key']}-{title}.png")
        for number, data in enumerate(pages, start=1):
            archive.writestr(f"pages/{number:02d}.png", data)
    return len(pages)


def _views(desk: Desk, request: Request, viewpoints: Sequence[Any]) -> list[dict[str, Any]]:
    """The maps of a report: its viewpoints, and the place of the edits before and after."""
    english = request.lang == "en"
    views = [
        {
            "key": content.picture_key(number),
            "title": (view.title_en if english else "") or view.title,
            "viewpoint": {**view.as_dict(), "zoom": max(7.0, view.zoom - _NARROWER)},
        }
        for number, view in enumerate(viewpoints, start=1)
    ]
    if request.scenario:
        from twin import scenario as scenarios

        chosen = scenarios.get(desk.store, request.scenario)
        if chosen.edits:
            views += _before_and_after(desk, chosen, english)
    return views


def _before_and_after(desk: Desk, chosen: Scenario, english: bool) -> list[dict[str, Any]]:
    from twin.report.framing import of_edits

    camera = of_edits(desk.store, chosen)
    titles = {"before": "As is" if english else "原状", "after": chosen.name}
    return [
        {
            "key": key,
            "title": titles[key],
            "viewpoint": {**camera, "title": titles[key], "scenario": chosen.id if key == "after" else ""},
        }
        for key in ("before", "after")
    ]


def _notes(drawn: Drawn) -> tuple[dict[str, str], ...]:
    """Sentences for whoever asked: why there are no pictures, and what views name that is gone."""
    notes: list[dict[str, str]] = []
    if drawn.failure is not None:
        notes.append(
            {
                "zh": f"报告中没有地图图片：{drawn.failure['zh']}",
                "en": f"The report has no pictures of maps: {drawn.failure['en']}",
            }
        )
    else:
        notes += [dict(reason) for reason in drawn.reasons.values()]
    for items in drawn.missing.values():
        notes += items
    return tuple(dict(item) for item in {tuple(sorted(note.items())): None for note in notes})

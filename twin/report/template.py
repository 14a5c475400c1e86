"""The templates of reports: ours, and those that a home holds in ``templates/``; each is checked before it is used.

Slides are found by the names of their layouts and the numbers of their placeholders, the document by the names of
what it must print. Everything else of a template is its owner's.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.errors import InputError, UnknownName
from twin.settings import ROOT

if TYPE_CHECKING:
    from pptx.presentation import Presentation

FOLDER = ROOT / "data" / "report"
STANDARD = "briefing"
"""Name of our own template in both kinds."""
SUFFIXES = {"pptx": ".pptx", "pdf": ".typ", "png": ".typ"}

TITLE, SUBTITLE, PICTURE, CAPTION, FIGURES, FOOTNOTES, NOTICE, ASIDE, PICTURE_2 = (
    0,
    1,
    10,
    11,
    12,
    13,
    14,
    15,
    16,
)
"""Numbers (idx) of the placeholders; FIGURES is a table or a chart, as the layout says."""
LAYOUTS = {
    "cover": "封面 Cover",
    "summary": "总览 Summary",
    "view": "视点 View",
    "maps": "对比地图 Maps",
    "table": "表格 Table",
    "chart": "图表 Chart",
    "scenario": "情景 Scenario",
    "text": "附录 Text",
}
"""The layouts by what they are for; a template needs each of them under this name."""
_NEEDED = {
    "cover": (TITLE, SUBTITLE, CAPTION, NOTICE),
    "summary": (TITLE, FIGURES, PICTURE, ASIDE, FOOTNOTES, NOTICE),
    "view": (TITLE, PICTURE, CAPTION, FIGURES, FOOTNOTES, NOTICE),
    "maps": (TITLE, PICTURE, PICTURE_2, ASIDE, CAPTION, FOOTNOTES, NOTICE),
    "table": (TITLE, FIGURES, FOOTNOTES, NOTICE),
    "chart": (TITLE, CAPTION, FIGURES, FOOTNOTES, NOTICE),
    "scenario": (TITLE, CAPTION, FIGURES, ASIDE, FOOTNOTES, NOTICE),
    "text": (TITLE, CAPTION, NOTICE),
}
_PLACEHOLDERS = {
    TITLE: "标题 Title", SUBTITLE: "副标题 Subtitle", PICTURE: "地图 Picture", CAPTION: "解说 Caption",
    FIGURES: "表格 Table", FOOTNOTES: "脚注 Footnotes", NOTICE: "合成数据提示 Notice", ASIDE: "旁注 Aside",
    PICTURE_2: "右图 Right",
}  # fmt: skip
_PRINTED = {
    "sections": "正文 sections",
    "pictures": "地图 pictures",
    "notice": "合成数据提示 notice",
    "ref": "证据标号 ref",
    "footnotes": "脚注 footnotes",
    "evidence": "证据附录 evidence",
}
_NAME = re.compile(r"[\w\u4e00-\u9fff -]{1,80}")
_MOST_BYTES = 50_000_000


def folder(home: Path) -> Path:
    """Where a home keeps its own templates."""
    return home / "templates"


def names(home: Path, form: str) -> list[str]:
    """The templates for a format: ours first, then the home's own by name."""
    own = sorted(item.stem for item in folder(home).glob(f"*{SUFFIXES[form]}") if _NAME.fullmatch(item.stem))
    return [STANDARD, *(name for name in own if name != STANDARD)]


def find(home: Path, name: str, form: str) -> Path:
    """The file of a template; an own one called ``briefing`` goes before ours.

    :class:`twin.errors.UnknownName` when there is none of that name.
    """
    suffix = SUFFIXES[form]
    chosen = name.removesuffix(suffix) or STANDARD
    if _NAME.fullmatch(chosen):
        for place in (folder(home), FOLDER):
            path = place / f"{chosen}{suffix}"
            if path.is_file():
                return path
    known = names(home, form)
    raise UnknownName(
        f"没有 {form} 报告模板 {name[:80]!r}；可用：{'、'.join(known)}。自己的模板放在 {folder(home)}。",
        f"there is no template {name[:80]!r} for {form}; there are {', '.join(known)}. Put your own into {folder(home)}.",
    )


def slides(path: Path) -> Presentation:
    """The checked presentation of a template, without the slides it may hold.

    :class:`twin.errors.InputError` lists every layout and placeholder that is missing.
    """
    from pptx import Presentation

    if path.stat().st_size > _MOST_BYTES:
        raise _refused(path, "文件过大", "it is too large")
    try:
        deck = Presentation(str(path))
        found = {layout.name: layout for layout in deck.slide_layouts}
    except Exception:  # noqa: BLE001 - a damaged file fails in many ways inside python-pptx
        raise _refused(path, "不是可读的 PPTX 文件", "it is not a PPTX file that can be read") from None
    missing = []
    for key, needed in _NEEDED.items():
        layout = found.get(LAYOUTS[key])
        if layout is None:
            missing.append(f"版式“{LAYOUTS[key]}”")
            continue
        held = {item.placeholder_format.idx for item in list[Any](layout.placeholders)}
        missing += [
            f"“{LAYOUTS[key]}”的占位符 {idx}（{_PLACEHOLDERS[idx]}）" for idx in needed if idx not in held
        ]
    if missing:
        shown = "、".join(missing[:8]) + ("…" if len(missing) > 8 else "")
        raise _refused(path, f"缺少{shown}", f"it lacks {shown}")
    _empty(deck)
    return deck


def document(path: Path) -> str:
    """The checked text of a document's template; :class:`twin.errors.InputError` says what it does not print."""
    try:
        text = path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, OSError):
        raise _refused(path, "不是 UTF-8 文本", "it is not UTF-8 text") from None
    code = re.sub(r"//[^\n]*", "", text)
    if "@" in code and re.search(r'#?(?:import|include)\s*"@', code):
        raise _refused(path, "引用了网上的包，内网不能下载", "it imports a package from the internet")
    missing = [title for name, title in _PRINTED.items() if not re.search(rf"\b{name}\b", code)]
    if missing:
        raise _refused(path, f"没有印出{'、'.join(missing)}", f"it does not print {', '.join(missing)}")
    return text


def _refused(path: Path, zh: str, en: str) -> InputError:
    return InputError(
        f"报告模板 {path.name} 不能用：{zh}。请以 data/report/ 中的模板为底重新修改。",
        f"the template {path.name} cannot be used: {en}. Start again from the one in data/report/.",
    )


def _empty(deck: Any) -> None:
    """Take away slides that a template holds as examples."""
    listed = deck.slides._sldIdLst  # noqa: SLF001 - python-pptx cannot delete slides
    for item in list(listed):
        deck.part.drop_rel(item.rId)
        listed.remove(item)

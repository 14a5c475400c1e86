"""Writes ``briefing.pptx``, the template of slides: ``python data/report/make_slides_template.py``.

One master and seven layouts in the colours of the design tokens. What goes where is found by the number of a
placeholder (``twin/report/template.py``), so everything here may be moved, resized and restyled in PowerPoint, WPS
or LibreOffice; run this again only to start over.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from lxml import etree  # noqa: E402
from pptx import Presentation  # noqa: E402
from pptx.opc.constants import RELATIONSHIP_TYPE as RT  # noqa: E402
from pptx.util import Inches  # noqa: E402

from twin import design  # noqa: E402
from twin.report.template import (  # noqa: E402
    ASIDE,
    CAPTION,
    FIGURES,
    FOOTNOTES,
    LAYOUTS,
    NOTICE,
    PICTURE,
    PICTURE_2,
    SUBTITLE,
    TITLE,
)

FONT = "Microsoft YaHei"
WIDTH, HEIGHT = 13.333, 7.5
_NS = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)
_SCHEME = {
    "dk1": "text_1", "lt1": "panel_solid", "dk2": "text_2", "lt2": "ground", "accent1": "accent", "accent2": "good",
    "accent3": "warn", "accent4": "bad", "accent5": "text_3", "accent6": "line", "hlink": "accent", "folHlink": "text_2",
}  # fmt: skip


def _emu(inches: float) -> int:
    return round(inches * 914400)


class _Shapes:
    """The shapes of one master or layout, numbered as they come."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def placeholder(
        self,
        name: str,
        kind: str,
        idx: int,
        box: tuple[float, float, float, float],
        *,
        size: float = 14,
        color: str = "tx1",
        bold: bool = False,
        align: str = "l",
        anchor: str = "t",
        text: str = "",
        field: str = "",
        columns: int = 1,
    ) -> None:
        """A placeholder of ``kind`` (OOXML name) at ``box``: left, top, width, height in inches."""
        x, y, w, h = map(_emu, box)
        number = len(self.parts) + 2
        head = f'type="{kind}" ' if kind else ""
        shown = (
            f'<a:fld id="{{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}}" type="{field}"><a:rPr lang="zh-CN"/><a:t>1</a:t></a:fld>'
            if field
            else f'<a:r><a:rPr lang="zh-CN" altLang="en-US"/><a:t>{text or name}</a:t></a:r>'
        )
        style = (
            f'<a:lvl1pPr marL="0" indent="0" algn="{align}"><a:lnSpc><a:spcPct val="105000"/></a:lnSpc>'
            f'<a:spcBef><a:spcPts val="0"/></a:spcBef><a:buNone/><a:defRPr sz="{round(size * 100)}" b="{int(bold)}">'
            f'<a:solidFill><a:schemeClr val="{color}"/></a:solidFill></a:defRPr></a:lvl1pPr>'
        )
        more = f' numCol="{columns}" spcCol="{_emu(0.35)}"' if columns > 1 else ""
        self.parts.append(
            f'<p:sp><p:nvSpPr><p:cNvPr id="{number}" name="{name}"/><p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr>'
            f'<p:nvPr><p:ph {head}idx="{idx}"/></p:nvPr></p:nvSpPr><p:spPr><a:xfrm><a:off x="{x}" y="{y}"/>'
            f'<a:ext cx="{w}" cy="{h}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr>'
            f'<p:txBody><a:bodyPr lIns="0" tIns="0" rIns="0" bIns="0" anchor="{anchor}"{more}><a:normAutofit/></a:bodyPr>'
            f"<a:lstStyle>{style}</a:lstStyle><a:p>{shown}</a:p></p:txBody></p:sp>"
        )

    def bar(self, box: tuple[float, float, float, float], color: str) -> None:
        """A plain filled rectangle."""
        x, y, w, h = map(_emu, box)
        number = len(self.parts) + 2
        self.parts.append(
            f'<p:sp><p:nvSpPr><p:cNvPr id="{number}" name="Bar {number}"/><p:cNvSpPr/><p:nvPr userDrawn="1"/></p:nvSpPr>'
            f'<p:spPr><a:xfrm><a:off x="{x}" y="{y}"/><a:ext cx="{w}" cy="{h}"/></a:xfrm><a:prstGeom prst="rect">'
            f'<a:avLst/></a:prstGeom><a:solidFill><a:schemeClr val="{color}"/></a:solidFill><a:ln><a:noFill/></a:ln>'
            '</p:spPr><p:txBody><a:bodyPr/><a:lstStyle/><a:p><a:endParaRPr lang="zh-CN"/></a:p></p:txBody></p:sp>'
        )

    def head(self, width: float = 12.13) -> None:
        """The title with its bar, as every layout but the cover has it."""
        self.bar((0.6, 0.47, 0.07, 0.42), "accent1")
        self.placeholder(
            "标题 Title", "title", TITLE, (0.82, 0.38, width - 0.22, 0.6), size=26, bold=True, anchor="ctr"
        )

    def foot(self) -> None:
        """Notice, footer, date and number along the lower edge."""
        self.bar((0.6, 6.98, 12.13, 0.01), "accent6")
        self.placeholder(
            "合成数据提示 Notice", "body", NOTICE, (4.4, 7.05, 5.2, 0.28), size=10, color="accent3", bold=True, align="ctr",
            anchor="ctr",
        )  # fmt: skip
        self.placeholder("页脚 Footer", "ftr", 20, (0.6, 7.05, 3.7, 0.28), size=10, color="tx2", anchor="ctr")
        self.placeholder(
            "日期 Date", "dt", 22, (9.7, 7.05, 2.2, 0.28), size=10, color="tx2", align="r", anchor="ctr"
        )
        self.placeholder(
            "页码 Number", "sldNum", 21, (12.0, 7.05, 0.73, 0.28), size=10, color="tx2", align="r", anchor="ctr",
            field="slidenum",
        )  # fmt: skip

    def tree(self) -> bytes:
        """The shape tree."""
        return (
            f'<p:spTree {_NS}><p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr>'
            '<a:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/><a:chOff x="0" y="0"/><a:chExt cx="0" cy="0"/></a:xfrm>'
            "</p:grpSpPr>"
            f"{''.join(self.parts)}</p:spTree>"
        ).encode()


def _cover() -> _Shapes:
    shapes = _Shapes()
    shapes.bar((0, 0, 0.28, HEIGHT), "accent1")
    shapes.placeholder("标题 Title", "ctrTitle", TITLE, (1.1, 2.0, 10.6, 1.2), size=44, bold=True, anchor="b")
    shapes.placeholder("副标题 Subtitle", "subTitle", SUBTITLE, (1.1, 3.35, 10.6, 0.6), size=20, color="tx2")
    shapes.bar((1.1, 4.2, 1.2, 0.04), "accent1")
    shapes.placeholder("说明 Facts", "body", CAPTION, (1.1, 4.5, 10.6, 1.5), size=14, color="tx2")
    shapes.placeholder(
        "合成数据提示 Notice",
        "body",
        NOTICE,
        (1.1, 6.55, 10.6, 0.4),
        size=14,
        color="accent3",
        bold=True,
        anchor="ctr",
    )
    return shapes


def _summary() -> _Shapes:
    shapes = _Shapes()
    shapes.head()
    shapes.placeholder("状态 Statuses", "tbl", FIGURES, (0.6, 1.25, 7.7, 1.2))
    shapes.placeholder("类别 Categories", "tbl", PICTURE, (0.6, 2.95, 7.7, 2.4))
    shapes.placeholder("目录 Contents", "body", ASIDE, (8.9, 1.25, 3.83, 5.2), size=13)
    shapes.placeholder(
        "脚注 Footnotes", "body", FOOTNOTES, (0.6, 6.5, 12.13, 0.4), size=9, color="tx2", anchor="b"
    )
    shapes.foot()
    return shapes


def _view() -> _Shapes:
    shapes = _Shapes()
    shapes.head()
    shapes.placeholder(
        "地图 Picture", "pic", PICTURE, (0.6, 1.2, 8.8, 4.95), size=12, color="tx2", align="ctr", anchor="ctr"
    )
    shapes.placeholder("解说 Caption", "body", CAPTION, (9.7, 1.2, 3.03, 1.75), size=13, color="tx1")
    shapes.placeholder("指标 Figures", "tbl", FIGURES, (9.7, 3.05, 3.03, 3.1))
    shapes.placeholder(
        "脚注 Footnotes", "body", FOOTNOTES, (0.6, 6.25, 12.13, 0.66), size=9, color="tx2", anchor="b"
    )
    shapes.foot()
    return shapes


def _maps() -> _Shapes:
    shapes = _Shapes()
    shapes.head()
    shapes.placeholder(
        "左图 Left", "pic", PICTURE, (0.6, 1.75, 5.95, 3.35), size=12, color="tx2", align="ctr", anchor="ctr"
    )
    shapes.placeholder(
        "右图 Right",
        "pic",
        PICTURE_2,
        (6.78, 1.75, 5.95, 3.35),
        size=12,
        color="tx2",
        align="ctr",
        anchor="ctr",
    )
    shapes.placeholder(
        "图题 Titles",
        "body",
        ASIDE,
        (0.6, 1.25, 12.13, 0.4),
        size=14,
        color="tx2",
        bold=True,
        columns=2,
        anchor="b",
    )
    shapes.placeholder("解说 Caption", "body", CAPTION, (0.6, 5.3, 12.13, 0.9), size=13, color="tx1")
    shapes.placeholder(
        "脚注 Footnotes", "body", FOOTNOTES, (0.6, 6.45, 12.13, 0.45), size=9, color="tx2", anchor="b"
    )
    shapes.foot()
    return shapes


def _table() -> _Shapes:
    shapes = _Shapes()
    shapes.head()
    shapes.placeholder("表格 Table", "tbl", FIGURES, (0.6, 1.2, 12.13, 5.2))
    shapes.placeholder(
        "脚注 Footnotes", "body", FOOTNOTES, (0.6, 6.5, 12.13, 0.4), size=9, color="tx2", anchor="b"
    )
    shapes.foot()
    return shapes


def _chart() -> _Shapes:
    shapes = _Shapes()
    shapes.head()
    shapes.placeholder("说明 Note", "body", CAPTION, (0.6, 1.15, 12.13, 0.55), size=13, color="tx2")
    shapes.placeholder("图表 Chart", "chart", FIGURES, (0.6, 1.75, 12.13, 4.55))
    shapes.placeholder(
        "脚注 Footnotes", "body", FOOTNOTES, (0.6, 6.4, 12.13, 0.5), size=9, color="tx2", anchor="b"
    )
    shapes.foot()
    return shapes


def _scenario() -> _Shapes:
    shapes = _Shapes()
    shapes.head()
    shapes.placeholder("说明 About", "body", CAPTION, (0.6, 1.15, 12.13, 0.5), size=13, color="tx2")
    shapes.placeholder("对比 Table", "tbl", FIGURES, (0.6, 1.75, 7.9, 4.4))
    shapes.placeholder("修改 Edits", "body", ASIDE, (8.85, 1.75, 3.88, 4.6), size=11)
    shapes.placeholder(
        "脚注 Footnotes", "body", FOOTNOTES, (0.6, 6.5, 12.13, 0.4), size=9, color="tx2", anchor="b"
    )
    shapes.foot()
    return shapes


def _text() -> _Shapes:
    shapes = _Shapes()
    shapes.head()
    shapes.placeholder("正文 Text", "body", CAPTION, (0.6, 1.2, 12.13, 5.6), size=9, columns=2)
    shapes.foot()
    return shapes


_MAKERS = {
    "cover": _cover, "summary": _summary, "view": _view, "maps": _maps, "table": _table, "chart": _chart,
    "scenario": _scenario, "text": _text,
}  # fmt: skip


def _theme(blob: bytes) -> bytes:
    """The theme with our colours and fonts."""
    text = blob.decode()
    for slot, token in _SCHEME.items():
        color = f'<a:srgbClr val="{design.color(token, "light")[1:7]}"/>'
        text = re.sub(rf"<a:{slot}>.*?</a:{slot}>", f"<a:{slot}>{color}</a:{slot}>", text, flags=re.S)
    fonts = f'<a:latin typeface="{FONT}"/><a:ea typeface="{FONT}"/><a:cs typeface=""/>'
    fonts += f'<a:font script="Hans" typeface="{FONT}"/>'
    for kind in ("majorFont", "minorFont"):
        text = re.sub(rf"<a:{kind}>.*?</a:{kind}>", f"<a:{kind}>{fonts}</a:{kind}>", text, flags=re.S)
    return text.replace('name="Office Theme"', 'name="Jiading city twin"').encode()


def _put(owner: object, shapes: _Shapes) -> None:
    element = owner._element  # type: ignore[attr-defined]  # noqa: SLF001 - python-pptx has no way to draw layouts
    tree = element.cSld.spTree
    element.cSld.replace(tree, etree.fromstring(shapes.tree(), parser=_parser()))


def _parser() -> etree.XMLParser:
    from pptx.oxml import oxml_parser

    return oxml_parser


def main() -> None:
    """Write the template."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(WIDTH), Inches(HEIGHT)
    master = deck.slide_master
    keep = list(deck.slide_layouts)[: len(LAYOUTS)]
    for layout in list(deck.slide_layouts)[len(LAYOUTS) :]:
        deck.slide_layouts.remove(layout)
    own = _Shapes()
    own.head()
    own.placeholder("正文 Body", "body", 1, (0.6, 1.2, 12.13, 5.2), size=14)
    own.foot()
    _put(master, own)
    for layout, (key, name) in zip(keep, LAYOUTS.items(), strict=True):
        _put(layout, _MAKERS[key]())
        layout.name = name
        layout._element.set("showMasterSp", "0")  # noqa: SLF001 - each layout draws its own bars
        layout._element.attrib.pop("type", None)  # noqa: SLF001 - it names one of Office's own layouts
    theme = master.part.part_related_by(RT.THEME)
    theme._blob = _theme(theme.blob)  # noqa: SLF001 - the theme is a part without a class of its own
    properties = deck.core_properties
    properties.title, properties.author = "嘉定数字孪生汇报模板", "Jiading city twin"
    deck.save(str(Path(__file__).with_name("briefing.pptx")))


if __name__ == "__main__":
    main()

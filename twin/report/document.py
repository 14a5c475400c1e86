"""The content of a report as a PDF, set by Typst from a template that can be edited, and its pages as pictures.

The template reads ``report.json`` and the pictures beside it in a folder of its own and reaches nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typst

from twin import design
from twin.errors import InputError
from twin.report import template

_MAIN, _CONTENT = "report.typ", "report.json"
_PAGE_PPI = 120.0
FONTS = (
    "Noto Sans SC", "Source Han Sans SC", "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "Hiragino Sans GB",
    "Heiti SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "SimHei", "SimSun",
)  # fmt: skip
"""Chinese fonts in the order in which they are taken; those of the machine, none comes with the twin."""


def fonts() -> list[str]:
    """The Chinese fonts that this machine has, the best first."""
    known = set(typst.Fonts().families())
    return [name for name in FONTS if name in known]


def write(content: Mapping[str, Any], path: Path, template_file: Path, folder: Path) -> int:
    """Write the PDF; returns its number of pages. ``folder`` holds the pictures and is worked in.

    :class:`twin.errors.InputError` when the template lacks something or has a fault.
    """
    compiler = _compiler(content, template_file, folder)
    try:
        made = compiler.compile(format="pdf")
        assert isinstance(made, bytes)
        path.write_bytes(made)
        return int(json.loads(compiler.query("<pages>", field="value", one=True)))
    except typst.TypstError as error:
        raise _fault(template_file, error) from None


def pages(content: Mapping[str, Any], template_file: Path, folder: Path) -> list[bytes]:
    """Every page of the document as a PNG."""
    compiler = _compiler(content, template_file, folder)
    try:
        made = compiler.compile(format="png", ppi=_PAGE_PPI)
    except typst.TypstError as error:
        raise _fault(template_file, error) from None
    assert made is not None
    return list(made) if isinstance(made, list) else [made]


def _compiler(content: Mapping[str, Any], template_file: Path, folder: Path) -> typst.Compiler:
    (folder / _MAIN).write_text(template.document(template_file), encoding="utf-8")
    colors = {name: value[:7] for name, value in design.tokens()["light"].items()}
    told = {**content, "colors": colors, "fonts": _fonts_for(content)}
    (folder / _CONTENT).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    nowhere = folder / "packages"
    return typst.Compiler(
        input=folder / _MAIN,
        root=folder,
        sys_inputs={"report": _CONTENT},
        package_path=nowhere,
        package_cache_path=nowhere,
    )


def _fonts_for(content: Mapping[str, Any]) -> list[str]:
    found = fonts()
    if not found and content["lang"] == "zh":
        raise InputError(
            "本机没有中文字体，不能排版 PDF；请安装思源黑体（Noto Sans CJK SC）等字体，或选用 PPTX。",
            "this machine has no Chinese font to set the PDF in; install Noto Sans CJK SC, or choose PPTX.",
        )
    return [*found, "Libertinus Serif"]


def _fault(template_file: Path, error: typst.TypstError) -> InputError:
    told = " ".join(error.message.split())[:200]
    where: Sequence[str] = [
        line.split("report.typ:")[1].split()[0]
        for line in error.diagnostic.splitlines()
        if "report.typ:" in line
    ]
    line = where[0] if where else "?"
    return InputError(
        f"报告模板 {template_file.name} 第 {line} 处有误：{told}。",
        f"the template {template_file.name} has a fault at {line}: {told}.",
    )

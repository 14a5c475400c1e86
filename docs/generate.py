"""Writes the pages that come from the code: ``python docs/generate.py``.

``layers.md`` in both languages is the registry of layers, written out; the end of
``indicators.md`` is the table of indicators with the methods of those that are computed.
A test fails when the files are not what this script would write.
"""

from __future__ import annotations

import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

from layers import Column, LayerSpec, Text, all_layers  # noqa: E402
from twin.describe import GROUPS  # noqa: E402
from twin.indicators import computed, table  # noqa: E402

_WORDS = {
    "zh": {
        "title": "图层",
        "head": "<!-- 由 docs/generate.py 生成，请勿手改。 -->",
        "lead": "每个图层由 `layers/` 中的一个文件描述；表、导入对应、瓦片、图例、信息卡和本页都由它生成。"
        "列名后的别名是文件中可以直接识别的表头（不分大小写、空格、下划线和括号中的单位）。",
        "facts": "标识前缀 `{prefix}` · 几何：{geometry} · 导入时：{mode} · 瓦片 z{low} 至 z{high}{detail}",
        "detail": "（z{zoom} 以下为汇总格网）",
        "expects": "通常的来源：{what}。",
        "columns": "| 列 | 名称 | 类型 | 单位 | 范围 | 含义 | 别名 |",
        "required": "**必填**",
        "choices": "`{column}` 的取值：",
        "values": "| 值 | 名称 | 文件中的其他写法 |",
        "fields": "`{column}` 每条记录的字段：",
    },
    "en": {
        "title": "Layers",
        "head": "<!-- Written by docs/generate.py; do not edit. -->",
        "lead": "Every layer is described by one file in `layers/`; tables, import mapping, tiles, legends, cards and this "
        "page are made from it. The aliases of a column are headers of files that are recognised without asking "
        "(case, spaces, underscores and units in brackets do not matter).",
        "facts": "Identifier prefix `{prefix}` · geometry: {geometry} · on import: {mode} · tiles z{low} to z{high}{detail}",
        "detail": " (a grid of totals below z{zoom})",
        "expects": "Usual sources: {what}.",
        "columns": "| Column | Title | Kind | Unit | Range | Meaning | Aliases |",
        "required": "**required**",
        "choices": "Values of `{column}`:",
        "values": "| Value | Title | Other spellings in files |",
        "fields": "Fields of each record of `{column}`:",
    },
}
_NAMES = {
    "point": Text("点", "point"),
    "line": Text("线", "line"),
    "polygon": Text("面", "polygon"),
    "add": Text("加入现有数据", "joins what is there"),
    "replace": Text("替换整个图层", "replaces the whole layer"),
    "text": Text("文字", "text"),
    "integer": Text("整数", "integer"),
    "number": Text("数字", "number"),
    "boolean": Text("是/否", "yes or no"),
    "date": Text("日期", "date"),
    "records": Text("记录列表", "list of records"),
}
_UNITS_EN = {"人": "people", "层": "floors", "户": "households", "条": "lanes", "个": ""}


def layers_page(language: str) -> str:
    """The page of all layers in ``language`` (``zh`` or ``en``)."""
    words = _WORDS[language]
    lines = [f"# {words['title']}", "", words["head"], "", words["lead"], ""]
    for group, title in GROUPS.items():
        members = [spec for spec in all_layers().values() if spec.group == group]
        if members:
            lines += [f"## {title[language]}", ""]
        for spec in members:
            lines += _layer(spec, language)
    return "\n".join(lines).rstrip() + "\n"


def _layer(spec: LayerSpec, language: str) -> list[str]:
    words = _WORDS[language]
    tiling = spec.tiling
    facts = words["facts"].format(
        prefix=spec.prefix,
        geometry=_NAMES[spec.geometry].of(language),
        mode=_NAMES[spec.on_import].of(language),
        low=tiling.min_zoom,
        high=tiling.max_zoom,
        detail=words["detail"].format(zoom=tiling.detail_zoom) if tiling.aggregated else "",
    )
    lines = [
        f"### {spec.title.of(language)} `{spec.id}`",
        "",
        spec.description.of(language).rstrip("。.") + _stop(language),
    ]
    if spec.expects.of(language):
        lines[-1] += _space(language) + words["expects"].format(what=spec.expects.of(language))
    lines += ["", facts, "", *_columns(spec.columns, language)]
    for column in spec.columns:
        if column.choices:
            lines += [words["choices"].format(column=column.name), "", words["values"], "|---|---|---|"]
            lines += [
                f"| `{item.value}` | {item.title.of(language)} | {_listed(item.aliases)} |"
                for item in column.choices
            ]
            lines.append("")
        if column.fields:
            lines += [words["fields"].format(column=column.name), "", *_columns(column.fields, language)]
    return lines


def _columns(columns: tuple[Column, ...], language: str) -> list[str]:
    words = _WORDS[language]
    lines = [words["columns"], "|---|---|---|---|---|---|---|"]
    for column in columns:
        meaning = column.meaning.of(language)
        if column.required:
            meaning = f"{words['required']}{_space(language)}{meaning}"
        cells = [
            f"`{column.name}`", column.title.of(language), _NAMES[column.kind].of(language),
            _UNITS_EN.get(column.unit, column.unit) if language == "en" else column.unit,
            _range(column), meaning, _listed(column.aliases),
        ]  # fmt: skip
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return [*lines, ""]


def _range(column: Column) -> str:
    if column.minimum is None and column.maximum is None:
        return ""
    low = "" if column.minimum is None else f"{column.minimum:g}"
    high = "" if column.maximum is None else f"{column.maximum:g}"
    return f"{low} … {high}".strip()


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(dict.fromkeys(words))


def _stop(language: str) -> str:
    return "。" if language == "zh" else "."


def _space(language: str) -> str:
    return "" if language == "zh" else " "


_INDICATORS = {
    "zh": {
        "mark": "<!-- 以下由 docs/generate.py 生成，请勿手改。 -->\n",
        "table": "## 全部指标",
        "head": "| 编号 | 指标 | 目标 | 单位 | 口径 | 方案章节 | 数值 |",
        "entered": "录入",
        "computed": "计算",
        "methods": "## 计算方法",
        "layers": "图层：{}。",
        "edits": "影响它的情景修改：{}。",
    },
    "en": {
        "mark": "<!-- What follows is written by docs/generate.py; do not edit. -->\n",
        "table": "## All indicators",
        "head": "| No. | Indicator | Target | Unit | Comparison | Section | Value |",
        "entered": "entered",
        "computed": "computed",
        "methods": "## Methods",
        "layers": "Layers: {}. ",
        "edits": "Edits of a scenario that bear on it: {}.",
    },
}


def indicators_page(language: str, page: str) -> str:
    """``page`` with the tables of indicators after its mark."""
    words, ways = _INDICATORS[language], computed.registry()
    lines = ["", words["table"], "", words["head"], "|---|---|---|---|---|---|---|"]
    lines += [
        f"| {item.no} | {item.name.of(language)} | {item.wording.of(language)} | {item.unit.of(language)} "
        f"| `{item.comparison}` {table.COMPARISONS[item.comparison].of(language)} | {item.section.of(language)} "
        f"| {words['computed' if item.no in ways else 'entered']} |"
        for item in table.indicators()
    ]
    lines += ["", words["methods"]]
    for no, how in ways.items():
        layers = words["layers"].format(", ".join(f"`{name}`" for name in how.layers))
        edits = words["edits"].format(", ".join(f"`{subject}`" for subject in how.edits))
        lines += ["", f"### {no} {table.get(no).name.of(language)}", "", how.method.of(language), ""]
        lines += [f"{layers}{edits}"]
    prose, mark, _ = page.partition(words["mark"])
    return prose + mark + "\n".join(lines) + "\n"


def main() -> None:
    """Write the pages of both languages."""
    for language in _WORDS:
        path = DOCS / language / "indicators.md"
        text = indicators_page(language, path.read_text(encoding="utf-8"))
        path.write_text(text, encoding="utf-8", newline="\n")
        (DOCS / language / "layers.md").write_text(layers_page(language), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()

"""The table of CIM functions against the code: what it says is there is there."""

from __future__ import annotations

import ast
import csv
import io
import re
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.test_docs import commands
from twin import conformance
from twin.conformance import Function
from twin.errors import InputError
from twin.settings import ROOT
from twin.web.server import PAGES, ROUTES

WEB = ROOT / "twin" / "web"
NOUNS = (
    "资源目录", "元数据", "数据清洗", "数据转换", "导入导出", "数据更新",
    "专题制图", "数据备份", "模型检入", "碰撞检测", "版本管理", "轻量化",
    "模型抽取", "差异分析", "地名地址", "空间查询", "关键字", "模糊", "组合条件",
    "要素", "模型查询", "模型单元", "关联", "多维度统计", "成果输出", "加载",
    "集成展示", "图文关联", "缩放", "平移", "旋转", "飞行", "定位", "批注",
    "剖切", "几何量算", "体块比对", "卷帘比对", "多屏比对", "透明度", "模型细度",
)  # fmt: skip
"""The nouns of clauses 4.3.3 and 4.3.5 that the excerpt holds."""
LINKED = [item for item in conformance.functions() if item.state != "missing"]
FOLDERS = {"explore": "map", "life-circle": "life_circle", "data": "data_page"}
"""Where the browser files of a page lie, if not in a folder of its own name."""
SHARED = ("map", "analysis", "annotations", "page")


def name(item: Function) -> str:
    return item.name.en


@cache
def addresses() -> set[str]:
    """Every page there is, "" being the first."""
    tree = ast.parse(PAGES.read_text(encoding="utf-8"))
    paths = {
        keyword.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "url_path" and isinstance(keyword.value, ast.Constant)
    }
    return paths | {""} | {path.strip("/") for method, path, _ in ROUTES if method == "GET"}


def sources(page: str, shared: bool = True) -> str:
    """The browser files a page is made of."""
    folders = {FOLDERS.get(page or "explore", page), *(SHARED if shared else ())}
    return "\n".join(
        path.read_text(encoding="utf-8")
        for folder in sorted(folders)
        for path in sorted((WEB / folder).glob("*.js"))
    )


@cache
def rail(page: str) -> list[str]:
    """The panels a page with a map can open."""
    path = WEB / "map" / "mode.js" if page in ("", "explore") else WEB / FOLDERS.get(page, page) / "main.js"
    found = re.search(r"^\s*rail = \[(.*)\];", path.read_text(encoding="utf-8"), re.MULTILINE)
    return re.findall(r"'([\w-]+)'", found[1]) if found else []


@cache
def defined_in(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }


def test_every_noun_of_the_excerpt_is_there() -> None:
    names = [item.name.zh for item in conformance.functions()]
    assert [noun for noun in NOUNS if not any(noun in name for name in names)] == []
    assert len(set(names)) == len(names)


def test_states_are_counted_and_none_is_claimed_without_proof() -> None:
    items = conformance.functions()
    told = conformance.counts(items)
    assert sum(told.values()) == len(items)
    assert {state: sum(item.state == state for item in items) for state in told} == told
    for item in items:
        assert bool(item.lacks.zh) == bool(item.lacks.en) == (item.state != "met"), item.name.zh
        assert bool(item.feature.zh) == bool(item.feature.en) == (item.state != "missing"), item.name.zh
        assert bool(item.links) == (item.state != "missing"), item.name.zh


@pytest.mark.parametrize("item", LINKED, ids=name)
def test_what_a_row_names_exists(item: Function) -> None:
    links = item.links
    if "route" in links:
        method, _, path = links["route"].partition(" ")
        assert (method, path) in {(route[0], route[1]) for route in ROUTES}
    if "command" in links:
        assert links["command"] in commands()
    if "module" in links:
        assert (ROOT / links["module"]).is_file()
    path, _, test = links["test"].partition("::")
    assert test in defined_in(ROOT / path)


@pytest.mark.parametrize("item", [item for item in LINKED if "page" in item.links], ids=name)
def test_a_page_opens_where_its_link_says(item: Function) -> None:
    parts = urlsplit(item.links["page"])
    page = parts.path.strip("/")
    assert page in addresses()
    for panel in parse_qs(parts.query).get("panel", ()):
        assert panel in rail(page), f"{page} has no panel {panel}"
    if parts.fragment:
        assert f"id: '{parts.fragment}'" in sources(page, shared=False)
    element = item.links.get("element", "")
    if element:
        found = re.fullmatch(r"#([\w-]+)|\[data-([a-z]+)=([\w-]+)\]", element)
        assert found, f"{element} is not a selector this test can check"
        value = found[1] or found[3]
        literal = f"'{value}'"
        assert literal in sources(page), f"nothing on {page!r} is called {value}"


def test_the_table_for_a_bid_in_both_languages() -> None:
    for language in ("zh", "en"):
        text = conformance.to_csv(language)
        assert text.startswith("\ufeff")
        rows = list(csv.reader(io.StringIO(text[1:])))
        assert len(rows) == len(conformance.functions()) + 1
        states = {row[3] for row in rows[1:]}
        assert states <= {words.of(language) for words in conformance.STATES.values()}
    assert not re.search(r"[\u4e00-\u9fff]", conformance.to_csv("en"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"state": "done"}, "state='done'"),
        ({"state": "missing"}, "cannot lead anywhere"),
        ({"test": ""}, "must name a test"),
        ({"page": "", "route": "", "command": ""}, "is needed, or a route or command"),
        ({"lacks_en": "something"}, "is for what is partly met or missing"),
        ({"feature_zh": ""}, "is for what is met or partly met"),
    ],
)
def test_a_wrong_row_is_told(tmp_path: Path, change: dict[str, str], told: str) -> None:
    with conformance.TABLE.open(encoding="utf-8", newline="") as file:
        first = next(csv.DictReader(file))
    assert first["state"] == "met"
    path = tmp_path / "table.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(first))
        writer.writeheader()
        writer.writerow({**first, **change})
    with pytest.raises(InputError, match=re.escape(told)):
        conformance._read(path)

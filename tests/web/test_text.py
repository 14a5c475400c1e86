"""Every text a user reads is there in both languages, and no key is asked for in vain or kept for nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from twin.settings import ROOT

WEB = ROOT / "twin" / "web"
PREFIXES = {
    "annotations": "annotations",
    "conformance": "conformance",
    "map": "map",
    "page": "page",
    "evidence": "evidence",
    "data_page": "data",
    "analysis": "analysis",
    "life_circle": "life",
    "coverage": "coverage",
    "bim": "bim",
    "indicators": "indicators",
    "remote": "remote",
    "briefing": "briefing",
    "scenarios": "scenarios",
    "stage": "stage",
    "wall": "wall",
}
FOLDERS = tuple(WEB / name for name in PREFIXES)
SHARED = ("life_circle", "coverage", "bim", "scenarios")
"""Folders of pages that take a text from ``analysis.`` where they have none of their own."""
_LITERAL = re.compile(r"""(===\s*)?(?:'([^'\n]*)'|`([^`\n]*)`)""")
_KEY = re.compile(r"[a-z][a-z0-9_]*(?:[.\-][A-Za-z0-9_]+)*")
_HOLE = re.compile(r"\$\{.*?\}")


def catalogue(language: str) -> dict[str, str]:
    return dict(json.loads((WEB / "text" / f"{language}.json").read_text(encoding="utf-8")))


def modules() -> dict[Path, str]:
    return {
        path: path.read_text(encoding="utf-8") for folder in FOLDERS for path in sorted(folder.glob("*.js"))
    }


def prefix_of(path: Path, source: str) -> str:
    """What t() of a module puts before its keys: its folder's own, unless it says otherwise."""
    own = re.search(r"\bt = \(.*?\) => text\(`(\w+)\.", source)
    return own[1] if own else PREFIXES[path.parent.name]


def calls(source: str) -> list[str]:
    """The argument text of every ``t(…)`` of a module, brackets balanced."""
    found = []
    for match in re.finditer(r"(?<![\w.$])t\(", source):
        depth, end = 1, match.end()
        while depth and end < len(source):
            depth += {"(": 1, ")": -1}.get(source[end], 0)
            end += 1
        found.append(source[match.end() : end - 1])
    return found


def pattern(template: str) -> re.Pattern[str]:
    """Keys that a template string can become."""
    return re.compile("[^.]+".join(re.escape(part) for part in _HOLE.split(template)))


def keys_in(text: str) -> tuple[set[str], list[re.Pattern[str]]]:
    """Keys written out in a piece of JavaScript, and patterns of those that are put together."""
    names: set[str] = set()
    patterns = []
    for compared, plain, template in _LITERAL.findall(text):
        if compared:
            continue
        if "${" in template:
            if _KEY.fullmatch(_HOLE.sub("x", template)):
                patterns.append(pattern(template))
        elif _KEY.fullmatch(plain or template):
            names.add(plain or template)
    return names, patterns


def test_both_languages_say_the_same_things() -> None:
    zh, en = catalogue("zh"), catalogue("en")
    assert set(zh) == set(en)
    for key in zh:
        assert sorted(re.findall(r"\{\w+\}", zh[key])) == sorted(re.findall(r"\{\w+\}", en[key])), key
        assert zh[key].strip(), key
        assert en[key].strip(), key


def test_english_texts_are_english() -> None:
    examples = {"map.search.help", "map.language.other"}  # they name Chinese on purpose
    for key, text in catalogue("en").items():
        assert key in examples or not re.search(r"[\u4e00-\u9fff]", text), key


@pytest.mark.parametrize("path", modules(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_text_asked_for_exists(path: Path) -> None:
    source = modules()[path]
    prefixes = [prefix_of(path, source), *(["analysis"] if path.parent.name in SHARED else [])]
    known = {key.partition(".")[2] for key in catalogue("zh") if key.partition(".")[0] in prefixes}
    for call in calls(source):
        names, patterns = keys_in(call)
        assert names <= known, call
        for made in patterns:
            assert any(made.fullmatch(key) for key in known), call


def test_no_text_is_kept_for_nothing() -> None:
    names: set[str] = set()
    patterns: list[re.Pattern[str]] = []
    for source in modules().values():
        more, made = keys_in(source)
        names |= more
        patterns += made
    idle = {
        key
        for key in catalogue("zh")
        if (bare := key.partition(".")[2]) not in names
        and key not in names
        and not any(made.fullmatch(bare) for made in patterns)
    }
    assert idle == set()

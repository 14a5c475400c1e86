"""Whatever exists is documented, in both languages; what is generated is up to date."""

from __future__ import annotations

import argparse
import importlib.util
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest

from layers import all_layers
from layers._identifier import Identifier, parse
from twin import cli
from twin.analysis import candidates, life_circle, missing_links, rules, service_radius, travellers
from twin.analysis.coverage_5g import criteria, next_sites, parameters, result
from twin.analysis.demand import WEIGHTS
from twin.export_formats import FORMATS
from twin.indicators import status, table
from twin.settings import ROOT, Settings
from twin.web.server import ROUTES

DOCS = ROOT / "docs"
LANGUAGES = ("zh", "en")
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_CODE = re.compile(r"`([^`\n]+)`")


def page(language: str, name: str) -> str:
    return (DOCS / language / f"{name}.md").read_text(encoding="utf-8")


def coded(text: str) -> set[str]:
    """Everything that stands in `code` on a page."""
    return set(_CODE.findall(text))


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    specification = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def commands() -> dict[str, argparse.ArgumentParser]:
    parser = cli.parser()
    action = next(item for item in parser._actions if isinstance(item, argparse._SubParsersAction))
    return dict(action.choices)


@pytest.mark.parametrize("language", LANGUAGES)
def test_layers_page_is_what_the_code_says(language: str, generate: ModuleType) -> None:
    assert page(language, "layers") == generate.layers_page(language), "run: python docs/generate.py"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_layer_and_column_is_documented(language: str) -> None:
    text = page(language, "layers")
    for spec in all_layers().values():
        section = text.split(f"`{spec.id}`\n", 1)[1].split("\n### ", 1)[0]
        assert f"`{spec.prefix}`" in section
        for column in spec.columns:
            assert f"| `{column.name}` |" in section
            assert all(f"| `{choice.value}` |" in section for choice in column.choices)
            assert all(f"| `{field.name}` |" in section for field in column.fields)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_and_option_is_documented(language: str) -> None:
    text = page(language, "commands")
    headings = re.findall(r"^## `([a-z-]+)`$", text, re.MULTILINE)
    assert headings == list(commands())
    for name, parser in commands().items():
        section = text.split(f"## `{name}`\n", 1)[1].split("\n## ", 1)[0]
        common = text.split("\n## ", 1)[0]
        for action in parser._actions:
            for option in action.option_strings:
                if option in ("-h", "--help"):
                    continue
                where = common if option in ("--home", "--json") else section
                assert option in where, f"{name} {option}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_is_documented_with_its_default(language: str) -> None:
    rows = [line for line in page(language, "settings").splitlines() if line.startswith("| `")]
    expected = []
    for item in fields(Settings):
        default = (
            item.default.relative_to(ROOT).as_posix() if isinstance(item.default, Path) else item.default
        )
        expected.append((item.metadata["env"], item.name, str(default)))
    assert [tuple(_CODE.findall(row)[:3]) for row in rows] == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_route_is_documented_and_no_other(language: str) -> None:
    documented = re.findall(r"^\| `([A-Z]+ /[^`]*)` \|", page(language, "api"), re.MULTILINE)
    assert sorted(documented) == sorted(f"{method} {path}" for method, path, _ in ROUTES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_analysis_is_documented_with_its_parameters(language: str) -> None:
    named = coded(page(language, "life-circle"))
    for model in (
        life_circle.Parameters,
        candidates.Question,
        missing_links.Parameters,
        service_radius.Parameters,
    ):
        assert set(model.model_fields) <= named, model
    assert {profile.id for profile in rules.profiles()} <= named
    assert set(travellers.TRAVELLERS) | set(life_circle.MEASURES) | set(WEIGHTS) <= named


@pytest.mark.parametrize("language", LANGUAGES)
def test_coverage_is_documented_with_its_parameters(language: str) -> None:
    named = coded(page(language, "coverage"))
    for model in (parameters.Parameters, next_sites.Question):
        assert set(model.model_fields) <= named, model
    assert set(criteria.profiles()) | set(result.METRICS) <= named


@pytest.mark.parametrize("language", LANGUAGES)
def test_indicators_are_what_the_code_says(language: str, generate: ModuleType) -> None:
    text = page(language, "indicators")
    assert text == generate.indicators_page(language, text), "run: python docs/generate.py"
    assert generate._INDICATORS[language]["mark"] in text
    assert set(status.STATUSES) | set(table.COMPARISONS) <= coded(text)
    assert len(re.findall(r"^\| [0-9]+ \|", text, re.MULTILINE)) == table.COUNT


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_export_format_is_documented(language: str) -> None:
    rows = re.findall(r"^\| `([a-z]+)` \| ([A-Za-z]+) \|", page(language, "data"), re.MULTILINE)
    assert dict(rows) == FORMATS
    assert {f".{suffix}" for suffix in FORMATS} <= coded(page(language, "commands"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_worked_identifier_is_right(language: str) -> None:
    text = page(language, "identifiers")
    example = Identifier("BLD", 310114103, 1234)
    assert str(example) in text
    assert parse(str(example)) == example
    assert str(example.fid) in coded(text)
    assert len(re.findall(r"^\| [0-9A-Z] \|", text, re.MULTILINE)) == 19


def pages() -> Iterator[Path]:
    yield from sorted(DOCS.rglob("*.md"))


@pytest.mark.parametrize("path", list(pages()), ids=lambda path: path.relative_to(DOCS).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    for target in _LINK.findall(path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), target


def test_both_languages_have_the_same_pages() -> None:
    zh, en = ({path.name for path in (DOCS / language).iterdir()} for language in LANGUAGES)
    assert zh == en
    for language in LANGUAGES:
        assert zh - {"index.md"} <= set(_LINK.findall(page(language, "index")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_example_of_a_new_layer_works(language: str) -> None:
    code = page(language, "adding-a-layer").split("```python\n", 1)[1].split("```", 1)[0]
    names: dict[str, object] = {}
    exec(compile(code, "adding-a-layer.md", "exec"), names)
    spec = names["LAYER"]
    assert spec.id not in all_layers()
    assert spec.prefix not in {other.prefix for other in all_layers().values()}

"""The PDF opened again: its texts, marks that lead to the appendix, fonts within; templates that have faults."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pypdf
import pytest

from tests.report.conftest import Town, png, with_files
from twin.errors import InputError
from twin.report import document, pictures, template


@pytest.fixture(scope="module")
def made(place: Town, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path, int]:
    if not document.fonts():
        pytest.skip("no Chinese font on this machine")
    folder = tmp_path_factory.mktemp("document")
    for number in (1, 2):
        (folder / f"view-0{number}.png").write_bytes(png(shade=100 * number))
    content = with_files(place.document(scenario=place.scenario))
    path = folder / "report.pdf"
    return content, path, document.write(content, path, template.find(folder, "", "pdf"), folder)


def test_texts_and_pages(made: tuple[dict[str, Any], Path, int]) -> None:
    content, path, count = made
    pages = pypdf.PdfReader(path).pages
    assert len(pages) == count
    told = [re.sub(r"\s", "", page.extract_text()) for page in pages]
    assert "季度汇报" in told[0]
    assert "合成演示数据" in told[0]
    whole = "".join(told)
    for section in content["sections"]:
        assert re.sub(r"\s", "", section["title"]) in whole
    for entry in content["evidence"]:
        assert f"[{entry['mark']}]" in whole
    assert all("合成演示数据，不反映真实情况" in page for page in told[1:10] if "批注" not in page)
    assert all(f"{content['date']}{number}" in page for number, page in enumerate(told[1:], start=2))


def test_marks_lead_to_their_entries(made: tuple[dict[str, Any], Path, int]) -> None:
    content, path, _ = made
    reader = pypdf.PdfReader(path)
    first = min(n for n, page in enumerate(reader.pages) if "附录" in page.extract_text() and n > 2)
    targets = set()
    for page in reader.pages[2:first]:
        for item in page.get("/Annots", ()):
            destination = item.get_object()
            targets.add(str(destination.get("/Dest") or destination.get("/A")))
    assert len(targets) >= len(content["evidence"]) - 4  # charts of several figures share theirs


def test_fonts_are_within_and_pictures_of_full_size(made: tuple[dict[str, Any], Path, int]) -> None:
    data = made[1].read_bytes()
    reader = pypdf.PdfReader(made[1])
    fonts = reader.pages[0]["/Resources"]["/Font"].values()
    for font in fonts:
        (inner,) = font.get_object()["/DescendantFonts"].get_object()
        descriptor = inner.get_object()["/FontDescriptor"].get_object()
        assert {"/FontFile2", "/FontFile3"} & set(descriptor)
    assert any(
        image.image is not None and image.image.size == (2400, 1350)
        for page in reader.pages[2:4]
        for image in page.images
    )
    assert data.startswith(b"%PDF-")


def test_pages_as_pictures(place: Town, tmp_path: Path) -> None:
    if not document.fonts():
        pytest.skip("no Chinese font on this machine")
    content = with_files(place.document())
    for number in (1, 2):
        (tmp_path / f"view-0{number}.png").write_bytes(png())
    pages = document.pages(
        {**content, "sections": content["sections"][:2]}, template.find(tmp_path, "", "png"), tmp_path
    )
    width, height = pictures.size_of(pages[0]) or (0, 0)
    assert len(pages) >= 3
    assert width / height == pytest.approx(297 / 210, rel=0.01)


def own(home: Path, change: Any) -> Path:
    folder = template.folder(home)
    folder.mkdir(parents=True)
    path = folder / "ours.typ"
    path.write_text(change((template.FOLDER / "briefing.typ").read_text(encoding="utf-8")), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("notice", "remark", "notice"),
        ('#import "x"', "", ""),
        ("evidence", "proof", "evidence"),
        ("pictures", "images", "pictures"),
    ],
)
def test_a_template_must_print_what_no_report_may_lack(
    tmp_path: Path, old: str, new: str, named: str
) -> None:
    path = own(tmp_path, lambda text: text.replace(old, new))
    if not named:
        assert template.document(path)
        return
    with pytest.raises(InputError, match=named):
        template.document(path)


def test_a_template_reaches_no_network(tmp_path: Path) -> None:
    path = own(tmp_path, lambda text: '#import "@preview/cetz:0.3.0"\n' + text)
    with pytest.raises(InputError, match="internet"):
        template.document(path)


def test_a_fault_in_a_template_is_told_with_its_line(place: Town, tmp_path: Path) -> None:
    path = own(tmp_path, lambda text: "#nothing-of-the-kind\n" + text)
    with pytest.raises(InputError, match=r"ours\.typ has a fault at 1:1: unknown variable"):
        document.write(place.document(), tmp_path / "r.pdf", path, tmp_path)


def test_a_template_reads_nothing_beside_its_folder(place: Town, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("geheim", encoding="utf-8")
    work = tmp_path / "work"
    work.mkdir()
    path = own(tmp_path, lambda text: '#read("../secret.txt")\n' + text)
    with pytest.raises(InputError, match="fault at 1"):
        document.write(place.document(), work / "r.pdf", path, work)


def test_without_a_chinese_font(place: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "fonts", list)
    with pytest.raises(InputError, match="Chinese font"):
        document.write(place.document(), tmp_path / "r.pdf", template.find(tmp_path, "", "pdf"), tmp_path)

"""The whole way with the real browser: viewpoints drawn on our map page, in a report that is opened again."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pptx import Presentation

from twin import cli


@pytest.mark.slow
@pytest.mark.browser
def test_maps_are_drawn_by_the_machines_browser(
    browser_executable: Path, town_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    home = tmp_path / "home"
    shutil.copytree(town_home, home, ignore=shutil.ignore_patterns("server.json", "reports"))
    monkeypatch.setenv("TWIN_BROWSER", os.fspath(browser_executable))
    out = tmp_path / "r.pptx"
    code = cli.main(["report", "--home", str(home), "--out", str(out), "--tour", "季度汇报", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert (code, told["views"], told["pictures"]) == (0, 2, 2), told
    pictures = [
        shape.image
        for slide in Presentation(str(out)).slides
        for shape in slide.shapes
        if hasattr(shape, "image")
    ]
    assert len(pictures) == 2
    for number, picture in enumerate(pictures):
        assert picture.size == (2400, 1350)
        path = tmp_path / f"{number}.png"
        path.write_bytes(picture.blob)
        with Image.open(path) as opened:
            small = opened.convert("RGB").resize((240, 135))
            assert len(small.getcolors(240 * 135) or ()) > 50  # a map and its texts, not an empty canvas

"""The Data page in a browser: a table comes in, is corrected, found, doubted and taken back."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from playwright.sync_api import Locator, Page, expect

from tests import city
from tests.conftest import Visit

pytestmark = pytest.mark.browser
expect.set_options(timeout=30_000)  # a fresh server loads its importers with the first file

LOCKERS = "\ufeff名称,柜子品牌,格口,经度,纬度,备注\n" + "".join(
    f"{i}号柜,{'丰巢' if i % 2 else '菜鸟'},{20 + i},{city.WEST + i * 0.0004:.5f},{city.SOUTH + i * 0.0003:.5f},新装\n"
    for i in range(20)
)
BAD = f"坏柜,丰巢,-4,{city.WEST + 0.001:.5f},{city.SOUTH + 0.001:.5f},=1+1\n"


def opened(visit: Callable[..., Visit], address: str, query: str = "?theme=dark") -> Visit:
    seen = visit(f"{address}/data{query}", width=1366, height=768)
    seen.page.wait_for_selector(".twin-page[data-ready]")
    return seen


def drop(page: Page, name: str, text: str) -> Locator:
    """Hand a file to the page; returns its card."""
    page.set_input_files(
        "[data-test=file]", files=[{"name": name, "mimeType": "text/csv", "buffer": text.encode()}]
    )
    return page.locator("[data-test=job]", has_text=name)


def quiet(seen: Visit) -> None:
    assert seen.outside == []
    assert seen.errors == []


def test_a_table_comes_in_and_is_taken_back(visit: Callable[..., Visit], live_server: str) -> None:
    seen = opened(visit, live_server)
    page = seen.page
    card = drop(page, "快递柜.csv", LOCKERS + BAD)
    expect(card.locator("[data-test=layer]")).to_have_value("parcel_locker")
    expect(card.locator("[data-target=compartments]")).to_have_value("格口")
    expect(card.locator("[data-target=lon]")).to_have_value("经度")

    # What the aliases did not know is corrected by hand.
    operator = card.locator("[data-target=operator]")
    expect(operator).to_have_value("")
    operator.select_option("柜子品牌")
    expect(card.locator("tr", has=page.locator("[data-target=operator]"))).to_contain_text("菜鸟 · 丰巢")
    if card.locator("[data-test=commit]").is_disabled():
        expect(card.locator(".problems")).to_contain_text("坐标系")
        card.locator("[data-test=crs]").select_option("EPSG:4326")
        expect(card.locator("[data-test=commit]")).to_be_enabled()
        expect(card.locator("[data-target=operator]")).to_have_value("柜子品牌")
    expect(card.locator(".caption")).to_contain_text("预览 21 个对象")
    card.locator("[data-test=origin-source]").fill("区邮政管理局")
    card.locator("[data-test=origin-date]").fill("2026-06-30")
    card.locator("[data-test=commit]").click()

    expect(card.locator(".result")).to_contain_text("智能快件箱")
    expect(card.locator(".result tbody .number")).to_have_text(["20", "1"])
    link = card.locator("[data-test=to-map]").get_attribute("href") or ""
    assert "parcel_locker" in link
    assert f"lon={city.WEST:.2f}"[:9] in link

    # The catalogue knows it, and its faults are a table.
    page.fill("[data-test=filter]", "邮政 快件箱")
    row = page.locator("[data-test=dataset]")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("区邮政管理局")
    expect(row).to_contain_text("2026-06-30")
    expect(row).to_contain_text("显示中")
    with page.expect_download() as download:
        row.locator("[data-test=faults]").click()
    table = list(csv.reader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"))))
    assert len(table) == 2
    assert table[1][0] == "22"
    assert "rejected" in table[1]
    row.click()
    expect(page.locator(".details")).to_contain_text("柜子品牌 → 运营商")

    expect(page.locator("[data-layer=parcel_locker] .share")).to_have_text(["50 %"])
    page.click("[data-test=undo]")
    expect(page.locator("dialog")).to_contain_text("快递柜.csv")
    page.click("dialog .primary")
    expect(page.locator("[data-test=dataset]")).to_contain_text("已替换")
    expect(page.locator("[data-layer=parcel_locker]")).to_contain_text("还没有数据")
    quiet(seen)


def test_an_unfinished_import_is_there_again_after_a_reload(
    visit: Callable[..., Visit], live_server: str
) -> None:
    seen = opened(visit, live_server)
    card = drop(seen.page, "快递柜（重载）.csv", LOCKERS)
    expect(card.locator("[data-test=commit]")).to_be_visible()
    seen.page.reload()
    expect(card.locator("[data-test=layer]")).to_have_value("parcel_locker")
    card.locator("[data-test=cancel]").click()
    expect(card.locator(".tag").first).to_have_text("已取消")
    quiet(seen)


def test_languages_and_looks_switch_in_place(visit: Callable[..., Visit], live_server: str) -> None:
    seen = opened(visit, live_server)
    page = seen.page
    expect(page.locator("#import-title")).to_have_text("导入")
    page.click("[data-test=language]")
    expect(page.locator("#import-title")).to_have_text("Import")
    assert "lang=en" in page.url
    assert page.evaluate("document.documentElement.lang") == "en"
    words = " ".join(
        page.locator(part).inner_text() for part in ("#import", "#layers", "#backup", "#catalogue thead")
    )
    assert not [character for character in words if "\u4e00" <= character <= "\u9fff"]
    dark = page.evaluate("getComputedStyle(document.querySelector('.twin-page')).backgroundColor")
    page.click("[data-test=theme]")
    light = page.evaluate("getComputedStyle(document.querySelector('.twin-page')).backgroundColor")
    assert (dark, light) == ("rgb(11, 21, 38)", "rgb(244, 246, 248)")
    page.reload()
    expect(page.locator("#import-title")).to_have_text("Import")
    quiet(seen)


def test_what_cannot_come_in_is_said_in_one_sentence(visit: Callable[..., Visit], live_server: str) -> None:
    seen = opened(visit, live_server)
    card = drop(seen.page, "坏文件.csv", "\x00\x01\x02")
    expect(card.locator(".failure")).to_be_visible()
    assert "Traceback" not in card.inner_text()
    empty = drop(seen.page, "空.csv", "")
    expect(empty.locator(".failure")).to_contain_text("空的")
    unknown = drop(seen.page, "表.csv", "甲,乙,经度,纬度\n1,2,121.2001,31.3001\n3,4,121.2003,31.3003\n")
    expect(unknown.locator("[data-test=commit]")).to_be_disabled()
    expect(unknown.locator(".problems")).to_contain_text("请选择图层")
    unknown.locator("[data-test=layer]").select_option("underpass")
    expect(unknown.locator("[data-target=lon]")).to_have_value("经度")
    unknown.locator("[data-test=cancel]").click()
    expect(unknown.locator(".tag").first).to_have_text("已取消")
    quiet(seen)


def test_a_layer_leaves_as_a_file_and_the_twin_as_a_backup(
    visit: Callable[..., Visit], live_server: str
) -> None:
    seen = opened(visit, live_server)
    page = seen.page
    with page.expect_download() as download:
        page.click("[data-export='building.csv']")
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert len(text.splitlines()) == city.SIDE**2 + 1
    page.click("[data-fold=building]")
    expect(page.locator(".column", has_text="高度").first).to_contain_text("100 %")
    with page.expect_download() as download:
        page.click("[data-test=backup]")
    assert download.value.path().read_bytes()[:2] == b"PK"
    quiet(seen)


def test_a_raster_of_terrain_comes_in(visit: Callable[..., Visit], live_server: str, tmp_path: Path) -> None:
    path = tmp_path / "terrain_dem.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=10, height=8, count=1, dtype="float32", crs="EPSG:4326",
        transform=rasterio.Affine(0.001, 0, city.WEST, 0, -0.001, city.SOUTH + 0.03),
    ) as raster:  # fmt: skip
        raster.write(np.linspace(2, 8, 80, dtype="float32").reshape(8, 10), 1)
    seen = opened(visit, live_server)
    seen.page.set_input_files("[data-test=file]", path)
    card = seen.page.locator("[data-test=job]", has_text=path.name)
    expect(card.locator("[data-test=layer]")).to_have_value("dem")
    expect(card.locator(".caption")).to_contain_text("栅格的范围")
    card.locator("[data-test=commit]").click()
    expect(card.locator(".result")).to_contain_text("地形高程")
    expect(seen.page.locator("[data-test=dataset]", has_text=path.name)).to_contain_text("显示中")
    quiet(seen)


def test_the_page_works_by_keyboard(visit: Callable[..., Visit], live_server: str) -> None:
    seen = opened(visit, live_server)
    page = seen.page
    for _ in range(3):  # Streamlit's own frame comes first
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className") == "skip":
            break
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "import-title"
    page.focus("[data-sort=accepted]")
    page.keyboard.press("Enter")
    expect(page.locator("th", has=page.locator("[data-sort=accepted]"))).to_have_attribute(
        "aria-sort", "descending"
    )
    first = page.locator("[data-test=dataset]").first
    expect(first).to_contain_text("建筑")
    first.locator("[aria-expanded]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[aria-expanded=true]")).to_have_count(1)
    quiet(seen)

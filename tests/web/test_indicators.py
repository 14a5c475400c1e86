"""The Indicators page in a browser: 35 cards that explain themselves, follow the layers, and take values by hand."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import city
from tests.conftest import Visit
from tests.indicators import town
from tests.life_city import place
from tests.web.conftest import whole_server
from twin import remote
from twin.store import Store

pytestmark = pytest.mark.browser
expect.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A server over the worked-out town, made-up sensors among it, and its home."""
    home = tmp_path_factory.mktemp("indicators") / "home"
    with Store.open(home) as store:
        layers = town.layers()
        sensors = {"sensor": layers.pop("sensor")}
        city.put(store, layers, name="town")
        city.put(store, sensors, name="made up", synthetic=True)
    with whole_server(home) as address:
        yield address, home


def opened(visit: Callable[..., Visit], address: str, query: str = "?theme=dark&lang=zh") -> Visit:
    seen = visit(f"{address}/indicators{query}", width=1366, height=768)
    seen.page.wait_for_selector(".twin-page[data-ready]")
    return seen


def quiet(seen: Visit) -> None:
    assert seen.outside == []
    assert seen.errors == []


def card(page: Page, no: int) -> Locator:
    return page.locator(f".ind-card[data-no='{no}']")


def test_all_35_are_there_filtered_and_found(visit: Callable[..., Visit], served: tuple[str, Path]) -> None:
    seen = opened(visit, served[0])
    page = seen.page
    expect(page.locator(".ind-card")).to_have_count(35)
    expect(page.locator(".ind-category > h3")).to_have_count(4)
    expect(card(page, 20).locator(".ind-figure b")).to_have_text("1\u2009个")
    expect(card(page, 20).locator(".ind-status")).to_contain_text("未达标")
    expect(card(page, 20)).to_contain_text("还差 49\u2009个")
    expect(card(page, 35).locator(".ind-figure b")).to_have_text("50.0\u2009%")
    expect(card(page, 4).locator(".ind-made")).to_have_text("合成")
    expect(card(page, 20).locator(".ind-made")).to_have_count(0)
    expect(card(page, 7).locator(".ind-none")).to_have_text("暂无数据")
    for no, text in ((21, "25.0\u2009%"), (25, "100\u2009%")):  # computed beside the page
        expect(card(page, no).locator(".ind-figure b")).to_have_text(text)
    counts = {
        name: int(page.locator(f"[data-count={name}] b").inner_text()) for name in ("met", "short", "no_data")
    }
    assert sum(counts.values()) == 35
    page.click("[data-count=short]")
    expect(page.locator(".ind-card")).to_have_count(counts["short"])
    assert "status=short" in page.url
    page.click("[data-count=short]")
    page.fill("[data-test=search]", "邻里")
    expect(page.locator(".ind-card")).to_have_count(1)
    page.fill("[data-test=search]", "")
    page.locator(".tools select").select_option("none")
    expect(page.locator(".ind-card")).to_have_count(counts["no_data"])
    with page.expect_download() as download:
        page.click("[data-test=csv]")
    lines = list(csv.reader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"))))
    assert len(lines) == counts["no_data"] + 1
    quiet(seen)


def test_a_click_shows_where_the_number_comes_from(
    visit: Callable[..., Visit], served: tuple[str, Path]
) -> None:
    seen = opened(visit, served[0])
    page = seen.page
    expect(card(page, 21).locator(".ind-figure b")).to_have_text("25.0\u2009%")
    spent = page.evaluate(
        """async () => {
          const before = performance.now();
          document.querySelector(".ind-card[data-no='21'] .ev-button").click();
          while (!document.querySelector('.ev-box[data-ready]')) await new Promise(requestAnimationFrame);
          await new Promise(requestAnimationFrame);
          return performance.now() - before;
        }"""
    )
    print(f"from the click to the evidence: {spent:.0f} ms")
    assert spent < 5000  # the aim is 1000 ms, which tests/benchmarks/evidence.py measures on a quiet machine
    box = page.locator(".ev-box")
    for part in ("method", "standards", "denominators", "parameters", "datasets", "caveats"):
        expect(box.locator(f"[data-part={part}]")).to_be_visible()
    expect(box.locator("[data-part=standards]")).to_contain_text("第 21 项")
    expect(box.locator("[data-part=denominators]")).to_contain_text("中心城区居民")
    expect(box.locator(".ev-about").first).to_contain_text("by hand")
    expect(box.locator(".ev-about").first).to_contain_text("数据代次 1")
    inside = box.bounding_box()
    assert inside is not None
    assert inside["x"] >= 0
    assert inside["x"] + inside["width"] <= 1366
    assert inside["y"] + inside["height"] <= 768
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    box.locator("[data-action=copy-evidence]").click()
    expect(box.locator(".ev-done")).to_have_text("已复制")
    text = page.evaluate("navigator.clipboard.readText()")
    assert "数值：25\u2009%" in text
    assert "方法：" in text
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    assert page.evaluate("document.activeElement.className") == "ev-button"
    # Real and made-up input are told apart.
    card(page, 4).locator(".ev-button").click()
    expect(page.locator(".ev-origin")).to_contain_text("合成")
    # The dataset leads to its row on the data page.
    page.locator(".ev-box .ev-dataset a").first.click()
    page.wait_for_selector(".twin-page[data-ready] [data-test=dataset]")
    expect(page.locator("[aria-expanded=true]")).to_have_count(1)
    quiet(seen)


def test_values_follow_the_layers_without_a_reload(
    visit: Callable[..., Visit], served: tuple[str, Path], tmp_path: Path
) -> None:
    address, home = served
    seen = opened(visit, address, "?theme=light&lang=zh&no=20")
    page = seen.page
    drawer = page.locator(".ind-drawer")
    expect(drawer.locator("h2")).to_have_text("我嘉·邻里中心")
    expect(drawer.locator(".ind-summary")).to_contain_text("2026-01-01")
    page.evaluate("window.kept = 1")
    lon, lat = place(1700, 20)
    table = tmp_path / "centres.csv"
    table.write_text(f"名称,状态,经度,纬度\n新邻里中心,已开放,{lon:.6f},{lat:.6f}\n", encoding="utf-8")
    server = remote.running(home)
    assert server is not None
    options = {"layer": "centre", "crs": "EPSG:4326", "source": "区地区办", "date": "2026-06-30"}
    assert [item["accepted"] for item in server.import_file(table, options, None)] == [1]
    expect(card(page, 20).locator(".ind-figure b")).to_have_text("2\u2009个")
    expect(drawer.locator(".ind-summary b").first).to_have_text("2\u2009个")
    expect(drawer.locator(".ind-summary")).to_contain_text("2026-06-30")
    expect(drawer.locator("[data-part=datasets]")).to_contain_text("区地区办")
    # What takes an analysis follows a little later.
    expect(card(page, 21).locator(".ind-figure b")).to_have_text("50.0\u2009%")
    assert page.evaluate("window.kept") == 1
    quiet(seen)


def test_a_value_is_entered_corrected_and_taken_back(
    visit: Callable[..., Visit], served: tuple[str, Path]
) -> None:
    seen = opened(visit, served[0])
    page = seen.page
    card(page, 7).locator("[data-action=enter]").click()
    drawer = page.locator(".ind-drawer")
    expect(drawer.locator("[name=value]")).to_be_focused()
    drawer.locator("[name=value]").fill("101")
    drawer.locator("[name=date]").fill("2023-12-31")
    drawer.locator("[type=submit]").click()
    expect(drawer.locator(".ind-form .failure")).to_have_text("请填写“来源”。")
    drawer.locator("[name=source]").fill("区经委统计")
    drawer.locator("[name=author]").fill("王工")
    drawer.locator("[type=submit]").click()
    expect(drawer.locator(".ind-form .failure")).to_contain_text("0 到 100")
    drawer.locator("[name=value]").fill("62.5 %")
    drawer.locator("[type=submit]").click()
    expect(card(page, 7).locator(".ind-figure b")).to_have_text("62.5\u2009%")
    expect(card(page, 7)).to_contain_text("2023-12-31")
    expect(drawer.locator("[data-part=datasets]")).to_contain_text("区经委统计")
    drawer.locator("[name=value]").fill("78")
    drawer.locator("[name=date]").fill("2025-12-31")
    drawer.locator("[type=submit]").click()
    expect(card(page, 7).locator(".ind-trend")).to_have_text("▲ 升 15.5 个百分点")
    expect(card(page, 7).locator(".ind-spark")).to_be_visible()
    expect(card(page, 7).locator(".ind-status")).to_contain_text("达标")
    expect(drawer.locator(".ind-dot")).to_have_count(2)
    drawer.locator("[data-action=take-back]").first.click()
    page.click("dialog .primary")
    expect(card(page, 7).locator(".ind-figure b")).to_have_text("62.5\u2009%")
    expect(drawer.locator("tr.faint").first).to_contain_text("已撤回")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    assert seen.outside == []
    assert len(seen.errors) == 1
    assert "400" in seen.errors[0]  # the browser's own word on the value that was refused


def test_the_long_run_is_computed_when_asked_for(
    visit: Callable[..., Visit], served: tuple[str, Path]
) -> None:
    seen = opened(visit, served[0], "?lang=en&theme=light&no=2")
    page = seen.page
    drawer = page.locator(".ind-drawer")
    drawer.locator("[data-action=compute]").click()
    expect(card(page, 2).locator(".ind-figure b")).to_be_visible(timeout=120_000)
    expect(drawer.locator("[data-action=compute]")).to_have_count(0)
    expect(drawer.locator("[data-part=standards]")).to_contain_text("TR 38.901")
    words = page.locator(".ind-list").inner_text()
    assert not [character for character in words if "\u4e00" <= character <= "\u9fff"]
    quiet(seen)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_bar_fits_a_laptop(visit: Callable[..., Visit], served: tuple[str, Path], language: str) -> None:
    seen = opened(visit, served[0], f"?lang={language}&theme=dark")
    tops = seen.page.evaluate(
        "[...document.querySelectorAll('.topbar nav a')].map((link) => link.getBoundingClientRect().top)"
    )
    assert len(tops) == 8
    assert len(set(tops)) == 1
    assert seen.page.evaluate("document.querySelector('.topbar').scrollWidth") <= 1366
    quiet(seen)

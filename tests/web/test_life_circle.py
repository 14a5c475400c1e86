"""The Life circle page in a browser, on the city of :mod:`tests.life_city`, whose rates are worked out on paper."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import life_city
from tests.conftest import Visit
from tests.life_city import place
from tests.web.conftest import whole_server
from twin.store import Store

pytestmark = pytest.mark.browser

expect.set_options(timeout=30_000)  # software rendering on a busy machine; nothing here measures time
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("life") / "home"
    with Store.open(home) as store:
        life_city.put(store)
    with whole_server(home) as address:
        yield address


def view(x: float = 1250, y: float = 0, zoom: float = 14.3) -> str:
    lon, lat = place(x, y)
    return f"lon={lon:.5f}&lat={lat:.5f}&z={zoom}&theme=dark"


def opened(visit: Callable[..., Visit], address: str, query: str, **options: int) -> Visit:
    seen = visit(f"{address}/life-circle?{query}", reduced_motion="reduce", accept_downloads=True, **options)
    seen.page.wait_for_function("window.twin?.guide?.loaded", timeout=60_000)
    settle(seen.page)
    seen.page.evaluate("twin.ready")
    return seen


def settle(page: Page) -> None:
    page.evaluate("twin.guide.settled().then(() => twin.idle())")


def click(page: Page, x: float, y: float) -> None:
    """Click the ground at metres east and north of the city's corner."""
    lon, lat = place(x, y)
    left, top = page.evaluate(f"twin.project({lon}, {lat})")
    page.mouse.click(left, top)


def after(page: Page, area: str = "district") -> str:
    """Where the scenario's rate of an area is written."""
    return f".an-before-after [data-area='{area}'] td:nth-child(3)"


def quiet(seen: Visit) -> None:
    assert seen.outside == []
    assert seen.errors == []


def test_a_centre_a_bridge_a_gate_and_a_closed_street(visit: Callable[..., Visit], server: str) -> None:
    seen = opened(visit, server, f"{view()}&msr=centre")
    page = seen.page
    expect(page.locator(".an-headline[data-area=district] b").first).to_have_text("16.7\u2009%")
    expect(page.locator("[data-denominator=buildings] b")).to_have_text("16.7\u2009%")
    page.locator("[data-panel=scenario]").click()

    # A centre: the home on its own street is reached; those behind canal and wall are not.
    page.locator("[data-tool=add]").click()
    click(page, 1700, 20)
    expect(page.locator(after(page))).to_have_text("33.3\u2009%")
    expect(page.locator(".an-before-after [data-area=district] td:nth-child(2)")).to_have_text("16.7\u2009%")
    expect(page.locator(".an-before-after [data-area='310114199'] td:nth-child(4)")).to_contain_text("+16.7")

    # A gate where the estate's inner way ends.
    page.locator("[data-tool=gate]").click()
    settle(page)
    click(page, 1200, -60)
    expect(page.locator(after(page))).to_have_text("50.0\u2009%")

    # A bridge over the canal, by two clicks.
    page.locator("[data-tool=link]").click()
    click(page, 1700, 0)
    expect(page.locator(".an-tools ~ .tw-note")).to_contain_text("终点")
    click(page, 1700, 400)
    expect(page.locator(after(page))).to_have_text("66.7\u2009%")

    # The street in front of the new gate is closed, and opened again.
    page.locator("[data-tool=close]").click()
    click(page, 1300, 0)
    expect(page.locator(after(page))).to_have_text("50.0\u2009%")
    page.locator(".an-edits li").last.get_by_role("button", name="撤销这一项").click()
    expect(page.locator(after(page))).to_have_text("66.7\u2009%")
    page.keyboard.press("Escape")

    # The result says the same, with the change.
    page.locator("[data-panel=result]").click()
    expect(page.locator(".an-headline[data-area=district] b").first).to_have_text("66.7\u2009%")
    expect(page.locator(".an-headline[data-area=district]")).to_contain_text("+50.0")
    expect(page.locator(".an-towns [data-area='310114199']")).to_contain_text("−28.3")

    # The address brings it back.
    page.wait_for_function("!new URL(location).searchParams.has('panel')")
    again = opened(visit, server, page.url.split("?", 1)[1]).page
    expect(again.locator(".an-headline[data-area=district] b").first).to_have_text("66.7\u2009%")
    quiet(seen)


def test_a_centre_is_dragged_and_the_island_needs_its_own(visit: Callable[..., Visit], server: str) -> None:
    seen = opened(visit, server, f"{view(2300)}&msr=centre&panel=scenario")
    page = seen.page
    page.locator("[data-tool=add]").click()
    click(page, 1700, 20)
    expect(page.locator(after(page))).to_have_text("33.3\u2009%")
    page.keyboard.press("Escape")
    ends = [page.evaluate(f"twin.project({lon}, {lat})") for lon, lat in (place(1700, 20), place(2000, 20))]
    page.mouse.move(*ends[0])
    page.mouse.down()
    page.mouse.move(*ends[1], steps=4)
    page.mouse.up()
    expect(page.locator(after(page))).to_have_text("50.0\u2009%")
    assert page.evaluate("twin.guide.scenarios.current.edits.map((edit) => edit.kind)") == ["add", "move"]
    assert page.evaluate("Math.abs(twin.engine.view.longitude - " + str(place(2300, 0)[0]) + ") < 1e-4")

    # The home on the island: no way leads there.
    click(page, 4150, -20)
    card = page.locator(".tw-card")
    expect(card.locator("h2")).to_have_text("island")
    expect(card.locator("[data-category=centre]")).to_contain_text("不可达")
    expect(card.locator(".tw-facts")).to_contain_text("✕ 不完整")
    page.locator("[data-tool=add]").click()
    click(page, 4100, 20)
    expect(page.locator(after(page))).to_have_text("66.7\u2009%")
    expect(card.locator(".tw-facts")).to_contain_text("✓ 完整")
    quiet(seen)


def test_a_home_is_explained_with_the_way_walked(visit: Callable[..., Visit], server: str) -> None:
    seen = opened(visit, server, f"{view()}&msr=centre", width=1366, height=768)
    page = seen.page
    click(page, 1700, 430)
    row = page.locator(".tw-card [data-category=centre]")
    # To the centre over the only bridge: 1200 + 400 + 400 m, with 30 m to the street and 20 m from it.
    expect(row).to_contain_text(re.compile(r"2[789]\.\d\u2009分钟 / 15"))
    expect(row).to_contain_text("西邻里中心")
    row.hover()
    assert page.evaluate("twin.guide.marks.route.route.length") > 3
    row.click()
    details = page.locator(".lc-details")
    expect(details).to_contain_text("绕行系数")
    expect(details).to_contain_text("怎样改善")
    page.locator(".tw-card .ev-button").click()
    evidence = page.get_by_role("dialog")
    expect(evidence).to_contain_text("来源 by hand")
    expect(evidence).to_contain_text("许可 none needed")
    expect(evidence).to_contain_text("合成")
    expect(evidence).to_contain_text("1.2 m/s")
    page.keyboard.press("Escape")
    expect(evidence).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator(".tw-panel")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator(".tw-card")).to_be_hidden()
    quiet(seen)


def test_sites_are_found_among_clicked_places(visit: Callable[..., Visit], server: str) -> None:
    seen = opened(visit, server, f"{view(2000)}&msr=centre&panel=siting", width=1366, height=768)
    page = seen.page
    page.get_by_label("候选").select_option("points")
    for x in (1700, 2000, 4100):
        click(page, x, 20)
    expect(page.locator(".tw-panel")).to_contain_text("已点选 3 处")
    page.get_by_label("数量").fill("2")
    page.locator("[data-action=site]").click()
    sites = page.locator("[data-section=sites]")
    expect(sites).to_contain_text("已证明最优。")
    expect(sites.locator("tbody tr")).to_have_count(2)
    expect(sites.locator("tbody tr").first).to_contain_text("+200")
    sites.locator("[data-action=add-all]").click()
    expect(sites.locator("[data-action=add-all]")).to_be_disabled()
    page.locator("[data-panel=scenario]").click()
    expect(page.locator(after(page))).to_have_text("66.7\u2009%")
    expect(page.locator(".an-edits li")).to_have_count(2)

    # Before and after beside each other, by keyboard; the base as long as a key is held.
    page.locator("[data-key=swipe]").click()
    bar = page.get_by_role("slider", name="左右对比")
    bar.focus()
    bar.press("ArrowLeft")
    expect(bar).to_have_attribute("aria-valuenow", "48")
    page.locator("[data-key=swipe]").click()
    expect(bar).to_have_count(0)
    page.keyboard.down("b")
    assert page.evaluate("twin.guide.painting.base") is True
    page.keyboard.up("b")
    assert page.evaluate("twin.guide.painting.base") is False
    page.locator("[data-key=delete]").click()
    page.locator(".an-naming .tw-primary").click()
    expect(page.locator("[data-key=choose]")).to_have_value("")
    quiet(seen)


def test_the_page_reads_in_english_and_exports(visit: Callable[..., Visit], server: str) -> None:
    seen = opened(visit, server, f"{view()}&lang=en&msr=centre", width=1366, height=768)
    page = seen.page
    expect(page.locator(".an-headline b").first).to_have_text("16.7\u2009%")
    for panel in ("result", "scenario", "siting", "links", "reach", "export"):
        if panel != "result":
            page.locator(f"[data-panel={panel}]").click()
        text = re.sub("试验镇|全区|情景 \\d", "", page.locator(".tw-panel").inner_text())
        assert not CHINESE.search(text), (panel, text)
    for kind, start in (("csv", b"\xef\xbb\xbf"), ("parquet", b"PAR1"), ("md", b"#")):
        with page.expect_download() as download:
            page.locator(f"[data-file={kind}]").click()
        assert download.value.suggested_filename.endswith(f".{kind}")
        assert Path(download.value.path()).read_bytes().startswith(start)
    unnamed = page.evaluate(
        "[...document.querySelectorAll('.tw button, .tw input, .tw select')]"
        ".filter((e) => !(e.getAttribute('aria-label') || e.innerText.trim() || e.closest('label'))).map((e) => e.outerHTML)"
    )
    assert unnamed == []
    quiet(seen)


def test_far_away_cells_stand_for_buildings(visit: Callable[..., Visit], server: str) -> None:
    seen = opened(visit, server, f"{view(zoom=12)}&msr=centre", width=1366, height=768)
    page = seen.page
    expect(page.locator(".tw-legend")).to_contain_text("250 m")
    assert page.evaluate("twin.guide.study.cells.cells.length") == 6
    page.evaluate("twin.fly({zoom: 15})")
    settle(page)
    expect(page.locator(".tw-legend")).not_to_contain_text("250 m")
    assert page.evaluate("twin.guide.study.values.length") == 6
    page.locator("[data-choose=value]").select_option("categories")
    settle(page)
    expect(page.locator(".tw-legend")).to_contain_text("全部 1 类")
    quiet(seen)


def test_a_failure_is_one_sentence_and_can_be_tried_again(visit: Callable[..., Visit], server: str) -> None:
    seen = opened(visit, server, view(), width=1366, height=768)
    page = seen.page
    page.route("**/api/life-circle?**", lambda route: route.fulfill(status=503, body=""))
    page.locator("[data-choice=measure]").select_option("tiers")
    alert = page.locator(".tw-panel [role=alert]")
    expect(alert).to_contain_text("503")
    expect(page.locator(".an-headline").first).to_be_visible()  # the last result stays
    page.unroute("**/api/life-circle?**")
    alert.get_by_role("button").click()
    expect(alert).to_have_count(0)
    assert seen.outside == []


def test_an_empty_home_says_what_to_do(visit: Callable[..., Visit], tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Store.open(home):
        pass
    with whole_server(home) as address:
        seen = visit(f"{address}/life-circle", reduced_motion="reduce", width=1366, height=768)
        expect(seen.page.locator(".tw-empty")).to_contain_text("python -m twin demo", timeout=60_000)
        quiet(seen)

"""The Explore page in a browser: what a planner does in the first five minutes."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyproj
import pytest
from playwright.sync_api import Page, expect

from tests import city
from tests.conftest import Visit
from tests.web.conftest import whole_server
from twin.store import Store

pytestmark = pytest.mark.browser

MIDDLE = (city.WEST + city.STEP * 10.25, city.SOUTH + city.STEP * 10.25)  # of the house in row 10, column 10
HEIGHT = 3 + (10 * city.SIDE + 10) % 40
VIEW = f"lon={MIDDLE[0]:.5f}&lat={MIDDLE[1]:.5f}&z=16.5"
GEOD = pyproj.Geod(ellps="WGS84")
expect.set_options(timeout=20_000)  # software rendering on a busy machine; nothing here measures time
SEEN_HINT = "try { localStorage.setItem('twin.hint.seen', '1') } catch {}"


def opened(
    visit: Callable[..., Visit], address: str, query: str = f"{VIEW}&theme=dark", **options: Any
) -> Visit:
    """The page with its tiles drawn; cameras jump instead of flying."""
    seen = visit(f"{address}/?{query}", **{"reduced_motion": "reduce", "accept_downloads": True, **options})
    settle(seen.page)
    return seen


def settle(page: Page) -> None:
    page.wait_for_function("window.twin?.engine", timeout=60_000)
    page.evaluate("twin.ready.then(() => twin.idle())")


def pixel(page: Page, lon: float, lat: float, height: float = 0) -> tuple[float, float]:
    x, y = page.evaluate(f"twin.project({lon}, {lat}, {height})")
    return x, y


def click(page: Page, lon: float, lat: float, height: float = 0) -> None:
    page.mouse.click(*pixel(page, lon, lat, height))


def quiet(seen: Visit) -> None:
    assert seen.outside == []
    assert seen.errors == []


def test_the_first_five_minutes(visit: Callable[..., Visit], live_server: str) -> None:
    seen = opened(visit, live_server)
    page = seen.page
    expect(page.locator(".tw-badge-large .tw-long")).to_have_text("部分为演示数据（合成）")
    page.get_by_role("button", name="知道了").click()

    # A building and its card.
    click(page, *MIDDLE, HEIGHT)
    card = page.locator(".tw-card")
    expect(card).to_be_visible()
    expect(card.locator(".tw-identifier a")).to_have_text(re.compile(r"BLD-3101141\d\d-\d{7}-[0-9A-Z]"))
    expect(card.locator(".tw-fact", has_text="高度").locator("b")).to_have_text(f"{HEIGHT}\u2009m")
    expect(card.locator(".tw-where")).to_contain_text(re.compile("安亭镇|外冈镇"))
    card.locator("summary", has_text="证据").click()
    expect(card).to_contain_text("survey")
    identifier = card.locator(".tw-identifier a").inner_text()

    # Sun and shadow; with shadows a click still finds the building.
    page.locator("[data-panel=sun]").click()
    page.get_by_role("switch", name="显示阴影").check()
    hour = page.get_by_role("slider", name="时刻")
    hour.focus()
    before = page.evaluate("twin.store.sun.minutes")
    hour.press("ArrowRight")
    assert page.evaluate("twin.store.sun.minutes") == before + 5
    expect(page.locator(".tw-sun-facts")).to_contain_text("北京时间 UTC+8")
    page.evaluate("twin.idle()")
    page.evaluate("twin.select(null)")
    click(page, *MIDDLE, HEIGHT)
    expect(card.locator(".tw-identifier a")).to_have_text(identifier)
    page.get_by_role("switch", name="显示阴影").uncheck()

    # A distance, ended with Enter.
    page.locator("[data-panel=measure]").click()
    page.get_by_role("radio", name="距离").click()
    ends = [(MIDDLE[0] - 0.001, MIDDLE[1] - 0.0005), (MIDDLE[0] + 0.0005, MIDDLE[1] - 0.0005)]
    for end in ends:
        click(page, *end)
    page.keyboard.press("Enter")
    metres = page.evaluate("twin.measure.values().metres")
    assert metres == pytest.approx(GEOD.line_length(*zip(*ends, strict=True)), rel=0.01)
    expect(page.locator(".tw-measured")).to_contain_text(f"{metres:.0f}\u2009m")
    page.keyboard.press("Escape")
    expect(page.locator(".tw-measured")).to_be_empty()

    # The other language, everywhere.
    page.locator("[data-action=language]").click()
    expect(page.locator(".tw-top h1")).to_have_text("Jiading City Twin")
    expect(card.locator(".tw-fact").first).to_contain_text("Height")
    page.locator("[data-panel=share]").click()
    for part in (".tw-top", ".tw-rail", ".tw-panel", ".tw-nav"):
        text = page.locator(part).inner_text().replace("中文", "")
        assert not re.search(r"[\u4e00-\u9fff]", text), text

    # The link opens the same picture in another window.
    link = page.get_by_label("Address of this view").input_value()
    again = opened(visit, live_server, link.split("?", 1)[1]).page
    expect(again.locator(".tw-top h1")).to_have_text("Jiading City Twin")
    expect(again.locator(".tw-card .tw-identifier a")).to_have_text(identifier)
    for name in ("longitude", "latitude", "zoom"):
        there, here = (window.evaluate(f"twin.engine.view.{name}") for window in (again, page))
        assert there == pytest.approx(here, abs=0.006)
    assert again.evaluate("twin.store.sun.minutes") == before + 5

    # A picture.
    with page.expect_download() as download:
        page.locator("[data-action=export]").click()
    assert re.fullmatch(r"jiading-twin-\d{8}-\d{4}\.png", download.value.suggested_filename)
    assert png_size(download.value.path()) == (1920, 1080)
    quiet(seen)


def png_size(path: Path) -> tuple[int, int]:
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def test_a_filter_hides_on_the_graphics_card(visit: Callable[..., Visit], live_server: str) -> None:
    seen = visit(
        f"{live_server}/?{VIEW}&layers=building:height_m:height_m",
        reduced_motion="reduce",
        width=1366,
        height=768,
    )
    page = seen.page
    page.add_init_script(SEEN_HINT)
    settle(page)
    at = pixel(page, *MIDDLE, HEIGHT)
    assert page.evaluate(f"twin.engine.pick({at[0]}, {at[1]})?.layer.id") == "building|range"
    tiles: list[str] = []
    page.on("request", lambda request: tiles.append(request.url) if "/tiles/" in request.url else None)
    page.locator("[data-panel=layers]").click()
    page.locator("[aria-controls=tw-layer-building]").click()
    low = page.get_by_label("高度 下限")
    low.focus()
    low.press("End")  # only the tallest are left
    page.evaluate("twin.idle()")
    assert page.evaluate("twin.store.layers.building.range[0]") > HEIGHT
    assert page.evaluate(f"twin.engine.pick({at[0]}, {at[1]})") is None
    assert tiles == []
    expect(page.locator(".tw-legend")).to_contain_text("建筑 · 高度")
    page.wait_for_function(
        "new URL(location).searchParams.get('layers').includes('building:height_m:height_m:42~')"
    )
    quiet(seen)


def test_a_layer_is_seen_through_and_a_volume_measured(visit: Callable[..., Visit], live_server: str) -> None:
    seen = opened(visit, live_server, f"{VIEW}&theme=dark&panel=layers")
    page = seen.page
    page.get_by_role("button", name="知道了").click()
    page.locator("[aria-controls=tw-layer-building]").click()
    page.locator("[data-transparency=building]").fill("60")
    expect(page.locator("#tw-layer-building output")).to_have_text("60\u2009%")
    drawn = "twin.deck.props.layers.find((layer) => layer.id.split('|')[0] === 'building').props.opacity"
    assert page.evaluate(drawn) == pytest.approx(0.4)
    page.wait_for_function("new URL(location.href).searchParams.get('layers').includes('building::::40')")
    again = opened(visit, live_server, page.evaluate("location.search").removeprefix("?"))
    assert again.page.evaluate(drawn) == pytest.approx(0.4)

    page.locator("[data-panel=measure]").first.click()
    page.get_by_role("radio", name="高度").click()
    click(page, *MIDDLE, HEIGHT)
    side = city.STEP / 4
    x, y = ([value + sign * side for sign in (-1, 1, 1, -1)] for value in MIDDLE)
    area = abs(GEOD.polygon_area_perimeter(x, [y[0], y[0], y[1], y[1]])[0])
    page.wait_for_function("twin.measure.values().volumes_m3?.[0] > 0")
    assert page.evaluate("twin.measure.values().volumes_m3[0]") == pytest.approx(area * HEIGHT, rel=1e-3)
    expect(page.locator(".tw-measured")).to_contain_text("体积")
    quiet(seen)
    quiet(again)


def test_search_by_pinyin_with_the_keyboard(visit: Callable[..., Visit], live_server: str) -> None:
    seen = opened(visit, live_server, width=1366, height=768)
    page = seen.page
    page.keyboard.press("/")
    page.keyboard.type("anting")
    expect(page.get_by_role("option").first).to_contain_text("安亭镇")
    page.keyboard.press("Enter")
    expect(page.locator(".tw-card h2")).to_have_text("安亭镇")
    page.keyboard.press("Escape")
    expect(page.locator(".tw-panel")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator(".tw-card")).to_be_hidden()
    quiet(seen)


def test_an_identifier_leads_to_its_place(visit: Callable[..., Visit], live_server: str) -> None:
    found = opened(visit, live_server, width=1366, height=768)
    code = found.page.evaluate(
        "fetch('/api/search?q=塔城路50号楼').then((r) => r.json()).then((r) => r.results[0].identifier)"
    )
    seen = visit(f"{live_server}/id/{code}", reduced_motion="reduce", width=1366, height=768)
    settle(seen.page)
    expect(seen.page.locator(".tw-card .tw-identifier a")).to_have_text(code)
    assert seen.page.evaluate("twin.engine.view.zoom") > 15
    quiet(seen)


def test_the_hint_is_shown_once(visit: Callable[..., Visit], live_server: str) -> None:
    seen = opened(visit, live_server, width=1366, height=768)
    seen.page.get_by_role("button", name="关闭提示").click()
    seen.page.reload()
    settle(seen.page)
    expect(seen.page.locator(".tw-hint")).to_have_count(0)
    quiet(seen)


def test_everything_is_reached_by_keyboard(visit: Callable[..., Visit], live_server: str) -> None:
    seen = opened(visit, live_server, width=1366, height=768)
    page = seen.page
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached |= set(page.evaluate("Object.values(document.activeElement.dataset)"))
    assert {
        "layers",
        "search",
        "sun",
        "measure",
        "share",
        "language",
        "theme",
        "north",
        "tilt",
        "in",
        "out",
    } <= reached
    unnamed = page.evaluate(
        "[...document.querySelectorAll('.tw button, .tw input, .tw select')]"
        ".filter((e) => !(e.getAttribute('aria-label') || e.innerText.trim() || e.closest('label'))).map((e) => e.outerHTML)"
    )
    assert unnamed == []
    quiet(seen)


def test_an_empty_home_says_what_to_do(visit: Callable[..., Visit], tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Store.open(home):
        pass
    with whole_server(home) as address:
        seen = visit(address, reduced_motion="reduce", width=1366, height=768)
        expect(seen.page.locator(".tw-empty")).to_contain_text("python -m twin demo", timeout=60_000)
        assert "data" in str(seen.page.get_by_role("link", name="打开数据页").get_attribute("href"))
        quiet(seen)

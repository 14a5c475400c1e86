"""Tours in a browser: a view captured, put in order, changed, previewed, and nobody's work lost."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import life_city
from tests.conftest import Visit
from tests.life_city import place
from tests.web.conftest import whole_server
from twin.store import Store

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENCE_MS = 120_000  # software rendering on a busy machine; nothing here measures time
expect.set_options(timeout=PATIENCE_MS)
LON, LAT = place(1250, 0)
VIEW = f"lon={LON:.5f}&lat={LAT:.5f}&z=15&p=30&b=-20&theme=dark"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("tours") / "home"
    with Store.open(home) as store:
        life_city.put(store)
    with whole_server(home) as address:
        yield address


def ask(server: str, method: str, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{server}{path}", data, method=method)
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply)


def point(title: str, **more: Any) -> dict[str, Any]:
    return {"title": title, "longitude": LON, "latitude": LAT, "zoom": 15, "duration_s": 3} | more


def open_map(visit: Callable[..., Visit], address: str) -> Visit:
    seen = visit(address, 1000, 700, reduced_motion="reduce")
    seen.page.set_default_timeout(PATIENCE_MS)
    seen.page.add_init_script("try { localStorage.setItem('twin.hint.seen', '1') } catch {}")
    seen.page.wait_for_function("window.twin?.engine", timeout=PATIENCE_MS, polling=100)
    seen.page.evaluate("twin.ready.then(() => twin.idle())")
    return seen


def captured(page: Page) -> dict[str, str]:
    """Press the button; which tour the view went into."""
    page.locator("[data-action=capture]").click()
    link = page.locator("[data-action=open-tour]")
    expect(link).to_be_visible(timeout=20_000)
    return {"href": link.get_attribute("href") or ""}


def test_a_view_is_captured_and_opened_again(visit: Callable[..., Visit], server: str) -> None:
    seen = open_map(visit, f"{server}/?{VIEW}&layers=building:use,road&t=2026-06-21T15:30")
    page = seen.page
    page.locator("[data-panel=capture]").click()
    save = page.locator("[data-action=capture]")
    expect(page.locator(".tw-captured")).to_contain_text("2026-06-21 15:30")
    expect(save).to_be_disabled()  # a viewpoint needs a title, a tour a name
    page.locator("[data-field=title]").fill("主街")
    page.locator("[data-field=caption]").fill("南北两侧的住宅")
    page.locator("[data-field=duration]").fill("20")
    page.locator("[data-field=indicators] select").select_option("21")
    page.locator("[data-field=tour-name]").fill("街区汇报")
    link = captured(page)["href"]

    tour = ask(server, "GET", "/api/tours/%E8%A1%97%E5%8C%BA%E6%B1%87%E6%8A%A5")
    assert f"tour={tour['id']}" in link
    [taken] = tour["viewpoints"]
    assert (taken["title"], taken["caption"], taken["duration_s"], taken["indicators"]) == (
        "主街",
        "南北两侧的住宅",
        20,
        [21],
    )
    assert (taken["longitude"], taken["latitude"], taken["zoom"]) == (round(LON, 5), round(LAT, 5), 15)
    assert (taken["pitch"], taken["bearing"]) == (30, -20)
    assert sorted(taken["layers"].split(",")) == ["building:use", "road"]
    assert (taken["time"], taken["shadows"], taken["show"], taken["scenario"]) == (
        "2026-06-21T15:30",
        False,
        "",
        "",
    )

    # Another page paints the city; that is taken with its options, into the same tour.
    seen.page.goto(f"{server}/life-circle?{VIEW}&val=categories&std=gb50180-2018&panel=capture")
    page.wait_for_function("window.twin?.guide?.loaded", timeout=PATIENCE_MS, polling=100)
    page.evaluate("twin.guide.loaded.then(() => twin.guide.settled())")
    expect(page.locator("[data-field=tour]")).to_have_value(tour["id"])
    expect(page.locator(".tw-captured")).to_contain_text("15 分钟生活圈")
    captured(page)
    painted = ask(server, "GET", f"/api/tours/{tour['id']}")["viewpoints"][1]
    assert (painted["title"], painted["show"]) == ("15 分钟生活圈", "life-circle")
    assert painted["options"] == {"val": "categories", "std": "gb50180-2018"}
    assert seen.errors == []
    assert seen.outside == []


@pytest.fixture
def edited(visit: Callable[..., Visit], server: str) -> tuple[Visit, str]:
    """The page with a tour of four open, its preview drawn."""
    for old in ask(server, "GET", "/api/tours")["tours"][1:]:
        ask(server, "DELETE", f"/api/tours/{old['id']}")
    points = [point(name) for name in "甲乙丙丁"]
    tour = ask(server, "POST", "/api/tours", {"name": "四个视点", "viewpoints": points})
    seen = visit(f"{server}/briefing?tour={tour['id']}&theme=dark", 1200, 700, reduced_motion="reduce")
    seen.page.set_default_timeout(PATIENCE_MS)
    seen.page.wait_for_selector(".twin-page[data-ready]")
    drawn(seen.page)
    return seen, tour["id"]


def drawn(page: Page) -> None:
    page.wait_for_function(
        "twinPage.preview.index >= 0 && !twinPage.preview.showing", timeout=60_000, polling=100
    )


def titles(page: Page) -> list[str]:
    return list(page.locator(".br-name b").all_inner_texts())


def saved(page: Page) -> None:
    expect(page.locator("[data-part=status]")).to_have_attribute("data-state", "saved", timeout=PATIENCE_MS)


def kept(server: str, tour: str) -> list[dict[str, Any]]:
    return list(ask(server, "GET", f"/api/tours/{tour}")["viewpoints"])


def test_order_words_and_undo(edited: tuple[Visit, str], server: str) -> None:
    seen, tour = edited
    page = seen.page
    # By keyboard: the handle keeps the focus, and what happened is said.
    page.locator("[data-key=handle-0]").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert titles(page) == ["乙", "丙", "甲", "丁"]
    assert page.evaluate("document.activeElement.dataset.key") == "handle-2"
    expect(page.locator(".br-editor [role=status]")).to_have_text("“甲”现为第 3 个，共 4 个。")
    # By hand: the last to the front.
    box = page.locator("[data-key=handle-3]").bounding_box()
    first = page.locator("[data-row='0']").bounding_box()
    assert box
    assert first
    page.mouse.move(box["x"] + 6, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(box["x"] + 6, first["y"] + 4, steps=8)
    expect(page.locator(".br-drop")).to_have_count(1)
    page.mouse.up()
    assert titles(page) == ["丁", "乙", "丙", "甲"]
    saved(page)
    assert [item["title"] for item in kept(server, tour)] == ["丁", "乙", "丙", "甲"]

    # Words of one viewpoint, with its indicators.
    page.locator("[data-key=open-1]").click()
    page.locator("[data-field=title]").fill("乙：新标题")
    page.locator("[data-field=caption]").fill("解说文字")
    page.locator("[data-field=duration_s]").fill("30")
    page.locator("[data-field=duration_s]").press("Tab")
    page.locator("[data-field=indicators] select").select_option("20")
    expect(page.locator(".br-words b")).to_have_text("乙：新标题")
    saved(page)
    second = kept(server, tour)[1]
    assert (second["title"], second["caption"], second["duration_s"], second["indicators"]) == (
        "乙：新标题",
        "解说文字",
        30,
        [20],
    )
    expect(page.locator("[data-part=length]")).to_have_text("4 个视点 · 0 分 39 秒")

    # The camera that the preview was moved to.
    drawn(page)
    page.evaluate("twinPage.preview.stage.follow({...twinPage.preview.stage.view, zoom: 16.5, bearing: 45})")
    page.locator("[data-do=camera]").click()
    saved(page)
    assert (kept(server, tour)[1]["zoom"], kept(server, tour)[1]["bearing"]) == (16.5, 45)

    # Deleted, and not deleted.
    page.locator("[data-do=delete]").click()
    assert titles(page) == ["丁", "丙", "甲"]
    page.locator("[data-do=undo-note]").click()
    assert titles(page) == ["丁", "乙：新标题", "丙", "甲"]
    saved(page)
    assert [item["title"] for item in kept(server, tour)] == ["丁", "乙：新标题", "丙", "甲"]
    assert seen.errors == []
    assert seen.outside == []


def test_the_preview_plays_through_and_the_wall_opens_the_tour(
    edited: tuple[Visit, str], server: str
) -> None:
    seen, tour = edited
    page = seen.page
    page.evaluate(
        """() => {
          window.turns = [];
          const shown = twinPage.shown.bind(twinPage);
          twinPage.shown = (index) => { turns.push(index); shown(index); };
        }"""
    )
    page.locator("[data-do=play]").click()
    page.wait_for_function("turns.length >= 3", timeout=PATIENCE_MS, polling=100)
    page.locator("[data-do=stop]").click()
    assert page.evaluate("turns.slice(0, 3)") == [0, 1, 2]
    expect(page.locator(".br-point[data-shown]")).to_have_count(1)
    wall = page.locator("[data-do=wall]").get_attribute("href") or ""
    assert wall.startswith("/wall?")
    assert f"tour={tour}" in wall
    board = ask(server, "GET", f"/api/wall?tour={tour}")
    assert [item["title"] for item in board["tour"]["viewpoints"]] == ["甲", "乙", "丙", "丁"]


def test_two_editors_lose_nothing(edited: tuple[Visit, str], server: str) -> None:
    seen, tour = edited
    page = seen.page
    theirs = ask(server, "GET", f"/api/tours/{tour}")
    ask(server, "PUT", f"/api/tours/{tour}", {"changed": theirs["changed"], "note": "他人的说明"})
    page.locator("[data-key=open-0]").click()
    page.locator("[data-field=title]").fill("我的标题")
    status = page.locator("[data-part=status]")
    expect(status).to_have_attribute("data-state", "conflict", timeout=PATIENCE_MS)
    assert ask(server, "GET", f"/api/tours/{tour}")["note"] == "他人的说明"
    page.locator("[data-do=fork]").click()
    expect(page.locator(".br-head [data-field=name]")).to_have_value("四个视点（我的修改）")
    mine = ask(server, "GET", "/api/tours")["tours"][1]
    assert (mine["name"], mine["viewpoints"][0]["title"]) == ("四个视点（我的修改）", "我的标题")
    assert kept(server, tour)[0]["title"] == "甲"
    assert ask(server, "DELETE", f"/api/tours/{mine['id']}") == {"deleted": mine["id"]}


def test_the_built_in_tour_is_copied_to_be_edited(visit: Callable[..., Visit], server: str) -> None:
    seen = visit(f"{server}/briefing?tour=standard&theme=light", 1366, 768, reduced_motion="reduce")
    page = seen.page
    page.set_default_timeout(PATIENCE_MS)
    page.wait_for_selector(".twin-page[data-ready]", timeout=PATIENCE_MS)
    assert page.locator(".br-handle").count() == 0
    page.locator("[data-do=copy-fixed]").click()
    expect(page.locator(".br-head [data-field=name]")).to_have_value("标准巡览 副本")
    expect(page.locator(".br-handle").first).to_be_visible()
    page.locator("[data-do=delete-tour]").click()
    page.locator("dialog.question .primary").click()
    expect(page.locator(".br-tour", has_text="副本")).to_have_count(0)
    assert all("副本" not in item["name"] for item in ask(server, "GET", "/api/tours")["tours"])
    assert seen.outside == []

"""Annotations in a browser: pinned to a place and to an object, answered, settled, found again, in a scenario, deleted."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import city, life_city
from tests.conftest import Visit
from tests.web.conftest import whole_server
from tests.web.test_explore import HEIGHT, MIDDLE, click, opened, pixel, quiet, settle
from twin import annotation, scenario
from twin.store import Store

pytestmark = pytest.mark.browser

expect.set_options(timeout=30_000)  # software rendering on a busy machine; nothing here measures time
PLACE = (MIDDLE[0] + 0.00125, MIDDLE[1] - 0.0004)  # open ground between the houses
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("annotations") / "home"
    with Store.open(home) as store:
        city.put(store, {"town": city.towns(), "building": city.buildings()}, name="survey")
    with whole_server(home) as address:
        yield address


def asked(method: str, address: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(address, data, method=method), timeout=60) as reply:
        return json.load(reply)


@pytest.fixture
def server(running: str) -> str:
    """The server without any annotation."""
    for note in asked("GET", f"{running}/api/annotations")["annotations"]:
        asked("DELETE", f"{running}/api/annotations/{note['id']}")
    return running


def notes(page: Page) -> list[dict[str, Any]]:
    """What the map draws pins of."""
    return list(page.evaluate("twin.guide.remarks.notes.shown"))


def drawn(page: Page) -> list[str]:
    """Pictures of the pins on the map, in their order."""
    return list(
        page.evaluate(
            "(twin.deck.props.layers.find((l) => l.id === 'annotations')?.props.data ?? []).map((p) => p.icon)"
        )
    )


def written(page: Page, text: str, author: str | None = None) -> None:
    """Fill the form of a new annotation and save it."""
    page.locator(".am-form [name=text]").fill(text)
    if author is not None:
        page.locator(".am-form [name=author]").fill(author)
    page.locator(".am-form [data-key=save]").click()
    expect(page.locator(".am-said")).to_contain_text(text)


def panel(page: Page) -> Locator:
    return page.locator(".tw-panel[data-panel=annotations]")


def test_pinned_answered_settled_and_found_again(visit: Callable[..., Visit], server: str) -> None:
    seen = opened(visit, server)
    page = seen.page
    page.get_by_role("button", name="知道了").click()
    page.locator("[data-panel=annotations]").first.click()
    expect(panel(page)).to_contain_text("还没有批注")

    # At a place, by a click on the map.
    page.locator("[data-key=new]").click()
    click(page, *PLACE)
    expect(page.locator(".am-place")).to_contain_text(f"{PLACE[0]:.3f}")
    assert drawn(page) == ["draft"]
    written(page, "这里缺一处过街设施", "王工")
    [placed] = notes(page)
    assert (placed["layer"], placed["author"]) == ("", "王工")
    assert (placed["lon"], placed["lat"]) == (
        pytest.approx(PLACE[0], abs=2e-5),
        pytest.approx(PLACE[1], abs=2e-5),
    )

    # On a building, by a click on its roof: the pin stands on it.
    page.locator("[data-key=back]").click()
    page.locator("[data-key=new]").click()
    click(page, *MIDDLE, HEIGHT)
    carried = page.locator("[name=carried]")
    expect(carried).to_be_checked()
    assert page.locator("[name=author]").input_value() == "王工"
    written(page, "楼高请复核")
    house = notes(page)[0]
    assert (house["layer"], house["height_m"]) == ("building", HEIGHT)
    assert house["object"]["there"]
    # Its name leads to its card.
    page.locator(".am-where [data-key=object]").click()
    expect(page.locator(".tw-card")).to_be_visible()
    page.evaluate("twin.select(null)")

    # An answer, then settled: it leaves the open ones, and is ticked off among all.
    page.locator("[name=reply]").fill("已测，37 米")
    page.locator("[name=reply]").press("Control+Enter")
    expect(page.locator(".am-replies li")).to_have_text(re.compile("已测，37 米"))
    page.locator("[data-key=resolve]").click()
    expect(page.locator(".am-state")).to_contain_text("已解决王工")
    page.locator("[data-key=back]").click()
    expect(page.locator(".am-item")).to_have_count(1)
    assert drawn(page) == ["open"]
    page.locator("[data-key='status-']").click()
    expect(page.locator(".am-item")).to_have_count(2)
    assert sorted(drawn(page)) == ["open", "resolved"]

    # A click on a pin opens it, over the building and in the sun's shadows, too.
    page.evaluate(
        "Object.assign(twin.store.sun, {on: true, shadows: true}); twin.store.set('sun', twin.store.sun)"
    )
    page.evaluate("twin.idle()")
    x, y = pixel(page, house["lon"], house["lat"], house["height_m"])
    page.mouse.click(x, y - 20)
    expect(page.locator(".am-said")).to_contain_text("楼高请复核")
    page.evaluate(
        "Object.assign(twin.store.sun, {on: false, shadows: false}); twin.store.set('sun', twin.store.sun)"
    )

    # Its author changes it; the address of this view opens it elsewhere.
    page.locator("[data-key=change]").click()
    page.locator(".am-form [name=title]").fill("限高")
    page.locator(".am-form button[type=submit]").first.click()
    expect(page.locator(".am-said h3")).to_have_text("限高")
    page.wait_for_function("location.search.includes('annotation=')")
    link = page.evaluate("location.search").removeprefix("?").replace("lang=zh", "lang=en")
    again = opened(visit, server, link)
    other = again.page
    expect(other.locator(".am-said h3")).to_have_text("限高")
    expect(other.locator(".am-state")).to_contain_text("Resolved")
    expect(other.locator("[data-key=change]")).to_have_count(0)  # somebody else's browser
    shown = panel(other).inner_text()
    for word in ("限高", "楼高请复核", "王工", "已测，37 米", "塔城路210号楼"):
        shown = shown.replace(word, "")
    assert not CHINESE.search(shown), shown

    quiet(again)

    # Deleted after a question; gone for whoever follows the link.
    page.locator("[data-key=delete]").click()
    expect(page.locator(".am-question")).to_contain_text("1 条回复")
    page.locator("[data-key=delete-yes]").click()
    expect(page.locator(".am-item")).to_have_count(1)
    assert drawn(page) == ["open"]
    other.goto(f"{server}/?{link}", timeout=120_000)
    settle(other)
    expect(other.locator(".tw-message")).to_contain_text("There is no such annotation")
    assert drawn(other) == ["open"]
    quiet(seen)


def test_by_the_keyboard_alone(visit: Callable[..., Visit], server: str) -> None:
    seen = opened(visit, server)
    page = seen.page
    page.locator("[data-panel=annotations]").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-key=new]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-key=here]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".am-form [name=text]")).to_be_focused()
    page.keyboard.type("路面积水")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("养护科")
    page.keyboard.press("Enter")
    expect(page.locator(".am-said")).to_be_focused()
    [made] = notes(page)
    assert (made["lon"], made["author"]) == (pytest.approx(MIDDLE[0], abs=1e-4), "养护科")
    page.keyboard.press("Escape")
    expect(page.locator(f"[data-note='{made['id']}']")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".tw-panel")).to_be_hidden()
    quiet(seen)


def test_far_away_pins_become_one_and_part_again(visit: Callable[..., Visit], server: str) -> None:
    seen = opened(visit, server)
    page = seen.page
    for step in (0, 0, 1, 2):
        place = {"lon": PLACE[0] + step * 2e-4, "lat": PLACE[1]}
        asked("POST", f"{server}/api/annotations", {"text": f"第{step}处", "author": "王工", **place})
    page.evaluate("twin.guide.remarks.pins.load()")
    page.evaluate("twin.fly({zoom: 13})")
    assert drawn(page) == ["group"]
    page.evaluate("twin.fly({zoom: 14.5})")
    page.mouse.click(*pixel(page, *PLACE))
    page.evaluate("twin.idle()")
    page.wait_for_function("twin.engine.view.zoom > 16.9")
    assert drawn(page) == ["open"] * 4
    shifts = page.evaluate(
        "twin.deck.props.layers.find((l) => l.id === 'annotations').props.data.map((p) => p.shift)"
    )
    assert sorted(shifts) == [-15, 0, 0, 15]  # two on one spot stand beside each other
    quiet(seen)


def test_of_a_scenario_they_go_with_it(visit: Callable[..., Visit], tmp_path: Path) -> None:
    home = tmp_path / "home"
    lon, lat = life_city.place(1700, 20)
    with Store.open(home) as store:
        life_city.put(store)
        add = {"kind": "add", "layer": "centre", "lon": lon, "lat": lat, "values": {"name": "南门邻里中心"}}
        plan = scenario.create(store, "加密", edits=[scenario.read_edit(add)])
        given = {"text": "规模偏小", "author": "王工", "layer": "centre", "fid": -1, "scenario": plan.id}
        annotation.add(store, annotation.read(given))
        of_city = {"text": "河道上缺桥", "author": "王工", "lon": lon, "lat": lat + 0.001}
        annotation.add(store, annotation.read(of_city))
    with whole_server(home) as address:
        seen = visit(
            f"{address}/life-circle?lon={lon:.5f}&lat={lat:.5f}&z=15&theme=dark&scn={plan.id}&panel=annotations",
            reduced_motion="reduce",
        )
        page = seen.page
        page.wait_for_function("window.twin?.guide?.loaded", timeout=120_000)
        page.evaluate("twin.guide.settled().then(() => twin.idle())")
        expect(page.locator(".am-item")).to_have_count(2)
        expect(page.locator(".am-item", has_text="规模偏小")).to_contain_text("南门邻里中心")
        # 原状: only what is said of the city itself.
        page.keyboard.down("b")
        assert [note["text"] for note in notes(page)] == ["河道上缺桥"]
        page.keyboard.up("b")
        assert len(notes(page)) == 2
        # The centre is moved in the scenario: the pin goes with it.
        east = life_city.place(1900, 20)
        page.evaluate(
            "([lon, lat]) => twin.guide.scenarios.edit({kind: 'move', layer: 'centre', fid: -1, lon, lat})",
            list(east),
        )
        page.wait_for_function(
            f"twin.guide.remarks.notes.list.some((note) => Math.abs(note.lon - {east[0]}) < 1e-6)"
        )
        # A new one on what the scenario added belongs to the scenario.
        page.locator("[data-key=new]").click()
        page.evaluate("twin.idle()")
        x, y = page.evaluate(f"twin.project({east[0]}, {east[1]})")
        page.mouse.click(x, y)
        expect(page.locator("[name=carried] + span")).to_contain_text("南门邻里中心")
        written(page, "入口朝向公交站", "李工")
        assert notes(page)[0]["scenario"] == plan.id
        # The base has what is said of the city alone; a link to one of the scenario takes the scenario up.
        identity = notes(page)[0]["id"]
        page.evaluate("twin.guide.scenarios.use('')")
        page.wait_for_function("twin.guide.remarks.notes.list.length === 1")
        page.goto(f"{address}/life-circle?annotation={identity}", timeout=120_000)
        expect(page.locator(".am-said")).to_contain_text("入口朝向公交站", timeout=120_000)
        assert page.evaluate("twin.guide.study.scenario") == plan.id
        quiet(seen)

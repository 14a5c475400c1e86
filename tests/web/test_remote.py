"""A phone and a wall in two browser contexts: one drives the other, at once, and nobody without the code does."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENCE_MS = 120_000  # software rendering on a busy machine; only the taps are timed
expect.set_options(timeout=PATIENCE_MS)
TAP_MS = 300
"""From the tap on the phone to the wall's state, at most."""
NOW = "performance.timeOrigin + performance.now()"


def wall_of(visit: Callable[..., Visit], address: str) -> Visit:
    """The wall, small, with its first viewpoint drawn and its code shown."""
    # The tour does not go on by itself here, so that every change is a phone's.
    seen = visit(f"{address}/wall", 960, 540, reduced_motion="reduce")
    page = seen.page
    page.set_default_timeout(PATIENCE_MS)
    page.wait_for_function("window.wall?.guide", timeout=PATIENCE_MS)
    page.evaluate("wall.ready.then(() => wall.guide.pause(true))")
    page.evaluate(
        """() => {
          window.heard = [];
          const take = wall.command.bind(wall);
          wall.command = (command) => { heard.push(command); take(command); };
        }"""
    )
    page.keyboard.press("r")
    page.wait_for_selector(".rm-code b", timeout=PATIENCE_MS)
    return seen


def code_of(page: Page) -> str:
    return (page.text_content(".rm-code b") or "").replace("\u2009", "")


def phone_of(visit: Callable[..., Visit], address: str, query: str = "", **options: Any) -> Visit:
    chosen = {
        "width": 360,
        "height": 640,
        "has_touch": True,
        "is_mobile": True,
        "reduced_motion": "reduce",
    } | options
    return visit(f"{address}/remote{query}", **chosen)


def paired(page: Page) -> None:
    expect(page.locator("#remote")).to_have_attribute("data-state", "online", timeout=PATIENCE_MS)
    expect(page.locator("[data-part=title]")).not_to_be_empty(timeout=20_000)


def told(wall: Page) -> dict[str, Any]:
    return dict(wall.evaluate("wall.told()"))


def test_a_phone_drives_the_wall(visit: Callable[..., Visit], live_server: str) -> None:
    wall = wall_of(visit, live_server)
    phone = phone_of(visit, live_server, f"?code={code_of(wall.page)}")
    screen, hand = wall.page, phone.page
    paired(hand)
    assert "code=" not in hand.url
    titles = screen.evaluate("wall.guide.viewpoints.map((item) => item.title)")
    expect(hand.locator("[data-part=title]")).to_have_text(titles[told(screen)["index"]])
    expect(hand.locator("[data-do=pause]")).to_contain_text("继续")

    # Next, and the list of viewpoints.
    hand.tap("[data-do=next]")
    screen.wait_for_function("wall.guide.index === 1", timeout=PATIENCE_MS, polling=100)
    expect(hand.locator("[data-part=title]")).to_have_text(titles[1])
    hand.tap("[data-do=sheet-jump]")
    expect(hand.locator("[data-jump]")).to_have_count(len(titles))
    hand.tap("[data-jump='0']")
    screen.wait_for_function("wall.guide.index === 0", timeout=PATIENCE_MS, polling=100)
    expect(hand.locator("[data-part=title]")).to_have_text(titles[0])

    # A layer off and on again.
    hand.tap("[data-do=sheet-layers]")
    switch = hand.locator("[data-layer=building]")
    expect(switch).to_have_attribute("aria-checked", "true")
    switch.tap()
    screen.wait_for_function("wall.told().layers.building === false", polling=100)
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.tap()
    screen.wait_for_function("wall.told().layers.building === true", polling=100)
    hand.tap("[data-do=sheet-layers]")

    # Every key is large enough for a thumb and within the screen.
    sizes = hand.eval_on_selector_all(
        "button", "all => all.map((key) => key.getBoundingClientRect().toJSON())"
    )
    assert all(box["width"] >= 56 and box["height"] >= 56 for box in sizes)
    assert all(box["left"] >= 0 and box["right"] <= 360 and box["bottom"] <= 640 for box in sizes)

    # How fast: from the finger on the key to the wall's own state.
    screen.evaluate(
        f"""() => {{
          window.changes = [];
          wall.guide.on('state', () => {{ changes.push({NOW}); window.arrived?.(); }});
          window.another = () => new Promise((resolve) => {{ window.arrived = resolve; if (changes.length) resolve(); }});
        }}"""
    )
    hand.evaluate(f"document.addEventListener('pointerdown', () => {{ window.tapped = {NOW}; }}, true)")
    taken = []
    for _ in range(8):
        screen.evaluate("() => { changes.length = 0; }")
        hand.tap("[data-do=pause]")
        screen.evaluate("another()")
        taken.append(screen.evaluate("changes[0]") - hand.evaluate("window.tapped"))
        expect(hand.locator("#remote")).to_have_attribute("data-paused", str(told(screen)["paused"]).lower())
    print("tap to wall, ms:", [round(item) for item in taken])
    assert all(item > 0 for item in taken)
    assert statistics.median(taken) <= TAP_MS

    # The phone goes on after a reload, and says when the wall is gone.
    hand.reload()
    paired(hand)
    screen.close()
    expect(hand.locator("#remote")).to_have_attribute("data-state", "gone", timeout=PATIENCE_MS)
    expect(hand.locator("[data-part=status]")).to_contain_text("大屏已断开")
    for seen in (wall, phone):
        assert seen.outside == []
        assert seen.errors == []


def test_a_wrong_or_expired_code_does_nothing(visit: Callable[..., Visit], live_server: str) -> None:
    wall = wall_of(visit, live_server)
    screen = wall.page
    old = code_of(screen)
    before = told(screen)
    screen.evaluate("wall.link.code()")
    fresh = screen.evaluate("wall.link.offer.code")
    assert fresh != old

    # The code that another has replaced, and one that never was.
    phone = phone_of(visit, live_server, f"?code={old}")
    hand = phone.page
    alert = hand.locator("#say")
    expect(alert).to_have_attribute("data-kind", "bad")
    expect(alert).to_contain_text("配对码不对或已过期")
    wrong = next(text for text in ("000000", "000001", "000002") if text not in (old, fresh))
    hand.fill("#code", wrong)
    expect(alert).to_contain_text("配对码不对或已过期")
    expect(hand.locator("#remote")).to_have_attribute("data-view", "code")

    # A token that nobody gave.
    status = hand.evaluate(
        """async () => (await fetch('/api/remote/command', {method: 'POST', headers: {'Content-Type': 'application/json'},
          body: JSON.stringify({token: 'x'.repeat(43), do: 'next'})})).status"""
    )
    assert status == 404
    assert screen.evaluate("heard") == []
    after = told(screen)
    assert {name: after[name] for name in ("index", "paused", "layers", "base")} == {
        name: before[name] for name in ("index", "paused", "layers", "base")
    }
    # The right one still works, once.
    hand.fill("#code", fresh)
    paired(hand)
    assert [item["do"] for item in screen.evaluate("heard")] == ["paired"]
    assert wall.errors == []

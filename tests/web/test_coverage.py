"""The 5G coverage page in a browser, on the city of :mod:`tests.radio_city`: one site in the west, none in the east."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import city, radio_city
from tests.conftest import Visit
from tests.life_city import place
from tests.web.conftest import whole_server
from twin.store import Store

pytestmark = pytest.mark.browser

expect.set_options(timeout=30_000)  # software rendering on a busy machine; nothing here measures time
CHINESE = re.compile(r"[\u4e00-\u9fff]")
NAMES = re.compile("试验区|西镇|东镇|试点|情景 \\d|主路|移动|合成演示数据")
SITE = "twin.guide.marks.placed.find((site) => site.name === 'A')"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("coverage") / "home"
    with Store.open(home) as store:
        radio_city.put(store)
    with whole_server(home) as address:
        yield address


def view(x: float = 900, y: float = 500, zoom: float = 15.2) -> str:
    lon, lat = place(x, y)
    return f"lon={lon:.5f}&lat={lat:.5f}&z={zoom}&theme=dark"


def opened(visit: Callable[..., Visit], address: str, query: str, **options: int) -> Visit:
    seen = visit(f"{address}/coverage?{query}", reduced_motion="reduce", accept_downloads=True, **options)
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


def rate(page: Page) -> float:
    """Share of people of the district, as the study holds it."""
    settle(page)
    return float(
        page.evaluate("twin.guide.study.result.areas.find((area) => area.kind === 'district').rates.people")
    )


def quiet(seen: Visit) -> None:
    assert seen.outside == []
    assert seen.errors == []


def test_a_dragged_site_changes_the_rate(visit: Callable[..., Visit], server: str) -> None:
    seen = opened(visit, server, f"{view(1200)}&panel=scenario")
    page = seen.page
    before = rate(page)
    assert 0 < before < 1
    assert page.evaluate("twin.guide.study.sites.map((site) => site.name)") == ["A"]  # B is planned
    start = page.evaluate(f"(() => {{ const s = {SITE}; return twin.project(s.lon, s.lat, s.z); }})()")
    (lon, lat), (to_lon, to_lat) = place(400, 500), place(1700, 500)
    foot, end = page.evaluate(f"[twin.project({lon}, {lat}), twin.project({to_lon}, {to_lat})]")
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + end[0] - foot[0], start[1] + end[1] - foot[1], steps=4)
    page.mouse.up()
    expect(page.locator(".an-edits li")).to_have_count(1)
    after = rate(page)
    assert after != before  # 400 people live in the east, 303 in the west
    row = page.locator(".an-before-after [data-area]", has_text="试验区")
    expect(row.locator("td").nth(0)).to_have_text(f"{before * 100:.1f}\u2009%")
    expect(row.locator("td").nth(1)).to_have_text(f"{after * 100:.1f}\u2009%")
    moved = page.evaluate(f"(() => {{ const s = {SITE}; return [s.lon, s.lat]; }})()")
    assert moved == pytest.approx((to_lon, to_lat), abs=3e-5)

    # Its card: switched off, nobody is reached; taken back, the rate is as it was.
    page.evaluate(f"twin.guide.openSite({SITE}.fid)")
    card = page.locator(".tw-card")
    expect(card.locator("h2")).to_have_text("A")
    card.locator("[data-key=switch]").click()
    expect(card.locator("[data-rate=people]")).to_have_text("0.0\u2009%")
    card.locator(".an-edits li").last.get_by_role("button").click()
    expect(card.locator("[data-rate=people]")).not_to_have_text("0.0\u2009%")
    assert rate(page) == pytest.approx(after)

    # A tilt is an edit of the whole list of sectors.
    card.locator("[data-sector='0'][data-field=electrical_tilt_deg]").fill("12")
    card.locator("[data-sector='0'][data-field=electrical_tilt_deg]").press("Enter")
    expect(page.locator(".tw-panel .an-edits li")).to_have_count(2)
    edit = page.evaluate("twin.guide.scenarios.current.edits.at(-1)")
    assert (edit["kind"], [item["electrical_tilt_deg"] for item in edit["values"]["sectors"]]) == (
        "change",
        [12, 4, 4],
    )

    # The base beside it, and the address brings all back.
    page.locator("[data-key=swipe]").click()
    expect(page.get_by_role("slider", name="左右对比")).to_be_visible()
    page.locator("[data-key=swipe]").click()
    quiet(seen)


def test_a_place_is_explained_by_a_budget_that_adds_up(visit: Callable[..., Visit], server: str) -> None:
    seen = opened(visit, server, view(700), width=1366, height=768)
    page = seen.page
    click(page, 900, 520)
    card = page.locator(".tw-card")
    total = card.locator("[data-sum]")
    expect(total).to_be_visible()
    settle(page)
    found = page.evaluate("twin.card.found")
    lines = [line["value"] for line in found["servers"][0]["lines"]]
    assert sum(lines) == pytest.approx(found["rsrp_dbm"], abs=0.1)
    assert float(total.get_attribute("data-sum") or "nan") == pytest.approx(found["rsrp_dbm"], abs=0.1)
    expect(card.locator("[data-value=rsrp]")).to_contain_text(f"{found['rsrp_dbm']:.1f}".replace("-", "−"))
    expect(card.locator("svg.cov-profile")).to_be_visible()
    expect(card.locator("[data-section=servers] tbody tr").first).to_contain_text("A")
    raster = page.evaluate(f"twin.guide.study.values.at({found['lon']}, {found['lat']})")
    assert raster == pytest.approx(found["rsrp_dbm"], abs=0.02)
    card.locator(".ev-button").click()
    evidence = page.get_by_role("dialog")
    expect(evidence).to_contain_text("38.901")
    page.keyboard.press("Escape")
    expect(evidence).to_have_count(0)
    page.keyboard.press("Escape")  # the panel
    page.keyboard.press("Escape")  # the card
    expect(card).to_be_hidden()
    quiet(seen)


def test_the_threshold_recolours_without_the_server(visit: Callable[..., Visit], server: str) -> None:
    seen = opened(visit, server, view(), width=1366, height=768)
    page = seen.page
    share = page.locator(".cov-share")
    usual = float(share.get_attribute("data-share") or "nan")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/coverage" in request.url else None)
    slider = page.locator("[data-key=threshold]")
    slider.focus()
    slider.fill("-75")
    expect(page.locator(".cov-limit")).to_have_text("−75 dBm")
    assert float(share.get_attribute("data-share") or "nan") < usual
    assert asked == []
    page.wait_for_function("new URL(location).searchParams.get('thr') === '-75'")
    page.locator("[data-key=usual]").click()
    expect(page.locator(".cov-limit")).to_have_text("−105 dBm")

    # Other metrics and floors: their own rasters; indoors and outdoors are never one.
    both = page.evaluate("[...twin.guide.study.values.data].filter((value) => value !== -32768).length")
    page.locator("[data-choose=floor]").select_option("0")
    settle(page)
    indoors = page.evaluate("[...twin.guide.study.values.data].filter((value) => value !== -32768).length")
    assert 0 < indoors < 60 < both  # five buildings of 9 or 16 cells at most
    for metric, text in (("overlap", "1 个小区"), ("line_of_sight", "视距可见"), ("server", "区分相邻小区")):
        page.locator("[data-choose=metric]").select_option(metric)
        settle(page)
        expect(page.locator(".cov-legend")).to_contain_text(text)
    quiet(seen)


def test_a_site_by_click_siting_and_outage(visit: Callable[..., Visit], server: str) -> None:
    seen = opened(visit, server, f"{view(1700)}&panel=scenario", width=1366, height=768)
    page = seen.page
    before = rate(page)
    page.locator("[data-tool=add]").click()
    click(page, 2000, 500)
    expect(page.locator(".an-edits li")).to_have_count(1)
    assert rate(page) > before
    page.keyboard.press("Escape")
    page.locator("[data-key=delete]").click()
    page.locator(".an-naming .tw-primary").click()
    expect(page.locator("[data-key=choose]")).to_have_value("")

    page.locator("[data-panel=siting]").click()
    page.locator("[data-key=candidates]").select_option("planned")
    page.locator("[data-action=site]").click()
    expect(page.locator("[data-section=sites] tbody tr")).to_have_count(1)
    expect(page.locator("[data-section=sites] tbody tr")).to_contain_text("B")

    page.locator("[data-panel=outage]").click()
    page.locator("[data-action=outage]").click()
    expect(page.locator("[data-section=outage] tbody tr")).to_contain_text("A")
    quiet(seen)


def test_a_drive_test_beside_the_prediction(visit: Callable[..., Visit], server: str, tmp_path: Path) -> None:
    seen = opened(visit, server, f"{view()}&panel=drive", width=1366, height=768)
    page = seen.page
    rows = ["经度,纬度,SS-RSRP"]
    rows += [f"{lon:.7f},{lat:.7f},-90" for lon, lat in (place(200 + 15 * step, 450) for step in range(60))]
    path = tmp_path / "drive.csv"
    path.write_text("\n".join([*rows, "abc,31.38,-90"]), encoding="utf-8")
    page.locator("[data-key=file]").set_input_files(path)
    # Nothing tells how these coordinates are meant: the page asks, and reads the file again.
    expect(page.locator(".tw-panel [role=alert]")).to_contain_text("坐标系")
    page.locator("[data-key=crs]").select_option("EPSG:4326")
    section = page.locator("[data-section=drive]")
    expect(section.locator("[data-value=compared]")).to_contain_text("60")
    expect(section.locator("[data-value=rmse]")).to_contain_text("dB")
    expect(page.locator(".tw-panel [role=alert]")).to_have_count(0)
    expect(section).to_contain_text("1 行未采用")
    assert page.evaluate("twin.guide.marks.measured.length") == 60
    assert seen.outside == []  # the refusal above is an error in the browser's log


def test_the_page_reads_in_english_and_exports(visit: Callable[..., Visit], server: str) -> None:
    seen = opened(visit, server, f"{view()}&lang=en&theme=light", width=1366, height=768)
    page = seen.page
    for panel in ("result", "scenario", "siting", "outage", "drive", "export"):
        if panel != "result":
            page.locator(f"[data-panel={panel}]").click()
        text = NAMES.sub("", page.locator(".tw-panel").inner_text())
        assert not CHINESE.search(text), (panel, text)
    for kind, start in (("csv", b"\xef\xbb\xbf"), ("tif", b"II*\x00"), ("md", b"#")):
        with page.expect_download() as download:
            page.locator(f"[data-file={kind}]").click()
        assert download.value.suggested_filename.endswith(f".{kind}")
        assert Path(download.value.path()).read_bytes().startswith(start)
    click(page, 900, 520)
    expect(page.locator("[data-sum]")).to_be_visible()
    text = NAMES.sub("", page.locator(".tw-card").inner_text() + page.locator(".tw-legend").inner_text())
    assert not CHINESE.search(text), text
    unnamed = page.evaluate(
        "[...document.querySelectorAll('.tw button, .tw input, .tw select')]"
        ".filter((e) => !(e.getAttribute('aria-label') || e.innerText.trim() || e.closest('label'))).map((e) => e.outerHTML)"
    )
    assert unnamed == []
    quiet(seen)


def test_a_failure_is_one_sentence_and_can_be_tried_again(visit: Callable[..., Visit], server: str) -> None:
    seen = opened(visit, server, view(), width=1366, height=768)
    page = seen.page
    page.route("**/api/coverage?**", lambda route: route.fulfill(status=503, body=""))
    page.locator("[data-choice=profile]").select_option("sa-good")
    alert = page.locator(".tw-panel [role=alert]")
    expect(alert).to_contain_text("503")
    expect(page.locator(".an-headline").first).to_be_visible()  # the last result stays
    page.unroute("**/api/coverage?**")
    alert.get_by_role("button").click()
    expect(alert).to_have_count(0)
    assert seen.outside == []


def test_a_city_without_sites_says_what_to_import(visit: Callable[..., Visit], tmp_path: Path) -> None:
    home = tmp_path / "home"
    layers = radio_city.layers()
    with Store.open(home) as store:
        city.put(store, {name: layers[name] for name in ("district", "building")})
    with whole_server(home) as address:
        seen = opened(visit, address, view(), width=1366, height=768)
        expect(seen.page.locator(".cov-empty")).to_contain_text("工参表")
        assert seen.outside == []

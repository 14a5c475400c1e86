"""The BIM page in a browser: real files through the page, converted by the real server, looked at, compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely
from playwright.sync_api import Page, expect

from bim.georeference.placement import Placement
from tests import city
from tests.bim.cases import BAD, PUBLIC, needs_cases
from tests.conftest import Visit
from tests.web.conftest import whole_server
from twin.store import Store

pytestmark = [pytest.mark.browser, needs_cases]

expect.set_options(
    timeout=60_000
)  # software rendering and conversion on a busy machine; nothing here measures time
DUPLEX = PUBLIC / "duplex_a_ifc2x3.ifc"
OFFICE = PUBLIC / "jiading_office_cn_v1.ifc"
OFFICE_AGAIN = PUBLIC / "jiading_office_cn_v2.ifc"
TRUNCATED = BAD / "01_truncated_mid_entity.ifc"
TURN = 30.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("bim") / "home"
    with Store.open(home) as store:
        city.put(store, {"town": city.towns(), "building": city.buildings(100)}, name="survey")
    with whole_server(home) as address:
        yield address


def opened(visit: Callable[..., Visit], address: str, query: str = "") -> Visit:
    seen = visit(f"{address}/bim?theme=dark&{query}", width=1366, height=768, reduced_motion="reduce")
    seen.page.wait_for_function("window.twin?.guide?.loaded", timeout=120_000)
    settle(seen.page)
    return seen


def settle(page: Page) -> None:
    page.evaluate("twin.guide.settled().then(() => twin.idle())")


def upload(page: Page, *files: Path) -> None:
    page.locator("[data-key=file]").set_input_files(list(files))


def came(page: Page, name: str, version: int = 1) -> None:
    """Wait until the model of a file is open with its meshes."""
    page.wait_for_function(
        """([name, version]) => {
          const {model, building} = twin.guide.session;
          return building?.chunks && model.version === version
            && model.versions.some((item) => (item.file_name ?? item.name) === name);
        }""",
        arg=[name, version],
        timeout=120_000,
    )
    settle(page)


def look_down(page: Page) -> None:
    page.evaluate("twin.fly({pitch: 0, bearing: 0, zoom: 20.2}, 0)")
    settle(page)


def hit(page: Page, lon: float, lat: float) -> int | None:
    """Row of the element that is drawn at a place, seen from above; None where the ground is."""
    found: int | None = page.evaluate(
        """([lon, lat]) => {
          const [x, y] = twin.engine.project(lon, lat);
          return twin.deck.pickObject({x, y, radius: 0})?.object?.element ?? null;
        }""",
        [lon, lat],
    )
    return found


def quiet(seen: Visit) -> None:
    assert seen.outside == []
    assert seen.errors == []


def middle_of(page: Page, row: int) -> list[float]:
    """Longitude, latitude of the middle of a row's box."""
    place: list[float] = page.evaluate(
        """(row) => {
          const {building} = twin.guide.session;
          const box = building.boxOf([row]);
          return building.anchor.toLonLat([(box[0] + box[3]) / 2, (box[1] + box[4]) / 2]);
        }""",
        row,
    )
    return place


def test_a_model_from_its_file_to_its_walls(visit: Callable[..., Visit], server: str) -> None:
    seen = opened(visit, server)
    page = seen.page
    upload(page, DUPLEX)
    job = page.locator(f"[data-job='{DUPLEX.name}']")
    expect(job.locator("progress")).to_be_visible()
    came(page, DUPLEX.name)

    # It says that it stands in Chicago; that is told, and taken as it is.
    first = page.locator(".bim-proposals > li").first
    expect(first).to_have_attribute("data-on", "true")
    assert first.locator(".bim-evidence li").count() > 0
    page.get_by_text("手动放置").click()
    latitude = page.locator("[data-field=lat]")
    written = latitude.input_value()
    latitude.fill("95")
    latitude.press("Enter")
    expect(latitude).to_have_value(written)  # no place on Earth: told, and taken back
    # Dragged by its middle.
    page.locator("[data-key=drag]").click()
    settle(page)
    place = "(({lon, lat}) => [lon, lat])(twin.guide.session.building.placement)"
    before: list[float] = page.evaluate(place)
    x, y = page.evaluate(
        "(() => { const [{lon, lat}] = twin.guide.handles.list(); return twin.project(lon, lat); })()"
    )
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y + 10, steps=2)
    page.mouse.up()
    east, north = (after - old for after, old in zip(page.evaluate(place), before, strict=True))
    assert 1e-7 < abs(east) + abs(north) < 2e-4
    page.locator("[data-key=drag]").click()
    field = page.locator("[data-field=rotation_deg]")
    field.fill(str(TURN))
    field.press("Enter")
    page.locator("[data-key=accept]").click()
    expect(page.locator(".bim-place-state[data-kind=good]")).to_be_visible()

    # It stands as its footprint says, computed by PROJ: the model is hit inside its outline and missed outside.
    model: dict[str, Any] = page.evaluate("twin.guide.session.model")
    placement = Placement.from_dict(model["placement"])
    assert placement.rotation_deg == pytest.approx(TURN)
    assert (placement.lon, placement.lat) == pytest.approx((-87.6394, 41.8744), abs=4e-4)
    document = model["document"]
    outline = shapely.union_all([shapely.Polygon(ring) for ring in document["footprint_m"]])
    look_down(page)
    inner, outer = outline.buffer(-0.4, join_style="mitre"), outline.envelope.buffer(2.5)
    for ring, inside in ((inner.exterior, True), (outer.exterior, False)):
        for lon, lat in placement.to_lonlat(list(ring.coords)[:-1], document["origin_m"]):
            assert (hit(page, lon, lat) is not None) == inside, (lon, lat)

    # One storey alone, cut as plans are cut: its walls lie open and one is picked.
    page.locator("[data-panel=view]").first.click()
    page.locator("[data-storey='1']").click()
    page.locator("[data-key=plan]").click()
    settle(page)
    walls: list[int] = page.evaluate(
        """(() => {
          const {elements} = twin.guide.session;
          return elements.row.filter((row) => elements.class[row].startsWith('IfcWall') && elements.storey[row] === 1);
        })()"""
    )
    wall = next(row for row in walls if hit(page, *middle_of(page, row)) == row)
    page.mouse.click(*page.evaluate("([lon, lat]) => twin.project(lon, lat)", middle_of(page, wall)))
    card = page.locator(".tw-card")
    expect(card.locator(".tw-kind")).to_contain_text("IfcWall")
    group = card.locator("[data-set=PSet_Revit_Constraints], [data-set=Pset_WallCommon]").first
    expect(group).to_be_visible()
    everything = card.locator("tbody tr").count()
    card.locator("input[type=search]").fill("LoadBearing")
    expect(card.locator("tbody tr").first).to_contain_text("LoadBearing")
    assert card.locator("tbody tr").count() < everything

    # Spaces by their use, with a legend; a space's card says its area.
    page.locator("[data-key=all-storeys]").click()
    page.locator("[data-key=by]").select_option("use")
    expect(page.locator(".tw-legend li")).not_to_have_count(0)
    uses: list[Any] = page.evaluate(
        "twin.guide.session.values('use').then(({values}) => values.filter(Boolean))"
    )
    counts = page.locator(".tw-legend .tw-count").all_inner_texts()
    assert sum(int(text) for text in counts) == len(uses) == 21
    page.locator("[data-key=plan]").uncheck()
    settle(page)
    space: int = page.evaluate("twin.guide.session.elements.kind.lastIndexOf('space')")
    page.evaluate("(row) => twin.guide.session.choose(row)", space)
    expect(card.locator(".tw-facts")).to_contain_text("m²")

    # Storeys apart: the roof is where it was lifted to.
    page.locator("[data-key=by]").select_option("")
    page.evaluate("twin.fly({pitch: 50, zoom: 18.6}, 0)")
    roof: dict[str, Any] = page.evaluate(
        """(() => {
          const {building, elements} = twin.guide.session;
          const row = elements.row.findLast((item) => elements.class[item] === 'IfcSlab' && elements.storey[item] === 3);
          const box = building.boxOf([row]);
          return {row, middle: [(box[0] + box[3]) / 2, (box[1] + box[4]) / 2, box[5]]};
        })()"""
    )
    page.locator("[data-key=explode]").fill("1")
    settle(page)
    lifted = page.evaluate(
        """({row, middle: [x, y, z]}) => {
          const {building} = twin.guide.session;
          const lift = building.liftOf(building.storeyOf[row]);
          const [lon, lat, height] = building.spot([x, y, z + lift]);
          const [left, top] = twin.engine.project(lon, lat, height);
          const element = twin.deck.pickObject({x: left, y: top, radius: 0})?.object?.element;
          return [lift, twin.guide.session.elements.storey[element]];
        }""",
        roof,
    )
    assert lifted[0] > 6
    assert lifted[1] == 3
    quiet(seen)


def test_two_versions_and_what_lies_between_them(visit: Callable[..., Visit], server: str) -> None:
    seen = opened(visit, server)
    page = seen.page
    upload(page, OFFICE)
    came(page, OFFICE.name)
    page.locator("[data-panel=place]").first.click()
    page.locator("[data-key=accept]").click()
    expect(page.locator(".bim-place-state[data-kind=good]")).to_be_visible()
    page.locator("[data-panel=models]").first.click()
    page.locator("[data-key=version-file]").set_input_files(OFFICE_AGAIN)
    came(page, OFFICE_AGAIN.name, version=2)
    # The second version stands where the first was put.
    assert page.evaluate("twin.guide.session.model.placement !== null")

    page.locator("[data-panel=versions]").first.click()
    page.locator("[data-key=compare]").click()
    removed = page.locator(".bim-changes li[data-kind=removed]")
    expect(removed).to_have_count(2)
    told: dict[str, Any] = page.evaluate(
        """(() => {
          const {comparison, building} = twin.guide.session;
          const colour = (row) => [...building.table.slice(8 * row, 8 * row + 3)];
          const drawn = (item) => item.row !== null && item.row < building.rows && !building.spaceRows[item.row];
          return {
            renamed: comparison.changed.flatMap((item) => item.what.map((one) => one.after)).includes('0102-改'),
            added: comparison.added.filter(drawn).map((item) => colour(item.row)),
            changed: comparison.changed.filter(drawn).map((item) => colour(item.row)),
          };
        })()"""
    )
    assert told["renamed"]
    assert len({tuple(colour) for colour in told["added"]}) == 1
    assert len({tuple(colour) for colour in told["changed"]}) == 1
    assert told["added"][0] != told["changed"][0]
    page.locator(".bim-kind[data-kind=changed]").click()
    line = page.locator(".bim-changes li", has_text="墙").first
    line.locator("button").click()
    expect(line.locator(".bim-what")).to_be_visible()
    expect(page.locator(".tw-legend")).to_contain_text("第 1 版 → 第 2 版")

    # Back to the first version, and it is what is drawn.
    page.locator("[data-key=back-1]").click()
    came(page, OFFICE.name, version=1)
    assert page.evaluate("twin.guide.session.building.storeys.length") == 5

    # Its place taken away, which is asked about first; the likeliest is proposed again.
    page.locator("[data-panel=place]").first.click()
    page.locator("[data-key=leave]").click()
    page.locator("dialog.question .primary").click()
    expect(page.locator(".bim-place-state[data-kind=draft]")).to_be_visible()
    assert page.evaluate("twin.guide.session.model.placement") is None
    quiet(seen)


def test_what_is_not_taken_says_why_and_what_is_cancelled_ends(
    visit: Callable[..., Visit], server: str
) -> None:
    seen = opened(visit, server)
    page = seen.page
    before = page.locator(".bim-models > li").count()
    upload(page, PUBLIC / "jiading_tower33_cn_ifc4.ifc")
    job = page.locator("[data-job='jiading_tower33_cn_ifc4.ifc']")
    job.locator("[data-key=cancel]").click()
    expect(job).to_have_attribute("data-status", "cancelled")
    upload(page, TRUNCATED)
    bad = page.locator(f"[data-job='{TRUNCATED.name}']")
    expect(bad).to_have_attribute("data-status", "failed")
    sentence = bad.locator(".an-failure").inner_text()
    assert sentence.endswith("。")
    assert any("\u4e00" <= character <= "\u9fff" for character in sentence)
    page.locator("[data-action=language]").click()
    english = bad.locator(".an-failure").inner_text()
    assert english != sentence
    assert not any("\u4e00" <= character <= "\u9fff" for character in english)
    assert page.locator(".bim-models > li").count() == before
    bad.locator("[data-key=drop]").click()
    expect(bad).to_have_count(0)
    quiet(seen)


def test_a_placed_model_takes_the_place_of_its_building(visit: Callable[..., Visit], server: str) -> None:
    """On Explore the generic prism gives way to the model, whose click opens the building's card."""
    seen = opened(visit, server)
    page = seen.page
    if not page.locator(".bim-models > li", has_text="示范楼").count():
        upload(page, OFFICE)
        came(page, OFFICE.name)
    office: str = page.evaluate(
        "twin.guide.session.list.find((item) => item.file.startsWith('jiading_office')).id"
    )
    lon, lat = city.WEST + city.STEP * 3.25, city.SOUTH + city.STEP * 2.25  # the house of row 2, column 3
    page.evaluate(
        """([id, placement]) => fetch(`/api/bim/${id}`, {method: 'PUT', headers: {'Content-Type': 'application/json'},
          body: JSON.stringify({placement})}).then((reply) => reply.json())""",
        [office, {"lon": lon, "lat": lat, "height_m": 0, "rotation_deg": 0}],
    )
    fid: int = page.evaluate(
        """(name) => fetch(`/api/search?q=${encodeURIComponent(name)}&limit=1`).then((reply) => reply.json())
          .then(({results}) => results[0].fid)""",
        "塔城路50号楼",
    )
    page.evaluate(
        """([id, building]) => fetch(`/api/bim/${id}`, {method: 'PUT', headers: {'Content-Type': 'application/json'},
          body: JSON.stringify({building})}).then((reply) => reply.json())""",
        [office, fid],
    )
    house = (city.WEST + city.STEP * 10.25, city.SOUTH + city.STEP * 2.25)  # number 50: row 2, column 10
    page.goto(f"{server}/?lon={(lon + house[0]) / 2:.6f}&lat={lat:.6f}&z=16.6&theme=dark")
    page.wait_for_function("window.twin?.guide?.standing?.shown.length", timeout=120_000)
    page.evaluate("twin.ready.then(() => twin.idle())")
    page.wait_for_function(
        """([lon, lat]) => {
          const [x, y] = twin.engine.project(lon, lat, 0.5);
          return !twin.deck.pickObject({x, y, radius: 0})?.layer.id.startsWith('building');
        }""",
        arg=list(house),
        timeout=60_000,
    )
    middle = """(() => {
      const [building] = twin.guide.standing.shown;
      const [west, south, , east, north, top] = building.boxOf();
      return twin.project(...building.spot([(west + east) / 2, (south + north) / 2, top]));
    })()"""
    page.mouse.click(*page.evaluate(middle))
    expect(page.locator(".tw-card h2")).to_have_text("塔城路50号楼")
    link = page.locator(".tw-card [data-key=model]").get_attribute("href")
    assert link is not None
    assert f"model={office}" in link
    quiet(seen)

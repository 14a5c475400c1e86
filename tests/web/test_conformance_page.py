"""The CIM conformance page in a browser: counted, filtered, found, opened, saved."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.conftest import Visit
from tests.web.test_explore import quiet, settle
from twin import conformance

pytestmark = pytest.mark.browser

expect.set_options(timeout=30_000)  # software rendering on a busy machine; nothing here measures time


def test_every_function_is_listed_and_leads_to_its_feature(
    visit: Callable[..., Visit], live_server: str
) -> None:
    items = conformance.functions()
    told = conformance.counts(items)
    seen = visit(
        f"{live_server}/conformance?lang=zh&theme=dark", accept_downloads=True, reduced_motion="reduce"
    )
    page = seen.page
    page.wait_for_selector(".twin-page[data-ready]", timeout=60_000)
    rows = page.locator("tr[data-function]")
    expect(rows).to_have_count(len(items))
    for state, count in told.items():
        button = page.locator(f".cf-states [data-state={state}]")
        expect(button.locator("b")).to_have_text(str(count))
    page.locator(".cf-states [data-state=missing]").click()
    expect(rows).to_have_count(told["missing"])
    expect(page.locator(".cf-where a")).to_have_count(0)  # what is missing leads nowhere
    page.locator(".cf-states [data-state='']").click()
    page.locator("input[type=search]").fill("批注")
    row = page.locator("tr[data-function='批注']")
    expect(row.locator(".tag")).to_have_text("满足")

    with page.expect_download() as download:
        page.locator("[data-test=csv]").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert len(list(csv.reader(io.StringIO(text)))) == len(items) + 1

    # The other language, all of it; then the feature itself.
    page.locator("[data-test=language]").click()
    expect(page.locator("h2")).to_have_text("CIM conformance")
    expect(rows).to_have_count(len(items))
    assert not re.search(r"[\u4e00-\u9fff]", page.locator(".twin-page main").inner_text())
    row.locator("a").click()
    settle(page)
    expect(page.locator(".tw-panel[data-panel=annotations] h2")).to_have_text("Annotations")
    quiet(seen)

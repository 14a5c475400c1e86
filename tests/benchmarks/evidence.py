"""How long a reader waits for indicators and for the evidence behind one.

    python -m tests.benchmarks.evidence --home HOME

Starts the server on HOME and prints how long ``/api/indicators`` takes at once after the start and later, how long
until nothing is being computed any more, and the time from a click on each indicator to its evidence on the screen, in
the card beside the number and in the drawer. The goal for the click is 1 s; no answer may take tens of seconds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.conftest import BROWSER_ARGUMENTS
from tests.web.conftest import whole_server
from twin.setup import checks

_CLICKS = """async ([button, shown, close]) => {
  const drawn = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  const spent = [];
  for (const card of document.querySelectorAll('.ind-card')) {
    const begun = performance.now();
    card.querySelector(button).click();
    while (!document.querySelector(shown)) await new Promise(requestAnimationFrame);
    await drawn();
    spent.push(performance.now() - begun);
    document.querySelector(close).click();
    await drawn();
  }
  return spent;
}"""
_WAYS = {
    "beside the number": (".ev-button", ".ev-box[data-ready] .ev", ".ev-box header button:last-child"),
    "in the drawer": ("[data-open]", ".ind-drawer:not([hidden]) .ev", ".ind-drawer-head button:last-child"),
}


def _asked(address: str) -> tuple[float, dict[str, Any]]:
    begun = time.perf_counter()
    with urllib.request.urlopen(f"{address}/api/indicators", timeout=300) as reply:
        told: dict[str, Any] = json.load(reply)
    return time.perf_counter() - begun, told


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    options = parser.parse_args()
    with whole_server(options.home) as address:
        begun = time.perf_counter()
        times: list[float] = []
        while True:
            spent, told = _asked(address)
            times.append(spent)
            if not any(row["computing"] for row in told["indicators"]):
                break
            time.sleep(0.5)
        print(f"/api/indicators at once after the start: {times[0]:.2f} s")
        if times[1:]:
            print(
                f"while others are computed: median {statistics.median(times):.2f} s, most {max(times):.2f} s"
            )
        print(f"until nothing is being computed: {time.perf_counter() - begun:.1f} s")
        later = [_asked(address)[0] for _ in range(10)]
        print(f"after that: median {statistics.median(later):.3f} s, most {max(later):.3f} s")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=checks.find_browser(), args=BROWSER_ARGUMENTS
            )
            page = browser.new_page(viewport={"width": 1920, "height": 1080})
            page.goto(f"{address}/indicators?lang=zh&theme=dark")
            page.wait_for_selector(".twin-page[data-ready]", timeout=120_000)
            for name, way in _WAYS.items():
                spent_ms = page.evaluate(_CLICKS, list(way))
                print(
                    f"from a click to the evidence {name}: median {statistics.median(spent_ms):.0f} ms, "
                    f"most {max(spent_ms):.0f} ms, of {len(spent_ms)}"
                )
            browser.close()


if __name__ == "__main__":
    main()

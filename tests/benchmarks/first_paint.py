"""How long a viewer waits: from opening the address to the first tiles, and to all of them.

    python -m tests.benchmarks.first_paint --home HOME [--runs 3] [--width 1920] [--height 1080]

Starts the server on HOME, opens Explore in the machine's browser with software
rendering, in a fresh profile each time, and prints one line a run. The goal is
first tiles within 8 s on two cores.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from tests.conftest import BROWSER_ARGUMENTS
from tests.web.conftest import whole_server
from twin.setup import checks

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def measure(browser: Browser, address: str, width: int, height: int) -> tuple[float, float, int, int]:
    """Seconds to the first and to all tiles, tile requests, and milliseconds a frame afterwards."""
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page = context.new_page()
    tiles: list[str] = []
    page.on("request", lambda request: tiles.append(request.url) if "/tiles/" in request.url else None)
    begun = time.perf_counter()
    page.goto(address)
    page.wait_for_function("window.twin?.engine", timeout=120_000)
    page.evaluate("twin.ready")
    complete = time.perf_counter() - begun
    first = page.evaluate("twin.firstTiles") / 1000
    frame = page.evaluate(
        """async () => {
          const begun = performance.now();
          for (let turn = 1; turn <= 5; turn += 1) {
            twin.engine.fly({bearing: turn * 3});
            await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
          }
          return (performance.now() - begun) / 5;
        }"""
    )
    context.close()
    return first, complete, len(tiles), round(frame)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--width", type=int, default=1920)
    parser.add_argument("--height", type=int, default=1080)
    chosen = parser.parse_args()
    executable = checks.find_browser()
    if executable is None:
        parser.error("no Chromium, Chrome or Edge was found")
    print(f"{'run':>3} {'first tiles s':>14} {'all tiles s':>12} {'tile requests':>14} {'ms a frame':>11}")
    with whole_server(chosen.home.resolve()) as address, sync_playwright() as playwright:
        for run in range(1, chosen.runs + 1):
            browser = playwright.chromium.launch(executable_path=executable, args=BROWSER_ARGUMENTS)
            first, complete, tiles, frame = measure(browser, address, chosen.width, chosen.height)
            browser.close()
            print(f"{run:>3} {first:>14.1f} {complete:>12.1f} {tiles:>14} {frame:>11}", flush=True)


if __name__ == "__main__":
    main()

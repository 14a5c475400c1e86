"""The wall left alone: memory over time while its tour loops, errors of its console, viewpoints shown.

Run it with the project's own Python, on a machine with nothing else to do:

    .venv/bin/python -m tests.benchmarks.wall --home HOME [--minutes 30] [--size 1920x1080] [--duration 15]

HOME is copied first. A server runs on the copy, the standard tour loops in a headless browser with every viewpoint
staying ``duration`` seconds, and a line is printed a minute: JavaScript heap after a collection, the memory of the
browser's processes and of the server, viewpoints shown so far. Growth is told between the first line after a whole
round of the tour, when everything has been drawn once, and the last.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.conftest import BROWSER_ARGUMENTS
from tests.web.conftest import whole_server
from twin.setup import checks

_MB = 1_000_000


def main() -> None:
    """Loop, measure and print."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--home", type=Path, required=True, help="a home with a city; it is copied")
    options.add_argument("--minutes", type=float, default=30.0)
    options.add_argument("--size", default="1920x1080")
    options.add_argument("--duration", type=int, default=15, help="seconds that a viewpoint stays")
    options.add_argument("--reload", type=float, default=0.0, help="minutes after which the page starts anew")
    given = options.parse_args()
    width, height = map(int, given.size.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        shutil.copytree(given.home, home)
        with whole_server(home) as address:
            tour = _tour(address, given.duration)
            _loop(f"{address}/wall?tour={tour}&reload={given.reload}", given.minutes, (width, height))


def _tour(address: str, duration_s: int) -> str:
    """The id of a tour like the standard one, at another pace."""
    with urllib.request.urlopen(f"{address}/api/tours/standard", timeout=60) as reply:
        standard = json.load(reply)
    viewpoints = [item | {"id": "", "duration_s": duration_s} for item in standard["viewpoints"]]
    body = json.dumps({"name": "benchmark", "viewpoints": viewpoints}).encode()
    request = urllib.request.Request(
        f"{address}/api/tours", body, {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=60) as reply:
        return str(json.load(reply)["id"])


def _loop(address: str, minutes: float, size: tuple[int, int]) -> None:
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=checks.find_browser(), args=BROWSER_ARGUMENTS)
        page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        page.on("console", lambda entry: errors.append(entry.text) if entry.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        page.wait_for_function("window.wall?.revealed", timeout=300_000)
        page.evaluate("""() => { window.shown = 0; wall.guide.on('at', () => { window.shown += 1; }); }""")
        session = page.context.new_cdp_session(page)
        rows = _measured(page, session, minutes)
        browser.close()
    _told(rows, errors)


def _measured(page: Page, session: CDPSession, minutes: float) -> list[dict[str, Any]]:
    """One row a minute."""
    print(
        f"{'minute':>7} {'heap MB':>9} {'browser MB':>11} {'server MB':>10} {'shown':>6} {'rounds':>7}",
        flush=True,
    )
    start = time.monotonic()
    rows: list[dict[str, Any]] = []
    length = page.evaluate("wall.guide.viewpoints.length")
    while (passed := (time.monotonic() - start) / 60) < minutes:
        time.sleep(min(60.0, max(1.0, (minutes - passed) * 60)))
        session.send("HeapProfiler.collectGarbage")
        heap = session.send("Runtime.getHeapUsage")["usedSize"]
        shown = page.evaluate("window.shown ?? 0")
        browser, server = _processes()
        row = {
            "minute": (time.monotonic() - start) / 60,
            "heap": heap / _MB, "browser": browser / _MB, "server": server / _MB,
            "shown": shown, "rounds": shown / length,
        }  # fmt: skip
        rows.append(row)
        print(
            f"{row['minute']:7.1f} {row['heap']:9.1f} {row['browser']:11.0f} {row['server']:10.0f} {shown:6d} "
            f"{row['rounds']:7.1f}",
            flush=True,
        )
    return rows


def _processes() -> tuple[int, int]:
    """Bytes of memory held by the browser's processes and by the server, of those started here."""
    browser = server = 0
    for process in psutil.Process().children(recursive=True):
        try:
            name, held = process.name().lower(), process.memory_info().rss
        except psutil.Error:
            continue
        if any(known in name for known in ("chrom", "msedge")):
            browser += held
        elif "python" in name:
            server += held
    return browser, server


def _told(rows: list[dict[str, Any]], errors: list[str]) -> None:
    settled = [row for row in rows if row["rounds"] >= 1] or rows
    first, last = settled[0], settled[-1]
    for name in ("heap", "browser"):
        grown = 100 * (last[name] / first[name] - 1)
        print(f"{name}: {grown:+.1f} % from minute {first['minute']:.0f} to {last['minute']:.0f}")
    print(f"viewpoints shown: {last['shown']}; errors in the console: {len(errors)}")
    for text in errors[:10]:
        print(f"  {text[:200]}")


if __name__ == "__main__":
    main()

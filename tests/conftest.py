"""Fixtures that many tests share: the real data, the browser, a page that is watched."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from twin.setup import checks

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent

# Software rendering, the same on every machine; no host but this one can be resolved.
BROWSER_ARGUMENTS = [
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--headless=new",
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run browser tests last: Playwright keeps an event loop running in the main thread."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and oracle cases beside the checkout."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"needs the real data in {folder}")
    return folder


@pytest.fixture(scope="session")
def browser_executable() -> Path:
    """The browser of this machine; without one a failure in CI and a skip elsewhere."""
    found = checks.find_browser()
    if found is not None:
        return found
    reason = f"no Chromium, Chrome or Edge was found; name one in {checks.BROWSER_VARIABLE}"
    if checks.in_ci():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium(browser_executable: Path) -> Iterator[Browser]:
    """One headless browser for all browser tests."""
    from playwright.sync_api import sync_playwright  # other tests need no Playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_executable,
            args=BROWSER_ARGUMENTS,
            env={**os.environ, "LANG": "zh_CN.UTF-8"},
        )
        yield browser
        browser.close()


@dataclass(slots=True)
class Visit:
    """A page of the browser and what happened on it.

    ``outside`` holds every address asked for that is not the server's own;
    ``errors`` every error of the page's console and every uncaught exception.
    """

    page: Page
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Visit]]:
    """Open an address in a fresh context: ``visit(url, width=1920, height=1080, **context_options)``."""
    contexts = []

    def open_page(url: str, width: int = 1920, height: int = 1080, **options: Any) -> Visit:
        options.setdefault("locale", "zh-CN")
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        opened = Visit(context.new_page())
        own = urlsplit(url).netloc

        def asked(address: str) -> None:
            parts = urlsplit(address)
            if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != own:
                opened.outside.append(address)

        context.on("request", lambda request: asked(request.url))
        opened.page.on("websocket", lambda socket: asked(socket.url))
        context.on("weberror", lambda problem: opened.errors.append(str(problem.error)))
        context.on(
            "console", lambda entry: opened.errors.append(entry.text) if entry.type == "error" else None
        )
        opened.page.goto(url)
        return opened

    yield open_page
    for context in contexts:
        context.close()

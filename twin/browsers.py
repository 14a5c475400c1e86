"""The Edge, Chrome or Chromium of this machine, wherever it was installed; with the standard library alone."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_NAMES = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge",
    "microsoft-edge-stable", "chrome", "msedge", "brave-browser",
)  # fmt: skip
_MACOS = ("Google Chrome", "Microsoft Edge", "Chromium", "Brave Browser")
_WINDOWS = (
    r"Microsoft\Edge\Application\msedge.exe",
    r"Google\Chrome\Application\chrome.exe",
    r"Chromium\Application\chrome.exe",
)
_APP_PATHS = r"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths"


def installed() -> Path | None:
    """A Chromium, Chrome or Edge of this machine, or None: on the PATH first, then where installers put them."""
    for name in _NAMES:
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    return next((place for place in _places() if place.is_file()), None)


def _places() -> Iterator[Path]:
    """Where installers put browsers that are not on the PATH."""
    for folder in (Path("/Applications"), Path.home() / "Applications"):
        for name in _MACOS:
            yield folder / f"{name}.app" / "Contents" / "MacOS" / name
    for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        root = os.environ.get(variable)
        if root:
            for place in _WINDOWS:
                yield Path(root) / place
    yield from _registered()


def _registered() -> Iterator[Path]:
    """Browsers that the registry of Windows knows, wherever they were installed."""
    if sys.platform != "win32":
        return
    import winreg

    for root in (winreg.HKEY_LOCAL_MACHINE, winreg.HKEY_CURRENT_USER):
        for name in ("msedge.exe", "chrome.exe"):
            with suppress(OSError):
                yield Path(str(winreg.QueryValue(root, rf"{_APP_PATHS}\{name}")).strip('"'))

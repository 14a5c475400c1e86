"""The browser of this machine that draws the pictures of maps: found, started without a window, ended for certain.

Any Edge, Chrome or Chromium will do. It gets a profile of its own in a temporary folder, reaches no host but this
machine, and draws with the processor where there is no graphics card.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from twin import browsers
from twin.errors import InputError

VARIABLE = "TWIN_BROWSER"
AUTO = "auto"
NONE_ZH = f"本机没有找到 Edge、Chrome 或 Chromium；请安装其一，或用 {VARIABLE} 指明其位置。"
NONE_EN = (
    f"no Edge, Chrome or Chromium was found on this machine; install one, or name its place in {VARIABLE}."
)
_ARGUMENTS = (
    "--headless=new",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-quic",
    "--disable-sync",
    "--hide-scrollbars",
    "--mute-audio",
    "--force-device-scale-factor=1",
    "--force-prefers-reduced-motion",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
_SOFTWARE = ("--use-gl=angle", "--use-angle=swiftshader")
_PATIENCE_S = 5.0


def find(named: str = "") -> Path | None:
    """A browser of this machine, or None; ``named`` (a path or a command) goes before all others.

    :class:`twin.errors.InputError` when the named one is not there.
    """
    if named not in ("", AUTO):
        path = Path(named)
        found = str(path) if path.is_file() else shutil.which(named)
        if found is None:
            raise InputError(
                f"{VARIABLE} 指明的浏览器 {named} 不存在；请改正，或留空以自动查找。",
                f"the browser named in {VARIABLE}, {named}, does not exist; correct it, or leave it empty.",
            )
        return Path(found)
    return browsers.installed()


@contextmanager
def opened(executable: Path, address: str, *, software: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    """The browser with one page open at ``address``; on leaving, it and all it started are ended.

    ``software`` makes the processor draw, for graphics cards that refuse. :class:`twin.errors.InputError` when the
    browser cannot be started.
    """
    profile = Path(tempfile.mkdtemp(prefix="twin-browser-"))
    arguments = [
        *_ARGUMENTS,
        *(_SOFTWARE if software else ()),
        *(("--disable-dev-shm-usage",) if sys.platform == "linux" else ()),
        *(("--no-sandbox",) if _is_root() else ()),  # it refuses to start for root otherwise
        f"--user-data-dir={profile}",
        "--window-size=1400,900",
        address,
    ]
    try:
        process = _started(executable, arguments)
        try:
            yield process
        finally:
            end(process)
    finally:
        shutil.rmtree(profile, ignore_errors=True)


def _started(executable: Path, arguments: list[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [str(executable), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        raise InputError(
            f"浏览器 {executable} 无法启动：{error}。", f"the browser {executable} does not start: {error}."
        ) from error


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and everything it started: asked first, killed after some seconds."""
    import psutil  # type: ignore[import-untyped]

    family: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):
        whole = psutil.Process(process.pid)
        family = [*whole.children(recursive=True), whole]
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.terminate()
    _, alive = psutil.wait_procs(family, timeout=_PATIENCE_S)
    for member in alive:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(alive, timeout=_PATIENCE_S)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_PATIENCE_S)


def _is_root() -> bool:
    return sys.platform == "linux" and os.geteuid() == 0

"""``python -m twin doctor``: is everything here that the twin needs, without the internet?"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import duckdb

from twin.errors import TwinError
from twin.remote import running
from twin.settings import Settings
from twin.store import Store

_PINNED = {"duckdb": "1.5.5", "duckdb-extensions": "1.5.5", "duckdb-extension-spatial": "1.5.5"}
_BROWSER_FILES = ("deck.min.js", "deck-json.min.js", "mvt-worker.js")
_FREE_BYTES = 1_000_000_000


def checks(settings: Settings) -> list[dict[str, Any]]:
    """Every check with its outcome and a sentence in each language."""
    return [
        *_python(), *_packages(), *_browser_files(), *_building_models(), *_home(settings), *_settings(settings),
    ]  # fmt: skip


def _check(name: str, ok: bool, zh: str, en: str) -> dict[str, Any]:
    return {"name": name, "ok": ok, "zh": zh, "en": en}


def _python() -> list[dict[str, Any]]:
    text = ".".join(map(str, sys.version_info[:3]))
    ok = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return [
        _check("python", ok, f"Python {text}（需要 3.11 至 3.13）", f"Python {text} (3.11 to 3.13 needed)")
    ]


def _packages() -> list[dict[str, Any]]:
    result = []
    for name, wanted in _PINNED.items():
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "-"
        result.append(
            _check(
                name, found == wanted, f"{name} {found}（需要 {wanted}）", f"{name} {found} ({wanted} needed)"
            )
        )
    return result


def _browser_files() -> list[dict[str, Any]]:
    folder = Path(__file__).parent / "web" / "vendor"
    missing = [name for name in _BROWSER_FILES if not (folder / name).is_file()]
    return [
        _check(
            "browser_files",
            not missing,
            f"浏览器文件{'齐备' if not missing else '缺少：' + ', '.join(missing)}",
            f"browser files {'complete' if not missing else 'missing: ' + ', '.join(missing)}",
        )
    ]


def _building_models() -> list[dict[str, Any]]:
    """Whether building models can be read and meshed; tried in a process of its own, as they are."""
    tried = (
        "import ifcopenshell, ifcopenshell.geom as geom; settings = geom.settings();"
        "geom.iterator(settings, ifcopenshell.file(), 1, geometry_library='hybrid-cgal-simple-opencascade')"
    )
    result = []
    for name, code in (
        ("ifcopenshell", tried),
        ("ifclite-geom", "import ifclite_geom"),
        ("ifctester", "import ifctester.ids"),
    ):
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "-"
        ok = found != "-" and _runs(code)
        state = ("可用", "works") if ok else ("不可用", "does not work")
        result.append(
            _check(
                f"bim:{name}",
                ok,
                f"建筑模型：{name} {found} {state[0]}",
                f"building models: {name} {found} {state[1]}",
            )
        )
    return result


def _runs(code: str) -> bool:
    try:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=120, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _home(settings: Settings) -> list[dict[str, Any]]:
    home = settings.home
    if running(home) is not None:
        return [_check("home", True, f"{home} 由正在运行的服务使用", f"{home} is served right now")]
    try:
        with Store.open(home) as store:
            rows = sum(generation.rows for generation in store.shown.values())
            result = [_check("home", True, f"{home}：{rows:,} 行", f"{home}: {rows:,} rows")]
    except (TwinError, duckdb.Error) as error:
        zh = error.zh if isinstance(error, TwinError) else str(error)
        return [_check("home", False, zh, str(error))]
    free = shutil.disk_usage(home).free
    result.append(
        _check(
            "disk", free > _FREE_BYTES, f"剩余磁盘 {free / 1e9:.1f} GB", f"{free / 1e9:.1f} GB of disk free"
        )
    )
    return result


def _settings(settings: Settings) -> list[dict[str, Any]]:
    return [
        _check(f"setting:{item.name}", True, f"{item.metadata['env']} = {value}", item.metadata["meaning"])
        for item in fields(settings)
        for value in [getattr(settings, item.name)]
    ]

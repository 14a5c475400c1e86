"""The command ``report``: a tour and the indicators as slides, a PDF or pictures.

Through a running server when there is one; else our routes run on a free port of this machine for as long as the
report takes, because a browser has to open the page that draws the maps.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import socket
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from twin import remote
from twin.errors import Cancelled, InputError, TwinError
from twin.remote import Server
from twin.settings import Settings

Result = dict[str, Any]
Progress = Callable[[float, str], None]
NAME = "report"
_FORMATS = {".pptx": "pptx", ".pdf": "pdf", ".zip": "png", "": "png"}
_START_S = 60.0


def add(command: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """Add the command and its options; ``command(name, text)`` makes a parser."""
    parser = command(NAME, "生成汇报材料 a report as slides, PDF or pictures")
    parser.add_argument(
        "--tour", default="standard", metavar="NAME", help="巡览的名称或编号 name or id of a tour"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE",
        help=".pptx、.pdf、.zip 或文件夹（图片） .pptx, .pdf, .zip or a folder (pictures)",
    )  # fmt: skip
    parser.add_argument("--lang", choices=("zh", "en"), help="语言 language; TWIN_LANGUAGE")
    parser.add_argument("--template", default="", metavar="T", help="自己的模板 a template of your own")
    parser.add_argument(
        "--scenario", default="", metavar="ID", help="情景，给出前后对比 scenario, before and after"
    )
    parser.add_argument(
        "--indicators", default="", metavar="NO,NO", help="只含这些指标 only these indicators"
    )
    parser.add_argument("--no-pictures", action="store_true", help="不画地图 without maps")


def run(options: argparse.Namespace, settings: Settings, progress: Progress | None) -> Result:
    """Make a report and write it to ``--out``.

    :class:`InputError` for a file that cannot be written or an unknown format, tour, template or scenario.
    """
    out: Path = options.out
    form = _format_of(out)
    body: Result = {
        "tour": options.tour, "format": form, "lang": options.lang or settings.language,
        "template": options.template, "scenario": options.scenario, "pictures": not options.no_pictures,
        "indicators": _numbers(options.indicators),
    }  # fmt: skip
    server = remote.running(settings.home)
    if server is not None:
        made = _made(server, body, out, progress)
    else:
        with served(settings) as own:
            made = _made(own, body, out, progress)
    files = sorted(str(path) for path in out.rglob("*.png")) if out.is_dir() else [str(out)]
    size = sum(Path(path).stat().st_size for path in files)
    notes = "".join(f"\n! {note['zh']} {note['en']}" for note in made["notes"])
    told = f"{out}  {made['pages']} 页 pages  {made['pictures']} 张地图 maps  {size / 1e6:,.1f} MB{notes}"
    return {
        "file": str(out), "files": files, "bytes": size, "format": form, "pages": made["pages"],
        "pictures": made["pictures"], "views": made["views"], "notes": made["notes"], "text": told,
    }  # fmt: skip


def _format_of(out: Path) -> str:
    form = _FORMATS.get(out.suffix.lower()) if not out.is_dir() else "png"
    if form is None:
        raise InputError(
            f"不能写成 {out.suffix} 文件；可用 .pptx、.pdf、.zip，或给出文件夹。",
            f"a report cannot be a {out.suffix} file; use .pptx, .pdf, .zip, or name a folder.",
        )
    if not out.resolve().parent.is_dir():
        raise InputError(f"目录 {out.parent} 不存在。", f"there is no folder {out.parent}.")
    return form


def _numbers(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isascii() and part.isdigit() and len(part) < 4 for part in parts):
        raise InputError(
            f"--indicators {text[:40]!r} 须是以逗号分隔的指标编号。",
            f"--indicators {text[:40]!r} must be numbers of indicators with commas between them.",
        )
    return [int(part) for part in parts]


def _made(server: Server, body: Result, out: Path, progress: Progress | None) -> Result:
    """Have the server make the report, follow it and fetch it; stopped when the command is."""
    task = server.json("POST", "/api/report", body)
    try:
        while task["status"] in ("waiting", "running"):
            time.sleep(0.2)
            task = server.json("GET", f"/api/tasks/{task['id']}")
            if progress is not None:
                progress(task["progress"], task["stage"].get("zh", ""))
    except KeyboardInterrupt:
        server.json("DELETE", f"/api/tasks/{task['id']}")
        raise
    if task["status"] == "cancelled":
        raise Cancelled("报告已被取消。", "the report was cancelled.")
    if task["status"] != "done":
        error = task["error"]
        kind = TwinError if error["code"] == "fault" else InputError
        raise kind(error["zh"], error["en"])
    made: Result = task["result"]
    if body["format"] == "png" and out.suffix.lower() != ".zip":
        _unpack(server, made, out)
    else:
        server.download(made["address"], out)
    return made


def _unpack(server: Server, made: Result, out: Path) -> None:
    """The pictures of the archive into a folder."""
    out.mkdir(exist_ok=True)
    archive = out / made["file"]
    server.download(made["address"], archive)
    try:
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(out)
    except OSError as error:
        raise InputError(f"无法写入 {out}：{error}。", f"cannot write {out}: {error}.") from error
    finally:
        archive.unlink(missing_ok=True)


@contextmanager
def served(settings: Settings) -> Iterator[Server]:
    """Our routes on a free port of this machine, in this process, until left.

    :class:`TwinError` when they do not come up; what is wrong with the home is told as ever.
    """
    import uvicorn
    from starlette.applications import Starlette

    from twin.store import Store
    from twin.web import server as web

    with Store.open(settings.home, keep_generations=settings.keep_generations):
        pass  # whatever is wrong with the home is said here, in one sentence
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        own = dataclasses.replace(settings, address="127.0.0.1", port=port)
        with _environment(own):
            app = Starlette(routes=web.routes(), lifespan=web.lifespan, middleware=web.middleware())
            uvicorn_server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))
            uvicorn_server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
            thread = threading.Thread(
                target=uvicorn_server.run, args=([listening],), name="routes", daemon=True
            )
            thread.start()
            try:
                limit = time.monotonic() + _START_S
                while not uvicorn_server.started:
                    if not thread.is_alive() or time.monotonic() > limit:
                        raise TwinError("内部服务没有启动。", "the routes did not start.")
                    time.sleep(0.02)
                yield Server(f"http://127.0.0.1:{port}")
            finally:
                uvicorn_server.should_exit = True
                thread.join(20)


@contextmanager
def _environment(settings: Settings) -> Iterator[None]:
    """The application is built from the environment; what was there before comes back."""
    wanted = {
        "TWIN_HOME": str(settings.home.resolve()), "TWIN_ADDRESS": settings.address, "TWIN_PORT": str(settings.port)
    }  # fmt: skip
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

"""``/api/report`` and ``/picture``: reports made, followed and fetched, and the page that draws their maps."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from twin.errors import InputError, TwinError
from twin.indicators import Desk
from twin.report import browser, files, making, pictures, template
from twin.report import request as requests
from twin.report.pictures import Drawn
from twin.web import state
from twin.web.routes.replies import Json, body_object, in_thread
from twin.web.tasks import Task

_ANY_INTERFACE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - recognised, not bound


async def options(request: Request) -> Response:
    """``GET /api/report/options``: formats, languages, templates, the browser that draws, reports at hand."""
    del request
    current = state.current()

    def work() -> dict[str, Any]:
        home = current.settings.home
        found: dict[str, Any] = {"ready": False, "path": None, "text": None}
        try:
            path = browser.find(current.settings.browser)
            found |= {"ready": path is not None, "path": None if path is None else path.name}
            if path is None:
                found["text"] = {"zh": browser.NONE_ZH, "en": browser.NONE_EN}
        except TwinError as error:
            found["text"] = {"zh": error.zh, "en": error.en}
        return {
            "formats": list(requests.FORMATS),
            "languages": list(requests.LANGUAGES),
            "language": current.settings.language,
            "templates": {form: template.names(home, form) for form in requests.FORMATS},
            "template_folder": str(template.folder(home)),
            "browser": found,
            "reports": files.listed(home),
        }

    return Json(await in_thread(work))


async def start(request: Request) -> Response:
    """``POST /api/report``: make a report of a ``tour``; answers with the task that does.

    ``format`` (pptx, pdf, png), ``lang``, ``template``, ``scenario``, ``pictures``, ``viewpoints``, ``indicators``.
    """
    asked = requests.read(await body_object(request))
    current = state.current()

    def check() -> None:
        from twin import scenario
        from twin.briefing import tour

        tour.get(current.store, asked.tour)
        template.find(current.settings.home, asked.template, asked.format)
        if asked.scenario:
            scenario.get(current.store, asked.scenario)

    await in_thread(check)

    def work(task: Task) -> dict[str, Any]:
        desk = Desk(current.store, current.studies, current.runs)

        def draw(views: Sequence[Mapping[str, Any]], folder: Path, told: Callable[[int, int], None]) -> Drawn:
            return pictures.draw(
                current.darkroom,
                views,
                server=_address(),
                folder=folder,
                language=asked.lang,
                named_browser=current.settings.browser,
                report=told,
            )

        return making.make(desk, asked, draw, task.report).as_dict()

    return Json(current.tasks.start(work, lane="report").as_dict(), 202)


async def file(request: Request) -> Response:
    """``GET /api/report/files/{file}``: a finished report."""
    home, name = state.current().settings.home, request.path_params["file"]

    def find() -> tuple[Path, str]:
        path = files.find(home, name)
        known = {item["file"]: item["name"] for item in files.listed(home)}
        return path, known[name]

    path, offered = await in_thread(find)
    return FileResponse(path, media_type=files.MEDIA_TYPES[path.suffix], filename=offered)


async def take(request: Request) -> Response:
    """``GET /api/report/pictures/{token}``: what the page of pictures is to draw; told once."""
    return Json(state.current().darkroom.get(request.path_params["token"]).take())


async def put(request: Request) -> Response:
    """``POST /api/report/pictures/{token}/{key}``: one picture (PNG), or as JSON why there is none.

    The key ``-`` says that nothing can be drawn.
    """
    job, key = state.current().darkroom.get(request.path_params["token"]), request.path_params["key"]
    if request.headers.get("content-type", "").startswith("application/json"):
        told = await body_object(request, 20_000)
        if key == "-":
            job.fail(str(told.get("code", ""))[:40])
        elif isinstance(told.get("missing"), list):
            job.missing[key] = [
                {"zh": str(item.get("zh", ""))[:300], "en": str(item.get("en", ""))[:300]}
                for item in told["missing"][:10]
                if isinstance(item, dict)
            ]
        else:
            job.lack(key, told)
        return Json({"done": job.done})
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > pictures.MOST_BYTES:
            raise InputError("图片过大。", "the picture is too large.")
    await in_thread(job.put, key, bytes(data))
    return Json({"done": job.done})


async def page(request: Request) -> Response:
    """``GET /picture?job=``: the page that a browser without a window opens to draw the maps of a report."""
    language = "en" if request.query_params.get("lang") == "en" else "zh-CN"
    return HTMLResponse(_PAGE.format(language=html.escape(language)))


_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<title>嘉定数字孪生</title>
<link rel="stylesheet" href="/assets/picture/page.css">
<script type="module" src="/assets/picture/main.js"></script>
</head>
<body></body>
</html>
"""


def _address() -> str:
    """Where a browser on this machine finds this server."""
    settings = state.current().settings
    return f"http://{_ANY_INTERFACE.get(settings.address, settings.address)}:{settings.port}"

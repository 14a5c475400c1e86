"""What is in a version of a building model: its shapes for the browser, tree, elements, search, values, reports.

``/models/…`` are the version's files, which never change; ``/api/bim/{model}/…`` is
said of the shown version, or of ``?version=``.
"""

from __future__ import annotations

import gzip
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from twin.errors import InputError, UnknownName
from twin.models import folders
from twin.web import state
from twin.web.routes.replies import Json, in_thread, integer, not_found

_TYPES = {".glb": "model/gltf-binary", ".json": "application/json; charset=utf-8"}
_IMMUTABLE = "private, max-age=31536000, immutable"
_PACK_FROM = 2000


async def file(request: Request) -> Response:
    """``GET /models/{model}/{version}/{file}``: shapes and tree of a version, packed; they never change."""
    model, number, name = (request.path_params[key] for key in ("model", "version", "file"))
    known = (
        folders.IDENTITY.fullmatch(model)
        and folders.NUMBER.fullmatch(number)
        and folders.GEOMETRY.fullmatch(name)
    )
    if not known:
        return not_found(request)
    path = folders.version(state.current().store.home, model, int(number)) / name
    tag = f'"{model}-{number}-{name}"'
    headers = {"ETag": tag, "Cache-Control": _IMMUTABLE, "Vary": "Accept-Encoding"}
    packed = path.with_name(f"{name}.gz")
    if not packed.is_file():
        return not_found(request)
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    media = _TYPES[path.suffix]
    if _takes_gzip(request):
        return FileResponse(packed, media_type=media, headers=headers | {"Content-Encoding": "gzip"})
    return FileResponse(path, media_type=media, headers=headers)


async def tree(request: Request) -> Response:
    """``GET /api/bim/{model}/tree``: the spatial tree with the elements by row."""
    return await _told(
        request, "tree", lambda folder: json.loads((folder / "tree.json").read_text(encoding="utf-8"))
    )


async def elements(request: Request) -> Response:
    """``GET /api/bim/{model}/elements``: key, class, name, storey, kind and method of every element, by columns."""
    from twin.models import tables

    return await _told(request, "elements", lambda folder: tables.read(folder).listed)


async def element(request: Request) -> Response:
    """``GET /api/bim/{model}/elements/{row}``: one element: attributes, property sets, findings, failed checks."""
    from twin.models import contents

    row = integer(request.path_params["row"], "row", 0, 10**7)
    return await _told(request, f"element-{row}", lambda folder: contents.card(folder, row))


async def search(request: Request) -> Response:
    """``GET /api/bim/{model}/search?q=``: elements by name, class, GlobalId or a property's value."""
    from twin.models import tables

    query = request.query_params.get("q", "")[:200]
    limit = integer(request.query_params.get("limit"), "limit", 1, tables.MOST_HITS, default=100)
    return await _told(request, None, lambda folder: tables.read(folder).search(query, limit))


async def values(request: Request) -> Response:
    """``GET /api/bim/{model}/values?by=``: a value for every element to colour by: class, storey, use or a property."""
    from twin.models import tables

    by = request.query_params.get("by", "")[:400]
    return await _told(request, None, lambda folder: tables.read(folder).values(by))


async def properties(request: Request) -> Response:
    """``GET /api/bim/{model}/properties``: what elements can be coloured by, with how many have a value."""
    from twin.models import tables

    return await _told(request, "properties", lambda folder: {"properties": tables.read(folder).colourable})


async def compare(request: Request) -> Response:
    """``GET /api/bim/{model}/compare?before=&after=``: what was added, removed and changed between two versions."""
    from twin.models import contents, register

    store, identity = state.current().store, request.path_params["model"]
    before = integer(request.query_params.get("before"), "before", 1, 10**6)
    after = integer(request.query_params.get("after"), "after", 1, 10**6)

    def make() -> dict[str, Any]:
        entry = register.get(store, identity)
        return contents.compared(
            register.folder(store, entry.id, before), register.folder(store, entry.id, after)
        )

    return _packed(request, await in_thread(make))


async def report(request: Request) -> Response:
    """``GET /api/bim/{model}/report.{format}?lang=``: the check as ``html`` to read or ``json`` to compute with."""
    from twin.models import contents, placing, register

    language = request.query_params.get("lang", "zh")
    if language not in ("zh", "en"):
        raise InputError("lang 须是 zh 或 en。", "lang must be zh or en.")
    wanted = request.path_params["format"]
    if wanted == "json":
        return await _told(request, "report", contents.report_document)
    if wanted != "html":
        raise UnknownName("报告格式须是 html 或 json。", "a report is html or json.")
    current = state.current()

    def make() -> str:
        folder, _ = _version(request)
        entry = register.get(current.store, request.path_params["model"])
        place = register.placement(current.store, entry)
        number = int(folder.name)
        about = current.memo(placing.KEPT, placing.told, entry.id, number, placing.marks(current.store))
        return contents.report_page(
            folder,
            language,
            address=f"/bim?model={entry.id}",
            hypotheses=about["hypotheses"],
            placement=None if place is None else place.as_dict(),
        )

    text = await in_thread(make)
    # A page of its own, without scripts or anything from elsewhere.
    headers = {
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups"
    }
    return Response(text, media_type="text/html; charset=utf-8", headers=headers)


async def issues(request: Request) -> Response:
    """``GET /api/bim/{model}/issues.bcf``: failed checks as issues for authoring tools, BCF 2.1."""
    from twin.models import contents

    home = state.current().store.home
    folder, _ = await in_thread(_version, request)
    target = home / "tmp" / f"issues-{uuid.uuid4().hex}.bcf"
    await in_thread(contents.write_issues, folder, target)
    return FileResponse(
        target, filename="issues.bcf", media_type="application/octet-stream",
        background=BackgroundTask(target.unlink, missing_ok=True),
    )  # fmt: skip


def _version(request: Request) -> tuple[Path, str]:
    """The folder of the version that the request is about, and a mark of it."""
    from twin.models import register

    store = state.current().store
    entry = register.get(store, request.path_params["model"])
    number = integer(request.query_params.get("version"), "version", 1, 10**6, default=entry.version)
    return register.folder(store, entry.id, number), f"{entry.id}-{number}"


async def _told(request: Request, part: str | None, make: Callable[[Path], Any]) -> Response:
    """What ``make`` says of the version; a ``part`` with a name never changes and is not sent twice."""
    folder, mark = await in_thread(_version, request)
    headers = {}
    if part is not None:
        tag = f'"{mark}-{part}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
    return _packed(request, await in_thread(make, folder), headers)


def _packed(request: Request, content: Any, headers: dict[str, str] | None = None) -> Response:
    """JSON, packed where that is worth while."""
    answer = Json(content, headers={**(headers or {}), "Vary": "Accept-Encoding"})
    body = bytes(answer.body)
    if len(body) < _PACK_FROM or not _takes_gzip(request):
        return answer
    return Response(
        gzip.compress(body, 5, mtime=0),
        media_type=Json.media_type,
        headers={**(headers or {}), "Vary": "Accept-Encoding", "Content-Encoding": "gzip"},
    )


def _takes_gzip(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")

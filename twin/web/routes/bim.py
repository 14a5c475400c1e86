"""``/api/bim``: building models in, kept by version, placed, linked to buildings and scenarios.

The body of ``POST /api/bim?name=`` is the file itself, written to disk as it arrives.
What is in a version is told by :mod:`twin.web.routes.models`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from twin import scenario
from twin.errors import InputError
from twin.models.intake import Job
from twin.store import Store, unusable
from twin.web import state
from twin.web.routes import replies
from twin.web.routes.imports import file_name
from twin.web.routes.replies import Json, body_object, in_thread, integer

if TYPE_CHECKING:
    from twin.models.register import Entry

_KEEP: Any = object()


async def receive(request: Request) -> Response:
    """``POST /api/bim?name=FILE[&model=ID]``: a file in, as a new model or the next version of one."""
    current = state.current()
    intake, query = current.intake, request.query_params
    most = intake.limits.file_bytes
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > most:
        raise _too_large(most)
    job = await in_thread(intake.receive, file_name(query.get("name", "")), query.get("model") or None)
    size = 0
    try:
        with job.path.open("wb") as file:
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise _too_large(most)
                file.write(part)
                job.progress = min(1.0, size / int(told)) if told.isdecimal() and int(told) else 0.0
        if size == 0:
            raise InputError("文件是空的。", "the file is empty.")
    except OSError as error:
        await in_thread(intake.forget, job)
        raise unusable(current.store.home, error) from error
    except BaseException:
        intake.cancel(job)
        intake.forget(job)
        raise
    intake.start(job)
    return Json(job.as_dict(), 202)


async def jobs(request: Request) -> Response:
    """``GET /api/bim/jobs``: every model on its way in or ended in this run of the server, newest first."""
    current = state.current()
    listed = [job.as_dict() for job in current.intake.listed()]
    return Json({"jobs": listed, "max_upload_mb": current.settings.bim_max_mb})


async def job(request: Request) -> Response:
    """``GET /api/bim/jobs/{id}``: how far one file has come."""
    return Json(_job(request).as_dict())


async def cancel(request: Request) -> Response:
    """``DELETE /api/bim/jobs/{id}``: stop it; the process that converts it is ended and nothing is kept."""
    found = _job(request)
    await in_thread(state.current().intake.cancel, found)
    return Json(found.as_dict())


async def choose(request: Request) -> Response:
    """``POST /api/bim/jobs/{id}/choose`` with ``{"entries"}``: which models of an archive to take."""
    body = await body_object(request)
    entries = body.get("entries")
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise InputError("entries 须是条目名称的列表。", "entries must be a list of names.")
    found = await in_thread(state.current().intake.choose, _job(request), entries)
    return Json(found[0].as_dict() | {"jobs": [item.as_dict() for item in found]}, 202)


async def listed(request: Request) -> Response:
    """``GET /api/bim``: every model with its version, building and place, and the largest file taken."""
    from twin.models import listing

    current = state.current()

    rows = await in_thread(listing.models, current.store)
    return Json({"models": rows, "max_mb": current.settings.bim_max_mb})


async def shown(request: Request) -> Response:
    """``GET /api/bim/{model}``: one model: versions, document, hypotheses, place, links; ``?version=`` for an older one."""
    from twin.models import contents, placing, register

    current, identity = state.current(), request.path_params["model"]
    asked = request.query_params.get("version")
    wanted = None if asked is None else integer(asked, "version", 1, 10**6)

    def make() -> dict[str, Any]:
        store = current.store
        entry = register.get(store, identity)
        document = register.document(store, entry.id, wanted or entry.version)
        place = register.placement(store, entry)
        now = register.document(store, entry.id, entry.version)
        about = current.memo(placing.KEPT, placing.told, entry.id, entry.version, placing.marks(store))
        return _brief(store, entry) | {
            "versions": [version.as_dict() for version in reversed(entry.versions)],
            "document": document.as_dict(),
            "hypotheses": about["hypotheses"],
            "place_findings": about["findings"],
            "history": [placed.as_dict() for placed in register.history(store, entry.id)],
            "links": [] if place is None else placing.links(store, now, place),
            "doubt": placing.doubt(store, entry, entry.version),
            "check": contents.check_of(register.folder(store, entry.id, entry.version)),
        }

    return Json(await in_thread(make))


async def change(request: Request) -> Response:
    """``PUT /api/bim/{model}``: another ``name``, ``version``, place (``placement`` or ``hypothesis``), ``building``."""
    from twin.models import placing, register

    store, identity = state.current().store, request.path_params["model"]
    body = await body_object(request)
    unknown = set(body) - {"name", "version", "placement", "hypothesis", "building"}
    if unknown or ("placement" in body and "hypothesis" in body):
        raise InputError(
            "可修改 name、version、building，以及 placement 或 hypothesis 之一。",
            "what can be changed is name, version, building, and one of placement and hypothesis.",
        )
    building = body.get("building", _KEEP)
    if building not in (_KEEP, None) and (isinstance(building, bool) or not isinstance(building, int)):
        raise InputError(
            "building 须是建筑编号或 null。", "building must be the number of a building or null."
        )
    if building not in (_KEEP, None) and not 0 <= building < 2**53:
        raise InputError("building 超出范围。", "building is out of range.")
    number = body.get("version")
    if number is not None and (isinstance(number, bool) or not isinstance(number, int)):
        raise InputError("version 须是整数。", "version must be an integer.")
    place = _KEEP if "placement" not in body else body["placement"] and placing.read(body["placement"])

    def make() -> dict[str, Any]:
        entry = register.get(store, identity)
        if number is not None:
            entry = register.show(store, entry.id, number)
        if body.get("name") is not None:
            entry = register.rename(store, entry.id, body["name"])
        if place is not _KEEP:
            entry = (
                placing.put(store, entry, entry.version, place)
                if place
                else register.place(store, entry.id, None)
            )
        if body.get("hypothesis") is not None:
            entry = placing.accept(store, entry, entry.version, str(body["hypothesis"]))
        if building is not _KEEP:
            entry = register.link(store, entry.id, building)
        return _brief(store, entry)

    return Json(await in_thread(make))


async def delete(request: Request) -> Response:
    """``DELETE /api/bim/{model}``: forget a model with all its versions and files."""
    from twin.models import register, tables

    store, identity = state.current().store, request.path_params["model"]
    await in_thread(register.delete, store, identity)
    tables.forget(store.home / "models" / identity)
    return Json({"deleted": identity})


async def control_points(request: Request) -> Response:
    """``POST /api/bim/{model}/control-points``: the place that points known in both systems ask for, not yet applied."""
    from twin.models import placing, register

    store, identity = state.current().store, request.path_params["model"]
    body = await body_object(request)

    def make() -> dict[str, Any]:
        entry = register.get(store, identity)
        return placing.fitted(body.get("points"), register.document(store, entry.id, entry.version))

    return Json(await in_thread(make))


async def building(request: Request) -> Response:
    """``GET /api/bim/{model}/building``: what the building layer says beside what the model says."""
    from twin.models import link, register

    store, identity = state.current().store, request.path_params["model"]
    return Json(await in_thread(lambda: link.compared(store, register.get(store, identity))))


async def update_building(request: Request) -> Response:
    """``POST /api/bim/{model}/building`` with ``{"columns"}``: take values of the model over into the building layer."""
    from twin.models import link, register

    current, identity = state.current(), request.path_params["model"]
    body = await body_object(request)
    columns = body.get("columns")
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise InputError("columns 须是列名的列表。", "columns must be a list of names.")

    def make() -> dict[str, Any]:
        return link.apply(current.store, register.get(current.store, identity), columns, current.settings)

    return Json(await in_thread(make))


async def to_scenario(request: Request) -> Response:
    """``POST /api/bim/{model}/scenario`` with ``{"scenario"}``: the placed model as a planned building of a scenario."""
    from twin.models import planned, register

    store, identity = state.current().store, request.path_params["model"]
    body = await body_object(request)

    def make() -> dict[str, Any]:
        edit = planned.edit_of(store, register.get(store, identity), body)
        return scenario.add_edit(store, str(body.get("scenario") or ""), edit).as_dict()

    return Json(await in_thread(make))


async def placed(request: Request) -> Response:
    """``GET /api/bim/placed?bbox=west,south,east,north``: placed models near, with what a map needs to draw them."""
    from twin.models import listing

    store = state.current().store
    box = replies.box(request.query_params.get("bbox"))

    return Json({"models": await in_thread(listing.drawn, store, box)})


async def footprints(request: Request) -> Response:
    """``GET /api/bim/footprints?bbox=``: outlines of buildings as WKT, for commands that judge a file's place."""
    from twin.analysis import building_works

    store = state.current().store
    box = replies.box(request.query_params.get("bbox"))
    if box is None or box[2] - box[0] > 0.2 or box[3] - box[1] > 0.2:
        raise InputError("bbox 须给出，每边至多 0.2°。", "bbox is needed, at most 0.2 degrees a side.")
    rows = await in_thread(building_works.outlines, store, box)
    return Json({"footprints": [[fid, shape.wkt] for fid, shape in rows]})


async def corrected(request: Request) -> Response:
    """``GET /api/bim/{model}/corrected.ifc``: the file with its accepted place written into it."""
    from twin.models import placing, register

    store, identity = state.current().store, request.path_params["model"]
    folder = Path(tempfile.mkdtemp(prefix="corrected-", dir=store.home / "tmp"))

    def clean() -> None:
        for path in folder.iterdir():
            path.unlink(missing_ok=True)
        folder.rmdir()

    try:
        entry = await in_thread(register.get, store, identity)
        target = folder / "corrected.ifc"
        await in_thread(placing.write_corrected, store, entry, target, state.current().intake.limits)
    except BaseException:
        clean()
        raise
    name = f"{Path(entry.current.file_name).stem}-placed.ifc"
    return FileResponse(target, filename=name, background=BackgroundTask(clean))


def _job(request: Request) -> Job:
    return state.current().intake.get(request.path_params["id"])


def _too_large(most: int) -> InputError:
    return InputError(
        f"文件超过 {most // 1_000_000} MB 的上限；请拆分模型，或调整设置 TWIN_BIM_MAX_MB。",
        f"the file is larger than the limit of {most // 1_000_000} MB; split the model, or raise TWIN_BIM_MAX_MB.",
    )


def _brief(store: Store, entry: Entry) -> dict[str, Any]:
    from twin.models import listing

    return listing.brief(store, entry, listing.buildings(store, [entry]))

"""``/api/imports``: a file in, checked, corrected and brought into the twin.

The body of ``POST /api/imports?name=`` is the file itself, written to disk as it
arrives. The job then goes ``inspecting`` -> ``ready`` -> (user's choices) ->
``importing`` -> ``done``; asking for its state is cheap.
"""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any, cast

from starlette.requests import Request
from starlette.responses import Response

from twin.errors import InputError
from twin.import_options import Choice, Mode, Origin
from twin.jobs import Job
from twin.web import state
from twin.web.routes.replies import Json, body_object, in_thread, integer

if TYPE_CHECKING:
    from twin.ingest import Dataset as FileDataset

_MODES = ("auto", "add", "replace")


async def receive(request: Request) -> Response:
    """``POST /api/imports?name=FILE[&layer=&crs=&now=1&mode=&source=&licence=&date=]``."""
    current = state.current()
    query = request.query_params
    name = file_name(query.get("name", ""))
    layer = _short(query.get("layer"), "layer") or None
    crs = _short(query.get("crs"), "crs") or "auto"
    job = current.jobs.receive(name)
    limit = current.settings.max_upload_mb * 1_000_000
    size = 0
    try:
        with job.path.open("wb") as file:
            async for part in request.stream():
                size += len(part)
                if size > limit:
                    raise InputError(
                        f"文件超过 {current.settings.max_upload_mb} MB 的上限。",
                        f"the file is larger than the limit of {current.settings.max_upload_mb} MB.",
                    )
                file.write(part)
        if size == 0:
            raise InputError("文件是空的。", "the file is empty.")
    except BaseException:
        current.jobs.cancel(job)
        current.jobs.forget(job)
        raise
    if query.get("now") == "1":
        origin = Origin(*(_short(query.get(key), key) for key in ("source", "licence", "date")))
        current.jobs.import_now(job, layer=layer, crs=crs, mode=_mode(query.get("mode")), origin=origin)
    else:
        current.jobs.inspect(job, layer, crs)
    return Json(describe(job), 202)


async def listed(request: Request) -> Response:
    """``GET /api/imports``: every import of this run of the server, and the largest file it takes."""
    current = state.current()
    return Json(
        {
            "imports": [describe(job, brief=True) for job in current.jobs.listed()],
            "max_upload_mb": current.settings.max_upload_mb,
        }
    )


async def shown(request: Request) -> Response:
    """``GET /api/imports/{id}``: state, progress, findings."""
    return Json(describe(state.current().jobs.get(request.path_params["id"])))


async def preview(request: Request) -> Response:
    """``GET /api/imports/{id}/preview/{number}``: GeoJSON of a dataset, as the doctor reads it."""
    return Json(await in_thread(_dataset(request).preview))


async def mapping(request: Request) -> Response:
    """``GET /api/imports/{id}/mapping/{number}?layer=``: the columns proposed for another layer."""
    layer = _short(request.query_params.get("layer"), "layer")
    return Json({"layer": layer, "mapping": await in_thread(_dataset(request).mapping_for, layer)})


def _dataset(request: Request) -> FileDataset:
    """The dataset of an inspected file that the address names."""
    job = state.current().jobs.get(request.path_params["id"])
    datasets = job.inspection.datasets if job.inspection is not None else ()
    number = integer(request.path_params["number"], "number", 0, max(0, len(datasets) - 1))
    if not datasets:
        raise InputError("文件尚未检查完毕。", "the file is not inspected yet.")
    return datasets[number]


async def again(request: Request) -> Response:
    """``POST /api/imports/{id}/inspect`` with ``{"crs", "layer"}``: inspect once more, as told."""
    jobs = state.current().jobs
    job = jobs.get(request.path_params["id"])
    body = await body_object(request)
    jobs.inspect(job, _short(body.get("layer"), "layer") or None, _short(body.get("crs"), "crs") or "auto")
    return Json(describe(job), 202)


async def commit(request: Request) -> Response:
    """``POST /api/imports/{id}/commit`` with the user's choices per dataset."""
    jobs = state.current().jobs
    job = jobs.get(request.path_params["id"])
    body = await body_object(request)
    choices = body.get("datasets")
    if not isinstance(choices, list):
        raise InputError("缺少 datasets。", "datasets is missing.")
    jobs.commit(
        job,
        [_choice(item) for item in choices],
        Origin(*(_short(body.get(key), key) for key in ("source", "licence", "date", "name"))),
    )
    return Json(describe(job), 202)


async def cancel(request: Request) -> Response:
    """``DELETE /api/imports/{id}``: stop it; what it staged is removed."""
    jobs = state.current().jobs
    job = jobs.get(request.path_params["id"])
    jobs.cancel(job)
    return Json(describe(job, brief=True))


def describe(job: Job, *, brief: bool = False) -> dict[str, Any]:
    """A job as plain data."""
    result: dict[str, Any] = {
        "id": job.id,
        "name": job.name,
        "status": job.status,
        "progress": round(job.progress, 3),
        "stage": job.stage,
        "error": job.error,
        "datasets": [
            {
                "id": item.id,
                "layer": item.layer,
                "name": item.name,
                "accepted": item.accepted,
                "rejected": item.rejected,
                "crs": {"declared": item.crs_declared, "found": item.crs_found},
            }
            for item in job.datasets
        ],
    }
    inspection = job.inspection
    if not brief and job.status == "ready" and inspection is not None:
        result["inspection"] = {
            "format": inspection.format,
            "notes": [{"zh": zh, "en": en} for zh, en in inspection.notes],
            "datasets": [_inspected(item) for item in inspection.datasets],
        }
    return result


def _inspected(item: FileDataset) -> dict[str, Any]:
    report = item.crs
    return {
        "name": item.name,
        "kind": item.kind,
        "layer": item.layer,
        "rows": item.rows,
        "columns": [{"name": c.name, "samples": list(c.samples), "filled": c.filled} for c in item.columns],
        "mapping": dict(item.mapping),
        "origin": {"source": item.origin.source, "licence": item.origin.licence, "date": item.origin.date},
        "crs": {
            "declared": report.declared,
            "found": report.found,
            "decided": report.decided,
            "text": {"zh": report.text("zh"), "en": report.text("en")},
            "hypotheses": [
                {"name": hypothesis.name, "evidence_m": hypothesis.evidence_m}
                for hypothesis in report.hypotheses
            ],
        },
    }


def _choice(item: object) -> Choice:
    if not isinstance(item, dict):
        raise InputError("datasets 的每一项须是对象。", "every item of datasets must be an object.")
    mapping = item.get("mapping")
    if mapping is not None and not (
        isinstance(mapping, dict)
        and all(isinstance(key, str) and isinstance(value, str) for key, value in mapping.items())
    ):
        raise InputError(
            "mapping 须是字段名到字段名的对象。", "mapping must map column names to column names."
        )
    return Choice(
        layer=_short(item.get("layer"), "layer"),
        mapping=mapping,
        crs=_short(item.get("crs"), "crs"),
        mode=_mode(item.get("mode")),
        skip=item.get("skip") is True,
    )


def _mode(value: object) -> Mode:
    if value in (None, ""):
        return "auto"
    if value not in _MODES:
        raise InputError("mode 须是 auto、add 或 replace。", "mode must be auto, add or replace.")
    return cast(Mode, value)


def _short(value: object, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > 300:
        raise InputError(
            f"{name} 须是不超过 300 字的文字。", f"{name} must be a text of at most 300 characters."
        )
    return value


def file_name(text: str) -> str:
    """The bare file name a browser sent, without any folder."""
    name = PureWindowsPath(PurePosixPath(text).name).name.strip()
    if not name or name in (".", "..") or len(name) > 200 or any(ord(character) < 32 for character in name):
        raise InputError("缺少有效的文件名 (name)。", "a valid file name is missing (name).")
    return name

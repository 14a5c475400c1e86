"""``/api/conformance``: the functions that the CIM platform standard names, and what fulfils them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from twin import conformance
from twin.errors import InputError
from twin.web.routes.replies import Json, in_thread


async def listed(request: Request) -> Response:
    """``GET /api/conformance``: every function with its clause, state, feature and links; how many are met."""
    return Json(await in_thread(conformance.document))


async def export(request: Request) -> Response:
    """``GET /api/conformance/export.csv?lang=``: the same as a table, in zh or en."""
    language = request.query_params.get("lang", "zh")
    if language not in ("zh", "en"):
        raise InputError("lang 须是 zh 或 en。", "lang must be zh or en.")
    return Response(
        await in_thread(conformance.to_csv, language),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="cim-functions-{language}.csv"'},
    )

"""``/api/indicators``: the plan's indicators, why each number is what it is, and values entered by hand."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from twin.indicators import Desk, report, table
from twin.web import state
from twin.web.routes.replies import Json, body_object, in_thread, integer


async def listed(request: Request) -> Response:
    """``GET /api/indicators?scenario=&coverage=``: all 35 with target, value, status, trend, as-of date and evidence.

    With ``coverage=1`` a 5G run is computed if none is at hand, which takes tens of seconds.
    """
    scenario, coverage = _asked(request)
    return Json(await in_thread(lambda: report.summary(_desk(), scenario=scenario, coverage=coverage)))


async def shown(request: Request) -> Response:
    """``GET /api/indicators/{no}?scenario=&coverage=``: one of them with its history."""
    no = _number(request)
    scenario, coverage = _asked(request)
    return Json(await in_thread(lambda: report.one(_desk(), no, scenario=scenario, coverage=coverage)))


async def enter(request: Request) -> Response:
    """``POST /api/indicators/{no}``: enter a value with its date and source; a null value takes the date back."""
    no = _number(request)
    body = await body_object(request)
    return Json(await in_thread(report.set_value, _desk(), no, body), 201)


def _desk() -> Desk:
    current = state.current()
    return Desk(current.store, current.studies, current.runs)


def _number(request: Request) -> int:
    return table.get(integer(request.path_params["no"], "no", 0, 10**6)).no


def _asked(request: Request) -> tuple[str, bool]:
    return request.query_params.get("scenario", ""), request.query_params.get("coverage") == "1"

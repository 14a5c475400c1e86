"""``/api/indicators``: the plan's indicators, why each number is what it is, and values entered by hand."""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twin.errors import InputError
from twin.indicators import Desk, computed, report, table
from twin.web import state
from twin.web.routes.coverage import STAGES
from twin.web.routes.replies import Json, body_object, in_thread, integer
from twin.web.tasks import Task


async def listed(request: Request) -> Response:
    """``GET /api/indicators?scenario=&coverage=&wait=``: all 35 with target, value, status, trend, as-of date, evidence.

    Answers at once: what takes long is told as it was last computed, with ``computing`` while it is computed anew. With
    ``wait=1``, a scenario, or a 5G run by ``coverage=1``, that is waited for. Asked again with its ETag, the answer is
    304 while nothing has changed.
    """
    scenario, coverage, desk = _asked(request)
    reply = Json(await in_thread(lambda: report.summary(desk, scenario=scenario, coverage=coverage)))
    tag = f'"{hashlib.blake2b(reply.body, digest_size=10).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    reply.headers.update(headers)
    return reply


async def shown(request: Request) -> Response:
    """``GET /api/indicators/{no}?scenario=&coverage=&wait=``: one of them with its history."""
    no = _number(request)
    scenario, coverage, desk = _asked(request)
    return Json(await in_thread(lambda: report.one(desk, no, scenario=scenario, coverage=coverage)))


async def enter(request: Request) -> Response:
    """``POST /api/indicators/{no}``: enter a value with its date and source; a null value takes the date back."""
    no = _number(request)
    body = await body_object(request)
    return Json(await in_thread(report.set_value, _desk(), no, body), 201)


async def compute(request: Request) -> Response:
    """``POST /api/indicators/{no}/compute``: compute one now, however long it takes; answers with the task's id."""
    no = _number(request)
    how = computed.registry().get(no)
    if how is None:
        raise InputError(
            f"第 {no} 项指标不由系统计算；请录入数值及其来源。",
            f"indicator {no} is not computed by the twin; enter a value with its source.",
        )
    current = state.current()

    def work(task: Task) -> Any:
        if how.cost == "run":
            from twin.analysis.coverage_5g.parameters import Parameters

            current.runs.base(
                Parameters(),
                lambda stage, share: task.report(share * 0.9, STAGES.get(stage)),
                task.stop.is_set,
            )
        task.report(0.95, {"zh": "汇总", "en": "tables"})
        found = report.one(Desk(current.store, current.studies, current.runs), no, coverage=True)
        if found["not_computed"] is not None:
            raise InputError(found["not_computed"]["zh"], found["not_computed"]["en"])
        return {"no": no, "value": found["computed"], "as_of": found["as_of"]}

    return Json(current.tasks.start(work).as_dict(), 202)


def _desk(*, waiting: bool = False) -> Desk:
    """What requests read: at once and without writing, unless the answer is to be waited for."""
    current = state.current()
    if waiting:
        return Desk(current.store, current.studies, current.runs)
    return current.ledger.reading()


def _number(request: Request) -> int:
    return table.get(integer(request.path_params["no"], "no", 0, 10**6)).no


def _asked(request: Request) -> tuple[str, bool, Desk]:
    """The scenario, whether a 5G run may be computed, and the desk the answer is read at."""
    query = request.query_params
    scenario, coverage = query.get("scenario", ""), query.get("coverage") == "1"
    return scenario, coverage, _desk(waiting=bool(scenario) or coverage or query.get("wait") == "1")

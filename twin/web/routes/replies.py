"""How routes answer: JSON, problems (RFC 9457) and the one table from error to status."""

from __future__ import annotations

import datetime as dt
import json
import logging
import math
import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from twin.errors import InputError, TwinError, http_status

_log = logging.getLogger(__name__)
_INTEGER = re.compile(r"-?[0-9]{1,18}")
Result = TypeVar("Result")
Endpoint = Callable[[Request], Awaitable[Response]]


class Json(JSONResponse):
    """JSON as the whole API writes it: UTF-8, no NaN, dates in ISO 8601."""

    def render(self, content: Any) -> bytes:
        """Compact bytes of ``content``."""
        return json.dumps(
            _plain(content), ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).encode()


def problem(status: int, code: str, zh: str, en: str) -> Response:
    """A JSON problem with one sentence in each language."""
    body = {
        "type": "about:blank",
        "status": status,
        "code": code,
        "title": en,
        "detail": {"zh": zh, "en": en},
    }
    return Json(body, status, media_type="application/problem+json")


def not_found(request: Request) -> Response:
    """The answer to an address that does not exist."""
    path = request.url.path[:120]
    return problem(404, "not_found", f"没有这个地址：{path}", f"there is nothing at {path}")


def guarded(endpoint: Endpoint) -> Endpoint:
    """``endpoint`` with every error turned into a problem; only faults of ours are logged."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except TwinError as error:
            return problem(http_status(error), error.code, error.zh, error.en)
        except UnicodeError:
            return problem(
                400, "bad_input", "地址或内容不是有效的 UTF-8。", "the address or body is not valid UTF-8."
            )
        except Exception:  # noqa: BLE001 - no traceback leaves the server
            _log.exception("%s %s", request.method, request.url.path)
            return problem(
                500, "fault", "服务内部错误，详情见日志。", "a fault of ours; see the server's log."
            )

    return answer


async def in_thread(work: Callable[..., Result], *arguments: Any) -> Result:
    """Run blocking ``work`` beside the event loop."""
    return await anyio.to_thread.run_sync(work, *arguments)


def integer(text: str | None, name: str, low: int, high: int, default: int | None = None) -> int:
    """An ASCII integer of a path or query within limits; :class:`InputError` otherwise."""
    if text is None and default is not None:
        return default
    if text is None or not _INTEGER.fullmatch(text) or not low <= int(text) <= high:
        raise InputError(
            f"参数 {name} 须是 {low} 到 {high} 之间的整数。",
            f"{name} must be an integer from {low} to {high}.",
        )
    return int(text)


def box(text: str | None) -> tuple[float, float, float, float] | None:
    """A box of a query, "west,south,east,north" in degrees; None when there is none."""
    if not text:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = math.nan
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InputError(
            "bbox 须是西、南、东、北的经纬度。", "bbox must be west,south,east,north in degrees."
        )
    return west, south, east, north


async def body_object(request: Request, limit: int = 1_000_000) -> dict[str, Any]:
    """The JSON object in the body; :class:`InputError` for anything else."""
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > limit:
            raise InputError("请求内容过大。", "the body is too large.")
    try:
        value = json.loads(data or b"{}")
    except (ValueError, RecursionError):
        raise InputError("请求内容不是 JSON。", "the body is not JSON.") from None
    if not isinstance(value, dict):
        raise InputError("请求内容须是 JSON 对象。", "the body must be a JSON object.")
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    return value

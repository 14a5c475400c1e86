"""The head that is put into the document of every page, and into nothing else."""

from __future__ import annotations

import gzip

import anyio
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message

from twin.web.shell import Shell

PAGE = "<html><head><title>x</title></head><body>" + "数据" * 800 + "</body></html>"
BROWSER = {"accept": "text/html,*/*", "accept-encoding": "gzip", "if-none-match": '"1"'}


async def page(request: Request) -> Response:
    assert "if-none-match" not in request.headers
    return HTMLResponse(PAGE, headers={"etag": '"1"', "last-modified": "now"})


async def pieces(request: Request) -> Response:
    del request

    async def parts():
        for start in range(0, len(PAGE), 100):
            yield PAGE[start : start + 100]

    return StreamingResponse(parts(), media_type="text/html")


async def data(request: Request) -> Response:
    return JSONResponse(
        {"html": "</head>", "encoding": request.headers.get("accept-encoding")}, headers={"etag": '"2"'}
    )


APP = Starlette(
    routes=[Route("/", page), Route("/pieces", pieces), Route("/data", data)],
    middleware=[Middleware(Shell), Middleware(GZipMiddleware, minimum_size=500)],
)


async def ask(path: str, headers: dict[str, str]) -> tuple[dict[str, str], bytes]:
    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1),
    }  # fmt: skip
    sent: list[Message] = []

    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError("nothing is ever received")

    async def send(message: Message) -> None:
        sent.append(message)

    await APP(scope, receive, send)
    answer = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return answer, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/", "/pieces"])
async def test_a_page_gets_our_head_once(path: str) -> None:
    headers, body = await ask(path, BROWSER)
    text = body.decode()
    assert text.count("BACKEND_BASE_URL") == 1
    assert text.index("BACKEND_BASE_URL") < text.index("</head>")
    assert text.endswith("</body></html>")
    assert headers["content-length"] == str(len(body))
    assert not {"etag", "last-modified", "content-encoding"} & set(headers)


@pytest.mark.anyio
async def test_anything_else_passes_unchanged() -> None:
    headers, body = await ask("/data", {"accept": "*/*", "accept-encoding": "gzip"})
    assert headers["etag"] == '"2"'
    assert body == b'{"html":"</head>","encoding":"gzip"}'
    headers, body = await ask("/", {"accept": "*/*", "accept-encoding": "gzip"})
    assert gzip.decompress(body).decode() == PAGE

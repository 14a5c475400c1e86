"""The browser fixtures themselves: they draw with WebGL and see every request and error."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Visit

PAGE = """<!doctype html><meta charset=utf-8><link rel=icon href="data:,"><title>测试</title>
<canvas id=c></canvas><script>
const gl = document.getElementById("c").getContext("webgl2");
window.version = gl.getParameter(gl.VERSION);
new Worker(URL.createObjectURL(new Blob(["fetch('http://worker.invalid/x').catch(() => 0)"])));
fetch("http://outside.invalid/y").catch(() => console.error("no way out"));
</script>"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    handler = functools.partial(_Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.mark.browser
def test_a_visit_draws_and_sees_what_leaves_the_server(visit: Callable[..., Visit], address: str) -> None:
    seen = visit(address, width=800, height=600)
    seen.page.wait_for_timeout(500)
    assert seen.page.title() == "测试"
    assert seen.page.evaluate("version").startswith("WebGL 2.0")
    assert {"http://outside.invalid/y", "http://worker.invalid/x"} <= set(seen.outside)
    assert "no way out" in seen.errors


@pytest.mark.browser
def test_a_quiet_page_leaves_no_trace(visit: Callable[..., Visit], address: str, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<meta charset=utf-8><link rel=icon href="data:,"><p>好', encoding="utf-8"
    )
    seen = visit(address)
    assert seen.page.inner_text("p") == "好"
    assert seen.outside == []
    assert seen.errors == []

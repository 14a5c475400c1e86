"""Commands through a running server, because DuckDB has one writer process.

A server leaves ``server.json`` in its home; a command that finds a live one
there speaks loopback HTTP instead of opening the store.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from typing import Any, cast

from twin.errors import InputError, TwinError

Progress = Callable[[float, str], None]
_ANY_INTERFACE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - recognised, not bound


@dataclass(frozen=True, slots=True)
class Server:
    """A running server on a home."""

    base: str

    def json(self, method: str, path: str, body: object = None) -> Any:
        """The JSON answer; :class:`InputError` with the server's own sentence when it refuses."""
        data = None if body is None else json.dumps(body).encode()
        with self.open(method, path, data) as answer:
            return json.load(answer)

    def download(self, path: str, target: Path, method: str = "GET") -> None:
        """Write an answer to a file, complete or not at all."""
        part = target.with_name(target.name + ".part")
        try:
            with (
                self.open(method, path, b"" if method == "POST" else None) as answer,
                part.open("wb") as file,
            ):
                while block := answer.read(1 << 20):
                    file.write(block)
            part.replace(target)
        except OSError as error:
            raise InputError(f"无法写入 {target}：{error}。", f"cannot write {target}: {error}.") from error
        finally:
            part.unlink(missing_ok=True)

    def import_file(
        self, path: Path, options: dict[str, str], progress: Progress | None
    ) -> list[dict[str, Any]]:
        """Send a file and follow its import to the end; the datasets it became."""
        query = urllib.parse.urlencode({"name": path.name, "now": "1", **options})
        job = self._upload(f"/api/imports?{query}", path)
        while job["status"] in ("waiting", "inspecting", "importing"):
            time.sleep(0.2)
            job = self.json("GET", f"/api/imports/{job['id']}")
            if progress is not None:
                progress(job["progress"], job["stage"])
        if job["status"] != "done":
            error = job["error"] or {"zh": "导入已取消。", "en": "the import was cancelled."}
            raise InputError(error["zh"], error["en"])
        return cast(list[dict[str, Any]], job["datasets"])

    def add_model(self, path: Path, model: str | None, progress: Progress | None) -> dict[str, Any]:
        """Send a building model and follow its conversion to the end; the job it was."""
        query = urllib.parse.urlencode({"name": path.name} | ({"model": model} if model else {}))
        job = self._upload(f"/api/bim?{query}", path)
        while job["status"] not in ("done", "failed", "cancelled", "choosing"):
            time.sleep(0.2)
            job = self.json("GET", f"/api/bim/jobs/{job['id']}")
            if progress is not None:
                progress(job["progress"], job["stage"]["zh"])
        if job["status"] == "choosing":
            self.json("DELETE", f"/api/bim/jobs/{job['id']}")
            names = job["entries"]
            raise InputError(
                f"压缩包中有 {len(names)} 个模型，请逐个添加：{'、'.join(names[:10])}。",
                f"the archive holds {len(names)} models; add them one by one: {', '.join(names[:10])}.",
            )
        if job["status"] != "done":
            error = job["error"] or {"zh": "转换已取消。", "en": "the conversion was cancelled."}
            raise InputError(error["zh"], error["en"])
        return job

    def _upload(self, address: str, path: Path) -> dict[str, Any]:
        """Stream a file to a route that answers with a job."""
        with path.open("rb") as file:
            request = urllib.request.Request(  # noqa: S310 - always http to loopback
                self.base + address,
                data=file,
                method="POST",
                headers={
                    "Content-Length": str(path.stat().st_size),
                    "Content-Type": "application/octet-stream",
                },
            )
            return cast(dict[str, Any], json.load(self._send(request)))

    def open(self, method: str, path: str, data: bytes | None = None) -> HTTPResponse:
        """The answer to one request, to be read and closed."""
        headers = {"Content-Type": "application/json"} if data is not None else {}
        return self._send(
            urllib.request.Request(  # noqa: S310 - always http to loopback
                self.base + path, data=data, method=method, headers=headers
            )
        )

    @staticmethod
    def _send(request: urllib.request.Request) -> HTTPResponse:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            return cast(HTTPResponse, opener.open(request, timeout=600))
        except urllib.error.HTTPError as error:
            try:
                detail = json.load(error)["detail"]
            except (ValueError, KeyError, TypeError):
                detail = {"zh": f"服务返回 {error.code}。", "en": f"the server answered {error.code}."}
            raise InputError(detail["zh"], detail["en"]) from error
        except OSError as error:
            raise TwinError(
                f"与服务的连接中断：{error}。", f"the connection to the server broke: {error}."
            ) from error


def running(home: Path) -> Server | None:
    """The server that has ``home`` open, if one answers."""
    try:
        told = json.loads((home / "server.json").read_text(encoding="utf-8"))
        host = _ANY_INTERFACE.get(told["address"], told["address"])
        server = Server(f"http://{host}:{int(told['port'])}")
        with server.open("GET", "/healthz") as answer:
            return server if answer.status == 200 else None
    except (OSError, ValueError, KeyError, TypeError, TwinError):
        return None

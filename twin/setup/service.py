"""Start the server, wait until it answers, open the browser, and stop it cleanly."""

from __future__ import annotations

import errno
import http
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import webbrowser
from pathlib import Path
from types import FrameType
from typing import Any, Self

from twin.errors import HomeUnusable, SetupError
from twin.settings import Settings
from twin.setup import environment
from twin.setup.checks import in_ci
from twin.setup.console import say

HOME_BYTES = 1_000_000_000
"""Free space that a new home asks for: the demonstration city and its generations."""

UNFINISHED = "demo.unfinished"
"""File in the home while the demonstration city is built; left by a build that was cut off."""

_READY_S = 120.0
_STOP_S = 20.0


def check_home(home: Path) -> None:
    """:class:`twin.errors.HomeUnusable` when ``home`` cannot be written or its disk is full."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home) as probe:
            probe.write(b"\0")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise HomeUnusable(
                f"数据文件夹 {home} 所在磁盘已满；请清理，或用 --home 指定其他文件夹。",
                f"the disk of the home folder {home} is full; make room or name another folder with --home.",
            ) from None
        raise HomeUnusable(
            f"数据文件夹 {home} 不可写（{error.strerror}）；请修改权限，或用 --home 指定其他文件夹。",
            f"the home folder {home} cannot be written to ({error.strerror}); "
            "change its permissions or name another with --home.",
        ) from None
    if needs_demo(home) and shutil.disk_usage(home).free < HOME_BYTES:
        free = shutil.disk_usage(home).free / 1e9
        raise HomeUnusable(
            f"数据文件夹 {home} 所在磁盘只剩 {free:.1f} GB，至少需要 {HOME_BYTES / 1e9:.0f} GB；"
            "请清理，或用 --home 指定其他文件夹。",
            f"the disk of the home folder {home} has {free:.1f} GB left and at least "
            f"{HOME_BYTES / 1e9:.0f} GB are needed; make room or name another folder with --home.",
        )


def check_port(address: str, port: int) -> None:
    """:class:`twin.errors.SetupError` when nothing can listen on ``port`` of ``address``."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if os.name != "nt":  # there it would let us share a port that is in use
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except PermissionError:
            raise SetupError(
                f"没有权限使用端口 {port}；请用 --port 指定 1024 以上的端口。",
                f"port {port} may not be used by this account; name one above 1024 with --port.",
            ) from None
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise SetupError(
                    f"无法在地址 {address} 上监听（{error.strerror}）；请检查 TWIN_ADDRESS。",
                    f"cannot listen on the address {address} ({error.strerror}); check TWIN_ADDRESS.",
                ) from None
            raise _port_taken(address, port) from None


def _port_taken(address: str, port: int) -> SetupError:
    if answers(address, port):
        return SetupError(
            f"端口 {port} 上已有一个数字孪生在运行：请打开 {url(address, port)}，或用 --port 指定其他端口。",
            f"a twin already runs on port {port}: open {url(address, port)}, "
            "or name another port with --port.",
        )
    return SetupError(
        f"端口 {port} 已被其他程序占用；请用 --port 指定其他端口，例如 --port {port + 1}。",
        f"port {port} is taken by another program; name another with --port, for example --port {port + 1}.",
    )


def url(address: str, port: int) -> str:
    """The address to open in a browser on this machine."""
    return f"http://{_reachable(address)}:{port}"


def _reachable(address: str) -> str:
    """A host name under which a server listening on ``address`` answers here."""
    if address in ("", "0.0.0.0", "::", "127.0.0.1"):  # noqa: S104 - compared, not listened on
        return "localhost"
    return f"[{address}]" if ":" in address else address


def answers(address: str, port: int) -> bool:
    """Whether a twin's ``/healthz`` answers 200 there."""
    host = "127.0.0.1" if _reachable(address) == "localhost" else address
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        status: int = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return status == http.HTTPStatus.OK


def needs_demo(home: Path) -> bool:
    """Whether ``home`` has nothing in it yet, or a demonstration city that was cut off."""
    return not (home / "twin.duckdb").exists() or (home / UNFINISHED).exists()


def build_demo(home: Path) -> int:
    """Build the demonstration city where the home is new; the command's exit code."""
    if not needs_demo(home):
        return 0
    say(
        "首次启动：正在生成演示城市（合成数据），约需一分钟 ...",
        "First start: building the demonstration city (synthetic data), about a minute ...",
    )
    (home / UNFINISHED).touch()
    code = subprocess.run(
        twin_command("demo", home), cwd=environment.ROOT, env=environment.child_environment(), check=False
    ).returncode
    if code == 0:
        (home / UNFINISHED).unlink()
    return exit_status(code)


def twin_command(name: str, home: Path, *options: str) -> list[str]:
    """The command line of ``python -m twin NAME --home HOME``."""
    return [str(environment.python()), "-m", "twin", name, "--home", str(home), *options]


def serve(settings: Settings, open_browser: bool) -> int:
    """Run the server until it ends or we are told to stop; its exit code."""
    command = twin_command("serve", settings.home, "--port", str(settings.port))
    group = None if os.name == "nt" else 0  # its own: Ctrl-C reaches us alone and is passed on once
    with (
        _StopRequests() as stop,
        subprocess.Popen(
            command, cwd=environment.ROOT, env=environment.child_environment(), process_group=group
        ) as server,
    ):
        stop.pass_on_to(server)
        if _wait_until_ready(server, settings):
            _announce(url(settings.address, settings.port), open_browser)
        code = server.wait()
    if stop.asked:
        return 0
    if code == 1 or code < 0:
        say(
            f"服务器意外停止（代码 {code}）；请重新运行 run.py，若再次发生请报告上面的输出。",
            f"the server stopped unexpectedly (code {code}); "
            "start run.py again, and if it happens again report the output above.",
        )
    return exit_status(code)


def _announce(address: str, open_browser: bool) -> None:
    sys.stdout.write(f"嘉定数字孪生 / Jiading city twin: {address}\n")
    sys.stdout.flush()
    say("按 Ctrl-C 停止。", "Press Ctrl-C to stop.")
    if open_browser and not in_ci() and _has_screen():
        webbrowser.open(address)


def exit_status(code: int) -> int:
    """Exit code to end with for a child's ``code``, which is negative after a signal."""
    return code if code >= 0 else 128 - code


def _wait_until_ready(server: subprocess.Popen[bytes], settings: Settings) -> bool:
    """True when the server answers, False when it ended before; told to end if it takes too long."""
    deadline = time.monotonic() + _READY_S
    while server.poll() is None:
        if answers(settings.address, settings.port):
            return True
        if time.monotonic() > deadline:
            say(
                f"服务器在 {_READY_S:.0f} 秒内没有就绪，已停止；请重新运行 run.py。",
                f"the server was not ready within {_READY_S:.0f} s and was stopped; start run.py again.",
            )
            _end(server)
            return False
        time.sleep(0.05)
    return False


class _StopRequests:
    """Takes the requests to stop (Ctrl-C, SIGTERM, a closed terminal) and passes them on to the server.

    The first asks the server to finish; a second does not wait for that.
    """

    def __init__(self) -> None:
        self.asked = False
        self._server: subprocess.Popen[bytes] | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
        for number in (getattr(signal, name) for name in names if hasattr(signal, name)):
            self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def pass_on_to(self, server: subprocess.Popen[bytes]) -> None:
        """Name the server; a request that came before is passed on now."""
        self._server = server
        if self.asked:
            server.terminate()

    def _take(self, _number: int, _frame: FrameType | None) -> None:
        if self._server is not None and self.asked:
            self._server.kill()
        elif self._server is not None and os.name != "nt":  # on Windows the console itself tells it
            self._server.terminate()
        self.asked = True


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        server.kill()


def _has_screen() -> bool:
    """Whether a browser window can be opened; a text browser would take over the terminal."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))

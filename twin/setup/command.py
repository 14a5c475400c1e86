"""The commands of ``run.py`` and their options."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from twin.errors import InputError, TwinError, exit_code
from twin.settings import Settings
from twin.setup import browser_files, checks, console, environment, service, wheelhouse

_INTERRUPTED = 130

_ABOUT = """\
嘉定数字孪生 / Jiading city twin

  python3 run.py                     安装并启动 / set up and start
  python3 run.py setup               只安装 / set up only
  python3 run.py test [pytest ...]   安装并运行全部检查 / set up and run every check
  python3 run.py bundle [DIR]        制作离线包 / make a wheelhouse for machines without a network
"""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are our sentences."""

    def error(self, message: str) -> NoReturn:
        raise InputError(
            f"命令行有误：{message}；请运行 python3 run.py --help 查看用法。",
            f"the command line is not right: {message}; see python3 run.py --help.",
        )


def main(arguments: list[str]) -> int:
    """Run one command of ``run.py``; the exit code (0 done, 2 a plain sentence was told)."""
    console.prepare()
    known: dict[str, Callable[[list[str]], int]] = {
        "start": _start,
        "setup": _setup,
        "test": _test,
        "bundle": _bundle,
    }
    name, rest = (
        (arguments[0], arguments[1:]) if arguments and arguments[0] in known else ("start", arguments)
    )
    try:
        return known[name](rest)
    except TwinError as error:
        console.complain(error)
        return exit_code(error)
    except KeyboardInterrupt:
        console.say("\n已停止；再次运行会接着进行。", "Stopped; run it again to go on.")
        return _INTERRUPTED
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        console.say(
            f"系统拒绝了一次操作（{place}{error.strerror}）；请检查权限和磁盘空间后重试。",
            f"the system refused an operation ({place}{error.strerror}); "
            "check permissions and disk space and try again.",
        )
        return 2


def _parser(name: str) -> argparse.ArgumentParser:
    parser = _Parser(
        prog=f"run.py {name}".removesuffix(" start"),
        description=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    if name != "bundle":
        parser.add_argument(
            "--offline", type=Path, metavar="DIR", help="从离线包安装 / install from a folder made by bundle"
        )
    return parser


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("1-65535")
    return int(text)


def _set_up(offline: Path | None, *more: environment.Lock) -> None:
    environment.check_wheelhouse(offline)
    environment.ensure([environment.RUNTIME, *more], offline)
    browser_files.ensure(offline)


def _start(arguments: list[str]) -> int:
    parser = _parser("start")
    parser.add_argument("--port", type=_port, help="端口，默认 8501 / port, 8501 unless named")
    parser.add_argument("--home", type=Path, help="数据文件夹 / folder of the data")
    parser.add_argument("--no-browser", action="store_true", help="不打开浏览器 / do not open the browser")
    options = parser.parse_args(arguments)
    settings = Settings.from_environment(home=options.home, port=options.port)
    settings = replace(settings, home=settings.home.absolute())  # the server runs in another folder
    service.check_port(settings.address, settings.port)
    service.check_home(settings.home)
    _set_up(options.offline)
    code = service.build_demo(settings.home)
    return code or service.serve(settings, open_browser=not options.no_browser)


def _setup(arguments: list[str]) -> int:
    options = _parser("setup").parse_args(arguments)
    _set_up(options.offline)
    console.say("安装完成；启动：python3 run.py", "Set-up is complete; to start: python3 run.py")
    return 0


def _test(arguments: list[str]) -> int:
    options, pytest_arguments = _parser("test").parse_known_args(arguments)
    _set_up(options.offline, environment.TESTING)
    return checks.run(pytest_arguments, options.offline)


def _bundle(arguments: list[str]) -> int:
    parser = _parser("bundle")
    parser.add_argument("folder", type=Path, nargs="?", default=Path("wheelhouse"), metavar="DIR")
    parser.add_argument(
        "--platform", choices=sorted(wheelhouse.PLATFORMS), help="目标系统 / system to install on"
    )
    parser.add_argument("--python", choices=wheelhouse.PYTHONS, help="目标 Python 版本 / its Python version")
    options = parser.parse_args(arguments)
    _set_up(None)
    wheelhouse.make(options.folder.absolute(), options.platform, options.python)
    return 0

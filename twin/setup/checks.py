"""``run.py test``: every check of the project, each run whatever the ones before it said."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from twin import browsers
from twin.setup import environment
from twin.setup.console import say, step

BROWSER_VARIABLE = "TWIN_TEST_BROWSER"
DEBIAN_PACKAGES = ("chromium", "fonts-noto-cjk")

_MOST_WORKERS = 4
"""Processes of tests at once: each may hold a gigabyte."""

_LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def run(pytest_arguments: list[str], offline: Path | None) -> int:
    """Run all checks, print what each said, and return 0 only when all passed."""
    variables = environment.child_environment()
    browser = ensure_browser(offline)
    results: dict[str, str] = {}
    if browser is not None:
        variables[BROWSER_VARIABLE] = str(browser)
    elif in_ci():
        results["browser"] = "missing"
        say(
            "未找到浏览器，而 CI 必须运行浏览器测试。",
            "No browser was found, and CI must run the browser tests.",
        )
    else:
        say(
            "未找到 Chromium、Chrome 或 Edge，将跳过浏览器测试。",
            "Neither Chromium, Chrome nor Edge was found; the browser tests are skipped.",
        )
    for name, arguments in commands(pytest_arguments).items():
        sys.stderr.write(f"\n=== {name}\n")
        sys.stderr.flush()
        code = subprocess.run(
            [str(environment.python()), *arguments], cwd=environment.ROOT, env=variables, check=False
        ).returncode
        results[name] = "ok" if code == 0 else f"failed ({code})"
    sys.stderr.write("\n" + "\n".join(f"{name:<16}{result}" for name, result in results.items()) + "\n")
    sys.stderr.flush()
    return 0 if all(result == "ok" for result in results.values()) else 1


def commands(pytest_arguments: list[str]) -> dict[str, list[str]]:
    """Each check's name and the arguments that the environment's Python runs it with.

    All tests are run in two parts: those without a browser side by side, one process a core and whole modules in each,
    then those with one after another, because one browser in software rendering keeps every core busy.
    """
    tests = {"pytest": ["-m", "pytest", *pytest_arguments]}
    if not pytest_arguments:
        workers = str(min(_MOST_WORKERS, os.cpu_count() or 1))
        tests = {
            "pytest": ["-m", "pytest", "-n", workers, "--dist", "loadfile", "-m", "not browser"],
            "pytest browser": ["-m", "pytest", "-m", "browser"],
        }
    return {
        "ruff check": ["-m", "ruff", "check", "."],
        "ruff format": ["-m", "ruff", "format", "--check", "."],
        "mypy": ["-m", "mypy"],
        "import-linter": ["-c", _LINT_IMPORTS],
        **tests,
    }


def in_ci() -> bool:
    """Whether a continuous-integration service runs us."""
    return os.environ.get("CI", "").lower() in ("1", "true")


def ensure_browser(offline: Path | None) -> Path | None:
    """A browser for the tests: the named one, Debian's when we may install it, else one found."""
    if offline is None and _may_install():
        _install_from_debian()
    return find_browser()


def find_browser() -> Path | None:
    """A Chromium, Chrome or Edge of this machine, or None."""
    named = os.environ.get(BROWSER_VARIABLE)
    if named:
        return Path(named) if Path(named).is_file() else None
    return browsers.installed()


def _may_install() -> bool:
    """Whether this is Debian, we are root, and one of the packages is missing."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    if "ID=debian" not in Path("/etc/os-release").read_text(encoding="utf-8").splitlines():
        return False
    installed = subprocess.run(["dpkg", "--status", *DEBIAN_PACKAGES], capture_output=True, check=False)
    return installed.returncode != 0


def _install_from_debian() -> None:
    """Best effort: when it fails, :func:`find_browser` finds nothing and that is told."""
    variables = environment.child_environment() | {"DEBIAN_FRONTEND": "noninteractive"}
    with step("从 Debian 安装测试用浏览器", "Installing the browser of the tests from Debian") as show:
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *DEBIAN_PACKAGES],
        ):
            show(" ".join(command[:2]))
            result = subprocess.run(
                command, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
            )
            if result.returncode != 0:
                sys.stderr.write("".join(result.stderr.splitlines(keepends=True)[-3:]))

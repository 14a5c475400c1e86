"""The virtual environment ``.venv``: made once, filled from the hashed locks.

Each lock leaves a stamp in ``.venv`` when it is installed. A start that finds
its stamp does nothing at all, so a second start is quick.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from twin.errors import SetupError
from twin.setup.console import say, step

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"

SETUP_BYTES = 3_000_000_000
"""Free space that set-up asks for: the environment takes about half of it, downloads the rest."""

_FULL_BYTES = 50_000_000  # less than this left after a failure: the disk is why
_COLLECTING = re.compile(r"Collecting ([A-Za-z0-9._-]+)")
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==[^\s;\\]+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Lock:
    """A hashed, platform-neutral list of packages and what it is for."""

    name: str
    path: Path
    zh: str
    en: str


RUNTIME = Lock("runtime", ROOT / "requirements.txt", "安装 Python 软件包", "Installing the Python packages")
TESTING = Lock(
    "testing", ROOT / "tests" / "requirements.txt", "安装测试工具", "Installing the tools of the tests"
)


def ensure(locks: list[Lock], offline: Path | None) -> None:
    """Make ``.venv`` hold everything in ``locks``.

    Parameters
    ----------
    offline
        A folder made by ``run.py bundle`` to install from, or None for the package index.

    :class:`twin.errors.SetupError` when the machine cannot do it.
    """
    missing = [lock for lock in locks if not is_installed(lock)]
    if not missing:
        return
    require_space(ROOT, SETUP_BYTES)
    make_venv()
    for lock in missing:
        with step(lock.zh, lock.en) as show:
            install(lock.path, offline, show)
        _stamp_file(lock).write_text(_stamp(lock), encoding="utf-8")


def is_installed(lock: Lock) -> bool:
    """Whether ``.venv`` works and holds ``lock`` exactly as it is now."""
    try:
        return python().exists() and _stamp_file(lock).read_text(encoding="utf-8") == _stamp(lock)
    except FileNotFoundError:
        return False


def _stamp_file(lock: Lock) -> Path:
    return VENV / f"twin-{lock.name}.stamp"


def _stamp(lock: Lock) -> str:
    """Digest of all that decides what an install of ``lock`` leaves behind."""
    made_by = (VENV / "pyvenv.cfg").read_bytes()  # names the Python; a new one needs a new install
    return hashlib.sha256(made_by + lock.path.read_bytes()).hexdigest()


def python() -> Path:
    """The environment's Python."""
    return VENV / "Scripts" / "python.exe" if os.name == "nt" else VENV / "bin" / "python"


def child_environment() -> dict[str, str]:
    """Environment variables for a child: ours without what would bend its Python or pip."""
    bending = {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_HASHES"}
    kept = {name: value for name, value in os.environ.items() if name not in bending}
    return kept | {"PYTHONUTF8": "1", "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def make_venv() -> None:
    """Make or complete ``.venv``; one left by a Python that is gone is made anew."""
    uv = shutil.which("uv")
    usable = _works(python())
    if uv is not None:
        kept = "--allow-existing" if usable else "--clear"
        base = python() if usable else Path(sys.executable)
        command = [uv, "venv", "--quiet", "--no-project", kept, "--python", str(base), str(VENV)]
        if _run(command).returncode == 0:
            return
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        raise _no_venv_module()
    if usable and _has_pip():
        return
    result = _run([sys.executable, "-m", "venv", *([] if usable else ["--clear"]), str(VENV)])
    if result.returncode != 0:
        raise _full_disk_or(
            f"无法在 {VENV} 建立 Python 环境（{_last_line(result.stdout)}）；请删除该文件夹后重试。",
            f"could not make the Python environment in {VENV} ({_last_line(result.stdout)}); "
            "delete that folder and try again.",
        )


def _works(interpreter: Path) -> bool:
    """Whether the environment's Python starts and is one the twin runs on."""
    if not interpreter.exists():
        return False
    check = "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"
    return _run([str(interpreter), "-I", "-c", check]).returncode == 0


def _has_pip() -> bool:
    return python().exists() and _run([str(python()), "-P", "-m", "pip", "--version"]).returncode == 0


def _no_venv_module() -> SetupError:
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    return SetupError(
        f"这个 Python（{sys.executable}）缺少 venv 模块；"
        f"在 Debian 或 Ubuntu 上请运行 apt install {package}，然后重试。",
        f"this Python ({sys.executable}) has no venv module; "
        f"on Debian or Ubuntu run: apt install {package}, then try again.",
    )


def require_pip() -> None:
    """Give ``.venv`` a pip where uv made it without one."""
    if _has_pip():
        return
    if importlib.util.find_spec("ensurepip") is None:
        raise _no_venv_module()
    result = _run([str(python()), "-P", "-m", "ensurepip"])
    if result.returncode != 0:
        raise SetupError(
            f"无法在 {VENV} 中安装 pip（{_last_line(result.stdout)}）；请删除该文件夹后重试。",
            f"could not put pip into {VENV} ({_last_line(result.stdout)}); delete that folder and try again.",
        )


def install(
    lock: Path, offline: Path | None, show: Callable[[str], None], target: Path | None = None
) -> None:
    """Install a lock into ``.venv``, or into the folder ``target``; with uv when present, else pip.

    Wheels only: no step of ours may need a compiler. Hashes are required, so
    what is installed is what was locked, wherever it comes from. The locks are
    complete, so nothing is looked up beside them.
    """
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--requirement", str(lock)]
    if offline is not None:
        options += ["--no-index", "--find-links", str(offline)]
    if target is not None:
        options += ["--target", str(target)]
    uv = shutil.which("uv")
    if uv is not None:
        if _install_with_uv(uv, options):
            return
        # uv does not read pip's settings; where only pip was told of an index, pip still works.
        say("uv 安装未成功，改用 pip。", "uv did not succeed; going on with pip.")
    require_pip()
    command = [str(python()), "-P", "-m", "pip", "install", "--no-input", "--progress-bar", "off", *options]
    total = len(_PINNED.findall(lock.read_text(encoding="utf-8")))
    code, tail = _follow(command, total, show)
    if code != 0:
        raise _install_failed(lock, offline, tail)


def _install_with_uv(uv: str, options: list[str]) -> bool:
    command = [uv, "pip", "install", "--python", str(python()), *options]
    if sys.stderr.isatty():  # uv draws its own progress
        return subprocess.run(command, env=child_environment(), check=False).returncode == 0
    return _run(command).returncode == 0


def _follow(command: list[str], total: int, show: Callable[[str], None]) -> tuple[int, list[str]]:
    """Run pip and count what it collects; its exit code and its error lines."""
    done = 0
    last: deque[str] = deque(maxlen=40)
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=child_environment(),
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            last.append(line.strip())
            found = _COLLECTING.match(line)
            if found:
                done += 1
                show(f"{done}/{total} {found[1]}")
            elif line.startswith("Installing collected"):
                show(f"{total}/{total}")
    errors = [line.removeprefix("ERROR: ") for line in last if line.startswith("ERROR")]
    return process.returncode, errors or list(last)[-1:]


def _install_failed(lock: Path, offline: Path | None, tail: list[str]) -> SetupError:
    reason = (tail[0] if tail else "")[:300]
    where = lock.relative_to(ROOT).as_posix()
    if offline is not None:
        return _full_disk_or(
            f"无法从离线包 {offline} 安装 {where}（{reason}）；"
            "请在能上网的同类机器（同系统、同 Python 版本）上重新运行 run.py bundle。",
            f"could not install {where} from the wheelhouse {offline} ({reason}); make it again with "
            "run.py bundle on a connected machine with the same system and Python version.",
        )
    return _full_disk_or(
        f"无法安装 {where}（{reason}）；请检查网络或软件包源，或用 --offline 指定离线包，然后重试。",
        f"could not install {where} ({reason}); check the network or the package index, "
        "or name a wheelhouse with --offline, and try again.",
    )


def require_space(folder: Path, needed: int) -> None:
    """:class:`twin.errors.SetupError` when the disk of ``folder`` has less than ``needed`` bytes free."""
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise SetupError(
            f"{folder} 所在磁盘只剩 {free / 1e9:.1f} GB，至少需要 {needed / 1e9:.0f} GB；请清理后重试。",
            f"the disk of {folder} has {free / 1e9:.1f} GB left and at least {needed / 1e9:.0f} GB "
            "are needed; make room and try again.",
        )


def _full_disk_or(zh: str, en: str) -> SetupError:
    """The sentence for a full disk when that is why a step failed, else the given one."""
    try:
        require_space(ROOT, _FULL_BYTES)
    except SetupError as error:
        return error
    return SetupError(zh, en)


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=child_environment(),
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip()[:300] if lines else ""


def check_wheelhouse(offline: Path | None) -> None:
    """:class:`twin.errors.SetupError` when ``offline`` is not a folder that ``run.py bundle`` made."""
    if offline is None or (offline / "manifest.json").is_file():
        return
    raise SetupError(
        f"{offline} 不是 run.py bundle 生成的离线包（其中没有 manifest.json）；请检查 --offline 的路径。",
        f"{offline} is no wheelhouse made by run.py bundle (it has no manifest.json); "
        "check the path given to --offline.",
    )

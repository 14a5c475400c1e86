"""Whatever the process that reads a file does, the one that watches it goes on."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from bim import worker
from bim.errors import LimitExceeded, Refused, Stopped
from bim.limits import Limits
from twin.settings import ROOT

LIMITS = Limits(memory_bytes=700_000_000, wall_s=120.0)


@pytest.fixture(autouse=True)
def tasks_of_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process find the misbehaving tasks: only the package's own may be named in earnest."""
    start = worker._start

    def started(request: Path, folder: Path, complaints: Any) -> Any:
        (folder / "sitecustomize.py").write_text(
            "import sys\n"
            f"sys.path.insert(0, {str(ROOT)!r})\n"
            "import importlib.util\n"
            f"spec = importlib.util.spec_from_file_location('bim.misbehaving', {str(ROOT / 'tests/bim/misbehaving.py')!r})\n"
            "import bim\n"
            "module = importlib.util.module_from_spec(spec)\n"
            "sys.modules['bim.misbehaving'] = module\n"
            "spec.loader.exec_module(module)\n",
            encoding="utf-8",
        )
        real = Path(worker.__file__).resolve().parent.parent
        monkeypatch.setattr(worker, "PACKAGE_PATH", f"{folder}{os.pathsep}{real}")
        return start(request, folder, complaints)

    monkeypatch.setattr(worker, "_start", started)


def watch(
    name: str, folder: Path, limits: Limits = LIMITS, arguments: dict[str, Any] | None = None, **more: Any
) -> worker.Ended:
    return worker.watch(f"bim.misbehaving:{name}", arguments or {}, folder, limits=limits, **more)


def test_a_result_comes_back(tmp_path: Path) -> None:
    ended = watch("add", tmp_path, arguments={"a": 2, "b": 3})
    assert (ended.why, ended.result, ended.status) == ("done", 5, 0)
    assert worker.call("bim.misbehaving:add", {"a": 1, "b": 1}, tmp_path, limits=LIMITS) == 2


@pytest.mark.parametrize("name", ["segfault", "abort", "leave_without_a_word"])
def test_a_crash_is_told(name: str, tmp_path: Path) -> None:
    ended = watch(name, tmp_path)
    assert ended.why == "crashed"
    assert isinstance(worker.error_of(ended), Refused)
    assert worker.error_of(ended).code == "crash"


def test_a_fault_of_ours_is_told_with_its_place(tmp_path: Path) -> None:
    ended = watch("fail", tmp_path)
    assert ended.why == "error"
    assert ended.error is not None
    assert ended.error["kind"] == "fault"
    assert "ZeroDivisionError" in ended.error["text"]
    assert "ZeroDivisionError" in ended.complaints


def test_a_refusal_arrives_as_it_was_raised(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        worker.call("bim.misbehaving:refuse", {}, tmp_path, limits=LIMITS)
    assert (caught.value.zh, caught.value.en, caught.value.code) == ("不收。", "not taken.", "no")
    (finding,) = caught.value.findings
    assert (finding.guid, finding.offset, finding.text.zh) == ("abc", 3, "中文")


def test_a_hang_is_ended_after_its_silence(tmp_path: Path) -> None:
    started = time.monotonic()
    ended = watch("hang", tmp_path, silence_s=lambda: 1.5)
    assert ended.why == "silent"
    assert time.monotonic() - started < 60
    assert isinstance(worker.error_of(ended), LimitExceeded)


def test_the_wall_limit_holds(tmp_path: Path) -> None:
    assert watch("hang", tmp_path, deadline=time.monotonic() + 1.0).why == "wall"


@pytest.mark.parametrize("name", ["eat_memory", "raise_memory"])
def test_memory_is_bounded(name: str, tmp_path: Path) -> None:
    ended = watch(name, tmp_path)
    assert ended.why == "memory"
    assert ended.peak_bytes < 2_000_000_000
    assert worker.error_of(ended).code == "memory"


def test_rubbish_does_no_harm(tmp_path: Path) -> None:
    ended = watch("rubbish", tmp_path)
    assert (ended.why, ended.result) == ("done", "fine")
    assert "not JSON" in ended.complaints


def test_cancelling_ends_the_process_and_its_children(tmp_path: Path) -> None:
    me = psutil.Process()
    others = set(me.children(recursive=True))  # helpers that other tests leave running
    seen: set[psutil.Process] = set()

    def cancelled() -> bool:
        seen.update(set(me.children(recursive=True)) - others)
        return len(seen) >= 3

    with pytest.raises(Stopped):
        watch("start_children", tmp_path, arguments={"count": 2}, cancelled=cancelled)
    _, alive = psutil.wait_procs(seen, timeout=10)
    assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def test_the_process_knows_little_of_its_surroundings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_SECRET", "token")
    found = watch("surroundings", tmp_path).result
    assert "A_SECRET" not in found["environment"]
    assert found["folder"] == str(tmp_path)
    assert found["environment"]["TMPDIR"] == str(tmp_path)
    assert "" not in found["path"], "modules in the folder of a file would be imported"


def test_only_tasks_of_the_package_are_run(tmp_path: Path) -> None:
    ended = worker.watch("os:getcwd", {}, tmp_path, limits=LIMITS)
    assert ended.why == "error"
    assert "no task of this package" in (ended.error or {})["text"]

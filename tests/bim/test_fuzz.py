"""Damaged models: no crash here, no hang past the limits. ``tests.benchmarks.bim_fuzz`` runs five hundred."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import bim
from bim.limits import Limits
from tests.bim import cases, fuzzing

LIMITS = Limits(memory_bytes=2_000_000_000, wall_s=60.0, heartbeat_s=5.0)
COUNT = 24


@cases.needs_cases
@pytest.mark.slow
def test_damaged_models_are_reported_and_leave_nothing(tmp_path: Path) -> None:
    outcomes: dict[str, int] = {}
    for name, data in fuzzing.variants(COUNT):
        report = bim.inspect(fuzzing.write(tmp_path, data), limits=LIMITS, check=())
        assert report.outcome in {"accepted", "warning", "rejected"}, name
        assert report.seconds < LIMITS.wall_s + 15, name
        json.dumps(report.as_dict(), allow_nan=False)
        outcomes[report.outcome] = outcomes.get(report.outcome, 0) + 1
    assert outcomes.get("rejected", 0) >= 3
    assert sum(outcomes.values()) == COUNT
    assert [path.name for path in tmp_path.iterdir()] == ["variant.ifc"]

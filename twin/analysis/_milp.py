"""Mixed-integer programs solved by HiGHS in a process of their own.

HiGHS cannot be interrupted from Python and may hold the interpreter's lock, so
it runs in a child process: the caller goes on answering and can end it at any time.
Run as a script this module is that child; it then imports nothing of the twin.
"""

from __future__ import annotations

import contextlib
import io
import logging
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

SCALE = 1e4
"""Gains are scaled to add up to this, so that HiGHS's absolute tolerances are far below any gap of interest."""

SHARE = 0.9
"""HiGHS gets this share of the time: it looks at the clock only between its steps."""

GRACE_S = 3.0
"""The child may take so much longer than its limit before it is ended."""


@dataclass(frozen=True, slots=True)
class Program:
    """Maximise ``gain @ x`` with ``low <= matrix @ x <= high``, ``0 <= x <= 1``; ``whole`` marks integers."""

    gain: F64
    matrix: Any
    low: F64
    high: F64
    whole: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Solution:
    """The best point found, None without one, and a proven bound on the gain (inf without one)."""

    x: F64 | None
    bound: float


def solve(program: Program, time_limit_s: float, cancelled: Callable[[], bool] | None = None) -> Solution:
    """Solve ``program`` within ``time_limit_s``; ``cancelled`` is asked twenty times a second.

    Raises :class:`twin.errors.Cancelled` when it says so. A child that fails gives
    no point and no bound.
    """
    from twin.errors import Cancelled

    scale = SCALE / float(np.abs(program.gain).sum())
    matrix = program.matrix.tocsr()
    deadline = time.time() + time_limit_s
    # Files, not pipes: a child that is still starting does not empty a pipe.
    with (
        tempfile.TemporaryFile() as sent,
        tempfile.TemporaryFile() as answer,
        tempfile.TemporaryFile() as said,
    ):
        np.savez(
            sent,
            gain=program.gain * scale,
            data=matrix.data.astype(np.float64),
            indices=matrix.indices,
            indptr=matrix.indptr,
            low=program.low,
            high=program.high,
            whole=program.whole,
            stop_at=deadline,
        )
        sent.seek(0)
        child = subprocess.Popen(
            # -P: the folder of this file must not stand before the libraries the child imports
            [sys.executable, "-P", __file__],
            stdin=sent,
            stdout=answer,
            stderr=said,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        with child:
            try:
                while child.poll() is None:
                    if cancelled is not None and cancelled():
                        raise Cancelled("已取消。", "cancelled.")
                    if time.time() > deadline + GRACE_S:
                        logging.getLogger(__name__).warning("the solver did not keep its time limit")
                        return Solution(None, math.inf)
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        child.wait(0.05)
            finally:
                child.kill()
        if child.returncode != 0:
            said.seek(0)
            text = said.read().decode(errors="replace").strip()
            logging.getLogger(__name__).warning("the solver failed: %s", text)
            return Solution(None, math.inf)
        answer.seek(0)
        with np.load(io.BytesIO(answer.read())) as found:
            return Solution(found["x"] if found["x"].size else None, float(found["bound"]) / scale)


def main() -> None:
    """The child: a program from standard input, its solution to standard output."""
    from scipy import sparse
    from scipy.optimize import Bounds, LinearConstraint, milp

    with np.load(io.BytesIO(sys.stdin.buffer.read())) as given:
        matrix = sparse.csr_array(
            (given["data"], given["indices"], given["indptr"]), shape=(len(given["low"]), len(given["gain"]))
        )
        # Loading the libraries took its part of the time.
        limit_s = max(0.1, SHARE * (float(given["stop_at"]) - time.time()))
        found = milp(
            -given["gain"],
            integrality=given["whole"].astype(int),
            bounds=Bounds(0.0, 1.0),
            constraints=LinearConstraint(matrix, given["low"], given["high"]),
            options={"time_limit": limit_s, "mip_rel_gap": 0.0},
        )
    bound = getattr(found, "mip_dual_bound", None)
    answer = io.BytesIO()
    np.savez(
        answer,
        x=np.empty(0) if found.x is None else found.x,
        bound=np.inf if bound is None or not np.isfinite(bound) else -bound,
    )
    sys.stdout.buffer.write(answer.getvalue())


if __name__ == "__main__":
    main()

"""Five hundred damaged models, one after the other: how they end, how long they take.

    python -m tests.benchmarks.bim_fuzz [count]

Ends with status 1 when one raised anything or went past its limit. The first and the last line of what it prints
say how many there were and how they ended; lines between are those that took longer than ten seconds.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import bim
from tests.bim import fuzzing
from tests.bim.test_fuzz import LIMITS

SLOW_S = 10.0


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    print(f"{count} variants of {', '.join(fuzzing.MODELS)}", flush=True)
    ended: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    longest = 0.0
    failed = 0
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for name, data in fuzzing.variants(count):
            try:
                report = bim.inspect(fuzzing.write(Path(folder), data), limits=LIMITS, check=())
            except Exception as error:  # noqa: BLE001 - that is what is looked for
                print(f"{name}: raised {type(error).__name__}: {error}", flush=True)
                failed += 1
                continue
            ended[report.outcome] += 1
            codes[str(report.code)] += 1
            longest = max(longest, report.seconds)
            if report.seconds > SLOW_S:
                print(f"{name}: {report.outcome} {report.code} after {report.seconds:.1f} s", flush=True)
            if report.seconds > LIMITS.wall_s + 15:
                failed += 1
    print(f"{dict(ended)} {dict(codes)}")
    print(f"longest {longest:.1f} s, all {time.monotonic() - started:.0f} s, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

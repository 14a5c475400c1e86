"""One conversion from the outside: the stages of :mod:`bim.child` watched, and taken up again where one ended badly.

A kernel that hangs or crashes on one element costs that element its shape, not the user the model: the element is set
aside for the next method of :data:`bim.geometry.METHODS` and a new process goes on from what is on disk. What went
wrong while nothing was known of the element at hand is narrowed down by halves. Stages that a model can do without
(evidence of its place, checks) are left out when they end the process. Anything else ends the conversion.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bim import worker
from bim.errors import LimitExceeded
from bim.finding import Finding, Sentence
from bim.geometry import METHODS
from bim.limits import Limits
from bim.worker import Ended, Event

Progress = Callable[[float, Sentence], None]

MOST_RESTARTS = 60
MOST_MEMORY_ENDS = 3
PATIENT_ENDS = 2
"""Silent ends after which the patience with the next element is halved."""

SHARES: dict[str, tuple[float, float]] = {
    "parse": (0.10, 0.18),
    "extract": (0.18, 0.28),
    "geometry": (0.28, 0.82),
    "evidence": (0.82, 0.84),
    "write": (0.84, 0.92),
    "check": (0.92, 1.0),
}
"""Which part of the whole each stage takes; what is before the first is receiving and reading the text."""

SENTENCES: dict[str, Sentence] = {
    "parse": Sentence("解析文件", "Parsing the file"),
    "extract": Sentence("读取楼层、空间与构件", "Reading storeys, spaces and elements"),
    "geometry": Sentence("生成构件形体", "Drawing the elements"),
    "evidence": Sentence("收集定位依据", "Collecting the evidence of its place"),
    "write": Sentence("整理并压缩形体", "Sorting and compressing the shapes"),
    "check": Sentence("按交付模板检查", "Checking by the delivery templates"),
}
OPTIONAL: dict[str, Sentence] = {
    "evidence": Sentence(
        "定位依据读取失败，请手动放置模型。",
        "The evidence of its place could not be read; place the model by hand.",
    ),
    "check": Sentence("交付检查未能完成。", "The delivery checks could not be finished."),
}


class Supervision:
    """The way of one model through :func:`bim.child.convert`.

    Parameters
    ----------
    arguments
        Of :func:`bim.child.convert`, without what this class decides.
    folder
        Where the processes run.
    size
        Bytes of the text.
    """

    def __init__(
        self,
        arguments: Mapping[str, Any],
        folder: Path,
        size: int,
        *,
        limits: Limits,
        progress: Progress,
        cancelled: Callable[[], bool],
    ) -> None:
        self.arguments, self.folder, self.size = dict(arguments), folder, size
        self.limits, self.progress, self.cancelled = limits, progress, cancelled
        self.aside: dict[int, tuple[str, str]] = {}
        self.alone: list[list[int]] = []
        self.slow: set[int] = set()
        self.skip: list[str] = []
        self.findings: list[Finding] = []
        self.peak_bytes = 0
        self.restarts = 0
        self._silent_ends = 0
        self._memory_ends = 0
        self._finished: set[int] = set()
        self._products = 1
        self._begin("parse")

    def run(self) -> None:
        """Convert.

        Raises
        ------
        BimError
            The file is refused, past a limit, or the user cancelled.
        """
        deadline = time.monotonic() + self.limits.wall_s
        while True:
            self._begin("parse")
            ended = worker.watch(
                "bim.child:convert",
                {
                    **self.arguments,
                    "aside": {str(number): list(how) for number, how in self.aside.items()},
                    "alone": self.alone,
                    "slow": sorted(self.slow),
                    "skip": self.skip,
                },
                self.folder,
                limits=self.limits,
                deadline=deadline,
                silence_s=self._silence_s,
                event=self._event,
                cancelled=self.cancelled,
            )
            self.peak_bytes = max(self.peak_bytes, ended.peak_bytes)
            if ended.why == "done":
                return
            self._judge(ended)
            self.restarts += 1
            if self.restarts > MOST_RESTARTS:
                raise LimitExceeded(
                    "过多构件使几何引擎失败，已停止转换；请在原软件中检查模型几何后重新导出。",
                    "Too many elements make the geometry engine fail; check the model in the authoring tool and export "
                    "it again.",
                    code="geometry",
                )

    def _begin(self, stage: str) -> None:
        self._stage = stage
        self._method = ""
        self._group: list[int] = []
        self._begun: int | None = None

    def _event(self, event: Event) -> None:
        if "stage" in event:
            self._begin(str(event["stage"]))
            self._tell(0.0)
        elif "products" in event:
            self._products = max(1, int(event["products"]))
        elif "method" in event:
            if self._method in {"quick", "kernel"}:
                self._finished.update(self._group)
            self._method, self._group, self._begun = str(event["method"]), list(event["elements"]), None
            self._count = 0
        elif "begin" in event:
            self._begun = int(event["begin"]) or None
            self._count += 1
            share = (len(self._finished) + self._count) / self._products
            done = min(len(self._finished) + self._count, self._products)
            self._tell(
                min(share, 1.0),
                Sentence(
                    f"生成构件形体：{done} / {self._products}",
                    f"Drawing the elements: {done} of {self._products}",
                ),
            )
        elif "share" in event:
            self._tell(min(max(float(event["share"]), 0.0), 1.0))

    def _tell(self, share: float, sentence: Sentence | None = None) -> None:
        low, high = SHARES.get(self._stage, (0.0, 1.0))
        self.progress(low + share * (high - low), sentence or SENTENCES.get(self._stage, SENTENCES["parse"]))

    def _silence_s(self) -> float | None:
        """How long the process may say nothing at what it does just now."""
        patience, megabytes = self.limits.heartbeat_s, self.size / 1e6
        if self._stage != "geometry":
            return 3 * patience + megabytes
        if self._silent_ends >= PATIENT_ENDS:
            patience = max(patience / 2, min(patience, 5.0))
        if self._method in {"quick", "kernel", "opencascade"}:
            return patience if self._begun is not None else 1.5 * patience + 0.1 * len(self._group)
        if self._method == "ifclite":
            return patience + 0.2 * megabytes
        return patience / 2 if self._method else 3 * patience + megabytes

    def _judge(self, ended: Ended) -> None:
        """Change what the next process does, or raise what ends the conversion."""
        if ended.why == "wall" or (ended.why == "error" and (ended.error or {}).get("kind") != "fault"):
            raise worker.error_of(ended)
        if self._stage in OPTIONAL:
            self.skip.append(self._stage)
            self.findings.append(Finding(f"stage.{self._stage}", "warning", OPTIONAL[self._stage]))
            return
        if ended.why == "silent":
            self._silent_ends += 1
        if ended.why == "memory":
            self._memory_ends += 1
        blamed = [self._begun] if self._begun is not None else self._group
        if self._stage != "geometry" or not blamed or self._memory_ends > MOST_MEMORY_ENDS:
            raise worker.error_of(ended)
        if self._method == "quick":
            self.slow.update(blamed)
            return
        reason = "crashed" if ended.why == "error" else ended.why
        if len(blamed) == 1:
            self._set_aside(blamed[0], reason)
        elif self._method in {"ifclite", "opencascade"}:
            following = "ifclite" if self._method == "ifclite" else "no-openings"
            self.aside.update(dict.fromkeys(blamed, (following, reason)))
        else:
            self._split(blamed)

    def _set_aside(self, number: int, reason: str) -> None:
        """The element at hand goes to the next method."""
        now = "max-voids" if self._method in {"kernel", "opencascade", ""} else self._method
        following = METHODS[min(METHODS.index(now) + 1, len(METHODS) - 1)]
        first = self.aside.get(number, ("", reason))[1]
        self.aside[number] = (following, first)

    def _split(self, group: Sequence[int]) -> None:
        members = set(group)
        self.alone = [part for part in self.alone if not members.intersection(part)]
        half = len(group) // 2
        self.alone += [list(group[:half]), list(group[half:])]

"""Specifications of IDS run on a model, element by element, within a time.

ifctester's facets say whether an instance meets them and, as data, why not; the
loop around them is ours, because it must end in time, go on after a faulty
instance and keep long lists short. Runs in the child process only.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bim.check import wording
from bim.check.delivery import BUILT_IN, Delivery, bilingual, described, ifctester
from bim.check.result import CheckResult, Requirement, Specification, Template
from bim.check.rules import check_georeference, check_model
from bim.check.subjects import Subjects
from bim.finding import Finding, Sentence
from bim.model import Model

if TYPE_CHECKING:
    import ifcopenshell
    import pandas as pd

LIMIT_S = 60.0
"""Of all templates together. Limits are of processor time, so that a busy machine finds what a quiet one does."""
SPECIFICATION_S = 10.0
"""Of one specification."""
KEPT = 1000
"""Failures listed of one specification; the rest are counted."""
KEPT_IN_ALL = 20_000

_FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,  # RecursionError among them
    StopIteration,
    TypeError,
    ValueError,
)
"""What ifctester and ifcopenshell raise on instances that are not as the schema says."""


class _Late(BaseException):
    """Time is up; not an :class:`Exception`, so that no library takes it for one of its own."""


def run(
    file: ifcopenshell.file,
    model: Model,
    elements: pd.DataFrame,
    *,
    templates: Sequence[str | Path] = BUILT_IN,
    georeference_findings: Sequence[Finding] | None = None,
    limit_s: float = LIMIT_S,
    progress: Callable[[float], None] | None = None,
) -> CheckResult:
    """Check a model by templates, by our own rules and by the findings on its place.

    Parameters
    ----------
    file
        The opened model.
    model, elements
        What was extracted of it; ``elements`` has the columns of :data:`bim.model.ELEMENT_COLUMNS`, those of
        the shape filled where it was meshed.
    templates
        Ids of templates that come with the twin, or paths of IDS files. One that cannot be read has a
        ``problem`` in the result and stops nothing.
    georeference_findings
        What the rules of :mod:`bim.georeference` found; None when they were not asked, and nothing is told.
    limit_s
        Seconds of processor time for all templates; specifications that were not reached are marked ``stopped``.
    progress
        Called with the share done, 0 to 1.
    """
    started, begun = time.process_time(), time.monotonic()
    subjects = Subjects(file, model, elements)
    deliveries = [described(each) for each in templates]
    total = sum(each.specifications for each in deliveries) or 1
    deadline, done = started + limit_s, 0
    result = CheckResult(at=datetime.now(UTC).replace(microsecond=0).isoformat())
    result.templates.append(check_model(subjects))
    if georeference_findings is not None:
        result.templates.append(check_georeference(georeference_findings))
    room = KEPT_IN_ALL
    _forget()
    try:
        for delivery in deliveries:
            template = _template(delivery)
            result.templates.append(template)
            for number, each in enumerate(() if delivery.ids is None else delivery.ids.specifications, 1):
                checked = check(file, each, f"{delivery.id}.{number}", subjects, deadline)
                del checked.failures[min(KEPT, room) :]
                room -= len(checked.failures)
                template.specifications.append(checked)
                done += 1
                if progress is not None:
                    progress(done / total)
    finally:
        _forget()
    result.seconds = round(time.monotonic() - begun, 3)
    return result


def check(
    file: ifcopenshell.file, specification: Any, name: str, subjects: Subjects, deadline: float
) -> Specification:
    """One specification of ifctester's on the model, done by ``deadline`` (of :func:`time.process_time`)."""
    answer = Specification(
        id=str(specification.identifier or name),
        title=bilingual(wording.cut(specification.name, 200)),
        description=bilingual(wording.cut(specification.description or "", 1000)),
        requirements=[
            Requirement(wording.kind(facet), wording.requirement(facet))
            for facet in specification.requirements
        ],
    )
    if file.schema_identifier not in specification.ifcVersion:
        answer.outcome, answer.why = "skipped", wording.OTHER_VERSION
        return answer
    end = min(deadline, time.process_time() + SPECIFICATION_S)
    try:
        with _alarm(end):
            _evaluate(file, specification, answer, subjects, end)
    except _Late:
        answer.outcome, answer.why = "stopped", wording.TIME
        return answer
    except _FAULTS:
        answer.outcome, answer.why = "broken", wording.UNREADABLE
        return answer
    _conclude(specification, answer)
    return answer


def _evaluate(
    file: ifcopenshell.file, specification: Any, answer: Specification, subjects: Subjects, end: float
) -> None:
    prohibited = specification.maxOccurs == 0
    for instance in _applicable(file, specification, end):
        answer.applicable += 1
        if prohibited:
            _fail(answer, subjects, instance, [wording.PROHIBITED])
            continue
        unmet = []
        for facet, asked in zip(specification.requirements, answer.requirements, strict=True):
            met, reason = _against(facet, instance)
            if not met:
                asked.failed += 1
                unmet.append((facet, reason))
        if not unmet:
            answer.passed += 1
        elif len(answer.failures) < KEPT:
            _fail(answer, subjects, instance, [wording.failure(facet, reason) for facet, reason in unmet])
        else:
            answer.failed += 1


def _against(facet: Any, instance: ifcopenshell.entity_instance) -> tuple[bool, Any]:
    """Whether an instance meets a facet, and ifctester's reason why not."""
    try:
        result = facet(instance)
    except _FAULTS:
        return False, None
    return bool(result), result.reason


def _applicable(
    file: ifcopenshell.file, specification: Any, end: float
) -> Iterator[ifcopenshell.entity_instance]:
    """Instances that the specification is about, in the order of the file."""
    if not specification.applicability:
        return
    first, *others = specification.applicability
    found = {instance.id(): instance for instance in first.filter(file, None)}
    # Every facet but the entity only narrows the classes down in `filter`, so it is asked once more.
    facets = others if type(first).__name__ == "Entity" else [first, *others]
    for number in sorted(found):
        if time.process_time() > end:
            raise _Late
        instance = found[number]
        with contextlib.suppress(*_FAULTS):
            if all(facet(instance) for facet in facets):
                yield instance


def _fail(
    answer: Specification, subjects: Subjects, instance: ifcopenshell.entity_instance, reasons: list[Sentence]
) -> None:
    answer.failed += 1
    if len(answer.failures) < KEPT:
        reason = reasons[0] if len(reasons) == 1 else wording.joined(reasons)
        answer.failures.append(subjects.failure(instance, reason))


def _conclude(specification: Any, answer: Specification) -> None:
    if answer.failed:
        answer.outcome = "fail"
    elif answer.applicable:
        answer.outcome = "pass"
    elif specification.minOccurs != 0:
        answer.outcome, answer.why = "fail", wording.NOTHING
    elif specification.maxOccurs == 0:
        answer.outcome = "pass"
    else:
        answer.outcome, answer.why = "none", wording.NOT_APPLICABLE


def _template(delivery: Delivery) -> Template:
    return Template(
        id=delivery.id,
        title=delivery.title,
        origin=delivery.origin,
        description=delivery.description,
        problem=delivery.problem,
    )


def _forget() -> None:
    """Drop what ifctester remembers by instance, which would keep a closed file in memory."""
    library = ifctester()
    library.get_pset.cache_clear()
    library.get_psets.cache_clear()


@contextlib.contextmanager
def _alarm(end: float) -> Iterator[None]:
    """Interrupt what does not come back by itself, such as a pattern that backtracks for ever.

    Needs the main thread and a system with interval timers; elsewhere the
    supervision of the child process ends it.
    """
    left = end - time.process_time()
    if left <= 0:
        raise _Late
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def late(_number: int, _frame: object) -> None:
        raise _Late

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, left)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)

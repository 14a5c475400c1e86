"""GlobalIds: whether they are valid, and a key that is unique in spite of those that are not.

Source: ISO 16739-1, IfcGloballyUniqueId: 128 bits as 22 characters of a base-64 alphabet, the first 0 to 3.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bim.finding import Finding, Sentence

VALID = re.compile(r"[0-3][0-9A-Za-z_$]{21}", re.ASCII)
TOLD = 20
"""Findings of one sort that are told one by one; the rest are counted."""


def valid(guid: str) -> bool:
    """Whether ``guid`` is a GlobalId as the standard has it."""
    return VALID.fullmatch(guid) is not None


def keys(guids: Sequence[str], step_ids: Sequence[int]) -> tuple[list[str], list[Finding]]:
    """A unique key for each GlobalId, and what is wrong with them.

    The first of a repeated GlobalId keeps it; later ones get ``~2``, ``~3``. An invalid one keeps what characters
    are fit for an address and always gets a number.

    Parameters
    ----------
    guids
        As they stand in the file, in the order of the rows.
    step_ids
        ``#`` numbers of the same instances.
    """
    seen: dict[str, int] = {}
    result: list[str] = []
    invalid: list[tuple[str, int]] = []
    repeated: list[tuple[str, int]] = []
    for guid, step_id in zip(guids, step_ids, strict=True):
        sound = valid(guid)
        stem = guid if sound else re.sub(r"[^0-9A-Za-z_$]", "", guid)[:22]
        number = seen[stem] = seen.get(stem, 0) + 1
        if not sound:
            invalid.append((guid, step_id))
        elif number > 1:
            repeated.append((guid, step_id))
        result.append(stem if sound and number == 1 else f"{stem}~{number}")
    return result, [
        *_told(
            invalid,
            "identity.invalid",
            "不是有效的 GlobalId（应为 22 位），已另行编号；版本比较按名称和位置进行",
            "is no valid GlobalId of 22 characters and was given a number; versions are matched by name and place",
        ),
        *_told(
            repeated,
            "identity.repeated",
            "与另一构件的 GlobalId 重复，已另行编号；请在建模软件中重新生成",
            "is the GlobalId of another element too and was given a number; have the authoring tool make a new one",
        ),
    ]


def _told(items: list[tuple[str, int]], code: str, zh: str, en: str) -> list[Finding]:
    found = [
        Finding(
            code,
            "warning",
            Sentence(f"#{step_id} 的标识“{guid[:40]}”{zh}。", f'#{step_id}: "{guid[:40]}" {en}.'),
            guid=guid[:40],
            step_id=step_id,
        )
        for guid, step_id in items[:TOLD]
    ]
    rest = len(items) - len(found)
    if rest > 0:
        found.append(
            Finding(
                code,
                "warning",
                Sentence(
                    f"另有 {rest} 个构件的标识有同样的问题。", f"{rest} more elements have the same fault."
                ),
            )
        )
    return found

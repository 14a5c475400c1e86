"""The errors of a building model's way in, drawn as a tree.

::

    BimError (ValueError)      one clear sentence, zh and en, with a stable code
    ├── Refused                the file cannot be taken; ``findings`` say why
    ├── LimitExceeded          the work went past its time or memory
    └── Stopped                the user cancelled
"""

from __future__ import annotations

from collections.abc import Sequence

from bim.finding import Finding, Sentence


class BimError(ValueError):
    """An error that is told in one clear sentence: what, where, what to do."""

    code = "bim"

    def __init__(self, zh: str, en: str, *, code: str | None = None) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en
        self.code = code or self.code

    @property
    def text(self) -> Sentence:
        """The sentence in both languages."""
        return Sentence(self.zh, self.en)


class Refused(BimError):
    """The file is not taken; nothing of it is kept."""

    code = "refused"

    def __init__(
        self, zh: str, en: str, *, code: str | None = None, findings: Sequence[Finding] = ()
    ) -> None:
        super().__init__(zh, en, code=code)
        self.findings = tuple(findings)


class LimitExceeded(BimError):
    """The work went past its limit of time or memory and was ended."""

    code = "limit"


class Stopped(BimError):
    """The user cancelled; nothing of the file is kept."""

    code = "stopped"

    def __init__(self) -> None:
        super().__init__("已取消。", "cancelled.")

"""What was found in a model: one fact a finding, in both languages, with its place in the file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence in the two languages of the product."""

    zh: str
    en: str

    def of(self, language: str) -> str:
        """The sentence in ``language`` (``"zh"`` or ``"en"``)."""
        return self.en if language == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact about a file or an element that somebody should know.

    Parameters
    ----------
    code
        Stable short name, ``subject.fact``, such as ``text.duplicate_id`` or ``georeference.scale``.
    severity
        ``error`` refuses the file or says that an element is lost; ``warning`` was dealt with; ``info``.
    text
        What is wrong, where, and what to do.
    guid
        GlobalId of the element, when it is about one.
    step_id
        ``#`` number of the instance in the file, when it is about one.
    offset
        Byte offset in the received file, when it is about a place in its text.
    """

    code: str
    severity: Severity
    text: Sentence
    guid: str | None = None
    step_id: int | None = None
    offset: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON, without what is not known."""
        return {key: value for key, value in asdict(self).items() if value is not None}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Finding:
        """The reverse of :meth:`as_dict`."""
        return cls(**{**data, "text": Sentence(**data["text"])})

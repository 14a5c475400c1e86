"""Every error a user can meet, drawn as a tree.

::

    TwinError                      says what is wrong, where, and what to do (zh and en)
    ├── InputError (ValueError)    a file, value or command the user gave
    │   ├── UnreadableFile         not one of the formats, or damaged
    │   ├── NoGoodRow              every row was rejected; nothing was changed
    │   ├── UndecidedCrs           two readings of the coordinates fit equally well
    │   ├── ModelRefused           a building model that cannot be taken; ``findings`` say why
    │   ├── Outdated               what was edited has been changed by someone else meanwhile
    │   ├── TooManyTries           wrong secrets, one after the other; wait and try again
    │   └── UnknownName (LookupError)  a layer, identifier or dataset that is not there
    ├── HomeError (OSError)        the folder the twin lives in
    │   ├── HomeBusy               another process writes to it
    │   ├── HomeTooNew             written by a newer version
    │   └── HomeUnusable           not writable, or its disk is full
    ├── SetupError (OSError)       the machine lacks something that set-up needs
    └── Cancelled (RuntimeError)   the user stopped the work; nothing was changed

Each carries both texts; ``str()`` is the English one. :data:`HTTP_STATUS` is
the one table from error to HTTP status, :data:`EXIT_CODE` the one to a
command's exit code.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bim.errors import BimError


class TwinError(Exception):
    """An error that is told to the user in one clear sentence.

    Parameters
    ----------
    zh, en
        The sentence in both languages: what, where, what to do.
    """

    code = "fault"

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en

    def text(self, language: str) -> str:
        """The sentence in ``language`` (``"zh"`` or ``"en"``)."""
        return self.en if language == "en" else self.zh


class InputError(TwinError, ValueError):
    """Something the user gave cannot be used."""

    code = "bad_input"


class UnreadableFile(InputError):
    """The file is damaged or not of a known format."""

    code = "unreadable_file"


class NoGoodRow(InputError):
    """Every row of the file was rejected, so nothing was changed."""

    code = "no_good_row"


class UndecidedCrs(InputError):
    """The coordinates fit two reference systems about equally well."""

    code = "undecided_crs"


class ModelRefused(InputError):
    """A building model cannot be taken; ``findings`` (plain data) say what was found in its text."""

    code = "model_refused"

    def __init__(
        self, zh: str, en: str, *, code: str = "model_refused", findings: Sequence[Any] = ()
    ) -> None:
        super().__init__(zh, en)
        self.code = code
        self.findings = [item.as_dict() for item in findings]


class Outdated(InputError):
    """What was edited is no longer what is kept: someone else changed it meanwhile."""

    code = "outdated"


class TooManyTries(InputError):
    """Somebody guesses; nothing is looked at for a while."""

    code = "too_many_tries"


class UnknownName(InputError, LookupError):
    """A layer, identifier, dataset or job that does not exist."""

    code = "unknown_name"


class HomeError(TwinError, OSError):
    """The home folder cannot be used as it is."""

    code = "home"


class HomeBusy(HomeError):
    """Another process owns the home for writing."""

    code = "home_busy"


class HomeTooNew(HomeError):
    """The home was written by a newer version of the twin."""

    code = "home_too_new"


class HomeUnusable(HomeError):
    """The home is not writable or its disk is full."""

    code = "home_unusable"


class SetupError(TwinError, OSError):
    """The machine lacks something that set-up or start needs."""

    code = "setup"


class Cancelled(TwinError, RuntimeError):
    """The user stopped the work."""

    code = "cancelled"


HTTP_STATUS: dict[type[TwinError], int] = {
    UnknownName: 404,
    UndecidedCrs: 409,
    Outdated: 409,
    TooManyTries: 429,
    InputError: 400,
    HomeBusy: 503,
    HomeError: 507,
    Cancelled: 409,
    TwinError: 500,
}

EXIT_CODE: dict[type[TwinError], int] = {
    InputError: 2,
    HomeError: 2,
    SetupError: 2,
    Cancelled: 2,
    TwinError: 1,
}


def of_model(error: BimError) -> TwinError:
    """What the intake of a building model says, as an error of the twin."""
    from bim.errors import Stopped

    if isinstance(error, Stopped):
        return Cancelled(error.zh, error.en)
    return ModelRefused(error.zh, error.en, code=error.code, findings=getattr(error, "findings", ()))


def http_status(error: TwinError) -> int:
    """HTTP status of ``error``: that of its nearest class in :data:`HTTP_STATUS`."""
    return next(HTTP_STATUS[kind] for kind in type(error).__mro__ if kind in HTTP_STATUS)


def exit_code(error: TwinError) -> int:
    """Exit code of a command that ends with ``error``."""
    return next(EXIT_CODE[kind] for kind in type(error).__mro__ if kind in EXIT_CODE)

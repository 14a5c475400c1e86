"""The compiled loops of a model's way in: how they are compiled, and made ready before anybody waits for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

Loop = TypeVar("Loop", bound=Callable[..., Any])


def kernel(function: Loop) -> Loop:
    """Compile at first use and keep the machine code on disk where a folder can be written."""
    try:
        compiled = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        compiled = numba.njit(nogil=True)(function)
    return cast("Loop", compiled)


def warm_up() -> None:
    """Compile every loop, or load it from disk: once some seconds of a processor, then a fraction of a second.

    They go through the text of a received file. The process that converts it needs none.
    """
    from bim.step_text import StepText

    text = StepText(b"#1=IFCPROJECT('a',#2,1.5);\n#2=IFCPERSON($,$,$);\n")
    text.chains(np.where(text.targets < 0, -1, text.targets).astype(np.int32))

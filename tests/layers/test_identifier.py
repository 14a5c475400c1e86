"""The city identifier: form, check character, exactness as a number."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers._identifier import Identifier, check_character, format_many, from_fid, parse

codes = st.builds(
    Identifier,
    st.from_regex(r"[A-Z]{3}", fullmatch=True),
    st.integers(0, 659_999_999),
    st.integers(1, 9_999_999),
)


def test_check_character_is_the_standard_s_own_example() -> None:
    # ISO/IEC 7064 MOD 37,36 as used by the Global Release Identifier: A12425GABC1234002 -> M.
    assert check_character("A12425GABC1234002") == "M"


@given(codes)
def test_text_and_number_are_the_same_identifier(code: Identifier) -> None:
    assert parse(str(code)) == code
    assert from_fid(code.prefix, code.fid) == code
    assert int(float(code.fid)) == code.fid < 2**53


@given(codes, st.integers(0, 15), st.integers(1, 9))
def test_every_wrong_digit_is_found(code: Identifier, place: int, shift: int) -> None:
    text = str(code)
    digits = [index for index, character in enumerate(text[:-2]) if character.isdigit()]
    at = digits[place]
    wrong = text[:at] + str((int(text[at]) + shift) % 10) + text[at + 1 :]
    with pytest.raises(ValueError, match="check character"):
        parse(wrong)


def test_nearly_every_exchange_of_neighbours_is_found() -> None:
    draw = random.Random(37)
    missed = tried = 0
    for _ in range(2000):
        code = Identifier("BLD", draw.choice((310_114_103, 310_114_001, 0)), draw.randrange(1, 10**7))
        body = f"{code.town:09d}{code.serial:07d}"
        for at in range(len(body) - 1):
            if body[at] != body[at + 1]:
                swapped = body[:at] + body[at + 1] + body[at] + body[at + 2 :]
                tried += 1
                missed += check_character("BLD" + swapped) == str(code)[-1]
    assert tried > 10_000
    assert missed / tried < 0.01


def test_many_at_once_equal_one_by_one() -> None:
    fids = np.array(
        [Identifier("BLD", 310_114_103, serial).fid for serial in (1, 77, 9_999_999)], dtype=np.int64
    )
    assert format_many("BLD", fids) == [str(from_fid("BLD", fid)) for fid in fids]


@pytest.mark.parametrize(
    "text", ["", "BLD", "BLD-1-2-3", "bld-310114103-0001234", "BLD-310114103-00012345-U"]
)
def test_what_is_no_identifier_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="not of the form"):
        parse(text)

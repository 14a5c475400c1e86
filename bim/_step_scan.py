# ruff: noqa: PLR1714 - membership tests of sets do not compile
"""Compiled loops over the text of a STEP file (ISO 10303-21): its tokens in one pass, chains and cycles.

Every byte is looked at once, whatever the file holds, so the time is linear in its size and no
input can make it worse. Nothing is decoded; a fault is noted by its kind and byte offset and the
scan goes on, because the first fault is rarely the only thing worth telling.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bim.loops import kernel

U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]


# Kinds of faults.
COMMENT = 0  # a comment that does not end
STRING = 1  # a string that does not end
QUOTE = 2  # a string followed by something that is no separator
SPAN = 3  # a string with the start of an instance in it
NUL = 4
STRAY = 5  # something between instances
SYNTAX = 6  # something inside an instance
CUT = 7  # the text ends inside an instance
NESTING = 8
NUMBER_OF_INSTANCE = 9  # #0, or beyond 2**31 - 1
NUMBER = 10
MAGNITUDE = 11  # a number that may be beyond float64; to be looked at again
ESCAPE = 12
ESCAPE_AFTER_RAW = 13  # perhaps the second byte of a GBK character
EMPTY = 14  # nothing between two commas
WORD = 15  # a bare word where a value belongs
SURPLUS = 16  # a closing bracket too many
SEMICOLON = 17  # missing
SURROGATE = 18  # half a character in \\X2\\
RAW = 19  # a byte beyond ASCII outside strings and comments
AFTER = 20  # something after the end marker
UNCLOSED = 21  # a semicolon with brackets still open
BACKSLASH = 22  # one that starts no escape, as in a path of Windows
KINDS = 23
KEPT = 256  # places kept of each kind

# Facts.
MARK = 0  # offset of ISO-10303-21, -1 without
HEADER = 1
DATA = 2
ENDSEC = 3  # the last one
END = 4  # of END-ISO-10303-21
DESCRIPTION = 5  # offsets of the header's entities and where they end
NAME = 7
SCHEMA = 9
RAW_BYTES = 11  # bytes beyond ASCII
RAW_FIRST = 12
LONGEST = 13  # string, in bytes
FACTS = 14

MOST_NESTING = 100

# Where the scan stands.
_BETWEEN = 0
_NUMBERED = 1
_EQUAL = 2
_KEYWORD = 3
_ARGUMENTS = 4

# Tokens: signs by their byte, all others by these.
_HASH = 35
_QUOTE = 39
_OPEN = 40
_CLOSE = 41
_COMMA = 44
_SEMICOLON = 59
_LETTER = 256
_VALUE = 257

_LAST_ID = 2**31 - 1
_SEED = np.uint64(14695981039346656037)
_PRIME = np.uint64(1099511628211)


def new_state() -> I64:
    """Facts [FACTS], faults by kind [KINDS] and their first offsets [KINDS x KEPT], nothing known yet.

    One array and not three: every array that a compiled function takes costs time to compile.
    """
    state = np.full(FACTS + KINDS + KINDS * KEPT, -1, np.int64)
    state[FACTS : FACTS + KINDS] = 0
    state[RAW_BYTES] = state[LONGEST] = 0
    return state


@kernel
def _note(state: I64, kind: int, offset: int) -> None:
    seen = state[FACTS + kind]
    if seen < KEPT:
        state[FACTS + KINDS + kind * KEPT + seen] = offset
    state[FACTS + kind] += 1


@kernel
def _is_digit(c: int) -> bool:
    return 48 <= c <= 57


@kernel
def _is_hex(c: int) -> bool:
    return 48 <= c <= 57 or 65 <= c <= 70 or 97 <= c <= 102


@kernel
def _is_letter(c: int) -> bool:
    return 65 <= c <= 90 or 97 <= c <= 122


@kernel
def _is_word(c: int) -> bool:
    return 65 <= c <= 90 or 97 <= c <= 122 or 48 <= c <= 57 or c == 95


@kernel
def _blank(data: U8, i: int, n: int, state: I64) -> int:
    """The next byte that is neither white nor in a comment."""
    while i < n:
        c = data[i]
        if c == 32 or 9 <= c <= 13:
            i += 1
        elif c == 47 and i + 1 < n and data[i + 1] == 42:
            start = i
            i += 2
            while i + 1 < n and not (data[i] == 42 and data[i + 1] == 47):
                if data[i] >= 128:
                    state[RAW_BYTES] += 1
                    if state[RAW_FIRST] < 0:
                        state[RAW_FIRST] = i
                i += 1
            if i + 1 >= n:
                _note(state, COMMENT, start)
                return n
            i += 2
        else:
            break
    return i


@kernel
def _hexadecimal(data: U8, i: int, n: int, digits: int, state: I64) -> int:
    """Past ``\\X2\\`` or ``\\X4\\`` and its hexadecimal text; -1 where it is broken."""
    i += 4
    start = i
    value = 0
    halves = False
    while i < n and _is_hex(data[i]):
        c = int(data[i])
        value = (value * 16 + (c - 48 if c <= 57 else (c & 223) - 55)) & 0xFFFFFFFF
        i += 1
        if (i - start) % digits == 0:
            halves = halves or (digits == 4 and 0xD800 <= value <= 0xDFFF)
            value = 0
    if i == start or i + 3 >= n:
        return -1
    if data[i] != 92 or data[i + 1] != 88 or data[i + 2] != 48 or data[i + 3] != 92:
        return -1
    if halves or (i - start) % digits != 0:
        _note(state, SURROGATE, start - 4)
    return i + 4


@kernel
def _escape(data: U8, i: int, n: int, state: I64) -> int:
    """Past the control directive of a string (ISO 10303-21 §6.4.3) at ``i``; broken ones are noted."""
    end = -1
    c = data[i + 1] if i + 1 < n else 0
    third = data[i + 2] if i + 2 < n else 0
    fourth = data[i + 3] if i + 3 < n else 0
    meant = False  # for an escape, and not as a plain backslash
    if c == 92:
        end = i + 2
    elif (c == 83 and third == 92) or (c == 80 and 65 <= third <= 73 and fourth == 92):
        end = i + 4
    elif (c == 78 or c == 70) and third == 92:
        end = i + 3
    elif c == 88 and third == 92:
        meant = True
        if i + 4 < n and _is_hex(fourth) and _is_hex(data[i + 4]):
            end = i + 5
    elif c == 88 and (third == 50 or third == 52) and fourth == 92:
        meant = True
        end = _hexadecimal(data, i, n, 4 if third == 50 else 8, state)
    elif c == 88 and third == 48 and fourth == 92:
        meant = True
    if end >= 0:
        return min(end, n)
    if not meant:
        _note(state, BACKSLASH, i)
    elif i > 0 and data[i - 1] >= 128:
        _note(state, ESCAPE_AFTER_RAW, i)
    else:
        _note(state, ESCAPE, i)
    return i + 1


@kernel
def _string(data: U8, i: int, n: int, state: I64) -> int:  # noqa: C901, PLR0912
    """Past the string that opens at ``i``; ``n`` where it does not end."""
    start = i
    i += 1
    while i < n:
        c = data[i]
        if c == 39:
            if i + 1 < n and data[i + 1] == 39:
                i += 2
                continue
            state[LONGEST] = max(state[LONGEST], i - start - 1)
            return i + 1
        if c == 92:
            i = _escape(data, i, n, state)
            continue
        if c == 10 or c == 13:
            k = i + 1
            while k < n and (data[k] == 10 or data[k] == 13 or data[k] == 32):
                k += 1
            if k < n and data[k] == 35:
                k += 1
                digits = k
                while k < n and _is_digit(data[k]):
                    k += 1
                if k > digits:
                    while k < n and data[k] == 32:
                        k += 1
                    if k < n and data[k] == 61:
                        _note(state, SPAN, start)
                i = k
                continue
        elif c >= 128:
            state[RAW_BYTES] += 1
            if state[RAW_FIRST] < 0:
                state[RAW_FIRST] = i
        elif c == 0:
            _note(state, NUL, i)
        i += 1
    _note(state, STRING, start)
    return n


@kernel
def _number(data: U8, i: int, n: int, state: I64) -> int:
    """Past the number at ``i``: ``[+-]d+[.d*][E[+-]d+]``, and whether float64 can hold it at all."""
    start = i
    if data[i] == 43 or data[i] == 45:
        i += 1
    digits = i
    while i < n and _is_digit(data[i]):
        i += 1
    good = i > digits
    if i < n and data[i] == 46:
        i += 1
        while i < n and _is_digit(data[i]):
            i += 1
    large = i - digits > 290
    if i < n and (data[i] == 69 or data[i] == 101):
        i += 1
        if i < n and (data[i] == 43 or data[i] == 45):
            i += 1
        digits = i
        exponent = 0
        while i < n and _is_digit(data[i]):
            exponent = min(exponent * 10 + (int(data[i]) - 48), 1000)
            i += 1
        good = good and i > digits
        large = large or exponent > 280
    tail = i
    while i < n and (_is_word(data[i]) or data[i] == 46 or data[i] == 43 or data[i] == 45 or data[i] == 35):
        i += 1
    if not good or i > tail:
        _note(state, NUMBER, start)
    elif large:
        _note(state, MAGNITUDE, start)
    return i


@kernel
def _instance_number(data: U8, i: int, n: int) -> tuple[int, int]:
    """The number after a ``#`` at ``i`` and the byte after it; -1 where it is none that can be kept."""
    i += 1
    start = i
    value = 0
    while i < n and _is_digit(data[i]):
        value = min(value * 10 + (int(data[i]) - 48), _LAST_ID + 1)
        i += 1
    if i == start or value == 0 or value > _LAST_ID:
        return -1, i
    return value, i


@kernel
def _word(data: U8, i: int, n: int) -> tuple[Any, int]:
    """Hash of the keyword at ``i``, capitals and small letters alike, and the byte after it."""
    value = _SEED
    while i < n and (_is_word(data[i]) or data[i] == 45):
        c = data[i]
        if 97 <= c <= 122:
            c -= 32
        value = (value ^ np.uint64(c)) * _PRIME
        i += 1
    return value, i


@kernel
def hash_of(data: U8) -> Any:
    """The hash that the scan gives to the keyword ``data``."""
    return _word(data, int(np.int64(0)), data.shape[0])[0]


@kernel
def scan(  # noqa: C901, PLR0912, PLR0915 - one loop is one function
    data: U8,
    keywords: U64,
    ids: I32,
    offsets: I64,
    types: U64,
    starts: I64,
    refs: I32,
    places: U8,
    state: I64,
) -> tuple[int, int]:
    """Every instance and reference of a STEP text; how many of either there are.

    A token a turn of the loop, and what it means by what came before: between instances, after a
    ``#`` number, after its ``=``, after a keyword, or among arguments.

    Parameters
    ----------
    data
        The text.
    keywords
        Hashes of ISO-10303-21, HEADER, DATA, ENDSEC, END-ISO-10303-21, FILE_DESCRIPTION, FILE_NAME
        and FILE_SCHEMA.
    ids, offsets, types
        Filled for each instance: number, offset, hash of its type. As long as there are ``=``.
    starts
        Filled with the row of an instance's first reference; one longer.
    refs, places
        Filled for each reference: number, and the argument (from 0, at most 255) it stands in. As
        long as there are ``#``.
    state
        Filled with facts, faults by kind and where the first of each kind are; see :func:`new_state`.
    """
    n = data.shape[0]
    instances = 0
    references = 0
    starts[0] = 0
    i = int(np.int64(0))  # a plain 0 would have what it is passed to compiled once more
    mode = _BETWEEN
    begin = 0  # of the instance or header entity at hand
    named = 0  # its number
    recorded = False  # it is an instance
    entity = -1  # place of a header entity in the facts
    depth = 0
    place = 0
    wanted = False  # a value must come next: after a bracket or a comma
    opened = False  # nothing since the bracket opened, so it may close at once
    valued = False  # a value stands last: a separator must come next
    quoted = -1  # offset of the string that stands last
    worded = -1  # offset of the keyword that stands last: its bracket must follow
    while True:
        i = _blank(data, i, n, state)
        if i >= n:
            if mode != _BETWEEN and mode != _KEYWORD:
                _note(state, CUT, begin)
            break
        at = i
        c = int(data[i])
        token = c
        number = 0
        kind = _SEED
        if c == _HASH:
            number, i = _instance_number(data, i, n)
        elif c == _QUOTE:
            i = _string(data, i, n, state)
        elif _is_letter(c):
            token = _LETTER
            kind, i = _word(data, i, n)
        elif (_is_digit(c) or c == 43 or c == 45) and mode == _ARGUMENTS and depth > 0:
            token = _VALUE
            i = _number(data, i, n, state)
        elif c == 46 and mode == _ARGUMENTS:
            token = _VALUE
            i += 1
            while i < n and _is_word(data[i]):
                i += 1
            if i < n and data[i] == 46:
                i += 1
            else:
                _note(state, WORD, at)
        elif c == 34 and mode == _ARGUMENTS:
            token = _VALUE
            i += 1
            while i < n and _is_hex(data[i]):
                i += 1
            if i < n and data[i] == 34:
                i += 1
            else:
                _note(state, SYNTAX, at)
        else:
            i += 1
            if c == 36 or c == 42:
                token = _VALUE

        if mode == _ARGUMENTS:
            if quoted >= 0:
                if token != _COMMA and token != _CLOSE:
                    _note(state, QUOTE, quoted)
                quoted = -1
            if worded >= 0:
                if token == _OPEN:
                    valued = False
                else:
                    _note(state, WORD, worded)
                worded = -1
            if token == _SEMICOLON:
                if depth > 0:
                    _note(state, UNCLOSED, at)
                elif not valued:
                    _note(state, SYNTAX, at)
                mode = _BETWEEN
            elif depth == 0 and token != _OPEN:
                if token == _CLOSE and valued:
                    _note(state, SURPLUS, at)
                elif valued and (token in (_HASH, _LETTER)):
                    # The parser gets over it between instances, but not in the header.
                    _note(state, SEMICOLON if recorded else SYNTAX, at)
                    mode = _BETWEEN
                    i = at
                else:
                    _note(state, NUL if c == 0 else SYNTAX, at)
            elif token == _COMMA:
                if wanted:
                    _note(state, EMPTY, at)
                if depth == 1 and place < 255:
                    place += 1
                wanted, opened, valued = True, False, False
            elif token == _CLOSE:
                if wanted and not opened:
                    _note(state, EMPTY, at)
                depth -= 1
                wanted, opened, valued = False, False, True
            else:
                if valued:
                    _note(state, SYNTAX, at)
                wanted, opened, valued = False, False, True
                if token == _OPEN:
                    depth += 1
                    if depth == MOST_NESTING + 1:
                        _note(state, NESTING, at)
                    wanted, opened, valued = True, True, False
                elif token == _HASH:
                    if number < 0:
                        _note(state, NUMBER_OF_INSTANCE, at)
                    elif recorded and references < refs.shape[0]:
                        refs[references] = number
                        places[references] = place
                        references += 1
                elif token == _QUOTE:
                    quoted = at
                elif token == _LETTER:
                    worded = at
                elif token != _VALUE:
                    _note(state, NUL if c == 0 else (RAW if c >= 128 else SYNTAX), at)
            if mode == _BETWEEN or i >= n:
                if recorded:
                    starts[instances] = references
                elif entity >= 0:
                    state[entity + 1] = i
            continue

        if mode == _NUMBERED:
            if c == 61:
                if named < 0:
                    _note(state, NUMBER_OF_INSTANCE, begin)
                mode = _EQUAL
            else:
                _note(state, STRAY, begin)
                mode = _BETWEEN
                i = at
            continue

        if mode == _EQUAL:
            if token != _LETTER:
                _note(state, SYNTAX, at)
                i = at
            if instances >= ids.shape[0]:  # cannot be: there is room for every "="
                break
            ids[instances] = max(named, 0)
            offsets[instances] = begin
            types[instances] = kind
            instances += 1
            starts[instances] = references
            mode = _ARGUMENTS
            recorded, entity = True, -1
            depth, place = 0, 0
            wanted, opened, valued = False, False, False
            continue

        if mode == _KEYWORD:
            mode = _BETWEEN
            if token == _OPEN:
                mode = _ARGUMENTS
                recorded = False
                depth, place = 0, 0
                wanted, opened, valued = False, False, False
                i = at
                continue
            if token == _SEMICOLON:
                if state[END] >= 0:
                    break
                continue
            if state[END] >= 0:
                i = at
                break

        # Between instances.
        if token == _HASH:
            named, begin = number, at
            mode = _NUMBERED
        elif token == _LETTER:
            mode = _KEYWORD
            begin = at
            entity = -1
            if kind == keywords[0] and state[MARK] < 0:
                state[MARK] = at
            elif kind == keywords[1] and state[HEADER] < 0:
                state[HEADER] = at
            elif kind == keywords[2]:
                state[DATA] = at
                state[ENDSEC] = -1
            elif kind == keywords[3]:
                state[ENDSEC] = at
            elif kind == keywords[4]:
                state[END] = at
            elif kind == keywords[5] and state[DESCRIPTION] < 0:
                entity = DESCRIPTION
            elif kind == keywords[6] and state[NAME] < 0:
                entity = NAME
            elif kind == keywords[7] and state[SCHEMA] < 0:
                entity = SCHEMA
            elif state[DATA] >= 0 or state[HEADER] < 0:
                _note(state, STRAY, at)
            if entity >= 0:
                state[entity] = at
        else:
            _note(state, NUL if c == 0 else (RAW if c >= 128 else STRAY), at)
    if state[END] >= 0:
        while i < n and (data[i] <= 32 or data[i] == 26):
            i += 1
        if i < n:
            _note(state, AFTER, i)
    return instances, references

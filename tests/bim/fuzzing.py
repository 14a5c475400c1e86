"""Variants of good models with some bytes changed, some taken out, or cut short."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from tests.bim import cases

MODELS = ("ios_testmodel_ifc4add2.ifc", "compare_guid_rev2.ifc", "jiading_office_cn_v1.ifc")


def variants(count: int, seed: int = 20_260_101) -> Iterator[tuple[str, bytes]]:
    """``count`` variants with what was done to them; the same for the same ``seed``."""
    chance = random.Random(seed)
    originals = [(cases.PUBLIC / name).read_bytes() for name in MODELS]
    for number in range(count):
        data = bytearray(originals[number % len(originals)])
        way = chance.choice(("flip", "flip", "digit", "digit", "reference", "cut", "drop", "double"))
        if way == "flip":
            for _ in range(chance.randint(1, 40)):
                data[chance.randrange(len(data))] = chance.randrange(256)
        elif way == "digit":
            places = [i for i in range(len(data)) if 48 <= data[i] <= 57]
            for _ in range(chance.randint(1, 20)):
                data[chance.choice(places)] = chance.randint(48, 57)
        elif way == "reference":
            places = [i for i in range(len(data) - 3) if data[i] == 35 and 48 <= data[i + 1] <= 57]
            for _ in range(chance.randint(1, 10)):
                data[chance.choice(places) + 1] = chance.randint(49, 57)
        elif way == "cut":
            del data[chance.randrange(len(data)) :]
        else:
            start = chance.randrange(len(data))
            part = data[start : start + chance.randint(1, 3000)]
            data[start : start + (len(part) if way == "drop" else 0)] = b"" if way == "drop" else part
        yield f"{number:03d} {MODELS[number % len(MODELS)]} {way}", bytes(data)


def write(folder: Path, data: bytes) -> Path:
    """A variant as a file."""
    path = folder / "variant.ifc"
    path.write_bytes(data)
    return path

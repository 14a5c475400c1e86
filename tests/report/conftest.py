"""One report over the worked-out town of the indicators: a tour of two viewpoints, a scenario, an annotation."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import city
from tests.indicators import town
from tests.indicators.conftest import desk_of
from twin import annotation, scenario
from twin.briefing import tour as tours
from twin.briefing.tour import Tour
from twin.briefing.viewpoint import Viewpoint
from twin.indicators import Desk
from twin.report import content, pictures, request
from twin.store import Store

WIDTH, HEIGHT = pictures.WIDTH * pictures.SCALE, pictures.HEIGHT * pictures.SCALE


def png(width: int = WIDTH, height: int = HEIGHT, shade: int = 200) -> bytes:
    """A grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = (b"\x00" + bytes([shade]) * width) * height
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@dataclass(frozen=True)
class Town:
    """What tests need of the home."""

    desk: Desk
    tour: Tour
    scenario: str

    def document(self, **more: Any) -> dict[str, Any]:
        asked = request.read({"tour": self.tour.id, **more})
        return content.compose(self.desk, self.tour, asked)


def furnish(store: Store) -> tuple[Tour, str]:
    """A tour, a scenario and an annotation for a home that holds the town."""
    made = tours.create(
        store,
        "季度汇报",
        note="供区领导参阅。",
        viewpoints=[
            Viewpoint(
                title="新城核心", title_en="New city core", caption="公交到站信息与邻里中心。",
                caption_en="Bus arrivals and centres.",
                longitude=121.2, latitude=31.3, zoom=14.0, pitch=40.0, indicators=(3, 20, 22, 1),
            ),
            Viewpoint(title="全镇", longitude=121.2, latitude=31.3, zoom=13.0),
        ],
    )  # fmt: skip
    planned = scenario.create(store, "增设两站", author="规划科")
    for lon in (121.201, 121.203):
        edit = scenario.read_edit(
            {"kind": "add", "layer": "site_5g", "lon": lon, "lat": 31.301, "values": {"name": "新站"}}
        )
        scenario.add_edit(store, planned.id, edit)
    annotation.add(
        store,
        annotation.New(
            text="此处请核对基站权属。", author="王工", lon=121.201, lat=31.301, scenario=planned.id
        ),
    )
    return made, planned.id


@pytest.fixture(scope="package")
def town_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the town; the layers count as synthetic."""
    home = tmp_path_factory.mktemp("report") / "home"
    with Store.open(home) as store:
        city.put(store, town.layers(), name="town", synthetic=True)
        furnish(store)
    return home


@pytest.fixture(scope="module")
def place(town_home: Path) -> Iterator[Town]:
    with Store.open(town_home) as store:
        made = tours.get(store, "季度汇报")
        yield Town(desk_of(store), made, scenario.listed(store)[0].id)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with pictures of both viewpoints."""
    for number in (1, 2):
        (tmp_path / f"{content.picture_key(number)}.png").write_bytes(png(shade=100 * number))
    return tmp_path


def with_files(document: dict[str, Any]) -> dict[str, Any]:
    """The document with its two pictures."""
    files = {content.picture_key(number): f"{content.picture_key(number)}.png" for number in (1, 2)}
    return content.with_pictures(document, files, {})

"""Files that are cut off, flipped or replaced by noise give an input error or rows, never anything else."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import rasterio
from rasterio.transform import from_origin

from tests.ingest.files import SHARED, buildings, zipped
from tests.ingest.test_formats import KML
from twin.errors import InputError
from twin.ingest import RasterDataset, inspect

pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")


COUNT = int(os.environ.get("FUZZ", "20"))
COUNT = int(os.environ.get("DAMAGE_COUNT", "20"))
"""Damaged versions of each format; more for a long search."""
NAMES = (
    "a.geojson", "a.gpkg", "a.zip", "a.fgb", "a.parquet", "a.kml", "a.csv", "a.xlsx", "a.osm", "a.osm.pbf",
    "a.city.json", "dem.tif",
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """One sound file of each format."""
    folder = tmp_path_factory.mktemp("whole")
    frame = buildings()
    (folder / "a.geojson").write_text(frame.to_json(drop_id=True), encoding="utf-8")
    frame.to_file(folder / "a.gpkg", driver="GPKG")
    frame.to_file(folder / "a.fgb", driver="FlatGeobuf")
    frame.to_parquet(folder / "a.parquet")
    shapes = folder / "shp"
    shapes.mkdir()
    frame.to_file(shapes / "a.shp", encoding="GBK")
    zipped(shapes, folder / "a.zip")
    (folder / "a.kml").write_text(KML, encoding="utf-8")
    table = "名称,高度,lon,lat\n" + "".join(f"楼{n},{n},121.2,31.{n}\n" for n in range(30))
    (folder / "a.csv").write_bytes(table.encode("gb18030"))
    book = openpyxl.Workbook()
    for line in table.splitlines():
        book.active.append(line.split(","))
    book.save(folder / "a.xlsx")
    (folder / "a.osm").write_text(
        "<osm version='0.6'><node id='1' lat='1' lon='1' version='1'/>"
        "<node id='2' lat='1' lon='2' version='1'/>"
        "<way id='1' version='1'><nd ref='1'/><nd ref='2'/><tag k='highway' v='path'/></way></osm>"
    )
    source = SHARED / "osm_helsinki" / "Helsinki.osm.pbf"
    if source.is_file():
        (folder / "a.osm.pbf").write_bytes(source.read_bytes()[:60_000])
    cube = [[0, 0, 0], [9, 0, 0], [9, 9, 0], [0, 9, 0]]
    city = {"type": "CityJSON", "version": "2.0", "vertices": cube, "CityObjects": {
        "x": {"type": "Building", "attributes": {"measuredHeight": 5},
              "geometry": [{"type": "MultiSurface", "lod": "1",
                            "boundaries": [[[0, 1, 2, 3]]]}]}}}  # fmt: skip
    (folder / "a.city.json").write_text(json.dumps(city))
    with rasterio.open(
        folder / "dem.tif", "w", driver="GTiff", width=50, height=50, count=1, dtype="int16", crs=4326,
        transform=from_origin(121, 31, 0.001, 0.001), compress="DEFLATE",
    ) as raster:  # fmt: skip
        raster.write(np.arange(2500, dtype="int16").reshape(50, 50), 1)
    return {item.name: item.read_bytes() for item in folder.iterdir() if item.is_file()}


def damaged(data: bytes, seed: int, count: int) -> Iterator[bytes]:
    """Versions of ``data``: cut, with flipped bytes, with pieces removed, doubled or exchanged for noise."""
    chance = random.Random(seed)
    for number in range(count):
        body = bytearray(data)
        kind = number % 5
        at = chance.randrange(len(body))
        if kind == 0:
            body = body[:at]
        elif kind == 1:
            for _ in range(chance.randint(1, 12)):
                body[chance.randrange(len(body))] = chance.randrange(256)
        elif kind == 2:
            del body[at : at + chance.randint(1, 200)]
        elif kind == 3:
            body[at:at] = body[at : at + chance.randint(1, 200)]
        else:
            size = min(len(body) - at, 64)
            body[at : at + size] = chance.randbytes(size)
        yield bytes(body)


def try_import(path: Path, target: Path) -> None:
    try:
        with inspect(path) as inspection:
            for dataset in inspection.datasets:
                dataset.preview(5)
                try:
                    if isinstance(dataset, RasterDataset):
                        dataset.write(target, layer="dem")
                    else:
                        accepted = dataset.rows_for(dataset.layer or "building", crs=None)
                        assert accepted.frame.geometry.is_valid.all()
                except InputError as error:
                    assert error.zh
    except InputError as error:
        assert error.zh
        assert str(error)


@pytest.mark.parametrize("name", NAMES)
def test_damaged_files(name: str, whole: dict[str, bytes], tmp_path: Path) -> None:
    if name not in whole:
        pytest.skip("the shared OpenStreetMap extract is not here")
    path = tmp_path / name
    path.write_bytes(whole[name])
    try_import(path, tmp_path / "out.tif")
    for data in damaged(whole[name], seed=len(name), count=COUNT):
        path.write_bytes(data)
        try_import(path, tmp_path / "out.tif")


@pytest.mark.parametrize("name", NAMES)
def test_noise_and_other_formats_under_a_wrong_name(
    name: str, whole: dict[str, bytes], tmp_path: Path
) -> None:
    path = tmp_path / name
    noise = random.Random(1).randbytes(3000)
    for data in (
        noise,
        noise[:1],
        b"{" * 5000,
        b"[[[[[[",
        b"<kml" * 50,
        b"\0" * 100,
        b"PK\x03\x04",
        *whole.values(),
    ):
        path.write_bytes(data)
        try_import(path, tmp_path / "out.tif")

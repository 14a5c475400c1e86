"""A file becomes rows of a layer.

Two steps, so that people can look and correct in between::

    from twin.ingest import Known, inspect

    with inspect(path, known=Known(boundary=outline)) as inspection:
        for dataset in inspection.datasets:
            dataset.layer, dataset.columns, dataset.mapping, dataset.crs.text("zh")
            dataset.preview()
            accepted = dataset.rows_for("building", mapping=None, crs=None)
            accepted.frame, accepted.faults, accepted.rejected, accepted.crs

``inspect`` reads the file, proposes a layer and a column mapping for every
dataset in it and lets the CRS doctor judge its coordinates. ``rows_for``
applies the contract of a layer; it raises :class:`twin.errors.UndecidedCrs`
when the coordinates can be read in several ways and
:class:`twin.errors.NoGoodRow` when nothing is left. Mappings go from column of
the layer (also ``source_key``, ``town``, ``lon``, ``lat``, ``wkt`` and
``sectors.azimuth_deg``) to column of the file. ``progress(share, stage)`` is
called with 0 to 1; ``cancelled()`` returning True raises
:class:`twin.errors.Cancelled`.

Rasters (terrain, population) are :class:`RasterDataset`: ``kind == "raster"``,
``layer`` ``"dem"`` or ``"population"``, and ``write(target)`` instead of rows.

Every failure of a file is an :class:`twin.errors.InputError`. No remote or
virtual path is ever opened.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from twin.crs_doctor import CrsReport, Known
from twin.errors import InputError, UnreadableFile
from twin.ingest import archive
from twin.ingest.cityjson import read_cityjson
from twin.ingest.contract import Source
from twin.ingest.dataset import VectorDataset
from twin.ingest.files import format_of
from twin.ingest.kml import read_kml
from twin.ingest.osm import inspect_osm
from twin.ingest.places import datum_in
from twin.ingest.raster import RASTER_LAYERS, RasterAccepted, RasterDataset, inspect_raster
from twin.ingest.reading import Accepted, Dataset, Inspection, Origin, Progress, SourceColumn, Stop, Task
from twin.ingest.table import read_csv, read_xlsx
from twin.ingest.vector import read_vector, shapefiles

__all__ = [
    "RASTER_LAYERS",
    "Accepted",
    "CrsReport",
    "Dataset",
    "Inspection",
    "Known",
    "Origin",
    "Progress",
    "RasterAccepted",
    "RasterDataset",
    "SourceColumn",
    "Stop",
    "VectorDataset",
    "inspect",
]

_SIDE_FILES = {".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".xml", ".qix", ".qpj", ".txt", ".md", ".pdf"}


def inspect(
    path: Path,
    *,
    layer: str | None = None,
    crs: str = "auto",
    known: Known | None = None,
    original_name: str | None = None,
    progress: Progress | None = None,
    cancelled: Stop | None = None,
) -> Inspection:
    """Read a local file and say what it holds.

    Parameters
    ----------
    layer
        Layer every dataset is meant for; None proposes one each.
    crs
        ``auto`` asks the doctor; else ``EPSG:4549``, ``GCJ-02``, ``BD-09`` ...
    known
        What the twin already holds, as evidence for the doctor.
    original_name
        Name of an uploaded file, where ``path`` is a temporary one.

    Raises
    ------
    InputError
        The file cannot be read, or is refused.
    Cancelled
        ``cancelled()`` was true.
    """
    name = Path(original_name or path.name).name
    return _Inspector(name, layer, crs, known, Task(progress, cancelled)).inspect(path)


class _Inspector:
    def __init__(self, name: str, layer: str | None, crs: str, known: Known | None, task: Task) -> None:
        self.name = name
        self.layer = layer
        self.crs = crs
        self.known = known
        self.task = task

    def inspect(self, path: Path) -> Inspection:
        kind = format_of(path, self.name)
        if kind == "zip":
            return self._archive(path)
        if kind == "OSM":
            return self._osm(path)
        if kind == "GeoTIFF":
            return Inspection(self.name, kind, (inspect_raster(path, self.name, self.layer, self.crs),))
        if (
            kind == "Shapefile"
            and not path.with_suffix(".shx").exists()
            and not path.with_suffix(".dbf").exists()
        ):
            raise UnreadableFile(
                f"只有 {self.name} 不够：请把 .shp、.shx、.dbf、.prj 一起打成 zip 再导入。",
                f"{self.name} alone is not enough: pack .shp, .shx, .dbf and .prj into one zip.",
            )
        return Inspection(self.name, kind, tuple(self._datasets(path, kind, self.name)))

    def _osm(self, path: Path) -> Inspection:
        inspection = inspect_osm(path, self.name, self.task)
        if self.layer is not None:
            inspection.datasets = tuple(item for item in inspection.datasets if item.layer == self.layer)
            if not inspection.datasets:
                raise InputError(
                    f"OSM 文件 {self.name} 中没有图层 {self.layer} 的对象。",
                    f"the OpenStreetMap file {self.name} holds nothing for the layer {self.layer}.",
                )
        return inspection

    def _datasets(self, path: Path, kind: str, name: str) -> list[Dataset]:
        if kind == "CityJSON":
            found = read_cityjson(path, name, self.task)
            asked = [item for item in found if item[0] == self.layer]
            if self.layer is not None and not asked:
                asked = [(self.layer, source) for layer, source in found if layer == "building"]
            chosen = asked if self.layer is not None else found
            return [self._vector(source, name, layer=layer) for layer, source in chosen]
        if kind == "CSV":
            tables = [read_csv(path, name, self.task)]
        elif kind == "XLSX":
            tables = read_xlsx(path, name, self.task)
        else:
            read = (
                read_kml(path, name, self.task) if kind == "KML" else read_vector(path, name, kind, self.task)
            )
            return [self._vector(source, name) for source in read]
        return [self._vector(source, name, places=places) for source, places in tables]

    def _vector(
        self, source: Source, name: str, *, layer: str | None = None, places: dict[str, str] | None = None
    ) -> VectorDataset:
        self.task.step(0.95, "crs")
        if source.declared.how in ("none", "format"):
            hint = datum_in(f"{name} {source.name}")
            if hint.reference is not None:
                source.declared = hint
        return VectorDataset(
            source, Path(name).stem, layer=layer or self.layer, crs=self.crs, known=self.known, places=places
        )

    def _archive(self, path: Path) -> Inspection:
        """A zip: its shapefiles, else the one file in it that can be read."""
        folder = archive.unpack(path, self.name)
        try:
            return self._unpacked(Path(folder.name), folder)
        except BaseException:
            folder.cleanup()
            raise

    def _unpacked(self, root: Path, folder: tempfile.TemporaryDirectory[str]) -> Inspection:
        files = [item for item in root.rglob("*") if item.is_file() and "__MACOSX" not in item.parts]
        if (root / "xl").is_dir() and (root / "[Content_Types].xml").is_file():
            raise UnreadableFile(
                f"{self.name} 是 Excel 工作簿，请用 .xlsx 作扩展名。",
                f"{self.name} is an Excel workbook; name it .xlsx.",
            )
        datasets: list[Dataset] = []
        kind = "Shapefile"
        for item in shapefiles(root):
            datasets += self._datasets(item, "Shapefile", item.name)
        if not datasets:
            others = sorted(item for item in files if item.suffix.lower() not in _SIDE_FILES)
            for item in others:
                kind = format_of(item, item.name)
                if kind == "zip":
                    raise UnreadableFile(
                        f"{self.name} 里面还是压缩包，请只打一层。",
                        f"{self.name} holds another archive; pack once only.",
                    )
                inner = _Inspector(item.name, self.layer, self.crs, self.known, self.task).inspect(item)
                if len(others) == 1:
                    return Inspection(item.name, inner.format, inner.datasets, inner.notes, folder)
                datasets += inner.datasets
        if not datasets:
            raise UnreadableFile(
                f"压缩包 {self.name} 里没有可以导入的文件。",
                f"the archive {self.name} holds no file that can be imported.",
            )
        return Inspection(self.name, kind, tuple(datasets), (), folder)

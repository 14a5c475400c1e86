"""The DuckDB store: open, migrate, one writer, many readers, generations.

A home holds ``twin.duckdb`` (the catalogue and what is shown; this process is
its only writer), ``layers/LAYER-000001.duckdb`` files, each an immutable
generation, and building models (:mod:`twin.models.folders`). Publishing renames
finished files into place and flips what is shown in one transaction, so a crash at
any moment leaves the old or the new state, never a mixture. Why it is built so: ``docs/decisions/0003-store.md``.
"""

from __future__ import annotations

import datetime as dt
import shutil
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType

import duckdb
from duckdb_extensions import import_extension

from twin.durable import sync, sync_folder
from twin.errors import HomeBusy, HomeTooNew, HomeUnusable, InputError, UnknownName
from twin.generation import STORAGE, Built, quoted
from twin.models import folders

_MIGRATIONS = Path(__file__).parent / "migrations"
_PINNED = "1.5.5"
RASTER_KINDS = ("dem", "population")
"""What is shown beside the layers; its number in ``shown`` and ``history`` is its dataset's."""
_FOLDERS = ("layers", "rasters", "models", "inbox", "backups", "tmp")


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation as it is attached: ``relation`` is its table's name in SQL.

    ``bounds`` are lon/lat degrees west, south, east, north; ``columns`` the
    layer's columns at the time it was built.
    """

    layer: str
    number: int
    path: Path
    rows: int
    checksum: str
    datasets: tuple[int, ...]
    people: int | None
    bounds: tuple[float, float, float, float] | None
    columns: tuple[str, ...]
    created_at: dt.datetime

    @property
    def alias(self) -> str:
        """Name of the attached database."""
        return f"g_{self.layer}_{self.number}"

    @property
    def relation(self) -> str:
        """Name of the table of features, qualified."""
        return f"{self.alias}.features"


class Store:
    """An open home. Use :meth:`open`; close it or use it as a context manager."""

    def __init__(self, home: Path, connection: duckdb.DuckDBPyConnection, keep: int) -> None:
        self.home = home
        self._connection = connection
        self._keep = max(2, keep)
        self._write_lock = threading.RLock()
        self.import_lock = threading.Lock()
        self._local = threading.local()
        self._shown: Mapping[str, Generation] = MappingProxyType({})
        self._attached: dict[str, Generation] = {}

    # -- opening -----------------------------------------------------------

    @classmethod
    def open(cls, home: Path, *, keep_generations: int = 3, memory_mb: int = 512) -> Store:
        """Open the home at ``home``, making it if it is not there.

        Raises
        ------
        HomeBusy
            Another process has it open.
        HomeTooNew
            It was written by a newer version.
        HomeUnusable
            It cannot be written.
        """
        home = home.expanduser().resolve()
        try:
            for folder in (home, *(home / name for name in _FOLDERS)):
                folder.mkdir(parents=True, exist_ok=True)
            connection = connect(home, memory_mb)
        except OSError as error:
            raise unusable(home, error) from error
        try:
            cls._attach_catalogue(connection, home)
            store = cls(home, connection, keep_generations)
            store._migrate()
            store._load_shown()
            store._sweep()
            connection.execute(f"SET allowed_directories=['{quoted(home)}/']")
            connection.execute("SET enable_external_access=false")
            connection.execute("SET lock_configuration=true")
        except BaseException:
            connection.close()
            raise
        return store

    @staticmethod
    def _attach_catalogue(connection: duckdb.DuckDBPyConnection, home: Path) -> None:
        path = home / "twin.duckdb"
        try:
            connection.execute(f"ATTACH '{quoted(path)}' AS twin ({STORAGE})")
            connection.execute("CHECKPOINT twin")
        except (duckdb.IOException, duckdb.BinderException) as error:
            if "lock" in str(error).lower() or "already attached" in str(error):
                raise HomeBusy(
                    f"{home} 正被另一个进程使用；请先停止它，或通过正在运行的服务操作。",
                    f"{home} is in use by another process; stop it first, or work through the running server.",
                ) from error
            raise unusable(home, error) from error
        except duckdb.SerializationException as error:
            raise HomeTooNew(
                f"{path} 由更新版本的 DuckDB 写成；请升级本软件。",
                f"{path} was written by a newer DuckDB; upgrade this software.",
            ) from error

    def _migrate(self) -> None:
        """Apply the numbered migrations that are missing, each after a backup."""
        migrations = sorted(_MIGRATIONS.glob("[0-9]*.sql"))
        newest = int(migrations[-1].name[:4])
        connection = self._connection
        connection.execute(
            "CREATE TABLE IF NOT EXISTS twin.schema_version (version INTEGER, applied_at TIMESTAMP)"
        )
        row = connection.execute("SELECT coalesce(max(version), 0) FROM twin.schema_version").fetchone()
        version = int(row[0]) if row else 0
        if version > newest:
            raise HomeTooNew(
                f"{self.home} 由更新的版本写成（结构 {version}，本版本认识到 {newest}）；请升级本软件。",
                f"{self.home} was written by a newer version (schema {version}, this one knows {newest}); "
                "upgrade this software.",
            )
        for path in migrations:
            number = int(path.name[:4])
            if number <= version:
                continue
            connection.execute("CHECKPOINT twin")
            if version:
                shutil.copy2(self.home / "twin.duckdb", self.home / "backups" / f"before-{path.stem}.duckdb")
            connection.execute("USE twin")
            try:
                connection.execute("BEGIN")
                connection.execute(path.read_text(encoding="utf-8"))
                connection.execute("INSERT INTO twin.schema_version VALUES (?, ?)", [number, utc_now()])
                connection.execute("COMMIT")
            finally:
                connection.execute("USE memory")
            connection.execute("CHECKPOINT twin")

    def _load_shown(self) -> None:
        rows = self._connection.execute(
            "SELECT s.layer, s.number FROM twin.shown s ORDER BY s.layer"
        ).fetchall()
        for generation in self._generations():
            if generation.path.exists():
                self._attach(generation)
        self._shown = MappingProxyType(
            {
                layer: self._attached[f"g_{layer}_{number}"]
                for layer, number in rows
                if f"g_{layer}_{number}" in self._attached
            }
        )

    def _generations(self) -> list[Generation]:
        rows = self._connection.execute(
            "SELECT layer, number, file, rows, checksum, datasets, people, bounds, columns, created_at "
            "FROM twin.generation ORDER BY layer, number"
        ).fetchall()
        return [
            Generation(
                layer,
                number,
                self.home / "layers" / file,
                rows_,
                checksum,
                tuple(datasets),
                people,
                tuple(bounds) if bounds else None,
                tuple(columns),
                created,
            )
            for layer, number, file, rows_, checksum, datasets, people, bounds, columns, created in rows
        ]

    def _sweep(self) -> None:
        """Remove what a crash left: unfinished files that no generation names."""
        named = {generation.path.name for generation in self._generations()}
        for path in (self.home / "layers").iterdir():
            if path.name.removesuffix(".wal") not in named:
                path.unlink(missing_ok=True)
        rasters = {
            row[0]
            for row in self._connection.execute(
                "SELECT file FROM twin.raster r "
                "WHERE EXISTS (FROM twin.history h WHERE h.layer = r.kind AND h.number = r.dataset)"
            ).fetchall()
        }
        for path in (self.home / "rasters").iterdir():
            if path.name not in rasters:
                path.unlink(missing_ok=True)
        folders.sweep(self.home, self._model_versions(self._connection))
        for path in [*(self.home / "tmp").iterdir(), *(self.home / "inbox").iterdir()]:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)

    @staticmethod
    def _model_versions(cursor: duckdb.DuckDBPyConnection) -> set[tuple[str, int]]:
        return set(cursor.execute("SELECT model, number FROM twin.model_version").fetchall())

    def close(self) -> None:
        """Close the store; cursors handed out stop working."""
        self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- reading -----------------------------------------------------------

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """This thread's own cursor; one connection shared by threads gives wrong answers."""
        cursor = getattr(self._local, "cursor", None)
        if cursor is None:
            cursor = self._local.cursor = self._connection.cursor()
        return cursor

    @property
    def shown(self) -> Mapping[str, Generation]:
        """The generation shown for each layer; one snapshot, safe to keep for a request."""
        return self._shown

    def generation(self, layer: str) -> Generation:
        """The generation shown for ``layer``; :class:`UnknownName` when it holds nothing."""
        try:
            return self._shown[layer]
        except KeyError:
            raise UnknownName(
                f"图层 {layer!r} 还没有数据；请先导入。",
                f"the layer {layer!r} holds no data yet; import some first.",
            ) from None

    def kept(self, layer: str, number: int) -> Generation:
        """Generation ``number`` of ``layer`` while it is kept; :class:`UnknownName` afterwards."""
        try:
            return self._attached[f"g_{layer}_{number}"]
        except KeyError:
            raise UnknownName(
                f"图层 {layer!r} 的第 {number} 版已不再保留；请刷新页面。",
                f"generation {number} of {layer!r} is no longer kept; reload the page.",
            ) from None

    @property
    def extension_directory(self) -> Path:
        """Where the spatial extension lives, for other DuckDB instances on this home."""
        return self.home / "duckdb"

    # -- writing -----------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """One transaction on the catalogue; one writer at a time, rolled back on error."""
        with self._write_lock:
            cursor = self._connection.cursor()
            try:
                cursor.execute("BEGIN")
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                cursor.execute("ROLLBACK")
                raise
            finally:
                cursor.close()

    def stage(self, layer: str) -> Path:
        """A path of an unfinished generation file; :meth:`publish` gives it its name."""
        return self.home / "layers" / f".{layer}-{uuid.uuid4().hex}.duckdb"

    def serials(self, layer: str) -> dict[int, int]:
        """The next free serial by town."""
        rows = self.cursor().execute("SELECT town, next FROM twin.serial WHERE layer = ?", [layer]).fetchall()
        return dict(rows)

    def publish(
        self,
        built: Sequence[Built],
        action: str = "import",
        record: Sequence[tuple[str, list[object]]] = (),
        rasters: Mapping[str, int] = MappingProxyType({}),
    ) -> list[Generation]:
        """Show new generations of one or more layers, all at once or not at all.

        Parameters
        ----------
        built
            Finished, closed files from :class:`twin.generation.Builder`.
        record
            Further statements with their values for the same transaction
            (the catalogue's dataset and fault rows).
        rasters
            Rasters shown from now on: kind and dataset.
        """
        with self._write_lock:
            cursor = self._connection.cursor()
            numbers = dict(
                cursor.execute("SELECT layer, max(number) FROM twin.generation GROUP BY layer").fetchall()
            )
            fresh = []
            for item in built:
                number = int(numbers.get(item.layer, 0)) + 1
                path = self.home / "layers" / f"{item.layer}-{number:06d}.duckdb"
                sync(item.path)
                item.path.replace(path)
                fresh.append(
                    Generation(
                        item.layer,
                        number,
                        path,
                        item.rows,
                        item.checksum,
                        item.datasets,
                        item.people,
                        item.bounds,
                        item.columns,
                        utc_now(),
                    )
                )
            sync_folder(self.home / "layers")
            for generation in fresh:
                self._attach(generation)
            step = self._next_step(cursor)
            try:
                with self.writing() as writer:
                    for statement, values in record:
                        writer.execute(statement, values)
                    for generation, item in zip(fresh, built, strict=True):
                        self._insert_generation(writer, generation)
                        for town, upcoming in item.serials.items():
                            writer.execute(
                                "INSERT OR REPLACE INTO twin.serial VALUES (?, ?, ?)",
                                [generation.layer, town, upcoming],
                            )
                        self._show(writer, step, generation.layer, generation.number, action)
                    for kind, dataset in rasters.items():
                        self._show(writer, step, kind, dataset, action)
            except BaseException:
                for generation in fresh:
                    self._drop(cursor, generation)
                raise
            self._shown = MappingProxyType({**self._shown, **{item.layer: item for item in fresh}})
            self._prune()
            return fresh

    def undo(self) -> list[str]:
        """Take back the newest import (or undo step); returns the layers that changed.

        :class:`InputError` when there is nothing to take back.
        """
        with self._write_lock:
            cursor = self._connection.cursor()
            step = self.last_step()
            if step is None:
                raise InputError("没有可以撤销的导入。", "there is no import to take back.")
            rows = cursor.execute("SELECT layer, number FROM twin.history WHERE step = ?", [step]).fetchall()
            back: dict[str, int | None] = {}
            for layer, _ in rows:
                before = cursor.execute(
                    "SELECT number FROM twin.history WHERE layer = ? AND step < ? ORDER BY step DESC LIMIT 1",
                    [layer, step],
                ).fetchone()
                back[layer] = before[0] if before else None
                kept = layer in RASTER_KINDS or f"g_{layer}_{back[layer]}" in self._attached
                if back[layer] is not None and not kept:
                    raise InputError(
                        f"图层 {layer} 的上一版本已不再保留，无法撤销。",
                        f"the previous generation of {layer} is no longer kept, so it cannot be taken back.",
                    )
            with self.writing() as writer:
                writer.execute("DELETE FROM twin.history WHERE step = ?", [step])
                for layer, number in back.items():
                    writer.execute("DELETE FROM twin.shown WHERE layer = ?", [layer])
                    if number is not None:
                        writer.execute("INSERT INTO twin.shown VALUES (?, ?)", [layer, number])
            shown = {layer: generation for layer, generation in self._shown.items() if layer not in back}
            shown |= {
                layer: self._attached[f"g_{layer}_{number}"]
                for layer, number in back.items()
                if number is not None and layer not in RASTER_KINDS
            }
            self._shown = MappingProxyType(shown)
            return sorted(back)

    def last_step(self) -> int | None:
        """Number of the newest step that undo would take back."""
        row = self.cursor().execute("SELECT max(step) FROM twin.history").fetchone()
        return None if row is None or row[0] is None else int(row[0])

    @contextmanager
    def frozen(self) -> Iterator[list[Path]]:
        """Hold the writer back and give the files of every kept generation, raster and building model."""
        with self._write_lock:
            files = [generation.path for generation in self._attached.values()]
            files += sorted((self.home / "rasters").iterdir())
            yield files + folders.files(self.home, self._model_versions(self.cursor()))

    def copy_catalogue(self, path: Path) -> None:
        """Write the catalogue, in one transaction, to a new DuckDB file inside the home."""
        cursor = self._connection.cursor()
        cursor.execute(f"ATTACH '{quoted(path)}' AS backup ({STORAGE})")
        try:
            cursor.execute("COPY FROM DATABASE twin TO backup")
        finally:
            cursor.execute("DETACH backup")

    # -- inside ------------------------------------------------------------

    def _attach(self, generation: Generation) -> None:
        self._connection.cursor().execute(
            f"ATTACH '{quoted(generation.path)}' AS {generation.alias} (READ_ONLY)"
        )
        self._attached[generation.alias] = generation

    def _next_step(self, cursor: duckdb.DuckDBPyConnection) -> int:
        row = cursor.execute("SELECT coalesce(max(step), 0) + 1 FROM twin.history").fetchone()
        return int(row[0]) if row else 1

    @staticmethod
    def _insert_generation(writer: duckdb.DuckDBPyConnection, generation: Generation) -> None:
        writer.execute(
            "INSERT INTO twin.generation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                generation.layer,
                generation.number,
                generation.path.name,
                generation.rows,
                generation.checksum,
                list(generation.datasets),
                generation.people,
                list(generation.bounds) if generation.bounds else None,
                list(generation.columns),
                generation.created_at,
            ],
        )

    @staticmethod
    def _show(writer: duckdb.DuckDBPyConnection, step: int, layer: str, number: int, action: str) -> None:
        writer.execute(
            "INSERT INTO twin.history VALUES (?, ?, ?, ?, ?)", [step, layer, number, action, utc_now()]
        )
        writer.execute("INSERT OR REPLACE INTO twin.shown VALUES (?, ?)", [layer, number])

    def _prune(self) -> None:
        """Forget generations that are neither shown nor among the last kept ones.

        Readers finish long before a layer has been replaced this many times,
        so detaching cannot pull a file from under them.
        """
        cursor = self._connection.cursor()
        for layer in {generation.layer for generation in self._attached.values()}:
            numbers = sorted(item.number for item in self._attached.values() if item.layer == layer)
            shown = self._shown.get(layer)
            for number in numbers[: -self._keep]:
                if shown is not None and shown.number == number:
                    continue
                with self.writing() as writer:
                    writer.execute(
                        "DELETE FROM twin.generation WHERE layer = ? AND number = ?", [layer, number]
                    )
                self._drop(cursor, self._attached[f"g_{layer}_{number}"])

    def _drop(self, cursor: duckdb.DuckDBPyConnection, generation: Generation) -> None:
        """Detach a generation nobody shows and remove its file."""
        del self._attached[generation.alias]
        cursor.execute(f"DETACH {generation.alias}")
        generation.path.unlink(missing_ok=True)


def connect(home: Path, memory_mb: int) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB with the spatial extension from ``home``, not yet locked.

    The extension is put into the home from its wheel once; nothing is fetched.
    """
    if duckdb.__version__ != _PINNED:
        raise HomeUnusable(
            f"需要 DuckDB {_PINNED}，现为 {duckdb.__version__}；请重新运行 python3 run.py setup。",
            f"DuckDB {_PINNED} is needed, not {duckdb.__version__}; run python3 run.py setup again.",
        )
    extensions = home / "duckdb"
    connection = duckdb.connect(
        config={
            "extension_directory": str(extensions),
            "home_directory": str(home),  # services have no HOME, and nothing of theirs belongs there
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
        }
    )
    try:
        if not any(extensions.glob("*/*/spatial.duckdb_extension")):
            import_extension("spatial", con=connection)
        connection.execute("LOAD spatial")
        connection.execute(f"SET memory_limit='{int(memory_mb)}MB'")
        connection.execute(f"SET temp_directory='{quoted(home / 'tmp')}'")
        connection.execute("SET max_temp_directory_size='8GB'")
        connection.execute("SET threads=1")
    except duckdb.IOException as error:
        connection.close()
        raise unusable(home, error) from error
    return connection


def unusable(home: Path, error: BaseException) -> HomeUnusable:
    """What to tell the user when ``home`` cannot be written: full disk or permissions."""
    free = shutil.disk_usage(home).free if home.exists() else None
    if free is not None and free < 50_000_000:
        return HomeUnusable(
            f"{home} 所在磁盘已满（剩余 {free // 1_000_000} MB）；请腾出空间后重试。",
            f"the disk of {home} is full ({free // 1_000_000} MB left); free some space and try again.",
        )
    return HomeUnusable(
        f"无法写入 {home}：{error}。请检查权限，或用 --home 指定其他目录。",
        f"cannot write to {home}: {error}. Check its permissions, or name another folder with --home.",
    )


def utc_now() -> dt.datetime:
    """The present moment as the catalogue keeps it: UTC without a zone."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)

"""The store: generations, undo, identifiers that stay, backup, refusals, settings that hold."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest

from tests import city
from twin.backup import backup, restore
from twin.errors import HomeBusy, HomeTooNew, HomeUnusable, InputError, UnknownName
from twin.store import Store


@pytest.fixture
def store(tmp_path: Path):
    with Store.open(tmp_path / "home") as opened:
        yield opened


def _rows(store: Store, query: str) -> list[tuple]:
    return store.cursor().execute(query).fetchall()


def test_a_new_home_is_empty_and_says_so(store: Store) -> None:
    assert dict(store.shown) == {}
    with pytest.raises(UnknownName, match="holds no data"):
        store.generation("building")


def test_rows_come_back_as_they_went_in(store: Store) -> None:
    city.put(store, {"town": city.towns(), "building": city.buildings(), "site_5g": city.sites()})
    generation = store.generation("building")
    assert (generation.rows, generation.people, generation.number) == (400, 800, 1)
    found = _rows(
        store, f"SELECT source_key, height_m, town, ST_Area(geom) FROM {generation.relation} ORDER BY fid"
    )
    assert {row[2] for row in found} == {310114103, 310114114}
    heights = {row[0]: row[1] for row in found}
    assert heights["test/way/7"] == 10.0
    assert found[0][3] == pytest.approx((city.STEP / 2) ** 2, rel=1e-6)
    sectors = _rows(store, f"SELECT sectors FROM {store.generation('site_5g').relation} ORDER BY fid")
    assert [None if row[0] is None else [item["azimuth_deg"] for item in row[0]] for row in sectors] == [
        [0.0, 120.0, 240.0],
        None,
    ]


def test_measure_is_the_area_on_the_ellipsoid(store: Store) -> None:
    from pyproj import Geod

    city.put(store, {"building": city.buildings(5), "town": city.towns()})
    geod = Geod(ellps="GRS80")
    for layer, frame, tolerance in (("building", city.buildings(5), 1e-5), ("town", city.towns(), 1e-3)):
        expected = [abs(geod.geometry_area_perimeter(shape)[0]) for shape in frame.geometry]
        found = _rows(store, f"SELECT measure FROM {store.generation(layer).relation} ORDER BY source_key")
        assert [row[0] for row in found] == pytest.approx(expected, rel=tolerance)


def test_tiles_get_rings_clockwise(store: Store) -> None:
    import shapely

    city.put(store, {"building": city.buildings(3)})
    rows = _rows(store, f"SELECT ST_AsWKB(mercator)::BLOB FROM {store.generation('building').relation}")
    assert not shapely.is_ccw(shapely.get_exterior_ring(shapely.from_wkb([row[0] for row in rows]))).any()


def test_the_same_delivery_keeps_identifiers_and_replaces_itself(store: Store) -> None:
    city.put(store, {"building": city.buildings(100)}, name="survey")
    before = dict(_rows(store, f"SELECT source_key, identifier FROM {store.generation('building').relation}"))
    again = city.buildings(120)
    again.loc[:, "height_m"] = 99.0
    city.put(store, {"building": again}, name="survey")
    after = dict(_rows(store, f"SELECT source_key, identifier FROM {store.generation('building').relation}"))
    assert len(after) == 120
    assert {key: after[key] for key in before} == before
    assert len(set(after.values())) == 120


def test_another_source_joins_and_serials_are_never_given_twice(store: Store) -> None:
    city.put(store, {"building": city.buildings(10)}, name="one")
    city.put(store, {"building": city.buildings(10)}, name="two")
    assert store.generation("building").rows == 20
    first = {row[0] for row in _rows(store, f"SELECT fid FROM {store.generation('building').relation}")}
    store.undo()
    city.put(store, {"building": city.buildings(10)}, name="three")
    fids = {row[0] for row in _rows(store, f"SELECT fid FROM {store.generation('building').relation}")}
    assert len(first) == 20
    assert len(fids) == 20
    assert len(first & fids) == 10, "the serials of what was taken back are not given again"


def test_undo_steps_back_over_all_layers_of_an_import(store: Store) -> None:
    city.put(store, {"building": city.buildings(10)}, name="one")
    city.put(store, {"building": city.buildings(20), "town": city.towns()}, name="one")
    assert store.undo() == ["building", "town"]
    assert store.generation("building").rows == 10
    assert "town" not in store.shown
    assert store.undo() == ["building"]
    with pytest.raises(InputError, match="no import"):
        store.undo()


def test_old_generations_are_pruned_but_three_stay(store: Store) -> None:
    for count in range(1, 7):
        city.put(store, {"building": city.buildings(count)}, name="one")
    files = sorted(path.name for path in (store.home / "layers").iterdir())
    assert files == [f"building-{number:06d}.duckdb" for number in (4, 5, 6)]
    assert store.undo() == ["building"]
    assert store.generation("building").rows == 5


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        city.put(store, {"building": city.buildings(30)}, name="one")
        city.put(store, {"building": city.buildings(40)}, name="one")
        checksum = store.generation("building").checksum
    (tmp_path / "layers" / ".building-unfinished.duckdb").write_bytes(b"left by a crash")
    (tmp_path / "layers" / "building-000009.duckdb").write_bytes(b"renamed, not recorded")
    with Store.open(tmp_path) as store:
        assert store.generation("building").checksum == checksum
        assert len(list((tmp_path / "layers").iterdir())) == 2
        assert store.undo() == ["building"]
        assert store.generation("building").rows == 30


def test_checksum_follows_the_content(tmp_path: Path) -> None:
    sums = []
    for number, height in enumerate((1.0, 1.0, 2.0)):
        frame = city.buildings(50)
        frame.loc[0, "height_m"] = height
        with Store.open(tmp_path / str(number)) as store:
            city.put(store, {"building": frame})
            sums.append(store.generation("building").checksum)
    assert sums[0] == sums[1] != sums[2]


def test_readers_never_see_half_an_import(store: Store) -> None:
    city.put(store, {"building": city.buildings(50)}, name="one")
    seen, errors, stop = set(), [], threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                generation = store.generation("building")
                counted = store.cursor().execute(f"SELECT count(*) FROM {generation.relation}").fetchone()
                seen.add((generation.rows, counted[0]))
            except Exception as error:  # noqa: BLE001 - any error at all is the failure
                errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for count in (60, 70, 80, 90):
        city.put(store, {"building": city.buildings(count)}, name="one")
    stop.set()
    for reader in readers:
        reader.join()
    assert errors == []
    assert all(expected == counted for expected, counted in seen)


def test_a_failed_import_changes_nothing(store: Store) -> None:
    city.put(store, {"building": city.buildings(10)}, name="one")
    broken = city.buildings(10).assign(height_m=["not a number"] * 10)
    with pytest.raises(ValueError, match="not a number"):
        city.put(store, {"town": city.towns(), "building": broken}, name="two")
    assert set(store.shown) == {"building"}
    assert [path.name for path in (store.home / "layers").iterdir()] == ["building-000001.duckdb"]
    assert _rows(store, "SELECT count(*) FROM twin.dataset") == [(1,)]


def test_backup_and_restore(store: Store, tmp_path: Path) -> None:
    city.put(store, {"building": city.buildings(25), "town": city.towns()})
    backup(store, tmp_path / "copy.zip")
    restore(tmp_path / "copy.zip", tmp_path / "other")
    with Store.open(tmp_path / "other") as copy:
        assert {layer: item.checksum for layer, item in copy.shown.items()} == {
            layer: item.checksum for layer, item in store.shown.items()
        }
    with pytest.raises(InputError, match="already holds a twin"):
        restore(tmp_path / "copy.zip", tmp_path / "other")


def test_a_damaged_backup_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.zip").write_bytes(b"PK nonsense")
    with pytest.raises(InputError, match="not a sound backup"):
        restore(tmp_path / "bad.zip", tmp_path / "other")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.zip"]


def test_a_process_without_a_home_directory_can_open_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOME", raising=False)  # as services run
    monkeypatch.delenv("USERPROFILE", raising=False)
    with Store.open(tmp_path / "home") as store:
        assert _rows(store, "SELECT ST_AsText(ST_Point(1, 2))") == [("POINT (1 2)",)]


def test_one_writer(store: Store) -> None:
    with pytest.raises(HomeBusy):
        Store.open(store.home)
    code = f"from pathlib import Path; from twin.store import Store; Store.open(Path({str(store.home)!r}))"
    outcome = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "HomeBusy" in outcome.stderr


def test_a_newer_home_is_refused(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, store.writing() as writer:
        writer.execute("INSERT INTO twin.schema_version VALUES (9999, now()::TIMESTAMP)")
    with pytest.raises(HomeTooNew, match="schema 9999"):
        Store.open(tmp_path)


def test_each_migration_is_backed_up_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import twin.store

    with Store.open(tmp_path / "home") as store:
        city.put(store, {"building": city.buildings(5)})
    folder = tmp_path / "migrations"
    shutil.copytree(twin.store._MIGRATIONS, folder)
    (folder / "0900_note.sql").write_text("ALTER TABLE dataset ADD COLUMN note VARCHAR;", encoding="utf-8")
    monkeypatch.setattr(twin.store, "_MIGRATIONS", folder)
    with Store.open(tmp_path / "home") as store:
        assert _rows(store, "SELECT max(version) FROM twin.schema_version") == [(900,)]
        assert _rows(store, "SELECT note FROM twin.dataset") == [(None,)]
        assert store.generation("building").rows == 5
    with duckdb.connect(
        str(tmp_path / "home" / "backups" / "before-0900_note.duckdb"), read_only=True
    ) as copy:
        before = len(list(folder.glob("*.sql"))) - 1
        assert copy.execute("SELECT max(version) FROM schema_version").fetchone() == (before,)


def test_a_failed_migration_leaves_the_home_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import twin.store

    with Store.open(tmp_path / "home") as store:
        city.put(store, {"building": city.buildings(5)})
    folder = tmp_path / "migrations"
    shutil.copytree(twin.store._MIGRATIONS, folder)
    (folder / "0900_bad.sql").write_text(
        "ALTER TABLE dataset ADD COLUMN x INT; SELECT nothing;", encoding="utf-8"
    )
    monkeypatch.setattr(twin.store, "_MIGRATIONS", folder)
    with pytest.raises(duckdb.Error):
        Store.open(tmp_path / "home")
    monkeypatch.undo()
    with Store.open(tmp_path / "home") as store:
        assert store.generation("building").rows == 5


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(HomeUnusable, match="cannot write"):
        Store.open(tmp_path / "file" / "home")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_text('/etc/hosts')",
        "SELECT * FROM ST_Read('/etc/hosts')",
        "COPY (SELECT 1) TO '/tmp/out.csv'",
        "ATTACH '/tmp/elsewhere.duckdb' AS elsewhere",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
    ],
)
def test_the_store_reaches_nothing_outside_its_home(store: Store, query: str) -> None:
    with pytest.raises(duckdb.Error):
        store.cursor().execute(query).fetchall()


def test_a_python_variable_is_no_table(store: Store) -> None:
    frame = city.buildings(2).drop(columns="geometry")
    assert len(frame) == 2
    with pytest.raises(duckdb.CatalogException):
        store.cursor().execute("SELECT * FROM frame")

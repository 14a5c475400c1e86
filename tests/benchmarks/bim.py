"""Building models: parse, shapes and glTF beside IfcOpenShell's own way and web-ifc, in one run.

Run it with the project's own Python, on a machine with nothing else to do:

    .venv/bin/python -m tests.benchmarks.bim [--repeat 3] [--only NAME]

Every measurement is a process of its own, from its start to its end. "ours" is the very process that converts an
upload: parse, data, shapes, evidence of the place, footprint and compressed glTF per storey (checks have no
counterpart and are left out). "ifcopenshell" is its iterator with the default kernel and settings and its glTF
serializer, in a process that imports nothing else. "web-ifc" is version 0.0.78 in Node, which parses, meshes every
element and reads every mesh, and writes nothing; it is left out with a line where Node or npm is missing. Openings are
drawn by nobody. Runs of the ways take turns; numbers are medians, and bytes are what is sent, gzip level 6. The last
column counts elements that the default kernel draws and we do not. The 33-storey tower is listed for its bytes. Where
wall and processor seconds differ much, the machine was busy: trust the latter.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bim import cases

LARGE_BYTES = 2_000_000
TOWER = "jiading_tower33_cn_ifc4.ifc"
TOWER_BYTES = 150_000
WEB_IFC = "web-ifc@0.0.78"

NODE = """
const {IfcAPI, IFCOPENINGELEMENT, IFCSPACE} = require('web-ifc');
const fs = require('fs');
(async () => {
  const api = new IfcAPI();
  await api.Init();
  const model = api.OpenModel(new Uint8Array(fs.readFileSync(process.argv[2])));
  const drawn = new Set();
  let triangles = 0;
  api.StreamAllMeshes(model, mesh => {
    const placed = mesh.geometries;
    for (let i = 0; i < placed.size(); i++) {
      const geometry = api.GetGeometry(model, placed.get(i).geometryExpressID);
      api.GetVertexArray(geometry.GetVertexData(), geometry.GetVertexDataSize());
      triangles += api.GetIndexArray(geometry.GetIndexData(), geometry.GetIndexDataSize()).length / 3;
      drawn.add(mesh.expressID);
      geometry.delete();
    }
  });
  console.log(JSON.stringify({drawn: drawn.size, triangles}));
})();
"""


DEFAULT = """
import json, sys
import ifcopenshell, ifcopenshell.geom
import numpy as np
source, target = sys.argv[1:]
file = ifcopenshell.open(source)
settings = ifcopenshell.geom.settings()
serializer = ifcopenshell.geom.serializers.gltf(target, settings)
serializer.setFile(file)
serializer.setUnitNameAndMagnitude("METER", 1.0)
serializer.writeHeader()
iterator = ifcopenshell.geom.iterator(settings, file, 1, exclude=["IfcOpeningElement"])
drawn, triangles = set(), 0
if iterator.initialize():
    while True:
        shape = iterator.get()
        serializer.write(shape)
        count = len(np.frombuffer(shape.geometry.faces_buffer, np.int32)) // 3
        if count:
            drawn.add(int(shape.id))
            triangles += count
        if not iterator.next():
            break
serializer.finalize()
print(json.dumps({"drawn": sorted(drawn), "triangles": triangles}), flush=True)
import os
os._exit(0)
"""


def ours(path: Path, folder: Path) -> dict[str, Any]:
    """The process of the intake, and what it left."""
    import pandas as pd

    from bim import model, worker
    from bim.limits import DEFAULT as LIMITS

    for part in ("made", "work"):
        (folder / part).mkdir()
    arguments = {
        "source": str(path), "folder": str(folder / "made"), "work": str(folder / "work"), "name": path.name,
        "size": path.stat().st_size, "sha256": "", "encoding": "ascii", "instances": 0, "aside": {}, "alone": [],
        "slow": [], "skip": ["check"], "templates": None,
    }  # fmt: skip
    with measured() as used:
        ended = worker.watch("bim.child:convert", arguments, folder, limits=LIMITS)
    if ended.why != "done":
        raise SystemExit(f"{path.name}: {ended.why}\n{ended.complaints}")
    elements = pd.read_parquet(folder / "made" / "elements.parquet")
    found = model.read(folder / "made")
    return {
        **used,
        "drawn": sorted(int(number) for number in elements["step_id"][elements["triangles"] > 0]),
        "triangles": found.triangles,
        "bytes": sum(len(gzip.compress((folder / "made" / name).read_bytes(), 6)) for name in found.files),
    }


def ifcopenshell(path: Path, folder: Path) -> dict[str, Any]:
    """Its iterator and serializer, as they come."""
    target = folder / "model.glb"
    found = run([sys.executable, "-c", DEFAULT, str(path), str(target)])
    return {**found, "bytes": len(gzip.compress(target.read_bytes(), 6)) if target.exists() else 0}


def web_ifc(path: Path, folder: Path) -> dict[str, Any]:
    """web-ifc in Node; ``folder`` is where it was installed."""
    return run(["node", "run.cjs", str(path)], folder)


@contextmanager
def measured() -> Iterator[dict[str, Any]]:
    """Wall and processor seconds and peak memory of the processes that end within."""
    found: dict[str, Any] = {}
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    yield found
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found["wall"] = time.perf_counter() - started
    found["cpu"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found["peak"] = after.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def run(command: list[str], folder: Path | None = None) -> dict[str, Any]:
    """What a command prints as JSON, with what it took."""
    with measured() as used:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)[:200]}\n{done.stderr[-2000:]}")
    return {**used, **json.loads(done.stdout.strip().splitlines()[-1])}


def child(way: str, path: Path, folder: Path) -> None:
    """One measurement, printed as JSON, in a process that has started no other: peak memory is that of the largest."""
    print(json.dumps({"ours": ours, "ifcopenshell": ifcopenshell, "web-ifc": web_ifc}[way](path, folder)))


def medians(path: Path, ways: list[str], repeat: int, node: Path) -> dict[str, dict[str, Any]]:
    """Medians over runs of every way; what was drawn is of the last."""
    runs: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
    for _ in range(repeat):
        for way in ways:
            with tempfile.TemporaryDirectory() as temporary:
                folder = str(node) if way == "web-ifc" else temporary
                command = [sys.executable, "-m", "tests.benchmarks.bim", "--child", way, str(path), folder]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                if done.returncode:
                    raise SystemExit(done.stderr[-2000:])
                runs[way].append(json.loads(done.stdout))
    return {
        way: {
            **found[-1],
            **{key: statistics.median(one[key] for one in found) for key in ("cpu", "wall", "peak")},
        }
        for way, found in runs.items()
    }


def has_web_ifc(folder: Path) -> bool:
    """Whether web-ifc could be put into ``folder``."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        print("web-ifc is left out: node or npm is missing.\n")
        return False
    (folder / "package.json").write_text("{}")
    (folder / "run.cjs").write_text(NODE)
    done = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", WEB_IFC], cwd=folder, capture_output=True, check=False
    )
    if done.returncode:
        print("web-ifc is left out: npm could not get it.\n")
    return done.returncode == 0


def line(name: str, way: str, found: dict[str, Any], lost: str = "") -> None:
    drawn = found["drawn"] if isinstance(found["drawn"], int) else len(found["drawn"])
    size = f"{found['bytes'] / 1000:.0f}" if "bytes" in found else ""
    print(
        f"| {name} | {way} | {found['cpu']:.2f} | {found['wall']:.2f} | {found['peak'] / 1e6:.0f} | {drawn} "
        f"| {found['triangles']} | {size} | {lost} |",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--child", nargs=3, metavar=("WAY", "FILE", "FOLDER"))
    chosen = parser.parse_args()
    if chosen.child:
        child(chosen.child[0], Path(chosen.child[1]), Path(chosen.child[2]))
        return 0
    files = [path for path in sorted(cases.PUBLIC.glob("*.ifc")) if path.stat().st_size >= LARGE_BYTES]
    files = [path for path in (*files, cases.PUBLIC / TOWER) if chosen.only in path.name]
    worse = []
    print(__doc__.split("\n", 1)[0], "\n")
    with tempfile.TemporaryDirectory() as node:
        ways = ["ours", "ifcopenshell", *(["web-ifc"] if has_web_ifc(Path(node)) else [])]
        print("| file | way | cpu s | wall s | peak MB | drawn | triangles | kB gzip | lost |")
        print("|---|---|---:|---:|---:|---:|---:|---:|---:|")
        for path in files:
            found = medians(path, ways, chosen.repeat, Path(node))
            mine, theirs = found["ours"], found["ifcopenshell"]
            lost = set(theirs["drawn"]) - set(mine["drawn"])
            for way in ways:
                line(path.name, way, found[way], str(len(lost)) if way == "ours" else "")
            if lost:
                worse.append(f"{path.name}: elements {sorted(lost)[:5]} are lost")
            if path.name == TOWER and mine["bytes"] > TOWER_BYTES:
                worse.append(f"{path.name}: {mine['bytes']} bytes over the wire, more than {TOWER_BYTES}")
            if path.name != TOWER and mine["cpu"] >= theirs["cpu"]:
                worse.append(
                    f"{path.name}: {mine['cpu']:.2f} s of processor, not less than {theirs['cpu']:.2f} s"
                )
    print(
        "\n"
        + (
            "\n".join(worse)
            if worse
            else "Ahead of the default path on every file; nothing that it draws is lost."
        )
    )
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())

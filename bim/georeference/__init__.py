"""Where a model stands.

:mod:`~bim.georeference.evidence` is what the file says, :mod:`~bim.georeference.hypotheses`
what it may mean, :mod:`~bim.georeference.placement` what was decided. A placement also
comes from :mod:`~bim.georeference.control_points` or by hand, and
:mod:`~bim.georeference.corrected` writes it back into the file.
"""

from bim.georeference.control_points import Fit, fit
from bim.georeference.evidence import Evidence, evidence, origin
from bim.georeference.hypotheses import Hypothesis, hypotheses
from bim.georeference.placement import Grid, Placement
from bim.georeference.remarks import findings
from bim.georeference.scoring import Footprints
from bim.georeference.systems import SHANGHAI, LocalSystem, Region

__all__ = [
    "SHANGHAI",
    "Evidence",
    "Fit",
    "Footprints",
    "Grid",
    "Hypothesis",
    "LocalSystem",
    "Placement",
    "Region",
    "evidence",
    "findings",
    "fit",
    "hypotheses",
    "origin",
]

"""Browser files of the CIM conformance page (CIM 功能对照)."""

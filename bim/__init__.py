"""IFC in, checked and placed building out."""

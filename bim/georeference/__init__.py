"""Where a model stands: evidence in the file, hypotheses, placement, and the corrected file."""

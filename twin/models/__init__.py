"""Building models in the twin: received, kept by version, placed, linked to the city's buildings."""

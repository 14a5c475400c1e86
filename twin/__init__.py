"""The twin: keeps the layers, computes on them, shows them."""

__version__ = "0.1.0"

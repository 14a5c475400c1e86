"""Annotations in the browser: pins on the map, the panel with their threads."""

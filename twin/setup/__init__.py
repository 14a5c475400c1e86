"""From a fresh clone to a running twin, with the standard library alone.

``run.py`` is the door. Nothing here may import a package that set-up itself
installs; a test keeps that true.
"""

"""The BIM page: browser modules served below ``/assets/bim``."""

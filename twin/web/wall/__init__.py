"""Browser files of the wall (大屏)."""

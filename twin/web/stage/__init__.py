"""Browser files of the stage: a map without anything around it that shows viewpoints."""

"""``python -m twin COMMAND``."""

from twin.cli import main

raise SystemExit(main())

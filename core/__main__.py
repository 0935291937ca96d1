"""The door for people and scripts: `python -m core COMMAND`."""

from __future__ import annotations

import sys

from core.commands.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Write docs/terminal-conformance.md."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.conformance.page import page

DOCS = Path(__file__).parents[2] / "docs" / "terminal-conformance.md"

if __name__ == "__main__":
    DOCS.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{DOCS.name} written\n")

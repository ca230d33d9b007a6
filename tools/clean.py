"""Remove what make can make again: `make clean`. The data in instance/ is never touched."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (
    ".venv",
    "build",
    "dist",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".import_linter_cache",
    ".hypothesis",
)
SOURCES = ("portal", "tools", "tests", "benchmarks")


def clean(root: Path) -> None:
    """Remove environment, caches and compiled files below this folder."""
    for name in FOLDERS:
        shutil.rmtree(root / name, ignore_errors=True)
    for source in SOURCES:
        for cache in (root / source).rglob("__pycache__"):
            shutil.rmtree(cache, ignore_errors=True)
    for compiled in (root / "portal" / "translations").rglob("*.mo"):
        compiled.unlink()


def main() -> int:
    """Entry point."""
    clean(ROOT)
    print("Removed .venv, caches and compiled files. The data in instance/ stays.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

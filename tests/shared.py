"""What the processes of one run share: a folder, and who makes a thing in it first."""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

VARIABLE = "PORTAL_TEST_SHARED"


@contextmanager
def share() -> Iterator[Path]:
    """Hold a folder for all parts of a run; its address travels in the environment."""
    with TemporaryDirectory(prefix="portal-test-shared-") as folder:
        os.chmod(folder, 0o755)
        os.environ[VARIABLE] = folder
        try:
            yield Path(folder)
        finally:
            del os.environ[VARIABLE]


def folder_of(base: Path) -> Path:
    """Return the folder of this run: the shared one, else what the workers of this call of pytest have in common."""
    if VARIABLE in os.environ:
        return Path(os.environ[VARIABLE])
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def once(note: Path, make: Callable[[], Any]) -> Any:
    """Return what `make` says, which the first process that asks for this note calls; the others read it there."""
    with note.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not note.exists():
            made = json.dumps(make())
            note.write_text(made, encoding="utf-8")
        return json.loads(note.read_text(encoding="utf-8"))

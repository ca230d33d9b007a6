"""Find the system packages the portal needs and fetch the missing ones: `python3 -m tools.system run|test`.

Standard library only. Installs through apt-get as root or with a sudo that asks for no password; otherwise it says
what to install and what does not work without it, and goes on.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

POSTGRES_HOME = Path("/usr/lib/postgresql")


class Need(NamedTuple):
    """Something of the system, how to see that it is there, and what is lost without it."""

    name: str
    packages: tuple[str, ...]
    present: Callable[[], bool]
    loss: str


def loads(library: str) -> bool:
    """Tell whether the system finds this shared library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def has_pango() -> bool:
    """Tell whether the libraries that lay out PDF pages are there."""
    return all(map(loads, ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")))


def has_chinese_font() -> bool:
    """Tell whether a font with Chinese characters is installed; without one a PDF shows boxes and no error."""
    if not shutil.which("fc-list"):
        return False
    done = subprocess.run(["fc-list", ":lang=zh"], check=False, capture_output=True, text=True)
    return bool(done.stdout.strip())


def has_postgres() -> bool:
    """Tell whether the programs of a PostgreSQL server are there; Debian keeps them off the PATH."""
    return any(POSTGRES_HOME.glob("*/bin/initdb")) or shutil.which("initdb") is not None


def on_path(program: str) -> Callable[[], bool]:
    """Make the check for a program on the PATH."""
    return lambda: shutil.which(program) is not None


PANGO = Need(
    "pango",
    ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"),
    has_pango,
    "quotes as PDF do not work; everything else does",
)
FONT = Need(
    "chinese-font",
    ("fontconfig", "fonts-noto-cjk"),
    has_chinese_font,
    "Chinese text in a PDF shows boxes; everything else works",
)
POSTGRES = Need("postgresql", ("postgresql",), has_postgres, "nothing is tested on PostgreSQL")
CHROMIUM = Need("chromium", ("chromium",), on_path("chromium"), "nothing is tested in a browser")
PLAYWRIGHT = Need("playwright", ("libatomic1",), lambda: loads("libatomic.so.1"), "nothing is tested in a browser")
POPPLER = Need("poppler", ("poppler-utils",), on_path("pdftotext"), "the tests that look at PDF pages cannot run")

NEEDS: dict[str, tuple[Need, ...]] = {
    "run": (PANGO, FONT),
    "test": (PANGO, FONT, POSTGRES, CHROMIUM, PLAYWRIGHT, POPPLER),
}


def missing(kind: str) -> list[Need]:
    """Return what is not on this machine."""
    return [need for need in NEEDS[kind] if not need.present()]


def apt_get() -> list[str] | None:
    """Return how apt-get is called with the rights to install, or None when it cannot be."""
    if os.environ.get("PORTAL_NO_APT") or not shutil.which("apt-get"):
        return None
    command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=120"]
    if os.geteuid() == 0:
        return command
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], check=False, capture_output=True).returncode == 0:
        return [sudo, "-n", *command]
    return None


def install(packages: Sequence[str]) -> bool:
    """Install Debian packages; tell whether that worked."""
    apt = apt_get()
    if apt is None:
        return False
    print(f"Installing with apt-get: {' '.join(packages)} …", flush=True)
    subprocess.run([*apt, "update"], check=False, capture_output=True)  # offline, what is cached may be enough
    done = subprocess.run(
        [*apt, "install", "-y", "--no-install-recommends", *packages],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        print("\n".join((done.stdout + done.stderr).splitlines()[-5:]), flush=True)
    return done.returncode == 0


def advice(needs: Sequence[Need]) -> str:
    """Say what is missing, what is lost by it and what to install."""
    lines = ["Missing on this machine:"]
    lines += [f"  {', '.join(need.packages)}: {need.loss}." for need in needs]
    packages = " ".join(package for need in needs for package in need.packages)
    lines.append(f"To have it all: sudo apt-get install --no-install-recommends {packages}")
    return "\n".join(lines)


def ensure(kind: str) -> list[Need]:
    """Install what is missing, say what could not be had, and return it."""
    absent = missing(kind)
    if not absent:
        return []
    packages = [package for need in absent for package in need.packages]
    if not install(packages) and len(absent) > 1 and apt_get() is not None:
        for need in absent:  # one unknown package must not keep the others away
            install(need.packages)
    absent = [need for need in absent if not need.present()]
    if absent:
        print(advice(absent), flush=True)
    return absent


def main(arguments: list[str]) -> int:
    """Entry point; what is missing never stops the run."""
    if arguments not in (["run"], ["test"]):
        raise SystemExit("usage: python3 -m tools.system run|test")
    ensure(arguments[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

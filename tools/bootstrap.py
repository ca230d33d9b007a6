"""Prepare .venv: `python3 -m tools.bootstrap [--test | --bench | --bare]`.

Standard library only: it runs before anything is installed. A second run finds its stamp and does nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tools import system

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCKS = {kind: ROOT / "requirements" / f"{kind}.txt" for kind in ("run", "test", "bench")}
LAYOUT = "1"  # raise it when what this file writes into .venv changes
OLDEST = (3, 11)


def say(text: str) -> None:
    """One line for the person who typed make."""
    print(text, flush=True)


def newer_python() -> str | None:
    """Return a python3.x on this machine that is new enough, the newest first."""
    for minor in range(OLDEST[1] + 9, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and subprocess.run([found, "-c", ""], check=False, capture_output=True).returncode == 0:
            return found
    return None


def ensure_python() -> None:
    """Go on with Python 3.11 or newer, or say what is missing."""
    if sys.version_info >= OLDEST:
        return
    found = newer_python()
    if found:
        os.execv(found, [found, "-m", "tools.bootstrap", *sys.argv[1:]])
    raise SystemExit(f"The portal needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}.")


def venv_works() -> bool:
    """Tell whether .venv has a Python that is new enough, lies here and has pip."""
    python = VENV / "bin" / "python"
    if not python.exists():
        return False
    probe = "import sys, pip; print(sys.version_info >= (3, 11), sys.prefix)"
    done = subprocess.run([python, "-c", probe], check=False, capture_output=True, text=True)
    return done.returncode == 0 and done.stdout.strip() == f"True {VENV}"


def make_venv() -> None:
    """Create .venv; Debian keeps the module for it in a package of its own, which is fetched when it is missing."""
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    say(f"Creating .venv with Python {sys.version.split()[0]} …")
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode == 0:
        return
    package = f"python3.{sys.version_info.minor}-venv"
    if not system.install([package]):
        shutil.rmtree(VENV, ignore_errors=True)
        raise SystemExit(
            f"{done.stdout}{done.stderr}\nPython cannot make a virtual environment here. Install it, then try again:\n"
            f"  sudo apt-get install {package}"
        )
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        raise SystemExit(f"{done.stdout}{done.stderr}\nCould not create .venv even with {package} installed.")


def fingerprint(kind: str) -> str:
    """What .venv was made from: lock, project file, place and Python."""
    digest = hashlib.sha256(f"{LAYOUT}\n{ROOT}\n".encode())
    with contextlib.suppress(FileNotFoundError):
        digest.update((VENV / "pyvenv.cfg").read_bytes())
    digest.update((ROOT / "pyproject.toml").read_bytes())
    digest.update(LOCKS[kind].read_bytes())
    return digest.hexdigest()


def stamp(kind: str) -> Path:
    """Where the fingerprint of the last complete set-up is kept."""
    return VENV / f".ready-{kind}"


def is_ready(kind: str) -> bool:
    """Tell whether .venv already holds what this lock asks for."""
    if not (VENV / "bin" / "python").exists():
        return False
    try:
        return stamp(kind).read_text(encoding="utf-8") == fingerprint(kind)
    except FileNotFoundError:
        return False


def install_locked(kind: str) -> None:
    """Install exactly the locked packages; a file with another hash is refused."""
    lock = LOCKS[kind]
    count = sum(1 for line in lock.read_text(encoding="utf-8").splitlines() if "==" in line.split("#")[0])
    say(f"Installing the {count} locked packages of requirements/{lock.name} …")
    begun = time.monotonic()
    command = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-input", "--no-deps", "--require-hashes", "-r", str(lock)]
    if subprocess.run(command, check=False, cwd=ROOT).returncode:
        raise SystemExit("The packages could not be installed; pip says above why (no network?). Nothing was changed.")
    say(f"Installed in {time.monotonic() - begun:.0f} s.")


def link_project() -> None:
    """Put the project on the path of .venv and write the `portal` command; no build is needed."""
    packages = next((VENV / "lib").glob("python3.*/site-packages"))
    (packages / "partner_portal.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    command = VENV / "bin" / "portal"
    quoted = str(VENV / "bin" / "python").replace("'", "'\\''")
    command.write_text(f"#!/bin/sh\nexec '{quoted}' -P -m portal \"$@\"\n", encoding="utf-8")
    command.chmod(0o755)


def compile_translations() -> int:
    """Compile each catalogue that is newer than its compiled form; return how many there were."""
    stale = [
        po
        for po in sorted((ROOT / "portal" / "translations").glob("*/LC_MESSAGES/*.po"))
        if not po.with_suffix(".mo").exists() or po.stat().st_mtime > po.with_suffix(".mo").stat().st_mtime
    ]
    for po in stale:
        command = [str(VENV / "bin" / "pybabel"), "--quiet", "compile", "-i", str(po), "-o", str(po.with_suffix(".mo"))]
        command += ["-l", po.parent.parent.name]
        done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
        if done.returncode or "error:" in done.stderr:
            po.with_suffix(".mo").unlink(missing_ok=True)
            raise SystemExit(f"{po.relative_to(ROOT)} does not compile:\n{done.stdout}{done.stderr}")
    return len(stale)


def set_up(kind: str) -> None:
    """Bring .venv up to the lock named, and do nothing when it is there already."""
    # Each lock holds everything of the ones before it in the same versions, so a later one is enough by itself.
    kinds = list(LOCKS)
    if not any(is_ready(each) for each in kinds[kinds.index(kind) :]):
        if not venv_works():
            make_venv()
        for each in LOCKS:
            stamp(each).unlink(missing_ok=True)
        install_locked(kind)
        link_project()
        stamp(kind).write_text(fingerprint(kind), encoding="utf-8")
    compile_translations()


def main(arguments: list[str] | None = None) -> int:
    """Entry point of `make setup`."""
    parser = argparse.ArgumentParser(prog="tools.bootstrap", description="Prepare .venv.")
    parser.add_argument("--test", action="store_true", help="also what the tests need")
    parser.add_argument("--bench", action="store_true", help="also what the benchmarks compare with")
    parser.add_argument("--bare", action="store_true", help="only the empty environment, for make lock")
    chosen = parser.parse_args(arguments)
    if chosen.bare:
        if not venv_works():
            make_venv()
        return 0
    set_up("bench" if chosen.bench else "test" if chosen.test else "run")
    return 0


if __name__ == "__main__":
    ensure_python()
    sys.exit(main())

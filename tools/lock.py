"""Pin every package with its hashes: `make lock`, or `make lock ARGS=--upgrade` for newer versions.

Three files: requirements/run.txt is what the portal needs, requirements/test.txt the same and what the tests need,
requirements/bench.txt the same and what the benchmarks compare with, all in the same versions. The packages come from
the index of the environment (the public one unless PIP_INDEX_URL says otherwise); no address is named. Extra indexes
and local folders of this machine are left out: only what everybody can fetch is locked.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRIVATE = ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX", "PIP_CONSTRAINT", "PIP_REQUIRE_HASHES")
ADDRESS = re.compile(r"://|--index-url|find-links|trusted-host|^-e | @ ", re.MULTILINE)
COMPILE = (
    "compile",
    "--quiet",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-emit-trusted-host",
    "--strip-extras",
    "--allow-unsafe",
    "--resolver=backtracking",
)


def clean_environment() -> dict[str, str]:
    """Return the environment without what only this machine knows about packages."""
    kept = {name: value for name, value in os.environ.items() if name not in PRIVATE}
    return {**kept, "PIP_CONFIG_FILE": os.devnull, "CUSTOM_COMPILE_COMMAND": "make lock"}


def faults(text: str) -> list[str]:
    """Return what is wrong with a lock: an address, a package without hash, a line nobody can install."""
    found = [f"names an address: {line}" for line in text.splitlines() if ADDRESS.search(line)]
    logical = re.sub(r"\\\n", " ", text)
    for line in logical.splitlines():
        code = line.split("#")[0].strip()
        if not code:
            continue
        if not re.match(r"[a-z0-9.-]+==\S+ ", f"{code} "):
            found.append(f"is not pinned: {code[:80]}")
        elif "--hash=sha256:" not in code:
            found.append(f"has no hash: {code[:80]}")
    return found


def compile_lock(name: str, *options: str) -> None:
    """Write one lock file and look at it before it is believed."""
    target = Path("requirements") / f"{name}.txt"
    (ROOT / target.parent).mkdir(exist_ok=True)
    command = [sys.executable, "-m", "piptools", *COMPILE, *options, "--output-file", str(target), "pyproject.toml"]
    subprocess.run(command, check=True, cwd=ROOT, env=clean_environment())
    wrong = faults((ROOT / target).read_text(encoding="utf-8"))
    if wrong:
        raise SystemExit("\n".join(f"{target} {fault}" for fault in wrong))
    print(f"{target} written", flush=True)


def main(arguments: list[str]) -> int:
    """Entry point of `make lock`."""
    if importlib.util.find_spec("piptools") is None:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "pip-tools>=7.6"]
        subprocess.run(command, check=True, cwd=ROOT)
    compile_lock("run", *arguments)
    compile_lock("test", "--extra", "test", "--constraint", "requirements/run.txt", *arguments)
    compile_lock("bench", "--extra", "test", "--extra", "bench", "--constraint", "requirements/test.txt", *arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Run every benchmark of this folder, one after the other: `make bench`."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def names() -> list[str]:
    """Return the benchmarks of this folder: its modules that can be run by themselves."""
    marks = ('\nif __name__ == "__main__":', "\nif __name__ == '__main__':")
    found = (path for path in sorted(HERE.glob("[a-z]*.py")) if any(m in path.read_text("utf-8") for m in marks))
    return [path.stem for path in found]


def main(arguments: list[str]) -> int:
    """Run those that are named (all without a name) and hand the options on; fail when one fails."""
    wanted = [argument for argument in arguments if not argument.startswith("-")]
    options = [argument for argument in arguments if argument.startswith("-")]
    unknown = set(wanted) - set(names())
    if unknown:
        print(f"no such benchmark: {', '.join(sorted(unknown))}; there are: {', '.join(names())}", file=sys.stderr)
        return 2
    failed = []
    for name in wanted or names():
        print(f"\n== {name} ==", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", *options]
        if subprocess.run(command, cwd=HERE.parent, check=False).returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

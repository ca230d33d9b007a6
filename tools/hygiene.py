"""Look through every file of the project for secrets, places on somebody's machine and things left lying about."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SKIPPED_FOLDERS = {".git", ".venv", "instance", "__pycache__", "node_modules", "build", "dist"}
BIGGEST = 2_000_000


class Rule(NamedTuple):
    """Something that must not stand in a file."""

    what: str
    pattern: re.Pattern[str]
    suffixes: tuple[str, ...] = ()  # empty: every text file
    tests_too: bool = True
    not_in: str = ""  # a folder where it is needed


_SCRIPTS = (".py", ".js")
_PAGES = (".html",)
_INSTALLS = (".txt", ".toml", ".cfg", ".ini")

RULES: tuple[Rule, ...] = (
    Rule("a private key", re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")),
    Rule("an access token", re.compile(r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_\w{36}|glpat-[\w-]{20}|xox[abp]-[\w-]{10,})")),
    Rule(
        "a password in an address",
        re.compile(r"\b(?:postgresql|mysql|redis|smtps?)(?:\+\w+)?://[^\s:@/]+:(?!password@|…@)[^\s@/{*<]+@"),
    ),
    Rule(
        "a secret written down",
        re.compile(r"(?i)\b(?:secret_key|api_key|auth_token|client_secret)\b\"?\s*[:=]\s*[\"'][^\"'{}<>$]{12,}[\"']"),
        tests_too=False,
    ),
    Rule("a home folder", re.compile(r"(?<![\w./~-])(?:/home/[a-z]\w*|/Users/\w+|/root)/\w")),
    Rule("a package index", re.compile(r"--(?:extra-)?index-url|--find-links|/simple/?(?:\s|$)"), _INSTALLS),
    Rule("a merge that was not finished", re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)),
    Rule("a note to oneself", re.compile(r"(?:#|//|<!--|\{#)\s*(?:TODO|FIXME|XXX|HACK)\b")),
    Rule("a debugger", re.compile(r"^\s*(?:breakpoint\(\)|import i?pdb\b|debugger;)", re.MULTILINE), _SCRIPTS),
    Rule("console output", re.compile(r"\bconsole\.log\("), (".js", ".html")),
    Rule(
        "a file from somebody else's server",
        re.compile(r"<(?:script|img|iframe|link)\b[^>]+(?:src|href)=[\"']?https?://"),
        _PAGES,
    ),
    Rule("script or style in a tag", re.compile(r"<[a-z][^<>]*\s(?:on[a-z]+|style)=[\"']"), _PAGES, not_in="/email/"),
)


class Finding(NamedTuple):
    """Where something was found."""

    path: str
    line: int
    what: str


def project_files(root: Path) -> Iterator[Path]:
    """Yield what belongs to the project: what git knows or would add, else everything outside the usual folders."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, check=False, capture_output=True, text=True)
        names = listed.stdout.split("\0") if listed.returncode == 0 else []
    except OSError:
        names = []
    if any(names):
        yield from (root / name for name in sorted(names) if name and (root / name).is_file())
        return
    for path in sorted(root.rglob("*")):
        if path.is_file() and not SKIPPED_FOLDERS.intersection(path.relative_to(root).parts):
            yield path


def look(path: Path, name: str, rules: tuple[Rule, ...]) -> Iterator[Finding]:
    """Yield what must not stand in this file; pictures, fonts and vendored files are not read."""
    if "/vendor/" in f"/{name}" or path.stat().st_size > BIGGEST:
        return
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    for rule in rules:
        if (rule.suffixes and path.suffix not in rule.suffixes) or (name.startswith("tests/") and not rule.tests_too):
            continue
        if rule.not_in and rule.not_in in f"/{name}":  # mail programs understand nothing but style in the tag
            continue
        for match in rule.pattern.finditer(text):
            yield Finding(name, text.count("\n", 0, match.start()) + 1, rule.what)


def findings(root: Path) -> list[Finding]:
    """Look through the whole project, also for the place it lies at on this machine."""
    rules = RULES
    if len(root.parts) > 2:
        rules = (*RULES, Rule("the place of this checkout", re.compile(re.escape(str(root)) + r"(?![\w-])")))
    return [
        finding
        for path in project_files(root)
        if path != Path(__file__).resolve()
        for finding in look(path, path.relative_to(root).as_posix(), rules)
    ]


def main() -> int:
    """Entry point."""
    found = findings(ROOT)
    for finding in found:
        print(f"{finding.path}:{finding.line}: {finding.what}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

"""Rule files that are too much: bounded time and memory, measured in a process of their own, and a clear line."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from portal.configurator.language import bounded
from tests.unit.configurator.folders import SOUND, changed, write

SECONDS = 5.0
MEGABYTES = 200
HEAD = "format: 1\nkey: big\ntitle: {en: Big, zh: 大}\nsections: {one: {title: {en: One, zh: 一}}}\n"
VALUES = "{x: {label: {en: X, zh: 甲}}, y: {label: {en: Y, zh: 乙}}}"
CHOICE = f"{{kind: choice, section: one, label: {{en: A, zh: 甲}}, values: {VALUES}}}"
RULE = "  %s: {because: {en: Because., zh: 因为。}, %s}\n"


@dataclass(frozen=True)
class Measured:
    seconds: float
    megabytes: float
    findings: list[dict[str, Any]]


REPORTING = """
import atexit, runpy, sys
most = lambda: next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
atexit.register(lambda: sys.stderr.write(most()))
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def measured(path: Path) -> Measured:
    """Examine in a process that tells the most memory it held: the usage of a child counts its parent too."""
    command = [sys.executable, "-c", REPORTING, bounded.__name__, str(path), "60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        answer, told = process.stdout.read(), process.stderr.read().split()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    seconds = usage.ru_utime + usage.ru_stime
    return Measured(seconds, int(told[-2]) / 1024, json.loads(answer)["findings"])


def attributes(count: int) -> str:
    return "attributes:\n" + "".join(f"  a{number}: {CHOICE}\n" for number in range(count))


def rules(bodies: Iterator[str]) -> str:
    return "rules:\n" + "".join(RULE % (f"r{number}", body) for number, body in enumerate(bodies))


def files(folder: Path, *texts: str) -> Path:
    folder.mkdir(parents=True)
    for number, text in enumerate(texts):
        (folder / f"{number:05}.yaml").write_text(text, encoding="utf-8")
    return folder


def five_megabytes(root: Path) -> Path:
    filler = rules(f"require: a{number % 9} == 'x'" for number in range(3_600))
    return files(root / "big", *([filler[: 255 * 1024]] * 20))


def two_megabytes(root: Path) -> Path:
    each = [
        rules(f"require: a{number % 9} == 'x'" for number in range(1_500)).replace("  r", f"  r{part}-")
        for part in range(18)
    ]
    return files(root / "big", HEAD + attributes(9), *each)


def table_of_200_000_rows(root: Path) -> Path:
    return write(root, weights="size,weight[kg]\n" + "".join(f"v{number},1\n" for number in range(200_000)))


def table_of_many_short_rows(root: Path) -> Path:
    return write(root, weights="size\n" + "v\n" * 200_000)


def tables(root: Path, count: int) -> Path:
    """A chain of quantities, each tied to the next by a table of 19,800 rows."""
    one = "{kind: quantity, section: one, label: {en: A, zh: 甲}, minimum: 1, maximum: 200}"
    asked = "attributes:\n" + "".join(f"  q{number}: {one}\n" for number in range(count + 1))
    named = "tables:\n" + "".join(f"  t{number}: {{file: t{number}.csv}}\n" for number in range(count))
    tied = (f"table: t{number}, columns: {{a: q{number}, b: q{number + 1}}}" for number in range(count))
    folder = files(root / "big", HEAD + named, asked, rules(tied))
    for number in range(count):
        rows = (f"{a},{(a * 7 + b * (number + 1)) % 200 + 1}\n" for a in range(1, 201) for b in range(99))
        (folder / f"t{number}.csv").write_text("a[count],b[count]\n" + "".join(rows), encoding="utf-8")
    return folder


def eleven_tables(root: Path) -> Path:
    return tables(root, 11)


def features(root: Path) -> Path:
    return files(root / "big", HEAD, *(attributes(700).replace("  a", f"  b{part}_") for part in range(19)))


def features_in_one_file(root: Path) -> Path:
    return files(root / "big", HEAD, "attributes:\n" + "".join(f"  a{number}: 1\n" for number in range(20_000)))


def contradictory(root: Path) -> Path:
    quantity = "attributes:\n  q: {kind: quantity, section: one, label: {en: Q, zh: 量}, minimum: 1, maximum: 1000}\n"
    return files(root / "big", HEAD + quantity, rules(f"require: q == {number + 1}" for number in range(1_000)))


def contradictory_together(root: Path) -> Path:
    """A chain: only all rules together contradict each other."""
    bodies = [f"require: a{number} == 'y' or a{number + 1} == 'x'" for number in range(998)]
    return files(
        root / "big", HEAD, attributes(999), rules(iter([*bodies, "require: a0 == 'x'", "require: a998 == 'y'"]))
    )


def aliases(root: Path) -> Path:
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 30))
    return files(root / "big", f"l0: &l0 [x]\n{levels}\n")


def open_quote(root: Path) -> Path:
    return write(root, weights='size,weight[kg]\nsmall,1\n"' + "large,4\n" * 200_000)


def many_quotes(root: Path) -> Path:
    return write(root, weights="size,weight[kg]\n" + '"a""a",1\n' * 100_000)


def wide_table(root: Path) -> Path:
    return write(root, weights=",".join(f"c{number}" for number in range(200_000)))


def huge_numbers(root: Path) -> Path:
    return write(root, changed("maximum: 4", f"maximum: {'9' * 200_000}"))


def huge_cells(root: Path) -> Path:
    return write(root, weights=f"size,weight[kg]\nsmall,{'9' * 900}\n")


def long_line(root: Path) -> Path:
    return write(root, changed("weight <= 8 kg", "count" + " + 1" * 60_000 + " <= 8"))


def ten_thousand_files(root: Path) -> Path:
    folder = files(root / "big", SOUND)
    for number in range(10_000):
        (folder / f"x{number}.yaml").touch()
    return folder


def pipe(root: Path) -> Path:
    folder = write(root)
    (folder / "rules.yaml").unlink()
    os.mkfifo(folder / "rules.yaml")
    return folder


def local_socket(root: Path) -> Path:
    folder = write(root)
    opened = os.open(folder, os.O_RDONLY)  # the address of a socket is short, paths of a test run are not
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"/proc/self/fd/{opened}/more.yaml")
    os.close(opened)
    return folder


def device(root: Path) -> Path:
    folder = write(root)
    (folder / "weights.csv").unlink()
    (folder / "weights.csv").symlink_to("/dev/zero")
    return folder


def link_to_itself(root: Path) -> Path:
    folder = write(root)
    (folder / "more.yaml").symlink_to("more.yaml")
    return folder


def folder_named_like_a_file(root: Path) -> Path:
    folder = write(root)
    (folder / "more.yaml").mkdir()
    return folder


def two_thousand_mistakes(root: Path) -> Path:
    return files(root / "big", HEAD, attributes(9), rules(f"require: b{number} == 'x'" for number in range(2_000)))


Make = Callable[[Path], Path]
CASES: dict[Make, tuple[str, int, str]] = {
    five_megabytes: ("big", 0, "size"),
    two_megabytes: ("00002.yaml", 502, "size"),
    table_of_200_000_rows: ("weights.csv", 20_002, "size"),
    table_of_many_short_rows: ("weights.csv", 20_002, "size"),
    eleven_tables: ("00000.yaml", 16, "size"),
    features: ("00003.yaml", 602, "size"),
    features_in_one_file: ("00001.yaml", 2_002, "size"),
    contradictory: ("00001.yaml", 2, "contradiction"),
    contradictory_together: ("00002.yaml", 2, "contradiction"),
    aliases: ("00000.yaml", 1, "alias"),
    open_quote: ("weights.csv", 3, "quote"),
    many_quotes: ("weights.csv", 20_002, "size"),
    wide_table: ("weights.csv", 1, "size"),
    huge_numbers: ("rules.yaml", 31, "number"),
    huge_cells: ("weights.csv", 2, "number"),
    long_line: ("rules.yaml", 50, "long"),
    ten_thousand_files: ("big", 0, "size"),
    pipe: ("rules.yaml", 0, "shape"),
    local_socket: ("more.yaml", 0, "missing-file"),
    device: ("weights.csv", 0, "outside"),
    link_to_itself: ("more.yaml", 0, "missing-file"),
    folder_named_like_a_file: ("more.yaml", 0, "shape"),
    two_thousand_mistakes: ("00002.yaml", 2, "undefined"),
}


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_it_ends_soon_with_a_clear_line(tmp_path: Path, make: Make) -> None:
    result = measured(make(tmp_path))
    assert CASES[make] in [(item["file"], item["line"], item["code"]) for item in result.findings]
    assert result.seconds < SECONDS
    assert result.megabytes < MEGABYTES
    assert len(result.findings) <= 100


def test_two_hundred_thousand_rows_in_ten_tables_are_carried(tmp_path: Path) -> None:
    result = measured(tables(tmp_path, 10))
    assert not [item for item in result.findings if item["code"] in {"size", "time", "memory", "contradiction"}]
    assert result.seconds < 4 * SECONDS
    assert result.megabytes < 2 * MEGABYTES


NESTS = {
    "[": "deep",
    "{": "deep",
    "- ": "deep",
    "? ": "deep",
    "[a, ": "deep",
    "{a: ": "deep",
    "'": "shape",
    '"': "yaml",
    "&a ": "alias",
    "! ": "tag",
    "%": "yaml",
    "- -\n": "size",
    "a\n": "shape",
    "#\n": "empty",
    "--- a\n": "size",
    "|\n ": "shape",
    "a: ": "yaml",
    "*a ": "alias",
    "\t": "yaml",
    ": ": "yaml",
    ",": "yaml",
    "\\": "shape",
}


@pytest.mark.parametrize("piece", NESTS)
def test_yaml_that_repeats_itself(tmp_path: Path, piece: str) -> None:
    result = measured(files(tmp_path / "big", piece * (255 * 1024 // len(piece))))
    assert NESTS[piece] in {item["code"] for item in result.findings}
    assert result.seconds < SECONDS
    assert result.megabytes < MEGABYTES


def pigeons(root: Path, count: int) -> Path:
    """One more attribute than values, all different: easy to see for people, hard for a solver."""
    values = ", ".join(f"v{number}: {{label: {{en: V, zh: 值}}}}" for number in range(count - 1))
    each = f"{{kind: choice, section: one, label: {{en: A, zh: 甲}}, values: {{{values}}}}}"
    birds = "attributes:\n" + "".join(f"  a{number}: {each}\n" for number in range(count))
    pairs = (f"require: a{one} != a{other}" for one in range(count) for other in range(one))
    return files(root / "big", HEAD, birds, rules(pairs))


def test_what_takes_too_long_is_given_up(tmp_path: Path) -> None:
    examined = bounded.examine_bounded(pigeons(tmp_path, 14), seconds=3)
    assert [item.code for item in examined.errors] == ["time"]
    assert examined.ruleset is None
    assert "3 seconds" in str(examined.errors[0])


def test_what_takes_too_much_memory_is_given_up(tmp_path: Path) -> None:
    folder = files(tmp_path / "big", HEAD, attributes(1_300))
    assert bounded.examine_bounded(folder, megabytes=1024).errors == ()
    assert [item.code for item in bounded.examine_bounded(folder, megabytes=30).errors] == ["memory"]

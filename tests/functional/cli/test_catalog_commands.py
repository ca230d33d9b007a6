"""`portal catalog` at the console: import, its reports, and the figures of the catalogue."""

import json
from pathlib import Path

from portal.db import Database
from tests.factories.catalogue import write_catalogue
from tests.factories.libraries import SMALL, SWITCH, copy_of_small, library_of
from tests.functional.cli.conftest import Run


def test_an_import_prints_what_every_trap_caught(run: Run, database: Database, tmp_path: Path) -> None:
    result = run("catalog", "import", str(SMALL), "--report", str(tmp_path / "report.json"))
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].startswith("Source    small, 0123456789ab, CC0 1.0 Universal; content ")
    assert lines[1] == "Files     34 of 36 imported, 0 damaged, 2 duplicates left out; 1 other files not read"
    assert lines[2] == "Products  34 added, 0 changed, 0 archived, 0 unchanged"
    assert {int(line[:4]) for line in lines if line[:4].strip().isdecimal()} == set(range(1, 13))
    assert any(line.startswith("device-types/Brightline/BL-D4.yml:0: left out") for line in lines)
    whole = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert len(whole["types"]) == 34
    assert whole["traps"]["poe-passive"]["files"] == ["device-types/Nordwerk/NW-BR5.yaml"]
    assert [each["file"] for each in whole["duplicates"]] == [
        "device-types/Brightline/BL-7_Port.yml",
        "device-types/Brightline/BL-D4.yml",
    ]
    again = run("catalog", "import", str(SMALL))
    assert again.exit_code == 0
    assert "Nothing to change." in again.output


def test_a_damaged_copy_names_each_damaged_file(run: Run, database: Database, tmp_path: Path) -> None:
    folder = copy_of_small(tmp_path / "small")
    broken = sorted((folder / "device-types" / "Nordwerk").glob("NW-[AS]*"))
    for path in broken:
        path.write_bytes(path.read_bytes() + b"comments: [\n")
    report = tmp_path / "report.json"
    result = run("catalog", "import", str(folder), "--report", str(report))
    assert result.exit_code == 1
    assert result.output.rstrip().endswith("With --skip-damaged the undamaged files are imported.")
    names = [line.split(":")[0] for line in result.output.splitlines() if line.startswith("device-types/")]
    assert names == [path.relative_to(folder).as_posix() for path in broken]
    assert [each["file"] for each in json.loads(report.read_text("utf-8"))["damaged"]] == names
    assert "Products  34 added" in run("catalog", "import", str(SMALL)).output  # nothing had been imported before
    skipping = run("catalog", "import", str(folder), "--skip-damaged", "--source", "copy")
    assert skipping.exit_code == 0
    assert f"{34 - len(broken)} of 36 imported, {len(broken)} damaged" in skipping.output


def test_a_folder_without_device_types_and_a_report_that_cannot_be_written(
    run: Run, database: Database, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    result = run("catalog", "import", str(tmp_path / "empty"))
    assert (result.exit_code, "no device types here" in result.output) == (1, True)
    assert run("catalog", "import", str(tmp_path / "nowhere")).exit_code == 2
    folder = library_of(tmp_path / "one", device=SWITCH)
    result = run("catalog", "import", str(folder), "--report", str(tmp_path / "no" / "such" / "report.json"))
    assert (result.exit_code, "could not be written" in result.output) == (0, True)
    assert "Products  1 added" in result.output


def test_the_report_shows_sources_kinds_and_books(run: Run, database: Database, tmp_path: Path) -> None:
    assert run("catalog", "report").exit_code == 0
    run("catalog", "load", str(write_catalogue(tmp_path / "own")))
    run("catalog", "import", str(SMALL), "--source", "library", "--revision", "abc", "--licence", "CC0")
    lines = [line.split() for line in run("catalog", "report").output.splitlines()]
    assert ["library", "abc", "CC0"] in [line[:3] for line in lines]
    assert ["device", "0", "29", "0", "0", "0"] in lines
    assert ["cameras", "2", "0"] in [line[:3] for line in lines]
    assert any(line[:3] == ["gold", "CNY", "2026-01-01"] for line in lines)

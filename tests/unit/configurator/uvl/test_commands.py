"""The two console commands: a feature model into a folder, a folder into a text."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from portal.administration.uvl_commands import export_uvl, import_uvl
from portal.configurator.language.reader import read_ruleset
from portal.configurator.uvl.importing import import_text
from tests.factories.rules import VIDEO_SITE
from tests.unit.configurator.uvl.examples import EXAMPLES


def run(command: object, *words: object) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])  # type: ignore[arg-type]


def test_import_writes_rules_that_read_back_and_says_what_is_left_to_do(tmp_path: Path) -> None:
    file, folder = tmp_path / "types.uvl", tmp_path / "types"
    file.write_text(EXAMPLES["types"], encoding="utf-8")
    result = run(import_uvl, file, folder)
    assert result.exit_code == 0, result.output
    assert "they need translation" in result.output
    assert "Not asked, because always selected: Rack" in result.output
    ruleset = read_ruleset(folder)
    assert ruleset.key == "rack"
    assert "translation" in (folder / "10-product.yaml").read_text(encoding="utf-8").splitlines()[0]
    again = run(import_uvl, file, folder)
    assert again.exit_code == 1
    assert "Nothing was written" in again.output


def test_import_writes_nothing_when_something_is_unsupported(tmp_path: Path) -> None:
    file, folder = tmp_path / "bad.uvl", tmp_path / "bad"
    file.write_text("imports\n  other\nfeatures\n  Real A", encoding="utf-8")
    result = run(import_uvl, file, folder)
    assert result.exit_code == 1
    assert "bad.uvl:2:3: imports are not supported: other" in result.output
    assert "bad.uvl:4:0: Real features are not supported: A" in result.output
    assert not folder.exists()


def test_export_of_rules_names_what_uvl_cannot_say(tmp_path: Path) -> None:
    file = tmp_path / "site.uvl"
    result = run(export_uvl, VIDEO_SITE, file)
    assert result.exit_code == 0, result.output
    assert "line cameras: UVL has no bill of material" in result.output
    text = file.read_text(encoding="utf-8")
    assert "// not in this text: line cameras: UVL has no bill of material" in text
    assert len(import_text(text).model.variables) > len(read_ruleset(VIDEO_SITE).attributes)


def test_export_of_broken_rules_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "10.yaml").write_text("format: 1\nkey: x\n", encoding="utf-8")
    result = run(export_uvl, tmp_path, tmp_path / "x.uvl")
    assert result.exit_code == 1
    assert "title" in result.output
    assert not (tmp_path / "x.uvl").exists()

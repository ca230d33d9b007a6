"""`portal rules`: check, publish, export and diff, with their words and exit statuses."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import func, select

from portal.administration import rules_commands
from portal.configurator.language.bounded import Examined
from portal.configurator.language.findings import finding
from portal.configurator.language.places import Place
from portal.configurator.language.reader import read_ruleset
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.models import RuleRevision
from portal.db import Database
from portal.history import HistoryEntry
from portal.policy import SYSTEM
from tests.functional.cli.conftest import Run
from tests.unit.configurator.folders import SOUND, changed, write

BROKEN = Path(__file__).parents[2] / "unit" / "configurator" / "broken"


def published(database: Database) -> list[tuple[str, int, str]]:
    with database.reading(SYSTEM) as session:
        rows = session.scalars(select(RuleRevision).order_by(RuleRevision.id)).all()
        return [(row.key, row.number, row.content_hash) for row in rows]


def test_check_passes_with_warnings_and_is_strict_when_asked(run: Run, tmp_path: Path) -> None:
    folder = str(write(tmp_path))
    result = run("rules", "check", folder)
    assert result.exit_code == 0
    assert "small: in order; 3 warnings; 4 attributes, 2 rules, 1 examples" in result.output
    assert "warning rules.yaml:10: reserve: unused: reserve is not used" in result.output
    assert run("rules", "check", "--strict", folder).exit_code == 1


def test_check_reads_one_file_as_well(run: Run, tmp_path: Path) -> None:
    folder = write(tmp_path)
    assert run("rules", "check", str(folder / "rules.yaml")).exit_code == 0
    assert run("rules", "check", str(folder / "weights.csv")).exit_code == 1
    assert run("rules", "check", str(tmp_path / "nowhere")).exit_code == 2


def test_check_needs_no_database(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert run("rules", "check", str(BROKEN / "contradiction")).exit_code == 1


def test_publish_makes_one_revision_of_the_same_content(run: Run, database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path)
    first = run("rules", "publish", str(folder), "--effective", "2026-12-01")
    assert first.output.strip() == "Published: small revision 1, in effect from 2026-12-01."
    (folder / "rules.yaml").write_text(f"# a comment is no content\n{SOUND}", encoding="utf-8")
    again = run("rules", "publish", str(folder), "--effective", "2026-12-24")
    assert again.exit_code == 0
    assert "Nothing new: this content is published already: small revision 1, in effect from 2026-12-01" in again.output
    assert published(database) == [("small", 1, read_ruleset(folder).content_hash)]
    (folder / "rules.yaml").write_text(changed("maximum: 90", "maximum: 80"), encoding="utf-8")
    assert run("rules", "publish", str(folder), "--effective", "2026-11-01").exit_code == 1
    assert "revision 2" in run("rules", "publish", str(folder), "--effective", "2026-12-02").output
    with database.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).where(HistoryEntry.action == "publish")) == 2


@pytest.mark.parametrize(
    "name",
    ["contradiction", "option-nobody-can-take", "example-that-fails", "bomb-of-aliases", "line-without-a-quantity"],
)
def test_nothing_is_published_after_an_error(run: Run, database: Database, name: str) -> None:
    result = run("rules", "publish", str(BROKEN / name))
    assert result.exit_code == 1
    assert "Nothing was published." in result.output
    assert "rules.yaml:" in result.output
    assert published(database) == []


def test_nothing_is_published_when_time_or_memory_is_used_up(
    run: Run, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gave_up(path: Path) -> Examined:
        return Examined(None, (finding(Place(path.name, 0), "", "time", "60"),))

    monkeypatch.setattr(rules_commands, "examine_bounded", gave_up)
    result = run("rules", "publish", str(write(tmp_path)))
    assert result.exit_code == 1
    assert "small:0: -: time: not decided within 60 seconds" in result.output
    assert published(database) == []


def test_export_writes_files_with_the_same_hash(run: Run, database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path)
    run("rules", "publish", str(folder))
    (folder / "rules.yaml").write_text(changed("maximum: 90", "maximum: 80"), encoding="utf-8")
    run("rules", "publish", str(folder))
    for number, words in ((2, []), (1, ["--revision", "1"])):
        out = tmp_path / f"out-{number}"
        result = run("rules", "export", "small", *words, str(out))
        assert result.exit_code == 0, result.output
        assert f"small revision {number}: 7 files in" in result.output
        assert read_ruleset(out).content_hash == published(database)[number - 1][2]
        assert f"# small, revision {number}, as published" in (out / "30-rules.yaml").read_text("utf-8")
        assert "Nothing new" in run("rules", "publish", str(tmp_path / "out-2")).output
    refused = run("rules", "export", "small", str(tmp_path / "out-1"))
    assert refused.exit_code == 1
    assert "is not an empty folder" in refused.output
    assert run("rules", "export", "other", str(tmp_path / "new")).exit_code == 1
    assert run("rules", "export", "small", "--revision", "9", str(tmp_path / "new")).exit_code == 1
    assert not (tmp_path / "new").exists()


def test_an_exported_revision_cannot_be_published_over_a_newer_one(run: Run, tmp_path: Path) -> None:
    folder = write(tmp_path)
    run("rules", "publish", str(folder))
    (folder / "rules.yaml").write_text(changed("maximum: 90", "maximum: 80"), encoding="utf-8")
    run("rules", "publish", str(folder))
    run("rules", "export", "small", "--revision", "1", str(tmp_path / "old"))
    result = run("rules", "publish", str(tmp_path / "old"))
    assert result.exit_code == 1
    assert "Revision 1 says the same and was replaced by 2" in result.output


def test_diff_compares_folders_and_revisions(run: Run, tmp_path: Path) -> None:
    folder = write(tmp_path)
    run("rules", "publish", str(folder))
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    (other / "rules.yaml").write_text(changed("weight <= 8 kg", "weight <= 9 kg"), encoding="utf-8")
    same = run("rules", "diff", "small", str(folder))
    assert (same.exit_code, same.output) == (0, "")
    differs = run("rules", "diff", "small@1", str(other))
    assert differs.exit_code == 1
    assert differs.output == "~ rule not-heavy: require: weight <= 8 kg -> weight <= 9 kg\n"
    assert run("rules", "diff", str(other), str(folder)).exit_code == 1


@pytest.mark.parametrize("word", ["nothing", "small@2", "small@", "Small!", "@1", ""])
def test_diff_with_what_is_not_there_is_an_error_of_usage(run: Run, tmp_path: Path, word: str) -> None:
    run("rules", "publish", str(write(tmp_path)))
    result = run("rules", "diff", "small", word)
    assert result.exit_code == 2
    assert "is no folder or file" in result.output


def test_diff_with_files_that_cannot_be_read_says_why(run: Run, tmp_path: Path) -> None:
    run("rules", "publish", str(write(tmp_path)))
    result = run("rules", "diff", "small", str(BROKEN / "unknown-name"))
    assert result.exit_code == 2
    assert "rules.yaml:50: not-heavy: undefined: wight is not defined" in result.output


def test_the_help_says_what_is_no_content(run: Run) -> None:
    for command in ("export", "diff"):
        assert "Comments" in run("rules", command, "--help").output


def test_publishing_trusts_only_findings_without_errors(database: Database, tmp_path: Path) -> None:
    rules: RuleSet = read_ruleset(write(tmp_path))
    error = finding(Place("rules.yaml", 3), "x", "contradiction")
    with pytest.raises(rules_commands.publishing.NotInOrder), database.writing(SYSTEM) as session:
        rules_commands.publishing.publish(
            session, rules, effective_on=rules_commands.date(2026, 1, 1), now=rules_commands.utc_now(), found=[error]
        )
    assert published(database) == []

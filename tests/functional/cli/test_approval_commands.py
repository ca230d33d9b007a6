"""Approval rules from the console: checked with lines, put into force once, written back."""

from pathlib import Path

from click.testing import CliRunner

from portal.administration.approval_commands import approvals


def test_check_publish_and_export(database_url: str, tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("PORTAL_DATABASE_URL", database_url)
    monkeypatch.setenv("PORTAL_INSTANCE", str(tmp_path))
    run = CliRunner().invoke
    checked = run(approvals, ["check"])
    assert (checked.exit_code, checked.output.count("in order")) == (0, 2)
    assert "shipped" in run(approvals, ["list"]).output
    assert run(approvals, ["export", "special_price", str(tmp_path / "none.yaml")]).exit_code == 2
    source = Path("rules/approvals/special_price.yaml")
    assert "In force: special_price revision 1." in run(approvals, ["publish", str(source)]).output
    assert "Nothing new" in run(approvals, ["publish", str(source)]).output
    copy = tmp_path / "copy.yaml"
    assert run(approvals, ["export", "special_price", str(copy)]).exit_code == 0
    assert "Nothing new" in run(approvals, ["publish", str(copy)]).output
    copy.write_text(copy.read_text("utf-8").replace("2500", "3000"), "utf-8")
    assert "revision 2" in run(approvals, ["publish", str(copy)]).output
    copy.write_text("format: 1\nkey: special_price\n", "utf-8")
    broken = run(approvals, ["publish", str(copy)])
    assert broken.exit_code == 1
    assert "copy.yaml:1: " in broken.output
    assert run(approvals, ["check", str(copy)]).exit_code == 1

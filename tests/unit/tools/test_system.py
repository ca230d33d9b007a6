"""What the system lacks is installed or named, with what is lost without it."""

import os
from pathlib import Path

import pytest

from tools import system


@pytest.fixture
def bare_machine(monkeypatch, tmp_path) -> Path:
    """A machine whose PATH holds nothing, without libraries and servers."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.delenv("PORTAL_NO_APT", raising=False)
    monkeypatch.setattr(system, "loads", lambda _library: False)
    monkeypatch.setattr(system, "POSTGRES_HOME", tmp_path / "none")
    return programs


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def test_a_bare_machine_without_apt_is_told_what_to_install_and_goes_on(bare_machine, capsys):
    assert system.main(["run"]) == 0
    said = capsys.readouterr().out
    assert "libpango-1.0-0, libpangoft2-1.0-0, libharfbuzz-subset0: quotes as PDF do not work; everything else" in said
    assert "fontconfig, fonts-noto-cjk: Chinese text in a PDF shows boxes" in said
    assert (
        "sudo apt-get install --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig"
        in said
    )
    assert "chromium" not in said


def test_the_tests_need_more_than_the_portal(bare_machine):
    assert [need.name for need in system.missing("test")] == [
        "pango",
        "chinese-font",
        "postgresql",
        "chromium",
        "playwright",
        "poppler",
    ]


def test_a_font_program_without_a_chinese_font_is_not_enough(bare_machine):
    program(bare_machine, "fc-list", "exit 0")
    assert not system.has_chinese_font()
    program(bare_machine, "fc-list", "echo /usr/share/fonts/noto.ttc: Noto")
    assert system.has_chinese_font()


def test_packages_are_fetched_with_apt_get_as_root(bare_machine, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    log = tmp_path / "log"
    program(
        bare_machine, "env", f'echo "$@" >> {log}\n: > {bare_machine}/pdftotext\n/bin/chmod +x {bare_machine}/pdftotext'
    )
    program(bare_machine, "apt-get", "exit 0")
    monkeypatch.setitem(system.NEEDS, "run", (system.POPPLER,))
    assert system.ensure("run") == []
    update, install = log.read_text(encoding="utf-8").splitlines()
    assert update.endswith(" update")
    assert "DEBIAN_FRONTEND=noninteractive apt-get" in install
    assert install.endswith("install -y --no-install-recommends poppler-utils")
    assert "Installing with apt-get: poppler-utils" in capsys.readouterr().out


def test_sudo_is_used_only_when_it_asks_for_no_password(bare_machine, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    program(bare_machine, "apt-get", "exit 0")
    assert system.apt_get() is None
    program(bare_machine, "sudo", "exit 1")
    assert system.apt_get() is None
    program(bare_machine, "sudo", "exit 0")
    command = system.apt_get()
    assert command is not None
    assert command[:2] == [str(bare_machine / "sudo"), "-n"]


def test_nothing_is_installed_when_the_owner_does_not_want_it(bare_machine, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    program(bare_machine, "apt-get", "exit 0")
    monkeypatch.setenv("PORTAL_NO_APT", "1")
    assert system.apt_get() is None
    assert system.install(["chromium"]) is False


def test_one_unknown_package_does_not_keep_the_others_away(bare_machine, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(system, "apt_get", lambda: ["apt-get"])
    monkeypatch.setattr(system, "install", lambda packages: asked.append(list(packages)) or False)
    left = system.ensure("run")
    assert asked[1:] == [list(system.PANGO.packages), list(system.FONT.packages)]
    assert left == [system.PANGO, system.FONT]
    assert "Missing on this machine" in capsys.readouterr().out


def test_the_server_of_debian_is_found_off_the_path(bare_machine, monkeypatch, tmp_path):
    assert not system.has_postgres()
    home = tmp_path / "postgresql"
    (home / "15" / "bin").mkdir(parents=True)
    (home / "15" / "bin" / "initdb").touch()
    monkeypatch.setattr(system, "POSTGRES_HOME", home)
    assert system.has_postgres()


def test_only_two_kinds_are_known():
    with pytest.raises(SystemExit, match="usage"):
        system.main(["everything"])

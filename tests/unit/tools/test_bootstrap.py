"""Setting up is repeatable, quick when nothing changed, and clear about what it lacks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import bootstrap


@pytest.fixture
def checkout(monkeypatch, tmp_path) -> Path:
    """A checkout with locks and an environment that looks complete."""
    root = tmp_path / "it's a checkout"
    (root / "requirements").mkdir(parents=True)
    (root / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    for name in ("run", "test", "bench"):
        (root / "requirements" / f"{name}.txt").write_text("flask==3 --hash=sha256:00\n", encoding="utf-8")
    venv = root / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.setattr(bootstrap, "ROOT", root)
    monkeypatch.setattr(bootstrap, "VENV", venv)
    locks = {name: root / "requirements" / f"{name}.txt" for name in ("run", "test", "bench")}
    monkeypatch.setattr(bootstrap, "LOCKS", locks)
    return root


@pytest.fixture
def installed(monkeypatch, checkout) -> list[str]:
    """The locks that were installed, in order; nothing is really fetched."""
    done: list[str] = []
    monkeypatch.setattr(bootstrap, "install_locked", done.append)
    monkeypatch.setattr(bootstrap, "venv_works", lambda: True)
    return done


def test_a_second_set_up_does_nothing(installed):
    bootstrap.set_up("run")
    bootstrap.set_up("run")
    assert installed == ["run"]


def test_the_test_lock_is_enough_for_running(installed):
    bootstrap.set_up("test")
    bootstrap.set_up("run")
    assert installed == ["test"]


@pytest.mark.parametrize("name", ["pyproject.toml", "requirements/run.txt"])
def test_a_change_installs_again(installed, checkout, name):
    bootstrap.set_up("run")
    with (checkout / name).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    bootstrap.set_up("run")
    assert installed == ["run", "run"]


def test_an_installation_that_broke_off_is_not_taken_for_complete(installed, checkout, monkeypatch):
    bootstrap.set_up("run")
    (checkout / "pyproject.toml").write_text("[project]\n# changed\n", encoding="utf-8")

    def broken(_kind: str) -> None:
        raise SystemExit("no network")

    monkeypatch.setattr(bootstrap, "install_locked", broken)
    with pytest.raises(SystemExit):
        bootstrap.set_up("run")
    (checkout / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    assert not bootstrap.is_ready("run")


def test_an_environment_whose_python_is_gone_is_made_again(installed, checkout):
    bootstrap.set_up("run")
    (checkout / ".venv" / "bin" / "python").unlink()
    assert not bootstrap.is_ready("run")


def test_the_portal_command_works_from_a_folder_with_blanks_and_quotes(installed, checkout):
    (checkout / "portal").mkdir()
    (checkout / "portal" / "__main__.py").write_text("import sys\nprint(sys.argv[1:])\n", encoding="utf-8")
    bootstrap.link_project()
    pth = checkout / ".venv" / "lib" / "python3.11" / "site-packages" / "partner_portal.pth"
    assert pth.read_text(encoding="utf-8") == f"{checkout}\n"
    done = subprocess.run(
        [checkout / ".venv" / "bin" / "portal", "serve", "a b"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(checkout)},
    )
    assert done.stdout == "['serve', 'a b']\n"


def test_a_python_without_venv_names_the_package_to_install(checkout, monkeypatch, tmp_path):
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\necho ensurepip is not available\nexit 1\n", encoding="utf-8")
    python.chmod(0o755)
    monkeypatch.setattr(bootstrap.sys, "executable", str(python))
    monkeypatch.setattr(bootstrap.system, "install", lambda _packages: False)
    with pytest.raises(SystemExit) as stop:
        bootstrap.make_venv()
    assert "ensurepip is not available" in str(stop.value)
    assert f"sudo apt-get install python3.{sys.version_info.minor}-venv" in str(stop.value)
    assert not (checkout / ".venv").exists()


def test_venv_is_tried_again_once_its_package_is_there(checkout, monkeypatch, tmp_path):
    python = tmp_path / "python3"
    package = tmp_path / "package"
    python.write_text(f"#!/bin/sh\ntest -e {package}\n", encoding="utf-8")
    python.chmod(0o755)
    monkeypatch.setattr(bootstrap.sys, "executable", str(python))
    monkeypatch.setattr(bootstrap.system, "install", lambda _packages: package.touch() or True)
    bootstrap.make_venv()
    assert package.exists()


def test_an_old_python_is_named(monkeypatch):
    monkeypatch.setattr(bootstrap, "OLDEST", (99, 0))
    monkeypatch.setattr(bootstrap, "newer_python", lambda: None)
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer"):
        bootstrap.ensure_python()


def test_translations_are_compiled_only_when_they_changed(checkout, monkeypatch):
    folder = checkout / "portal" / "translations" / "zh_Hans_CN" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    po = folder / "messages.po"
    po.write_text('msgid ""\nmsgstr ""\n\nmsgid "Quote"\nmsgstr "报价"\n', encoding="utf-8")
    real = Path(sys.executable).parent / "pybabel"
    (checkout / ".venv" / "bin" / "pybabel").symlink_to(real)
    assert bootstrap.compile_translations() == 1
    assert po.with_suffix(".mo").exists()
    assert bootstrap.compile_translations() == 0
    later = po.with_suffix(".mo").stat().st_mtime + 5
    os.utime(po, (later, later))
    assert bootstrap.compile_translations() == 1

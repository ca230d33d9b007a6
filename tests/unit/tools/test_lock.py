"""The locks pin everything with hashes, agree with each other and name no address."""

import os
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import lock

ROOT = Path(__file__).resolve().parents[3]
GOOD = (
    "#\n#    make lock\n#\nflask==3.1.3 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n    # via partner-portal\n"
)


def pins(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", text, re.MULTILINE))


@pytest.mark.parametrize("name", ["run", "test"])
def test_the_lock_is_complete_and_names_no_address(name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    assert lock.faults(text) == []
    assert "make lock" in text.splitlines()[4]


def test_both_locks_hold_the_same_versions():
    assert pins("run").items() <= pins("test").items()


@pytest.mark.parametrize("name", ["run", "test"])
def test_the_lock_holds_what_the_project_asks_for(name):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + (project["optional-dependencies"]["test"] if name == "test" else [])
    pinned = pins(name)
    for requirement in map(Requirement, wanted):
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not locked: make lock"
        assert requirement.specifier.contains(version, prereleases=True), f"{requirement} is not {version}: make lock"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("--index-url https://mirror.example/simple", "names an address"),
        ("--find-links wheels", "names an address"),
        ("flask @ file:///wheels/flask.whl", "names an address"),
        ("flask>=3 --hash=sha256:00", "is not pinned"),
        ("flask==3.1.3", "has no hash"),
    ],
)
def test_a_lock_that_cannot_be_trusted_is_refused(line, fault):
    assert lock.faults(GOOD) == []
    assert any(found.startswith(fault) for found in lock.faults(f"{GOOD}{line}\n"))


def test_what_only_this_machine_has_is_left_out(monkeypatch):
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://mirror.example/simple")
    monkeypatch.setenv("PIP_FIND_LINKS", "wheels")
    environment = lock.clean_environment()
    assert not {"PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"} & environment.keys()
    assert environment["PIP_CONFIG_FILE"] == os.devnull
    assert environment["CUSTOM_COMPILE_COMMAND"] == "make lock"

"""Secrets, places of one machine and leftovers are found, and ordinary text is not."""

import shutil
import subprocess

import pytest

from tools import hygiene

BAD = [
    ("a.py", "-----BEGIN RSA " + "PRIVATE KEY-----", "a private key"),
    ("a.py", "key = 'AKIA" + "ABCDEFGHIJKLMNOP'", "an access token"),
    ("a.yml", "url: postgresql+psycopg://portal:" + "tiger77@db/portal", "a password in an address"),
    ("a.py", 'SECRET_KEY = "' + '0123456789abcdef"', "a secret written down"),
    ("a.md", "see /home/" + "anna/portal", "a home folder"),
    ("requirements/a.txt", "--extra-index" + "-url x", "a package index"),
    ("a.py", "<<<<<<" + "< HEAD", "a merge that was not finished"),
    ("a.py", "x = 1  # TO" + "DO later", "a note to oneself"),
    ("a.py", "    breakpoint" + "()", "a debugger"),
    ("a.js", "console" + ".log(1)", "console output"),
    ("t.html", '<script src="https:' + '//cdn.example/x.js"></script>', "a file from somebody else's server"),
    ("t.html", "<p " + 'style="color: red">', "script or style in a tag"),
    ("t.html", "<a href='#' " + 'onclick="go()">', "script or style in a tag"),
]
GOOD = [
    ("a.py", 'secret_key = env["PORTAL_SECRET_KEY"]'),
    ("a.py", "# smtp://user:password@host:port"),
    ("a.md", "the route /home/ and a note on todo lists"),
    ("t.html", '<a href="https://example.com">x</a><p class="style" data-on="x">'),
    ("templates/email/layout.html", "<p " + 'style="color: red">'),
    ("a.py", "url = f'postgresql+psycopg://{USER}@/{name}'"),
]


def write(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"first line\n{text}\n", encoding="utf-8")


@pytest.mark.parametrize(("name", "text", "what"), BAD)
def test_what_must_not_stand_in_a_file_is_found(tmp_path, name, text, what):
    write(tmp_path, name, text)
    assert hygiene.findings(tmp_path) == [hygiene.Finding(name, 2, what)]


@pytest.mark.parametrize(("name", "text"), GOOD)
def test_ordinary_text_is_left_alone(tmp_path, name, text):
    write(tmp_path, name, text)
    assert hygiene.findings(tmp_path) == []


def test_the_place_of_the_checkout_is_found(tmp_path):
    write(tmp_path, "a.md", f"cd {tmp_path}/portal")
    assert [finding.what for finding in hygiene.findings(tmp_path)] == ["the place of this checkout"]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not needed to run the portal or its tests")
def test_only_what_git_would_take_is_read(tmp_path):
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("instance/\n", encoding="utf-8")
    write(tmp_path, "instance/a.py", BAD[0][1])
    write(tmp_path, "a.py", BAD[0][1])
    assert [finding.path for finding in hygiene.findings(tmp_path)] == ["a.py"]


def test_pictures_and_vendored_files_are_not_read(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\xff\xfe")
    write(tmp_path, "static/vendor/a.js", "console" + ".log(1)")
    assert hygiene.findings(tmp_path) == []

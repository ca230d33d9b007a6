"""The wheel carries templates, rules, texts and styles: a page renders from it, far away from the checkout."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = """
import sys
from pathlib import Path
import portal
from portal import migrate
from portal.app import create_app
from portal.config import Settings, shipped
from portal.db import Database

assert Path(portal.__file__).is_relative_to(sys.argv[1]), portal.__file__
settings = Settings(Path(sys.argv[1]), f"sqlite:///{sys.argv[1]}/portal.db", "key", base_url="http://localhost")
database = Database(settings.database_url)
migrate.upgrade(database)
client = create_app(settings, database).test_client()
english = client.get("/sign-in", headers={"Accept-Language": "en"})
chinese = client.get("/sign-in", headers={"Accept-Language": "zh-CN"})
assert english.status_code == chinese.status_code == 200
assert "Sign in" in english.text and "\u767b\u5f55" in chinese.text
assert client.get("/static/portal.css").status_code == 200
assert (shipped("rules") / "products" / "surveillance-site").is_dir()
database.dispose()
"""


@pytest.mark.slow
def test_a_page_renders_from_the_built_wheel(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path / "dist")]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    code = f"import sys; sys.path.insert(0, sys.argv[1])\n{PAGE}"
    ran = subprocess.run(
        [sys.executable, "-P", "-S", "-c", f"import site; site.main()\n{code}", str(unpacked)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr

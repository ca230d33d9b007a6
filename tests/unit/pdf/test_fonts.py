"""Whether the machine can draw Chinese pages, and what is said when it cannot."""

import subprocess
import sys
from pathlib import Path

from portal import fonts


def test_this_machine_has_everything() -> None:
    assert fonts.missing() == []
    assert "here" in fonts.sentence([])


def test_every_lack_is_named_with_its_package_and_its_loss() -> None:
    lacks = fonts.missing(library=lambda _name: False, glyphs=lambda _text: False)
    assert [lack.name for lack in lacks] == ["pango", "harfbuzz-subset", "Chinese font"]
    assert fonts.blocking(lacks) == lacks
    said = fonts.sentence(lacks)
    for word in ("libpango-1.0-0", "libharfbuzz-subset0", "fonts-noto-cjk", "boxes"):
        assert word in said


def test_rare_characters_alone_do_not_stop_documents() -> None:
    lacks = fonts.missing(glyphs=lambda text: text == fonts.COMMON)
    assert [lack.name for lack in lacks] == ["Chinese font with rare characters"]
    assert fonts.blocking(lacks) == []
    assert "㛃" in fonts.sentence(lacks)


def test_unknown_characters_have_no_glyph() -> None:
    assert fonts.has_glyphs("报")
    assert not fonts.has_glyphs("\U0010fffd")


def test_a_machine_without_fonts_is_seen(tmp_path: Path) -> None:
    nothing = tmp_path / "fonts.conf"
    nothing.write_text(
        f'<?xml version="1.0"?><fontconfig><dir>{tmp_path}</dir><cachedir>{tmp_path}</cachedir></fontconfig>'
    )
    program = "from portal import fonts; print([lack.name for lack in fonts.missing()])"
    told = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env={"FONTCONFIG_FILE": str(nothing)},
    )
    assert told.stdout.strip() == "['Chinese font']"

"""The pool of drawing processes: it survives its children and renews itself."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from portal import pdf
from portal.pdf import PdfFailed, Renderer


def die_once(marker: str) -> bytes:
    """Die like a child that the system kills, the first time only."""
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return b"drawn"


def die(_html: str) -> bytes:
    os.kill(os.getpid(), signal.SIGKILL)
    return b""


def who(_html: str) -> bytes:
    return str(os.getpid()).encode()


def die_or_draw(html: str) -> bytes:
    return die(html) if html == "die" else b"drawn"


def test_a_killed_child_is_replaced_and_the_page_drawn(tmp_path: Path) -> None:
    renderer = Renderer(1, die_once)
    try:
        assert renderer(str(tmp_path / "marker")) == b"drawn"
        assert renderer(str(tmp_path / "marker")) == b"drawn"
    finally:
        renderer.close()


def test_a_page_that_kills_every_child_fails_alone() -> None:
    renderer = Renderer(2, die_or_draw)
    try:
        with ThreadPoolExecutor(4) as threads:
            drawn = [threads.submit(renderer, text) for text in ("die", "a", "b", "c")]
        with pytest.raises(PdfFailed):
            drawn[0].result()
        assert [each.result() for each in drawn[1:]] == [b"drawn"] * 3
    finally:
        renderer.close()


def test_a_page_that_takes_too_long_is_ended_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    renderer = Renderer(1, too_slow)
    try:
        with pytest.raises(PdfFailed):
            renderer("x")
    finally:
        renderer.close()


def too_slow(html: str) -> bytes:
    pdf.RENDER_SECONDS = 1  # type: ignore[misc]
    return pdf.render_pdf("<style>x{}</style>" + "<table><tr><td>" * 150 + "<p>word " * 20_000)


def test_children_are_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "TASKS_PER_CHILD", 2)
    renderer = Renderer(1, who)
    try:
        assert len({renderer("x") for _ in range(6)}) == 3
    finally:
        renderer.close()


def test_the_parent_does_not_load_the_layout_library() -> None:
    program = "import sys, portal.deals.documents, portal.worker; sys.exit('weasyprint' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

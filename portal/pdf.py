"""HTML to PDF, in child processes: the layout engine must not run in threads, and may not take the worker with it."""

import contextlib
import hashlib
import importlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import Any, Final

RENDER_SECONDS: Final = 60  # a page takes 0.2 s; whoever needs longer is ended by the clock
TASKS_PER_CHILD: Final = 50  # the libraries below keep a little memory with each page
IMAGES: Final = ("data:image/png;base64,", "data:image/jpeg;base64,")
Render = Callable[[str], bytes]


class PdfFailed(Exception):
    """The page could not be drawn, not even by a child of its own."""


def render_pdf(html: str) -> bytes:
    """Draw `html` as PDF; runs in a child process. The same text gives the same file, and nothing is ever fetched."""
    # By name and only here: it loads pango, and the web process must live on a machine without it.
    weasyprint = importlib.import_module("weasyprint")
    fonts = importlib.import_module("weasyprint.text.fonts")
    signal.alarm(RENDER_SECONDS)
    try:
        page_source = weasyprint.HTML(string=html, url_fetcher=_no_fetcher())
        document = page_source.render(font_config=fonts.FontConfiguration(), pdf_tags=True)
        document.metadata.attachments = []
        for page in document.pages:
            page.links = [link for link in page.links if link[0] != "attachment"]
        pdf: bytes = document.write_pdf(pdf_identifier=hashlib.sha256(html.encode()).digest()[:16], pdf_tags=True)
        return pdf
    finally:
        signal.alarm(0)


def _no_fetcher() -> Any:
    """Make the fetcher that opens nothing but pictures which the text itself carries."""
    urls = importlib.import_module("weasyprint.urls")

    class OnlyImages(urls.URLFetcher):  # type: ignore[misc, name-defined]
        """Refuses every address, whatever asks for it."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            """Return the picture inside `url` or refuse."""
            if not url.startswith(IMAGES):
                raise ValueError("addresses are not followed in documents")
            return super().fetch(url, headers)

    return OnlyImages(allowed_protocols=["data"], allow_redirects=False)


def _begin_child() -> None:
    """Leave Ctrl-C to the parent, and end with it even when it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class Renderer:
    """A pool of drawing processes that is made when first needed, renewed now and then, and remade when one dies."""

    def __init__(self, processes: int, render: Render = render_pdf) -> None:
        self._processes = processes
        self._render = render
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._left = 0

    def __call__(self, html: str) -> bytes:
        """Draw `html`; may be called from several threads."""
        pool = self._take()
        try:
            return pool.submit(self._render, html).result()
        except BrokenProcessPool:
            self._drop(pool)
        # Somebody killed the child: this page, its neighbour, or the system. A child of its own will tell.
        with contextlib.closing(Renderer(1, self._render)) as alone:
            try:
                return alone._take().submit(self._render, html).result()
            except BrokenProcessPool as error:
                raise PdfFailed("the process that draws pages was ended twice over this one") from error

    def close(self) -> None:
        """End the children."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def _take(self) -> ProcessPoolExecutor:
        """Return the pool; `max_tasks_per_child` of the library hangs, so a worn pool is replaced as a whole."""
        with self._lock:
            if self._pool is not None and self._left <= 0:
                self._pool.shutdown(wait=False)
                self._pool = None
            if self._pool is None:
                context = multiprocessing.get_context("spawn")
                self._pool = ProcessPoolExecutor(self._processes, mp_context=context, initializer=_begin_child)
                self._left = TASKS_PER_CHILD * self._processes
            self._left -= 1
            return self._pool

    def _drop(self, broken: ProcessPoolExecutor) -> None:
        """Forget a broken pool, unless another thread already has."""
        with self._lock:
            if self._pool is broken:
                self._pool = None
        broken.shutdown(wait=False)

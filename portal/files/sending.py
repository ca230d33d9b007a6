"""Handing out an upload: always as an attachment, whatever it is, and never as something that a browser would run."""

from io import BytesIO
from typing import IO, Final

from flask import Response, request, send_file
from werkzeug.wsgi import FileWrapper

from portal.errors import NotFound
from portal.files.models import Upload
from portal.files.stores import Store

SANDBOX: Final = "sandbox; default-src 'none'; frame-ancestors 'none'"
SMALL: Final = 1_000_000  # bytes that are read at once, so that no file stays open over a slow line
THUMBNAIL_TYPE: Final = "image/jpeg"


def attachment(upload: Upload, store: Store, *, thumbnail: bool = False) -> Response:
    """Return the answer that carries an upload or its small picture, or the part of it that the request asks for."""
    name = upload.thumbnail_name if thumbnail else upload.stored_name
    if name is None or upload.erased_at is not None:
        raise NotFound
    content, size = _opened(store, name, None if thumbnail else upload.size)
    response = send_file(
        content,
        mimetype=THUMBNAIL_TYPE if thumbnail else upload.content_type,
        as_attachment=True,
        download_name=upload.name,
        etag=f"{upload.sha256}-small" if thumbnail else upload.sha256,
    )
    response.response = FileWrapper(content)  # that of the server cannot hand out parts
    response.make_conditional(request, accept_ranges=True, complete_length=size)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _opened(store: Store, name: str, size: int | None) -> tuple[IO[bytes], int]:
    """Return a content and its size: a small one in memory, a large one to be read as it goes."""
    content = store.open(name)
    if size is not None and size > SMALL:
        return content, size
    with content:
        held = content.read()
    return BytesIO(held), len(held)

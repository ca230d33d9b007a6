"""Handing out an upload: always as an attachment, whatever it is, and never as something that a browser would run."""

from io import BytesIO
from pathlib import Path
from typing import Final

from flask import Response, send_file

from portal.errors import NotFound
from portal.files.models import Upload
from portal.files.storing import path_of

SANDBOX: Final = "sandbox; default-src 'none'; frame-ancestors 'none'"


def attachment(upload: Upload, folder: Path) -> Response:
    """Return the answer that carries an upload."""
    try:
        content = BytesIO(path_of(folder, upload.stored_name).read_bytes())  # at most 10 MB, and nothing to be closed
    except FileNotFoundError:
        raise NotFound from None
    response = send_file(
        content, mimetype=upload.content_type, as_attachment=True, download_name=upload.name, etag=upload.sha256
    )
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response

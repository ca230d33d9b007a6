"""Files that are handed out to be saved, and the PDFs of a row: how far they are, once more, handed out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

from flask import Blueprint, Response, make_response, request
from flask.typing import ResponseReturnValue

from portal.db import ScopedSession
from portal.errors import NotFound
from portal.policy import Permission
from portal.web import db, go, guard, locale, respond
from portal.words import LOCALES

PDF: Final = "application/pdf"


def attached(content: bytes | str, kind: str, name: str, digest: str = "") -> Response:
    """Hand out a file to be saved as `name`."""
    response = make_response(content)
    response.headers["Content-Type"] = kind
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    if digest:
        response.set_etag(digest)
    return response


def pdf_answer(content: bytes, digest: str, name: str) -> Response:
    """Hand out a finished PDF to be saved; whoever has it already gets 304."""
    return cast(Response, attached(content, PDF, name, digest).make_conditional(request))


class Document(Protocol):
    """A PDF of a row: its language, and whether it is made already."""

    locale: Any
    state: Any


@dataclass(frozen=True)
class Papers:
    """The PDFs of one kind of row: where they are found, how they are called, and the pages around them."""

    thing: str  # what the templates call the row
    folder: str  # of documents.html and its part _documents.html
    page: str  # the endpoint of the row's own page
    row: Callable[[ScopedSession, str], Any]
    documents: Callable[[ScopedSession, int], Sequence[Document]]
    content: Callable[[ScopedSession, int, str], tuple[bytes, str]]
    again: Callable[[str], None]  # finds the row for a change and asks for what failed
    name: Callable[[Any], str]  # of its files, before the language
    prefix: str = ""  # of the names of the templates

    def install(self, blueprint: Blueprint, path: str, *, see: Permission, make: Permission) -> None:
        """Add the three routes below the row's own `path`."""
        for address, endpoint, view, permission, method in (
            (f"{path}/documents", "documents", self.show, see, "GET"),
            (f"{path}/documents", "make_documents", self.make, make, "POST"),
            (f"{path}/<wanted>.pdf", "pdf", self.hand_out, see, "GET"),
        ):
            blueprint.add_url_rule(address, endpoint, guard(permission)(view), methods=[method])

    def show(self, public_id: str) -> ResponseReturnValue:
        """Show how far the PDFs are; asked again by the page until they are ready."""
        row = self.row(db(), public_id)
        found = self.documents(db(), row.id)
        page, part = (f"{self.folder}/{begin}{self.prefix}documents.html" for begin in ("", "_"))
        response = respond(page, part, **{self.thing: row}, documents=found)
        response.set_etag("-".join(f"{each.locale}{each.state}" for each in found) + locale())
        return response.make_conditional(request)

    def make(self, public_id: str) -> ResponseReturnValue:
        """Have failed PDFs made again."""
        self.again(public_id)
        return go(self.page, public_id=public_id)

    def hand_out(self, public_id: str, wanted: str) -> ResponseReturnValue:
        """Hand out a finished PDF."""
        if wanted not in LOCALES:
            raise NotFound
        return self.answer(self.row(db(), public_id), wanted)

    def answer(self, row: Any, wanted: str) -> Response:
        """Return the finished PDF of a row that was found already."""
        return pdf_answer(*self.content(db(), row.id, wanted), f"{self.name(row)}-{wanted}.pdf")

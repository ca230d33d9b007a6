"""Quotes as files for spreadsheets."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from portal.deals import operations, queries
from portal.deals.models import Quote
from portal.deals.sheets import quote_csv, quote_xlsx
from portal.deals.spreadsheets import CSV, XLSX
from portal.downloads import attached
from portal.policy import Permission
from portal.web import db, guard, locale

blueprint = Blueprint("exports", __name__, url_prefix="/quotes")


@blueprint.get("/<public_id>/lines.xlsx")
@guard(Permission.QUOTE_VIEW)
def xlsx(public_id: str) -> ResponseReturnValue:
    """Hand out a quote as a workbook, in the language of the page."""
    row = queries.quote(db(), public_id)
    content = quote_xlsx(row, operations.lines_of(db(), row), locale=locale())
    return _attached(row, content, XLSX, "xlsx")


@blueprint.get("/<public_id>/lines.csv")
@guard(Permission.QUOTE_VIEW)
def lines_csv(public_id: str) -> ResponseReturnValue:
    """Hand out the lines of a quote as CSV, in the language of the page."""
    row = queries.quote(db(), public_id)
    content = quote_csv(row, operations.lines_of(db(), row), locale=locale())
    return _attached(row, content, CSV, "csv")


def _attached(row: Quote, content: bytes, kind: str, ending: str) -> Response:
    return attached(content, kind, f"{row.number or 'draft'}-R{row.revision}-{locale()}.{ending}")

"""The field for a file."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import FileField

ACCEPTED = ".pdf,.png,.jpg,.jpeg,.webp,.docx,.xlsx,.pptx,.txt,.csv,.eml"


class UploadForm(FlaskForm):
    """One file of at most 10 MB."""

    file = FileField(
        _l("File"),
        description=_l("PDF, picture, Word, Excel, PowerPoint or text, at most 10 MB."),
        render_kw={"accept": ACCEPTED},
    )

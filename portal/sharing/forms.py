"""Forms of sharing and of comments."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField

from portal.forms import choices, text
from portal.sharing.models import LONGEST_COMMENT, LONGEST_MESSAGE
from portal.sharing.receivers import Offered, Receiver

ACCESS = (("view", _l("May look and comment")), ("edit", _l("May also change choices")))


class ShareForm(FlaskForm):
    """With whom, how far, and a word about it."""

    receiver = SelectField(_l("With whom?"), coerce=str)
    access = RadioField(_l("What may they do?"), choices=choices(ACCESS), default="view")
    message = text(_l("Message"), LONGEST_MESSAGE, required=False, area=True, render_kw={"rows": 3})

    def offer(self, offered: Offered) -> None:
        """Fill the choice of receivers; what an option is called in the form is what `chosen` reads."""
        groups = {
            _("Colleagues"): [_person(one) for one in offered.colleagues],
            _("Channel managers"): [_person(one) for one in offered.managers],
            _("Organisations"): [(f"o-{row[1]}", row[2]) for row in offered.organisations],
            _("People there"): [_person(one, one.organisation) for one in offered.outside],
        }
        found: dict[str, Any] = {"": [("", _("Choose …"))], **{k: v for k, v in groups.items() if v}}
        self.receiver.choices = found

    def chosen(self, offered: Offered) -> dict[str, int]:
        """Return the receiver as the operation takes him; empty when nobody was chosen."""
        raw = self.receiver.data or ""
        people = (*offered.colleagues, *offered.managers, *offered.outside)
        found = {f"p-{one.public_id}": {"with_person_id": one.id} for one in people}
        found |= {f"o-{row[1]}": {"with_organisation_id": row[0]} for row in offered.organisations}
        return found.get(raw, {})


def _person(one: Receiver, where: str = "") -> tuple[str, str]:
    return f"p-{one.public_id}", f"{one.name} · {where}" if where else one.name


class CommentForm(FlaskForm):
    """One comment."""

    body = text(_l("Your comment"), LONGEST_COMMENT, area=True, render_kw={"rows": 3})

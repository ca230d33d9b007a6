"""Forms of calls and leads: at most five fields to begin with."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField

from portal.forms import choices, text
from portal.parties.forms import a_phone, an_address
from portal.parties.words import INDUSTRIES, REGIONS
from portal.support.phone.leads import Known
from portal.support.phone.models import LONGEST_NAME, LONGEST_NOTE, LONGEST_NUMBER
from portal.web import locale

OFF = {"autocomplete": "off"}


class NumberForm(FlaskForm):
    """A number to look up."""

    number = text(_l("Number that calls"), LONGEST_NUMBER, render_kw={**OFF, "inputmode": "tel"})


class CallNoteForm(FlaskForm):
    """What a call was about."""

    note = text(_l("What it was about"), LONGEST_NOTE, required=False, area=True)


class _Placed(FlaskForm):
    industry = SelectField(_l("Industry"))
    region = SelectField(_l("Region"))

    def offer(self) -> None:
        """Offer the words of both lists in the reader's language."""
        for name, words in (("industry", INDUSTRIES), ("region", REGIONS)):
            self[name].choices = choices(
                [("", _l("Not known")), *((code, word.to(locale())) for code, word in words.items())]
            )


class LeadForm(_Placed):
    """What is known of somebody who may become a customer."""

    name = text(_l("Organisation"), LONGEST_NAME, required=False, render_kw=OFF)
    contact = text(_l("Contact person"), LONGEST_NAME, required=False, render_kw=OFF)
    phone = text(_l("Phone"), LONGEST_NUMBER, required=False, checks=[a_phone], render_kw=OFF)
    email = text(_l("Mail address"), 254, required=False, checks=[an_address], render_kw=OFF)
    wish = text(_l("What he wants"), LONGEST_NOTE, required=False, area=True)

    @property
    def known(self) -> Known:
        """Return what was typed."""
        typed = {name: (self[name].data or "").strip() for name in Known.__dataclass_fields__}
        return Known(**typed)


class DropForm(FlaskForm):
    """Why a lead is given up."""

    reason = text(_l("Why"), 400)


class SaidForm(FlaskForm):
    """What was said to a lead."""

    note = text(_l("What was said"), LONGEST_NOTE, required=False, area=True)


class PersonForm(FlaskForm):
    """Whom something goes to."""

    person = SelectField(_l("Person"))

    def whom(self, people: dict[int, tuple[str, str]]) -> None:
        """Offer everybody who works on leads."""
        self.person.choices = choices(list(people.values()))


class RouteForm(_Placed, PersonForm):
    """Whom leads of an industry and a region go to."""

"""Forms of articles, of the fault tree and of the calculators."""

import re
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import HiddenField, SelectField, SelectMultipleField

from portal.catalog.models import Product
from portal.errors import Invalid
from portal.forms import choices, text, whole
from portal.support.knowledge.fault_models import LONGEST_MEANING, LONGEST_NAME, LONGEST_VALUE, LONGEST_WORDS
from portal.support.knowledge.faults import Tree
from portal.support.knowledge.feedback_models import LONGEST_REASON
from portal.support.knowledge.labels import VISIBILITY_LABELS
from portal.support.knowledge.models import LONGEST_BODY, LONGEST_NOTE, LONGEST_TITLE
from portal.support.knowledge.written import MOST_FACTS, Written
from portal.words import N_

SEPARATORS: Final = re.compile(r"[,;，；、\n]+")
LONGEST_LIST: Final = MOST_FACTS * (LONGEST_VALUE + 2)
MARKDOWN: Final = _l("Markdown: # heading, - list, **strong**, `code`, [words](https://…), tables.")
KIND_LABELS: Final = {"error_code": _l("Error code"), "firmware": _l("Firmware version")}
_AREA: Final = {"rows": 16, "spellcheck": "true"}


class ArticleForm(FlaskForm):
    """One version of an article."""

    title_zh = text(_l("Title in Chinese"), LONGEST_TITLE, required=False)
    body_zh = text(
        _l("Text in Chinese"), LONGEST_BODY, required=False, area=True, description=MARKDOWN, render_kw=_AREA
    )
    title_en = text(_l("Title in English"), LONGEST_TITLE, required=False)
    body_en = text(
        _l("Text in English"), LONGEST_BODY, required=False, area=True, description=MARKDOWN, render_kw=_AREA
    )
    visibility = SelectField(_l("Who may read it"))
    product_line = SelectField(_l("Product line"))
    faults = SelectMultipleField(_l("Fault types it solves"))
    products = text(
        _l("Products"), LONGEST_LIST, required=False, description=_l("Their numbers (SKU), separated by commas.")
    )
    error_codes = text(_l("Error codes"), LONGEST_LIST, required=False, description=_l("Separated by commas."))
    firmware = text(_l("Firmware versions"), LONGEST_LIST, required=False, description=_l("Separated by commas."))
    note = text(_l("What changed and why"), LONGEST_NOTE, required=False)
    version = HiddenField()

    def offer(self, tree: Tree, locale: str) -> None:
        """Fill the lists to choose from."""
        self.visibility.choices = choices((key, _(label)) for key, label in VISIBILITY_LABELS.items())
        lines = [(line.key, line.name.to(locale)) for line in tree.lines()]
        self.product_line.choices = choices([("", _("All")), *lines])
        chosen = set(self.faults.data or ())
        offered = [(fault.key, fault.name.to(locale)) for line in tree.lines() for fault in tree.leaves(line.key)]
        gone = [(key, tree.named(key, locale)) for key in sorted(chosen - {key for key, _name in offered})]
        self.faults.choices = choices([*offered, *(pair for pair in gone if tree.get(pair[0]))])

    def written(self, session: Session) -> Written:
        """Return what was typed; raises Invalid for a product that does not exist."""
        return Written(
            **{name: self[name].data for name in ("title_en", "title_zh", "body_en", "body_zh", "note")},
            visibility=self.visibility.data,
            product_line=self.product_line.data,
            faults=tuple(self.faults.data or ()),
            products=product_ids(session, self.products.data),
            error_codes=listed(self.error_codes.data),
            firmware=listed(self.firmware.data),
        )


class AnswerForm(FlaskForm):
    """Why a version is given back."""

    answer = text(_l("What is missing"), LONGEST_NOTE, area=True)


class DoubtForm(FlaskForm):
    """Why an article is out of date."""

    reason = text(_l("What is not right any more"), LONGEST_REASON, area=True)


def listed(typed: str) -> tuple[str, ...]:
    """Return the values that stand in a text, each once."""
    return tuple(dict.fromkeys(filter(None, (part.strip() for part in SEPARATORS.split(typed or "")))))


def product_ids(session: Session, typed: str) -> tuple[int, ...]:
    """Return the products whose numbers stand in a text; raises Invalid for one that does not exist."""
    skus = listed(typed)
    if len(skus) > MOST_FACTS:
        raise Invalid(N_("At most %(most)d entries are possible here."), field="products", most=MOST_FACTS)
    found = session.execute(select(Product.sku, Product.id).where(Product.sku.in_(skus)))
    rows = {sku: product_id for sku, product_id in found}  # noqa: C416 - typed as rows, not as pairs
    for sku in skus:
        if sku not in rows:
            raise Invalid(N_("There is no product %(sku)s."), field="products", sku=sku[:60])
    return tuple(rows[sku] for sku in skus)


def typed_in(written: Written, session: Session) -> dict[str, Any]:
    """Return what a form shows of a version."""
    found = session.execute(select(Product.id, Product.sku).where(Product.id.in_(written.products)))
    known = {product_id: sku for product_id, sku in found}  # noqa: C416 - typed as rows, not as pairs
    texts = ("title_en", "title_zh", "body_en", "body_zh", "visibility", "product_line", "note")
    return {name: getattr(written, name) for name in texts} | {
        "faults": list(written.faults),
        "products": ", ".join(known[each] for each in written.products if each in known),
        "error_codes": ", ".join(written.error_codes),
        "firmware": ", ".join(written.firmware),
    }


class FaultForm(FlaskForm):
    """What a fault type is called, and how people say it."""

    name_zh = text(_l("Name in Chinese"), LONGEST_NAME)
    name_en = text(_l("Name in English"), LONGEST_NAME)
    words = text(
        _l("How people say it"),
        LONGEST_WORDS,
        required=False,
        area=True,
        description=_l("One wording a line, in both languages."),
    )


class ValueForm(FlaskForm):
    """An error code or a firmware version."""

    kind = SelectField(_l("Kind"), choices=choices(KIND_LABELS.items()))
    value = text(_l("Code or version"), LONGEST_VALUE)
    fault = SelectField(_l("Fault type it tells of"))
    meaning_zh = text(_l("Meaning in Chinese"), LONGEST_MEANING, required=False)
    meaning_en = text(_l("Meaning in English"), LONGEST_MEANING, required=False)

    def offer(self, tree: Tree, line: str, locale: str) -> None:
        """Fill the list of fault types."""
        self.fault.choices = choices([("", "–"), *((each.key, each.name.to(locale)) for each in tree.leaves(line))])


class _Asked(FlaskForm):
    """A calculator: asked by its address, so that an answer can be linked to."""

    class Meta:
        """No token: nothing changes."""

        csrf = False


def _count(label: Any, most: int, *, least: int = 1, usual: int | None = None) -> Any:
    limits = {"inputmode": "numeric", "min": least, "max": most}
    return whole(label, least, most, default=usual, render_kw=limits)


class StorageForm(_Asked):
    """How much storage recordings need."""

    cameras = _count(_l("Cameras"), 512, usual=16)
    resolution = SelectField(_l("Resolution"), default="4mp")
    codec = SelectField(_l("Codec"), default="h265")
    fps = SelectField(_l("Frame rate"), default="25")
    days = _count(_l("Days kept"), 365, usual=30)


class PoeForm(_Asked):
    """Whether a switch feeds two kinds of cameras."""

    switch = SelectField(_l("Switch"))
    camera = SelectField(_l("Camera"))
    cameras = _count(_l("How many of them"), 64, usual=8)
    camera_two = SelectField(_l("And a second kind"))
    cameras_two = _count(_l("How many of the second kind"), 64, least=0, usual=0)


class RuntimeForm(_Asked):
    """How long a UPS bears a load."""

    ups = SelectField(_l("UPS"))
    packs = _count(_l("Battery packs"), 10, least=0, usual=0)
    watts = _count(_l("Load in watts"), 20_000, usual=300)

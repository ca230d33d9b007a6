"""A copy of a template in one language says what the template itself says in that language, and asks nobody for it."""

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from jinja2 import DictLoader

from portal.config import shipped
from portal.templating import SIGNS, Templates, in_language
from portal.web import texts

PAGE = """{% import "components/ui.html" as ui %}{% set label = _("State") %}
<p title="{{ _('Menu') }}">{{ label }} {{ ui.icon("bell") }} {{ ui.chip(_("Draft"), "good") }}
{% for text in (_("Newest"), _("Older")) %}{{ text }}{% endfor %}
{{ _("%(name)s: your menu", name=name) }} {{ _(word) }}
{{ ui.icon("home") ~ "<b>"|safe ~ _("Home") ~ "</b>"|safe }} {% include "part.html" %}</p>"""
PART = """{% if true %}{{ _("Search") if 1 else _("Menu") }}{% else %}{{ _("Inbox") }}{% endif %}"""


class Copies(DictLoader):
    """Finds a copy where the template itself lies, as the portal's loader does."""

    def get_source(self, environment: Any, template: str) -> Any:
        return super().get_source(environment, template.rpartition(":")[2])


@pytest.mark.parametrize(("locale", "state"), [("en", "State"), ("zh", "状态")])
def test_a_copy_says_the_same(locale: str, state: str) -> None:
    asked: list[str] = []

    def ask(message: str, /, **values: str) -> str:
        asked.append(message)
        return texts(locale)(SimpleNamespace(autoescape=True), message, **values)

    signs = (shipped("templates") / SIGNS).read_text(encoding="utf-8")
    templates = Templates(
        Flask("copies"), loader=Copies({"page.html": PAGE, "part.html": PART, SIGNS: signs}), autoescape=True
    )
    said = {"name": "<b>", "word": "Profile", "_": ask}
    written = templates.get_template("page.html").render(**said)
    assert {"State", "Menu", "Search", "Newest"} <= set(asked)
    asked.clear()
    copied = templates.get_template(in_language("page.html", locale)).render(**said)
    assert copied == written
    assert state in copied
    assert "&lt;b&gt;" in copied
    assert "#i-bell" in copied
    assert "&lt;svg" not in copied, "what is joined with a sign keeps it a sign"
    assert asked == ["%(name)s: your menu", "Profile", "Home"]

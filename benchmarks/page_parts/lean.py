"""The page to compare with: Flask, psycopg and Jinja alone; nobody signs in and nobody asks who may see what."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from flask import Flask, render_template

QUOTES = (
    "SELECT id, public_id, number, revision, state, customer_name, customer_key, title, currency, gross_minor, "
    "valid_until, updated_at FROM quote WHERE organisation_id = %s ORDER BY id DESC LIMIT 26"
)
QUOTE_ROWS = """{% for row in rows %}
            <tr>
              <td><a href="/quotes/{{ row[1] }}"><bdi>{{ row[2] or row[7] }}</bdi></a> {% if
                row[3] > 1 %}<small>R{{ row[3] }}</small>{% endif %}</td>
              <td data-label="Customer"><bdi>{{ row[5] or "–" }}</bdi></td>
              <td data-label="State">
  <span class="chip chip-{{ tones[row[4]] }}">{{ states[row[4]] }}</span>
</td>
              <td data-label="Total with tax" class="num text-end">{{ row[8] }} {{
                "{:,.2f}".format(row[9] / 100) }}</td>
              <td data-label="Valid until" class="num">{% if
                row[10] %}{{ row[10].day }} {{ row[10].strftime("%b %Y") }}{% if
                row[4] == "issued" and row[10] < today %} <span class="chip chip-warn">over</span>{% endif %}{%
                else %}–{% endif %}</td>
            </tr>
{% endfor %}"""
REGISTRATIONS = (
    "SELECT id, public_id, number, state, standing, reason, customer_name, product_line, site, protected_until "
    "FROM registration WHERE organisation_id = %s ORDER BY id DESC LIMIT 26"
)
REGISTRATION_ROWS = """{% for row in rows %}
            <tr>
              <td><a href="/registrations/{{ row[1] }}"><bdi>{{ row[6] }}</bdi></a></td>
              <td data-label="State"><span class="chip chip-{{ tones[row[4]] }}">{{ states[row[4]] }}{% if
                row[4] == "protected" %} {{ row[9].day }} {{ row[9].strftime("%b %Y") }}{% elif
                row[5] %}: {{ row[5] }}{% endif %}</span></td>
              <td data-label="Product line">{{ lines[row[7]] }}</td>
              <td data-label="Site"><bdi>{{ row[8] }}</bdi></td>
              <td data-label="Number" class="num">{{ row[2] or "–" }}</td>
            </tr>
{% endfor %}"""
LINES = {"video": "Video surveillance", "room": "Monitoring", "cabling": "Cabling", "network": "Network equipment"}
TONES = {"draft": "info", "issued": "good", "superseded": "quiet", "review": "warn", "your_turn": "warn",
         "protected": "good", "closed": "quiet"}  # fmt: skip
STATES = {"draft": "Draft", "issued": "Issued", "superseded": "Superseded", "review": "In review",
          "your_turn": "Your turn", "protected": "Protected until", "closed": "Closed"}  # fmt: skip
PAGES = {"/quotes": (QUOTES, QUOTE_ROWS), "/registrations": (REGISTRATIONS, REGISTRATION_ROWS)}


ADDRESS = re.compile(r'\b(href|src|action)="/([^"?]*)')
SIGNS = re.compile(r'<svg class="sprite".*?</svg>', re.DOTALL)


def write_templates(path: str, page: str, folder: Path) -> None:
    """Turn a page of the portal into templates as one writes them for Flask alone: a layout, signs, rows in a loop.

    Addresses come from url_for; all other text stands there as it is, in one language and for everybody.
    """
    plain = page.replace("{", "&#123;")
    signs = SIGNS.search(plain)
    sprite = signs[0] if signs else ""
    plain = plain.replace(sprite, '{% include "signs.html" %}') if sprite else plain
    plain = ADDRESS.sub(_address, plain)
    head, _, rest = plain.partition("<tbody>")
    tail = rest.partition("</tbody>")[2]
    files = {
        "signs.html": sprite,
        "layout.html": f"{head}<tbody>{{% block rows %}}{{% endblock %}}</tbody>{tail}",
        "page.html": f'{{% extends "layout.html" %}}{{% block rows %}}{PAGES[path][1]}{{% endblock %}}',
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def _address(found: re.Match[str]) -> str:
    goal = f"url_for('page', path='{found[2]}')" if found[2] else "url_for('home')"
    return f'{found[1]}="{{{{ {goal} }}}}'


def application() -> Flask:
    """Make the application of one worker; where everything is stands in the environment."""
    app = Flask("lean", template_folder=os.environ["BENCH_TEMPLATES"], static_folder=None)
    connection = psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True)
    organisation = int(os.environ["BENCH_ORGANISATION"])

    route = os.environ["BENCH_PAGE"]

    @app.get(route)
    def rows() -> str:
        found = connection.execute(PAGES[route][0], (organisation,)).fetchall()[:25]
        today = datetime.now(UTC).date()
        return render_template("page.html", rows=found, today=today, tones=TONES, states=STATES, lines=LINES)

    @app.get("/")
    def home() -> str:
        return "home"

    @app.get("/<path:path>")
    def page(path: str) -> str:
        return path

    return app

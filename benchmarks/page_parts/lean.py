"""The page to compare with: Flask, psycopg and Jinja alone; nobody signs in and nobody asks who may see what."""

import os
from pathlib import Path

import psycopg
from flask import Flask, render_template

QUERY = (
    "SELECT id, public_id, number, revision, state, customer_name, customer_key, title, currency, gross_minor, "
    "valid_until, updated_at FROM quote WHERE organisation_id = %s ORDER BY id DESC LIMIT 26"
)
TABLE = """{% for row in rows %}
            <tr>
              <td><a href="/quotes/{{ row[1] }}"><bdi>{{ row[2] or row[7] }}</bdi></a> {% if row[3] > 1 %}<small>R{{ row[3] }}</small>{% endif %}</td>
              <td><bdi>{{ row[5] or "–" }}</bdi></td>
              <td>
  <span class="chip chip-{{ tones[row[4]] }}">{{ states[row[4]] }}</span>
</td>
              <td class="num text-end">{{ row[8] }} {{ "{:,.2f}".format(row[9] / 100) }}</td>
              <td class="num">{% if row[10] %}{{ row[10].day }} {{ row[10].strftime("%b %Y") }}{% if row[4] == "issued" and row[10] < today %} <span class="chip chip-warn">over</span>{% endif %}{% else %}–{% endif %}</td>
            </tr>
{% endfor %}"""
TONES = {"draft": "info", "issued": "good", "superseded": "quiet"}
STATES = {"draft": "Draft", "issued": "Issued", "superseded": "Superseded"}


def write_template(page: str, folder: Path) -> None:
    """Keep a page of the portal as a template: its rows become a loop, everything else stays as it is."""
    head, _, rest = page.partition("<tbody>")
    _, _, tail = rest.partition("</tbody>")
    frame = [part.replace("{", "&#123;") for part in (head, tail)]
    (folder / "page.html").write_text(f"{frame[0]}<tbody>{TABLE}</tbody>{frame[1]}", encoding="utf-8")


def application() -> Flask:
    """Make the application of one worker; where everything is stands in the environment."""
    from datetime import UTC, datetime

    app = Flask("lean", template_folder=os.environ["BENCH_TEMPLATES"], static_folder=None)
    connection = psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True)
    organisation = int(os.environ["BENCH_ORGANISATION"])

    @app.get("/quotes")
    def quotes() -> str:
        rows = connection.execute(QUERY, (organisation,)).fetchall()[:25]
        today = datetime.now(UTC).date()
        return render_template("page.html", rows=rows, today=today, tones=TONES, states=STATES)

    return app

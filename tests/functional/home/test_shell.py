"""What stands around every page: menu, search, person; what never stands in one: script and style."""

import re

import pytest

from portal.accounts.models import Person
from portal.policy import SYSTEM

PAGES = ("/", "/search", "/search?q=x", "/inbox", "/profile", "/people", "/people/invite", "/nothing")


def menu_of(page):
    rail = page.split('class="rail"')[1].split("</nav>")[0]
    return re.findall(r'<a href="([^"]+)"', rail)


def text_of(client, path="/"):
    return " ".join(client.get(path).text.split())


def test_nobody_has_more_than_five_entries_and_all_of_them_open(app, world):
    for key in world.people:
        client = world.client(app, key)
        entries = menu_of(client.get("/").text)
        assert 1 <= len(entries) <= 5, key
        assert {client.get(path).status_code for path in entries} == {200}, key


def test_what_does_not_fit_into_the_menu_stands_with_the_person(app, world):
    page = text_of(world.client(app, "supplier.administrator"))
    assert "/administration/outbox" in menu_of(page)
    assert "/customers" not in menu_of(page)
    assert 'class="menu-link" href="/customers"' in page


def test_the_present_page_is_marked_in_the_menu(app, world):
    client = world.client(app, "north.owner")
    for path in ("/customers", "/customers/new"):
        marked = re.findall(r'href="([^"]+)"[^>]*aria-current="page"', client.get(path).text)
        assert marked == ["/customers"]
    assert 'aria-current="page"' not in client.get("/").text


@pytest.mark.parametrize("path", [*PAGES, "/sign-in", "/reset", "/reset/x", "/invitation/x"])
@pytest.mark.parametrize("key", ["north.owner", None])
def test_every_page_keeps_to_the_content_policy_and_every_form_has_its_token(app, world, path, key):
    page = world.client(app, key).get(path, follow_redirects=True).text
    assert '<main id="main"' in page
    assert 'href="#main"' in page
    assert page.count("<h1") == 1
    assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", page)
    assert all("src=" in script for script in re.findall(r"<script[^>]*>", page))
    for form in re.findall(r"<form.*?</form>", page, re.DOTALL):
        assert "novalidate" in form
        assert 'method="post"' not in form or 'name="csrf_token"' in form
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("theme", "first"), [("dark", "dark"), ("light", "light"), ("auto", "light")])
def test_the_chosen_colours_are_there_before_any_script(app, world, database, theme, first):
    with database.writing(SYSTEM) as session:
        session.get_one(Person, world.people["north.sales"]).theme = theme
    page = text_of(world.client(app, "north.sales"))
    assert f'data-bs-theme="{first}" data-theme="{theme}"' in page
    assert page.index("theme.js") < page.index("stylesheet")


def test_language_and_colours_switch_without_a_script(app, world):
    client = world.client(app, "north.sales")
    answer = client.post("/language", data={"locale": "zh", "next": "/people?before=3"})
    assert answer.headers["Location"] == "/people?before=3"
    assert client.post("/theme", data={"theme": "dark", "next": "/"}).status_code == 303
    page = text_of(client)
    assert 'lang="zh-Hans" data-bs-theme="dark"' in page


def test_static_files_may_be_kept_because_their_address_changes_with_them(client):
    page = client.get("/sign-in").text
    sheet = re.search(r'href="([^"]+portal\.css\?v=[0-9a-f]+)"', page)
    assert sheet
    assert "max-age=86400" in client.get(sheet[1], buffered=True).headers["Cache-Control"]


def test_an_error_page_shows_its_reference_with_and_without_a_person(app, world):
    for key in ("north.sales", None):
        answer = world.client(app, key).get("/nothing", headers={"X-Request-ID": "reference-1234"})
        assert answer.status_code == 404
        assert "reference-1234" in answer.text


def test_an_error_for_htmx_is_a_fragment_for_the_place_of_notices(app, world):
    answer = world.client(app, "north.sales").post("/inbox/none/read", headers={"HX-Request": "true"})
    assert answer.headers["HX-Retarget"] == "#notices"
    assert answer.text.lstrip().startswith('<section id="error"')


def test_what_was_typed_into_an_old_page_is_shown_and_can_be_sent_again(app, world):
    client = world.client(app, "north.sales")
    app.config["WTF_CSRF_ENABLED"] = True
    answer = client.post("/profile", data={"csrf_token": "old", "name": "Su <b>", "locale": "en"})
    assert answer.status_code == 400
    assert 'value="Su &lt;b&gt;"' in answer.text
    assert 'action="/profile"' in answer.text
    token = re.search(
        r'name="csrf_token" value="([^"]+)"', answer.text.split("Send it again")[0].split('action="/profile"')[1]
    )
    fields = {"name": "Su", "locale": "en", "time_zone": "Asia/Shanghai", "theme": "auto"}
    assert client.post("/profile", data={"csrf_token": token[1], **fields}).status_code == 303

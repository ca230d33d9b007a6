"""The confirmation of an order: a mail in the person's language and a PDF in both, made once."""

import io
from datetime import timedelta

from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select

from portal.config import Settings
from portal.dates import business_date
from portal.db import Database
from portal.deals import order_documents
from portal.deals.order_models import OrderDocument, SalesOrder
from portal.notify import mail
from portal.notify.models import Notice
from portal.pdf import Renderer
from portal.policy import SYSTEM
from portal.worker import Worker
from tests.factories.deals import Deals
from tests.factories.world import World


def test_mail_and_pdfs_in_both_languages(
    app: Flask, world: World, database: Database, settings: Settings, renderer: Renderer
) -> None:
    client = world.client(app, "north.sales")
    client.post("/language", data={"locale": "zh", "next": "/"})
    key = Deals.open(world).issue("north.sales")
    wanted = business_date(world.now, "Asia/Shanghai") + timedelta(days=9)
    form = {
        "purchase_number": "采购 4711 㛃䶮𬭎", "wanted_on": wanted.isoformat(), "delivery_address": "青溪路 8 号 <b>",
        "contact": "袁工 0571", "note": "file:///etc/passwd http://127.0.0.1/", "form_key": "one-form-key",
    }  # fmt: skip
    assert client.post(f"/orders/from/{key}", data=form).status_code == 303
    handlers = {
        order_documents.KIND: order_documents.handler(settings, database, renderer), mail.KIND: mail.handler(settings),
    }  # fmt: skip
    Worker(database, handlers).run(until_idle=True)
    with database.reading(SYSTEM) as session:
        order = session.scalars(select(SalesOrder)).one()
        documents = session.scalars(select(OrderDocument).order_by(OrderDocument.locale)).all()
        assert [(row.locale, row.state) for row in documents] == [("en", "ready"), ("zh", "ready")]
        assert session.scalars(select(Notice.kind)).all() == ["order_documents"]
    for locale, heading in (("en", "Order confirmation"), ("zh", order.number)):
        answer = client.get(f"/orders/{order.public_id}/{locale}.pdf")
        assert answer.status_code == 200
        pages = PdfReader(io.BytesIO(answer.data)).pages
        shown = "".join(page.extract_text() for page in pages)
        for word in (heading, order.number, "㛃䶮𬭎", "青溪路 8 号 <b>", "袁工 0571", "file:///etc/passwd"):
            assert word in shown, (locale, word)
        unchanged = client.get(
            f"/orders/{order.public_id}/{locale}.pdf", headers={"If-None-Match": answer.headers["ETag"]}
        )
        assert unchanged.status_code == 304
    (file,) = settings.mail_folder.glob("*.eml")
    written = file.read_text()
    assert order.number in written
    assert f"http://localhost/orders/{order.public_id}" in written
    assert client.get("/inbox").text.count(order.number) >= 1

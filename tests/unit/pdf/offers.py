"""Offers for documents, as rows that need no database."""

from datetime import date
from typing import Any

from portal.deals.resale_models import Resale, ResaleLine
from tests.unit.pdf.quotes import NOW, SNAPSHOT, a_quote

LETTERHEAD = {
    "name": "云岭安防", "name_en": "Yunling Security", "address": "昆明市北京路 1 号", "contact": "0871 6666 0000",
    "tax_number": "91530100MA6K", "bank": "Bank of Yunnan 6222", "footer": "Thank you for your trust",
}  # fmt: skip

CUSTOMER = {"name_en": "Qingxi Hospital", "name_zh": "青溪医院"}
COPIED = (
    "position", "group_en", "group_zh", "sku", "maker", "name_en", "name_zh", "invented", "quantity", "tax_bps",
)  # fmt: skip


def an_offer(count: int = 5, **changes: Any) -> tuple[Resale, list[ResaleLine]]:
    """Return an issued offer of `count` lines, half as dear again as its quote."""
    _, bought = a_quote(count)
    lines = []
    for line in bought:
        unit = line.unit_minor * 3 // 2
        copied = {key: getattr(line, key) for key in COPIED}
        net = unit * line.quantity
        tax = (net * 13 + 50) // 100
        lines.append(ResaleLine(**copied, unit_minor=unit, net_minor=net, tax_minor=tax, own_price=False))
    net, tax = sum(line.net_minor for line in lines), sum(line.tax_minor for line in lines)
    told = {key: SNAPSHOT[key] for key in ("assumptions", "configuration")}
    facts: dict[str, Any] = {
        "number": "RS-2026-000042", "revision": 1, "title": "Block B", "note": "", "customer_name": "Qingxi Hospital",
        "payment_terms": "30 days net", "delivery_terms": "Two weeks", "currency": "CNY", "tax_bps": 1300,
        "issued_on": date(2026, 11, 22), "valid_until": date(2026, 12, 22), "issued_at": NOW, "fixed_net_minor": None,
        "net_minor": net, "tax_minor": tax, "gross_minor": net + tax,
        "snapshot": {"letterhead": LETTERHEAD, "customer": CUSTOMER, **told},
    }  # fmt: skip
    return Resale(**facts | changes), lines

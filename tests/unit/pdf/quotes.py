"""Quotes for documents, as rows that need no database."""

from datetime import UTC, date, datetime
from typing import Any

from portal import schema
from portal.deals.models import Quote, QuoteLine

assert schema.metadata  # every mapped class is known, so rows can be made
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
GROUPS = (("Cameras", "摄像机"), ("Recording", "录像"), ("Network", "网络"))
SNAPSHOT = {
    "supplier": {"name_en": "Lanqiao Vision", "name_zh": "澜桥视讯"},
    "partner": {"name": "云岭安防", "name_en": "Yunling Security", "address": "昆明市北京路 1 号"},
    "rules": {
        "key": "video-site",
        "number": 3,
        "hash": "9f2c51ab77e0d1c2",
        "title_en": "Video",
        "title_zh": "视频监控",
    },
    "prices": {"book": "gold", "currency": "CNY", "as_of": "2026-11-20"},
    "assumptions": [{"label_en": "Bit rate", "label_zh": "码率", "value": 4096, "unit": "kbit/s", "source": "H.265"}],
    "configuration": [
        {
            "section_en": "Site",
            "section_zh": "站点",
            "items": [{"label_en": "Days kept", "label_zh": "保存天数", "value_en": "30 days", "value_zh": "30 天"}],
        }
    ],
}


def a_line(position: int, of: int) -> QuoteLine:
    quantity, unit = 1 + position * 7 % 40, 100_000 + position * 4_321
    net = quantity * unit
    english, chinese = GROUPS[(position - 1) * 3 // of]
    return QuoteLine(
        position=position,
        group_en=english,
        group_zh=chinese,
        sku=f"LQ-{position:03d}",
        maker="Lanqiao",
        name_en=f"Camera {position}",
        name_zh=f"摄像机 {position} 型",
        invented=position % 2 == 0,
        quantity=quantity,
        list_unit_minor=unit * 2,
        unit_minor=unit,
        tax_bps=1300,
        list_minor=2 * net,
        net_minor=net,
        tax_minor=(net * 13 + 50) // 100,
    )


def a_quote(count: int = 5, **changes: Any) -> tuple[Quote, list[QuoteLine]]:
    lines = [a_line(position, count) for position in range(1, count + 1)]
    net, tax = sum(line.net_minor for line in lines), sum(line.tax_minor for line in lines)
    facts: dict[str, Any] = {
        "number": "Q-2026-000123",
        "revision": 2,
        "title": "Block B",
        "note": "",
        "customer_name": "Qingxi Hospital 青溪医院",
        "currency": "CNY",
        "tax_mode": "net",
        "tax_bps": 1300,
        "issued_on": date(2026, 11, 22),
        "valid_until": date(2026, 12, 22),
        "issued_at": NOW,
        "list_minor": sum(line.list_minor for line in lines),
        "net_minor": net,
        "tax_minor": tax,
        "gross_minor": net + tax,
        "snapshot": SNAPSHOT,
    }
    return Quote(**{**facts, **changes}), lines

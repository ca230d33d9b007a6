"""What kinds of products and their capabilities are called on screen; what is not named here shows its own key."""

from typing import Any, Final

from flask_babel import lazy_gettext as _l

KINDS: Final[dict[str, Any]] = {
    "cameras": _l("Cameras"),
    "recorders": _l("Recorders"),
    "switches": _l("Switches"),
    "disks": _l("Disks"),
    "accessories": _l("Accessories"),
}
CAPABILITIES: Final[dict[str, Any]] = {
    "bays": _l("Disk bays"),
    "channels": _l("Channels"),
    "incoming": _l("Incoming bandwidth"),
    "ip": _l("IP protection class"),
    "largest_disk": _l("Largest disk"),
    "largest_picture": _l("Largest picture"),
    "poe_budget": _l("PoE budget"),
    "poe_level": _l("PoE level (1: 802.3af, 2: 802.3at, 3: 802.3bt)"),
    "poe_ports": _l("PoE ports"),
    "pse": _l("Power at the supplying port"),
    "resolution": _l("Resolution in megapixels"),
    "size": _l("Capacity"),
}

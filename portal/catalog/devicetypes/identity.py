"""Who is who: maker and model make one product, however they are spelled; a slug is its number until it has ours."""

import hashlib
import re
import unicodedata
from collections.abc import Collection
from typing import Final

SKU_LIMIT: Final = 60
_BREAKS = re.compile(r"[^a-z0-9]+")


def identity(maker: str, model: str) -> tuple[str, str]:
    """Return what is compared: letters folded, blanks collapsed."""
    return _folded(maker), _folded(model)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def slug_of(maker: str, model: str) -> str:
    """Return the slug that the library's own rule makes of maker and model; empty without a Latin letter or digit."""
    text = unicodedata.normalize("NFKD", f"{maker} {model}".replace("+", " plus ")).casefold()
    return _BREAKS.sub("-", text).strip("-")


def free_sku(maker: str, model: str, taken: Collection[str]) -> str:
    """Return the slug as product number, with a digest behind it where it is too long or taken."""
    slug = slug_of(maker, model) or "product"
    if len(slug) <= SKU_LIMIT and slug not in taken:
        return slug
    digest = hashlib.sha256("\n".join(identity(maker, model)).encode()).hexdigest()
    for length in range(8, 40, 4):
        sku = f"{slug[: SKU_LIMIT - 1 - length]}-{digest[:length]}"
        if sku not in taken:
            return sku
    raise AssertionError("a digest collides with itself")

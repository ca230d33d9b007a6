"""Collect the texts of code and templates into the Chinese catalogue: `make messages`; `--check` names the gaps."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "portal" / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {
    "_": None,
    "_l": None,
    "N_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
}
HEADER = "# Simplified Chinese of the Partner Portal; the words are those of the README's list."
PYTHON = [("**.py", "python")]
TEMPLATES = [("**.html", "jinja2"), ("**.txt", "jinja2")]
OPTIONS = {"**": {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}


def collected() -> Catalog:
    """Return all texts with the files they stand in; line numbers are left out, they only make noise in changes."""
    catalogue = Catalog(domain="messages", charset="utf-8")
    for folder, methods in ((ROOT / "portal", PYTHON), (ROOT / "templates", TEMPLATES)):
        for file, _line, text, comments, context in extract_from_dir(
            folder, methods, OPTIONS, KEYWORDS, ("Translators:",), strip_comment_tags=True
        ):
            place = f"{folder.relative_to(ROOT)}/{file}"
            catalogue.add(text, None, [(place, None)], auto_comments=comments, context=context)  # type: ignore[list-item]
    return catalogue


def translated() -> Catalog:
    """Return the Chinese catalogue as it lies in the tree."""
    if not CATALOGUE.exists():
        made = datetime(2026, 11, 22, tzinfo=UTC)
        return Catalog("zh_Hans_CN", header_comment=HEADER, project="Partner Portal", creation_date=made, fuzzy=False)
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh_Hans_CN", domain="messages")


def gaps(template: Catalog, chinese: Catalog) -> list[str]:
    """Return the texts that have no Chinese."""
    return [str(message.id) for message in template if message.id and not _is_whole(chinese.get(message.id))]


def _is_whole(message: Message | None) -> bool:
    if message is None or message.fuzzy:
        return False
    return all(message.string) if isinstance(message.string, tuple) else bool(message.string)


def main() -> int:
    """Update the catalogue, or name the gaps."""
    template, chinese = collected(), translated()
    if "--check" not in sys.argv:
        template.creation_date = chinese.creation_date  # a date that changes with every run only makes noise
        chinese.update(template, no_fuzzy_matching=True, update_header_comment=False)
        chinese.obsolete.clear()
        CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
        with CATALOGUE.open("wb") as file:
            write_po(file, chinese, width=120, sort_output=True, omit_header=False, include_lineno=False)
    missing = gaps(template, chinese)
    for text in missing:
        print(f"no Chinese yet: {text}")
    print(f"{len(list(template)) - 1} texts, {len(missing)} without Chinese")
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main())

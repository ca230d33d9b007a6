"""The words that a library's own schema allows, where it brings one: a type cut off in the middle is none of them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from portal.catalog.devicetypes.documents import Document
from portal.catalog.devicetypes.walking import Damaged

SCHEMA: Final = Path("schema") / "generated_schema.json"
SIZE_LIMIT: Final = 1024 * 1024
TEXTS: Final = {"airflow": "airflow", "subdevice_role": "subdevice-role"}
Vocabulary = Mapping[str, frozenset[str]]
"""Allowed words by component list ("interfaces") and by text ("airflow"); what is missing is not checked."""


def vocabulary_of(root: Path) -> Vocabulary:
    """Return the words of the library at `root`; a library without a readable schema allows all."""
    path = root / SCHEMA
    if path.is_symlink() or not path.is_file() or path.stat().st_size > SIZE_LIMIT:
        return {}
    try:
        definitions = json.loads(path.read_bytes()).get("definitions", {})
        found = {f"{name}s": _words(part.get("properties", {}).get("type")) for name, part in definitions.items()}
        found |= {key: _words(definitions.get(name)) for key, name in TEXTS.items()}
    except (ValueError, AttributeError, TypeError, RecursionError):
        return {}
    return {key: words for key, words in found.items() if words}


def check_words(document: Document, vocabulary: Vocabulary) -> None:
    """Raise Damaged for the first type that the library's schema does not know."""
    for key, components in document.components.items():
        words = vocabulary.get(key)
        for component in components if words else ():
            kind = component.texts.get("type")
            if words and kind is not None and kind not in words:
                raise Damaged(f"{kind!r} is no type of {key} in the library's schema", component.line)
    for key in TEXTS:
        text, words = document.texts.get(key), vocabulary.get(key)
        if text and words and text not in words:
            raise Damaged(f"{text[:60]!r} is no {key} in the library's schema")


def _words(part: Any) -> frozenset[str]:
    return frozenset(part["enum"]) if part and "enum" in part else frozenset()

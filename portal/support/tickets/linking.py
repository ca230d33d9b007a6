"""What people write in tickets as a part of a page: plain text in which addresses of the web can be followed. Pure.

Markdown would surprise whoever pastes a log or writes 2*3*4; articles have it, messages do not.
"""

import re
from typing import Final

from markupsafe import Markup, escape

from portal.markup import is_link

ADDRESS: Final = re.compile(r"https?://[^\s<>\"'`{}|\\^\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\u2018-\u201f]{1,1000}")
TRAILING: Final = ".,;:!?"
PAIRS: Final = {")": "(", "]": "["}
LINK: Final = Markup('<a href="{}" rel="noopener noreferrer nofollow ugc" target="_blank">{}</a>')


def linked(text: str) -> Markup:
    """Return `text` for a page: escaped, with links where addresses stand."""
    parts, at = [], 0
    for found in ADDRESS.finditer(text):
        address = _trimmed(found[0])
        if not is_link(address):
            continue
        parts += [escape(text[at : found.start()]), LINK.format(address, address)]
        at = found.start() + len(address)
    return Markup("").join([*parts, escape(text[at:])])


def _trimmed(address: str) -> str:
    """Leave the punctuation of the sentence outside, and a bracket that was opened before."""
    while address:
        last = address[-1]
        unopened = last in PAIRS and address.count(last) > address.count(PAIRS[last])
        if last not in TRAILING and not unopened:
            break
        address = address[:-1]
    return address

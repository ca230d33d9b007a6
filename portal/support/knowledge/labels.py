"""What the words of articles are called on screen, as gettext ids."""

from typing import Final

from portal.words import N_

VISIBILITY_LABELS: Final[dict[str, str]] = {
    "public": N_("everybody who signs in"),
    "silver": N_("partners from silver on"),
    "gold": N_("gold partners"),
    "internal": N_("only our own people"),
}
STATE_LABELS: Final[dict[str, tuple[str, str]]] = {  # label, tone
    "draft": (N_("Draft"), "quiet"),
    "in_review": (N_("In review"), "info"),
    "published": (N_("Published"), "good"),
    "replaced": (N_("Replaced"), "quiet"),
    "retired": (N_("Retired"), "quiet"),
    "dropped": (N_("Dropped"), "quiet"),
}
LIST_LABELS: Final[dict[str, str]] = {
    "published": N_("Published"),
    "draft": N_("Drafts"),
    "in_review": N_("In review"),
    "retired": N_("Retired"),
}
FIELD_LABELS: Final[dict[str, str]] = {
    "title_zh": N_("Title in Chinese"),
    "body_zh": N_("Text in Chinese"),
    "title_en": N_("Title in English"),
    "body_en": N_("Text in English"),
    "visibility": N_("Who may read it"),
    "product_line": N_("Product line"),
    "facts": N_("Products and faults"),
}

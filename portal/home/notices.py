"""The sentences of an inbox, made from kind and parameters in the reader's language."""

from collections.abc import Mapping
from typing import Any, Final

from portal.formats import translations
from portal.words import N_

SENTENCES: Final = {
    "document_ready": N_("The PDFs of quote %(number)s, revision %(revision)s, are ready."),
    "job_dead": N_("A job of the outbox was given up after several attempts: %(kind)s."),
    "verification_failed": N_("“%(title)s” was not issued: the independent check disagrees with rule %(rules)s."),
    "welcome": N_("Welcome to the portal. Begin with a configuration, or look at the products."),
}
OTHER: Final = N_("There is news about one of your matters.")


class _Gaps(dict[str, Any]):
    """Parameters in which a missing one shows as an ellipsis."""

    def __missing__(self, name: str) -> str:
        return "…"


def sentence(kind: str, params: Mapping[str, Any], locale: str) -> str:
    """Return what a notice says; a kind that is not known yet gets a neutral sentence."""
    text = translations(locale).gettext(SENTENCES.get(kind, OTHER))
    return text % _Gaps(params)

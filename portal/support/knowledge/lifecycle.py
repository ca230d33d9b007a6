"""The lives of articles and of their versions, as tables. Pure."""

from enum import StrEnum
from typing import Final

from portal.lifecycles import Lifecycle
from portal.words import N_


class ArticleState(StrEnum):
    """Whether readers find an article."""

    DRAFT = "draft"  # never published
    PUBLISHED = "published"
    RETIRED = "retired"


class VersionState(StrEnum):
    """Where one version stands."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    REPLACED = "replaced"  # by a later published one
    DROPPED = "dropped"  # a draft that nobody wanted


class VersionAction(StrEnum):
    """What happens to a version."""

    EDIT = "edit"
    SUBMIT = "submit"
    GIVE_BACK = "give back"
    PUBLISH = "publish"
    REPLACE = "replace"
    DROP = "drop"


class ArticleAction(StrEnum):
    """What happens to an article."""

    PUBLISH = "publish"
    RETIRE = "retire"
    RESTORE = "restore"


_V, _D = VersionState, VersionAction
VERSIONS: Final = Lifecycle(
    VersionState,
    {
        (_V.DRAFT, _D.EDIT): _V.DRAFT,
        (_V.DRAFT, _D.SUBMIT): _V.IN_REVIEW,
        (_V.DRAFT, _D.DROP): _V.DROPPED,
        (_V.IN_REVIEW, _D.GIVE_BACK): _V.DRAFT,
        (_V.IN_REVIEW, _D.PUBLISH): _V.PUBLISHED,
        (_V.PUBLISHED, _D.REPLACE): _V.REPLACED,
    },
    {
        _V.DRAFT: N_("This version is still being written."),
        _V.IN_REVIEW: N_("This version is being reviewed."),
        _V.PUBLISHED: N_("This version is published and no longer changes."),
        _V.REPLACED: N_("A later version has replaced this one."),
        _V.DROPPED: N_("This draft was dropped."),
    },
)
_A, _B = ArticleState, ArticleAction
ARTICLES: Final = Lifecycle(
    ArticleState,
    {
        (_A.DRAFT, _B.PUBLISH): _A.PUBLISHED,
        (_A.PUBLISHED, _B.PUBLISH): _A.PUBLISHED,
        (_A.PUBLISHED, _B.RETIRE): _A.RETIRED,
        (_A.RETIRED, _B.RESTORE): _A.PUBLISHED,
        (_A.RETIRED, _B.PUBLISH): _A.PUBLISHED,
    },
    {
        _A.DRAFT: N_("This article was never published."),
        _A.PUBLISHED: N_("This article is published."),
        _A.RETIRED: N_("This article was retired."),
    },
)

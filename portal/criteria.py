"""All criteria of an actor as one option of a statement, whose share of the statement's cache key is known already.

SQLAlchemy works out the key of every option anew for every statement that is no constant: with criteria on a hundred
classes that takes longer than most queries. Criteria that read alike share one key, whatever values they compare with;
the values travel beside it, so that the compiled statement of one actor serves all who hold the same rights.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm.interfaces import CriteriaOption
from sqlalchemy.orm.util import LoaderCriteriaOption
from sqlalchemy.sql.cache_key import NO_CACHE
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.visitors import anon_map

_keys: dict[tuple[Any, ...], object] = {}  # one for each set of rights; an object is compared at once, its tuple is not


class Criteria(CriteriaOption):
    """What `with_loader_criteria` returned for many classes, taken as one."""

    inherit_cache = True
    propagate_to_loaders = True

    def __init__(self, parts: Iterable[LoaderCriteriaOption]) -> None:
        self.parts = tuple(parts)
        self._values: list[BindParameter[Any]] = []
        names = anon_map()
        key = tuple(part._gen_cache_key(names, self._values) for part in self.parts)
        if NO_CACHE in names:
            raise TypeError("a criterion has no cache key: its statements would be compiled anew each time")
        self._key = _keys.setdefault(key, object())

    def _gen_cache_key(self, anon_map: Any, bindparams: list[BindParameter[Any]]) -> tuple[Any, ...]:
        bindparams.extend(self._values)
        return (Criteria, self._key)

    def process_compile_state(self, compile_state: Any) -> None:
        """Lay the criteria over a statement that is being compiled."""
        self.get_global_criteria(compile_state.global_attributes)

    def process_compile_state_replaced_entities(self, compile_state: Any, mapper_entities: Any) -> None:
        """Do the same for a statement whose columns were replaced."""
        self.process_compile_state(compile_state)

    def get_global_criteria(self, attributes: dict[Any, Any]) -> None:
        """Say for each class which criteria its rows must meet."""
        for part in self.parts:
            part.get_global_criteria(attributes)

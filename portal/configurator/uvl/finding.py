"""Find features and attributes by the names that constraints call them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lark import Token, Tree

from portal.configurator.uvl.errors import UvlFault
from portal.configurator.uvl.placing import Place
from portal.configurator.uvl.tree import Feature, name_of

Node = Tree[Token] | Token


class Places:
    """Finds features and attributes by name, in a clone."""

    def __init__(self, places: Iterable[Place], namespace: str) -> None:
        self.namespace = namespace
        self.features: dict[str, Feature] = {}
        self.loops: dict[str, tuple[str, ...]] = {}
        self._at: dict[tuple[str, tuple[int, ...]], Place] = {}
        self._with: dict[str, list[Place]] = {}
        self._named: dict[str, list[Place]] = {}
        for place in places:
            if place.clone:
                continue
            name = place.feature.name
            self.features[name], self.loops[name] = place.feature, place.loops
            self._at[name, place.indexes] = place
            self._named.setdefault(name, []).append(place)
            for attribute in place.feature.attributes:
                self._with.setdefault(attribute, []).append(place)

    def find(self, tree: Node) -> tuple[Feature, str]:
        """Return the feature and the attribute, "" for none, that a reference names."""
        assert isinstance(tree, Tree)
        names = [name_of(part) for part in tree.children if isinstance(part, Token)]
        prefix = self.namespace.split(".") if self.namespace else []
        for skipped in ([], prefix):
            rest = names[len(skipped) :]
            if names[: len(skipped)] == skipped and rest and rest[0] in self.features:
                feature, attribute = self.features[rest[0]], ".".join(rest[1:])
                if not attribute or attribute in feature.attributes:
                    return feature, attribute
        raise fault_at(f"{'.'.join(names)[:80]} is neither a feature nor an attribute of one", tree)

    def at(self, name: str, indexes: tuple[int, ...]) -> Place:
        """Return a feature's place in the clones with these indexes."""
        return self._at[name, indexes[: len(self.loops[name])]]

    def having(self, attribute: str) -> list[Place]:
        """Return every place whose feature has an attribute."""
        return self._with.get(attribute, [])

    def clones(self, loops: tuple[str, ...]) -> Iterator[tuple[Place | None, tuple[int, ...]]]:
        """Yield every clone of nested cloned features with its indexes; nothing and () outside of all clones."""
        if not loops:
            yield None, ()
            return
        for place in self._named[loops[-1]]:
            for clone in place.groups[0].members:
                yield clone, clone.indexes


def fault_at(sentence: str, node: Node | None) -> UvlFault:
    """Make a finding at the first token below a node."""
    tokens = [node] if isinstance(node, Token) else _tokens(node)
    first = next(iter(tokens), None)
    return UvlFault(sentence, (first.line or 0) if first else 0, (first.column or 0) if first else 0)


def _tokens(node: Tree[Token] | None) -> Iterator[Token]:
    return iter(()) if node is None else node.scan_values(lambda part: isinstance(part, Token))

"""Parsed constraints to solver terms: names are looked up, kinds are checked, clones are stood in.

An attribute or a value of a feature that is not selected counts 0, a text counts as the empty text, as in the reference
implementation; a constraint on features inside clones holds in every clone that is there.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from lark import Token, Tree

from portal.configurator.engine.terms import And, Lookup, Not, Number, Or, Ref, Same, Symbol, Term
from portal.configurator.uvl.errors import UvlFault
from portal.configurator.uvl.finding import Node, Places, fault_at
from portal.configurator.uvl.placing import ALWAYS, Place
from portal.configurator.uvl.tree import Constraint, name_of
from portal.configurator.uvl.values import (
    NEVER,
    Amount,
    Truth,
    Words,
    average,
    compare,
    constant,
    operate,
    opposite,
    product,
    rounded,
    same,
    total,
)

TERM_BUDGET = 2_000_000
CASE_LIMIT = 20_000

Value = Amount | Words | Truth


class Resolver:
    """Turns constraints into terms; counts what it makes, so that no text grows without bounds."""

    def __init__(self, places: Places) -> None:
        self.places, self._budget = places, TERM_BUDGET
        self._indexes: tuple[int, ...] = ()

    def resolve(self, constraint: Constraint) -> list[Term]:
        """Return the constraint as conditions, one for every clone it speaks of; raises UvlFault."""
        loops = self._loops(constraint.tree)
        found: list[Term] = []
        for clone, indexes in self.places.clones(loops):
            self._indexes = indexes
            term = self._truth(constraint.tree)
            found.append(term if clone is None else Or((opposite(clone.selected()), term)))
        return found

    def _loops(self, tree: Tree[Token]) -> tuple[str, ...]:
        """Return the nest of cloned features that a constraint speaks of; it must be one nest."""
        deepest: tuple[str, ...] = ()
        for reference in tree.find_data("reference"):
            if self._aggregated(reference):
                continue
            loops = self.places.loops[self.places.find(reference)[0].name]
            longer, shorter = (loops, deepest) if len(loops) > len(deepest) else (deepest, loops)
            if longer[: len(shorter)] != shorter:
                raise fault_at("a constraint between clones of different features is not supported", reference)
            deepest = longer
        return deepest

    def _aggregated(self, reference: Tree[Token]) -> bool:
        """Tell whether a reference is the name of an attribute alone, as in sum(Price)."""
        name = ".".join(name_of(part) for part in reference.children if isinstance(part, Token))
        return name not in self.places.features and bool(self.places.having(name))

    def _spend(self, count: int) -> None:
        self._budget -= count
        if self._budget < 0:
            raise UvlFault("all constraints together are too large")

    def _value(self, node: Node) -> Value:
        self._spend(1)
        assert isinstance(node, Tree)
        found = getattr(self, f"_{node.data}")(node)
        assert isinstance(found, (Amount, Words, Truth))
        return found

    def _truth(self, node: Node) -> Term:
        if isinstance(node, Tree) and node.data == "just":
            return self._truth(node.children[0])
        if isinstance(node, Tree) and node.data == "reference":
            feature, attribute = self.places.find(node)
            if not attribute:
                return self.places.at(feature.name, self._indexes).selected()
        value = self._value(node)
        if not isinstance(value, Truth):
            raise fault_at("a condition is needed here, not a number or a text", node)
        return value.term

    def _amount(self, node: Node) -> Amount:
        value = self._value(node)
        if not isinstance(value, Amount):
            raise fault_at("a number is needed here", node)
        return value

    def _just(self, tree: Tree[Token]) -> Value:
        return self._value(tree.children[0])

    def _iff(self, tree: Tree[Token]) -> Truth:
        first, second = (self._truth(part) for part in tree.children)
        return Truth(And((Or((opposite(first), second)), Or((first, opposite(second))))))

    def _implies(self, tree: Tree[Token]) -> Truth:
        first, second = (self._truth(part) for part in tree.children)
        return Truth(Or((opposite(first), second)))

    def _disjunction(self, tree: Tree[Token]) -> Truth:
        return Truth(Or(tuple(self._truth(part) for part in tree.children)))

    def _conjunction(self, tree: Tree[Token]) -> Truth:
        return Truth(And(tuple(self._truth(part) for part in tree.children)))

    def _inverse(self, tree: Tree[Token]) -> Truth:
        return Truth(opposite(self._truth(tree.children[0])))

    def _constant(self, tree: Tree[Token]) -> Truth:
        return Truth(ALWAYS if tree.children[0] == "true" else NEVER)

    def _comparison(self, tree: Tree[Token]) -> Truth:
        left, sign, right = tree.children
        first, second = self._value(left), self._value(right)
        if isinstance(first, Amount) and isinstance(second, Amount):
            return Truth(compare(str(sign), first, second))
        if isinstance(first, Words) and isinstance(second, Words) and sign in {"==", "!="}:
            if len(first.cases) * len(second.cases) > CASE_LIMIT:
                raise fault_at("these texts have too many values to compare", tree)
            self._spend(len(first.cases) * len(second.cases))
            return Truth(same(first, second, sign == "=="))
        raise fault_at(f"{sign} compares two numbers, or == and != two texts", tree)

    def _binary(self, tree: Tree[Token]) -> Amount:
        left, sign, right = tree.children
        first, second = self._amount(left), self._amount(right)
        if sign == "/" and second.number == Number(0):
            raise fault_at("division by zero", tree)
        return operate(str(sign), first, second)

    def _negative(self, tree: Tree[Token]) -> Amount:
        return operate("-", Amount(Number(0)), self._amount(tree.children[0]))

    def _number(self, tree: Tree[Token]) -> Amount:
        return constant(Fraction(str(tree.children[0])))

    def _text(self, tree: Tree[Token]) -> Words:
        return Words(((ALWAYS, str(tree.children[0])[1:-1]),))

    def _rounded(self, tree: Tree[Token]) -> Amount:
        rounding, inner = tree.children
        return rounded(str(rounding), self._amount(inner))

    def _length(self, tree: Tree[Token]) -> Amount:
        value = self._value(tree.children[1])
        if not isinstance(value, Words):
            raise fault_at("len is asked of a text", tree)
        feature, attribute = self.places.find(tree.children[1])
        place = self.places.at(feature.name, self._indexes)
        if attribute:
            return Amount(product(Number(len(str(feature.attributes[attribute]))), place.indicator()))
        return Amount(product(place.indicator(), Lookup(f"={place.value_key}", "number", (place.value_key,))))

    def _reference(self, tree: Tree[Token]) -> Value:
        feature, attribute = self.places.find(tree)
        place = self.places.at(feature.name, self._indexes)
        if attribute:
            return _attribute(place, attribute)
        if feature.kind == "Integer":
            return Amount(place.number())
        return _listed(place) if feature.kind == "String" else Truth(place.selected())

    def _aggregate(self, tree: Tree[Token]) -> Amount:
        function, *references = tree.children
        if function not in {"sum", "avg"}:
            raise fault_at(f"the function {function} is not supported", tree)
        whole, attribute = (None, references[0]) if len(references) == 1 else (references[0], references[1])
        assert isinstance(attribute, Tree)
        name = ".".join(name_of(part) for part in attribute.children if isinstance(part, Token))
        places = self._below(whole, self.places.having(name))
        counted = [place for place in places if isinstance(place.feature.attributes[name], Fraction)]
        if not counted:
            raise fault_at(f"no feature {'there ' if whole else ''}has a number as attribute {name[:60]}", tree)
        self._spend(3 * len(counted))
        shares = [(place, _fraction(place, name)) for place in counted]
        scale = lcm(*(share.denominator for _, share in shares))
        summed = total([product(Number(int(share * scale)), place.indicator()) for place, share in shares])
        if function == "sum":
            return Amount(summed, Number(scale))
        many = total([place.indicator() for place in counted])
        return average(Amount(summed, Number(scale)), many)

    def _below(self, whole: Node | None, places: list[Place]) -> list[Place]:
        """Keep the places below one feature."""
        if whole is None:
            return places
        feature, attribute = self.places.find(whole)
        if attribute:
            raise fault_at("the first name must be a feature", whole)
        top = self.places.at(feature.name, self._indexes)
        return [place for place in places if _stands_in(place, top)]


def _stands_in(place: Place | None, top: Place) -> bool:
    while place is not None and place is not top:
        place = place.parent
    return place is top


def _fraction(place: Place, name: str) -> Fraction:
    share = place.feature.attributes[name]
    assert isinstance(share, Fraction)
    return share


def _attribute(place: Place, name: str) -> Value:
    """Return an attribute's value: 0, the empty text or false when its feature is not selected."""
    value = place.feature.attributes[name]
    if isinstance(value, bool):
        return Truth(place.selected() if value else NEVER)
    if isinstance(value, Fraction):
        return Amount(product(Number(value.numerator), place.indicator()), Number(value.denominator))
    if place.selected() == ALWAYS:
        return Words(((ALWAYS, value),))
    return Words(((place.selected(), value), (Not(place.selected()), "")))


def _listed(place: Place) -> Words:
    """Return the text of a String feature by its listed values."""
    chosen = place.selected()
    cases = [(And((chosen, Same(Ref(place.value_key), Symbol(text)))), text) for text in place.feature.listed]
    return Words((*cases, (opposite(chosen), "")) if place.switch is not None else tuple(cases))

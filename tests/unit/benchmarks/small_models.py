"""Small random models for the peers, and the enumeration that they are compared with."""

from itertools import product
from random import Random

from benchmarks.configurator_parts.sides import Answer, Choices, Places
from portal.configurator.engine.model import Allowed, Clause, Line, Model, Rule, Value, Variable
from portal.configurator.engine.terms import Binary, Compare, Lookup, Number, Or, Ref, Same, Symbol, Term

WORDS = ("x", "y", "z")
COSTS = {"A": 700, "B": 300}


def small_model(random: Random) -> Model:
    """Two choices, two switches, two quantities and a site fact under clauses, a table and sums."""
    variables = (
        Variable("a", "choice", WORDS),
        Variable("b", "choice", ("p", "q"), skus=("A", "B")),
        Variable("s", "choice", ("true", "false")),
        Variable("t", "choice", ("true", "false")),
        Variable("n", "quantity", tuple(range(4))),
        Variable("m", "quantity", tuple(range(1, 5)), scale=2),
        Variable("f", "fact", tuple(range(6))),
    )
    weight = {(word,): random.choice((None, 1, 2, 3)) for word in WORDS}
    kept = frozenset[tuple[Value, ...]](
        pair for pair in product(WORDS, range(4)) if random.random() < 0.7 or pair == ("x", 0)
    )
    rules = (
        Clause("c1", _literals(random)),
        Clause("c2", _literals(random)),
        Allowed("t1", ("a", "n"), kept),
        Rule("r1", _sum(random)),
        Rule("r2", _sum(random)),
        Rule("r3", Or((Same(Ref("b"), Symbol("p")), Compare("<=", Ref("n"), Ref("f"))))),
    )
    lines = (Line("l", "g", None, "b", Binary("+", Ref("n"), Ref("m"))), Line("k", "g", "A", None, Ref("n"), _when()))
    return Model(variables, (("d", Binary("*", Ref("n"), Ref("m"))),), rules, lines, {}, {("w", "kg"): weight})


def _when() -> Term:
    return Same(Ref("a"), Symbol("y"))


def _literals(random: Random) -> tuple[tuple[str, Value, bool], ...]:
    options: list[tuple[str, Value]] = [("s", "true"), ("t", "false"), ("a", "y"), ("a", "z"), ("b", "q")]
    return tuple((key, value, random.random() < 0.5) for key, value in random.sample(options, 2))


def _sum(random: Random) -> Term:
    parts: list[Term] = [Ref("n"), Ref("m"), Ref("f"), Ref("d"), Lookup("w", "kg", ("a",)), Number(2)]
    parts.append(Binary(random.choice(("ceil", "floor")), Ref("m"), Ref("n")))
    parts.append(Binary(random.choice(("min", "max")), Ref("n"), Ref("f")))
    left = Binary(random.choice("+-"), *random.sample(parts, 2))
    right = Binary("*", Number(random.choice((1, 2))), random.choice(parts))
    return Compare(random.choice(("<=", "<", ">=", ">", "==", "!=")), left, right)


def solutions(model: Model) -> list[dict[str, Value]]:
    """Enumerate."""
    places = Places(model)
    found = []
    for point in product(*(range(size) for size in places.sizes)):
        if (
            all(any(mask >> point[place] & 1 for place, mask in clause) for clause in places.clauses)
            and all(tuple(point[place] for place in table.scope) in table.rows for table in places.tables)
            and all(rule.holds([point[place] for place in rule.scope]) is True for rule in places.conditions)
        ):
            found.append({one.key: one.values[at] for one, at in zip(model.variables, point, strict=True)})
    return found


def expected(model: Model, found: list[dict[str, Value]], choices: Choices) -> Answer:
    """Return the exact domains by enumeration."""
    left = [one for one in found if all(one[key] == value for key, value in choices.items())]
    result: Answer = {}
    for variable in model.variables:
        values = tuple(value for value in variable.values if any(one[variable.key] == value for one in left))
        result[variable.key] = (values[0], values[-1]) if variable.kind == "fact" else values
    return result


def some_choices(random: Random, found: list[dict[str, Value]]) -> dict[str, Value]:
    """Draw choices that some solution keeps."""
    one = random.choice(found)
    return {key: one[key] for key in random.sample(list(one), random.randint(0, 4))}

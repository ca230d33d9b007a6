"""Models made here from a seed, for those that were measured elsewhere and cannot be published.

They have the size and the kind of rules of the models they stand for, not their content: figures of one say nothing
exact about the other. Each keeps some planted configurations, so that all are satisfiable.
"""

from collections import deque
from itertools import product
from random import Random

from portal.configurator.dimacs import FALSE, TRUE
from portal.configurator.engine.model import Allowed, Clause, Line, Model, Rule, Value, Variable
from portal.configurator.engine.terms import Binary, Compare, Lookup, Number, Or, Ref, Same, Symbol, Term

CAR_VARIABLES, CAR_TABLES, CAR_TUPLES = 111, 147, 199_057
FEATURES, ACROSS = 18_616, 1_369
PLANTED = 60
LARGEST_SPACE = 120_000
HUBS = (42, 8, 24, 6, 36, 12, 20, 16, 30, 10)


def car() -> Model:
    """Return 111 choices of 2 to 42 values under 147 tables with 199,057 tuples.

    Ten of them (market, body, engine, trim and the like) have many values and appear in nearly every table; the others
    are options that depend on one to three of those. A table is a union of blocks: values of one family, for example
    all trims of one line, behave alike.
    """
    random = Random(111)
    sizes = [*HUBS, *(random.choice((2, 2, 2, 3, 3, 4, 5, 6)) for _ in range(CAR_VARIABLES - len(HUBS)))]
    variables = tuple(
        Variable(f"v{place}", "choice", tuple(f"o{value}" for value in range(size))) for place, size in enumerate(sizes)
    )
    planted = [tuple(random.randrange(size) for size in sizes) for _ in range(PLANTED)]
    scopes = [_scope(random, sizes) for _ in range(CAR_TABLES)]
    spaces = [_space(sizes, scope) for scope in scopes]
    shadows = [{tuple(one[index] for index in scope) for one in planted} for scope in scopes]
    targets = _targets(random, spaces, [len(shadow) for shadow in shadows])
    rules = []
    for place, (scope, target, shadow) in enumerate(zip(scopes, targets, shadows, strict=True)):
        rows = _rows(random, [sizes[index] for index in scope], shadow, target)
        tuples = frozenset(tuple(f"o{value}" for value in row) for row in rows)
        rules.append(Allowed(f"t{place}", tuple(f"v{index}" for index in scope), tuples))
    return Model(variables, rules=tuple(rules))


def _space(sizes: list[int], scope: list[int]) -> int:
    count = 1
    for index in scope:
        count *= sizes[index]
    return count


def _scope(random: Random, sizes: list[int]) -> list[int]:
    """Draw one to three neighbouring hubs with one to four options whose table is neither tiny nor beyond reason."""
    while True:
        first = random.randrange(len(HUBS))
        hubs = {min(first + step, len(HUBS) - 1) for step in range(random.choice((1, 1, 2, 2, 3)))}
        start = random.randrange(len(HUBS), len(sizes) - 4)
        scope = sorted(hubs | set(random.sample(range(start, start + 5), random.choice((1, 1, 2, 3, 4)))))
        if 12 <= _space(sizes, scope) <= LARGEST_SPACE:
            return scope


def _targets(random: Random, spaces: list[int], floors: list[int]) -> list[int]:
    """Share the tuples out: a table allows a fifth to nine tenths of its space, all together the wanted number."""
    targets = [max(floor, int(space * random.uniform(0.2, 0.9))) for space, floor in zip(spaces, floors, strict=True)]
    while abs(sum(targets) / CAR_TUPLES - 1) > 0.001:
        factor = CAR_TUPLES / sum(targets)
        limits = zip(targets, spaces, floors, strict=True)
        targets = [max(floor, min(int(target * factor), int(space * 0.9))) for target, space, floor in limits]
    roomiest = max(range(len(spaces)), key=lambda at: spaces[at] - targets[at])
    targets[roomiest] += CAR_TUPLES - sum(targets)
    return targets


def _rows(random: Random, sizes: list[int], planted: set[tuple[int, ...]], target: int) -> set[tuple[int, ...]]:
    """Return `target` rows: the planted ones, then blocks of families of values."""
    rows = set(planted)
    families = [[value % max(1, (size + 2) // 3) for value in range(size)] for size in sizes]
    while len(rows) < target:
        chosen = [random.choice(family) for family in families]
        loose = random.randrange(len(sizes)) if random.random() < 0.6 else -1
        block = [
            [value for value in range(size) if place == loose or families[place][value] == chosen[place]]
            for place, size in enumerate(sizes)
        ]
        for row in product(*block):
            rows.add(row)
            if len(rows) == target:
                break
    return rows


def surveillance() -> Model:
    """Return 12 choices and 13 quantities from 0 to 64 under 12 sums, with numbers read from the chosen products."""
    random = Random(25)
    words = {"camera": 6, "recorder": 5, "disk": 5, "switch": 6, "ups": 4, "rack": 4, "codec": 3, "days": 4}
    words |= {"uplink": 3, "raid": 3, "mount": 4, "licence": 3}
    counts = ["indoor", "outdoor", "dome", "bullet", "ptz", "recorders", "disks", "switches", "links", "units"]
    counts += ["batteries", "mounts", "licences"]
    variables = [_product(key, size) for key, size in words.items()]
    variables += [Variable(key, "quantity", tuple(range(65))) for key in counts]
    functions = {
        (key, column): {(f"{key}{at}",): start + step * at + random.randrange(step) for at in range(size)}
        for key, size, column, start, step in (
            ("camera", 6, "kbit", 2, 2), ("camera", 6, "watts", 4, 3), ("recorder", 5, "inlet", 40, 40),
            ("recorder", 5, "bays", 2, 2), ("recorder", 5, "watts", 15, 15), ("disk", 5, "tb", 4, 3),
            ("switch", 6, "ports", 6, 5), ("switch", 6, "watts", 60, 60), ("ups", 4, "watts", 300, 400),
            ("rack", 4, "units", 9, 10), ("codec", 3, "share", 2, 2), ("days", 4, "tb", 1, 1),
            ("raid", 3, "spare", 0, 1), ("licence", 3, "pack", 4, 6), ("uplink", 3, "gbit", 20, 60),
        )
    }  # fmt: skip

    def cell(key: str, column: str) -> Term:
        return Lookup(key, column, (key,))

    cameras = _total([(1, Ref("indoor")), (1, Ref("outdoor"))])
    sums: list[Term] = [
        Compare("==", cameras, _total([(1, Ref("dome")), (1, Ref("bullet")), (1, Ref("ptz"))])),
        Compare("<=", _total([(1, Ref("indoor")), (1, Ref("outdoor")), (1, Ref("links"))]),
                _times(Ref("switches"), cell("switch", "ports"))),
        Compare("<=", _total([(2, Ref("dome")), (3, Ref("bullet")), (7, Ref("ptz")),
                              (1, _times(Ref("ptz"), cell("camera", "watts")))]),
                _times(Ref("switches"), cell("switch", "watts"))),
        Compare("<=", _total([(1, _times(Ref("dome"), cell("camera", "kbit"))), (9, Ref("ptz")), (5, Ref("bullet"))]),
                _times(Ref("recorders"), cell("recorder", "inlet"))),
        Compare("<=", _total([(1, _times(Ref("indoor"), cell("codec", "share"))),
                              (1, _times(Ref("outdoor"), cell("days", "tb")))]),
                _times(Ref("disks"), cell("disk", "tb"))),
        Compare("<=", Binary("+", Ref("disks"), _times(Ref("recorders"), cell("raid", "spare"))),
                _times(Ref("recorders"), cell("recorder", "bays"))),
        Compare("<=", _total([(2, Ref("recorders")), (1, Ref("switches")), (1, Ref("units")), (3, Ref("batteries"))]),
                cell("rack", "units")),
        Compare("<=", Binary("+", _times(Ref("recorders"), cell("recorder", "watts")),
                             _total([(8, Ref("disks")), (25, Ref("switches")), (6, Ref("ptz"))])),
                Binary("+", cell("ups", "watts"), _total([(240, Ref("batteries"))]))),
        Compare("<=", cameras, _times(Ref("licences"), cell("licence", "pack"))),
        Compare("<=", _total([(9, Ref("ptz")), (4, Ref("dome")), (5, Ref("bullet"))]),
                _times(Ref("links"), cell("uplink", "gbit"))),
        Compare(">=", _total([(1, Ref("mounts")), (1, Ref("ptz"))]), _total([(1, Ref("outdoor")), (1, Ref("bullet"))])),
        Compare("<=", _total([(1, Ref("mounts")), (2, Ref("licences")), (4, Ref("recorders")), (2, Ref("switches"))]),
                Number(150)),
    ]  # fmt: skip
    logic: list[Term] = [
        Compare(">=", cameras, Number(1)),
        Or((_is("mount", 0), Compare("<=", Ref("mounts"), Number(30)))),
        Or((_is("raid", 0), Compare(">=", Ref("disks"), Number(3)))),
        Or((_is("disk", 0), _is("disk", 1), _is("recorder", 2), _is("recorder", 3), _is("recorder", 4))),
    ]
    rules = [Rule(f"sum-{at}", term) for at, term in enumerate(sums)]
    rules += [Rule(f"logic-{at}", term) for at, term in enumerate(logic)]
    pairs = [(f"camera{a}", f"codec{b}") for a in range(6) for b in range(3) if random.random() < 0.75 or b == 0]
    table = Allowed("camera-codec", ("camera", "codec"), frozenset[tuple[Value, ...]](pairs))
    bought = {"camera": cameras, "recorder": Ref("recorders"), "disk": Ref("disks"), "switch": Ref("switches")}
    bought |= {"ups": Number(1), "rack": Number(1), "mount": Ref("mounts"), "licence": Ref("licences")}
    lines = tuple(Line(key, "bill", None, key, quantity) for key, quantity in bought.items())
    return Model(tuple(variables), rules=(*rules, table), lines=lines, functions=functions)


def _product(key: str, size: int) -> Variable:
    values = tuple(f"{key}{at}" for at in range(size))
    return Variable(key, "choice", values, skus=values)


def _total(parts: list[tuple[int, Term]]) -> Term:
    terms = [part if factor == 1 else Binary("*", Number(factor), part) for factor, part in parts]
    total = terms[0]
    for term in terms[1:]:
        total = Binary("+", total, term)
    return total


def _times(left: Term, right: Term) -> Term:
    return Binary("*", left, right)


def _is(key: str, place: int) -> Term:
    return Same(Ref(key), Symbol(f"{key}{place}"))


def feature_tree() -> Model:
    """Return a tree of 18,616 features with and-, or- and wide alternative groups and 1,369 clauses across the tree."""
    random = Random(18_616)
    children: dict[int, list[int]] = {}
    kinds: dict[int, str] = {}
    todo, size = deque([1]), 1
    while size < FEATURES:
        parent = todo.popleft()
        kinds[parent] = "and" if parent == 1 else random.choice(("and", "and", "and", "or", "one"))
        count = random.randint(12, 40) if kinds[parent] == "one" or parent == 1 else random.randint(2, 9)
        below = children[parent] = list(range(size + 1, min(size + count, FEATURES) + 1))
        size += len(below)
        todo += [child for child in below if parent == 1 or random.random() < 0.5] or below[:1]
    clauses: list[tuple[int, ...]] = [(1,)]
    demanded = set[tuple[int, int]]()
    for parent, below in children.items():
        clauses += [(-child, parent) for child in below]
        if kinds[parent] == "and":
            demanded |= {(parent, child) for child in below if random.random() < 0.25}
        else:
            clauses.append((-parent, *below))
        if kinds[parent] == "one":
            clauses += [(-first, -second) for at, first in enumerate(below) for second in below[at + 1 :]]
    clauses += [(-parent, child) for parent, child in sorted(demanded)]
    worlds = [_world(random, children, kinds, demanded) for _ in range(PLANTED // 3)]
    wanted = len(clauses) + ACROSS
    while len(clauses) < wanted:
        first = random.randrange(2, FEATURES + 1)
        reach = 300 if random.random() < 0.9 else FEATURES
        near = range(max(2, first - reach), min(FEATURES, first + reach) + 1)
        features = [first, *random.sample(near, random.choice((1, 1, 2)))]
        clause = tuple(feature if random.random() < 0.4 else -feature for feature in features)
        if all(any((literal > 0) == (abs(literal) in world) for literal in clause) for world in worlds):
            clauses.append(clause)
    variables = tuple(Variable(str(number), "choice", (TRUE, FALSE)) for number in range(1, FEATURES + 1))
    return Model(variables, rules=tuple(_clause(place, clause) for place, clause in enumerate(clauses, start=1)))


def _clause(place: int, literals: tuple[int, ...]) -> Clause:
    return Clause(f"c{place}", tuple((str(abs(each)), TRUE if each > 0 else FALSE, True) for each in literals))


def _world(
    random: Random, children: dict[int, list[int]], kinds: dict[int, str], demanded: set[tuple[int, int]]
) -> set[int]:
    """Draw one configuration of the tree."""
    chosen, todo = set[int](), [1]
    while todo:
        feature = todo.pop()
        chosen.add(feature)
        below = children.get(feature, [])
        if kinds.get(feature) == "one":
            todo.append(random.choice(below))
        elif kinds.get(feature) == "or":
            todo += random.sample(below, random.randint(1, len(below)))
        else:
            todo += [child for child in below if (feature, child) in demanded or random.random() < 0.6]
    return chosen

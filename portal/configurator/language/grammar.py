"""The closed grammar of expressions: text to a parse tree, nothing is ever executed."""

from __future__ import annotations

from functools import lru_cache

from lark import Lark, Token, Tree
from lark.exceptions import LarkError, UnexpectedInput

from portal.configurator.language.errors import Fault
from portal.configurator.language.units import UNITS

LENGTH_LIMIT = 1000
DEPTH_LIMIT = 20
TOKEN_LIMIT = 200
TREE_LIMIT = 80
REMEMBERED = 1_024

_UNIT = "|".join(sorted((unit.replace("/", r"\/") for unit in UNITS), key=len, reverse=True))

GRAMMAR = rf"""
?start: implication
?implication: disjunction ("implies" implication)?
?disjunction: conjunction ("or" conjunction)*
?conjunction: negation ("and" negation)*
?negation: "not" negation -> inverse
    | relation
?relation: sum
    | sum COMPARE sum -> comparison
    | sum "in" "{{" item ("," item)* "}}" -> member
    | sum "not" "in" "{{" item ("," item)* "}}" -> stranger
    | sum "in" sum ".." sum -> between
?item: sum
?sum: product
    | sum PLUS product -> binary
?product: unary
    | product TIMES unary -> binary
?unary: atom
    | "-" unary -> negative
?atom: AMOUNT -> amount
    | WORD -> word
    | NAME -> name
    | NAME "." NAME -> cell
    | NAME "." NAME "(" NAME ("," NAME)* ")" -> cell
    | ROUND "(" sum "/" sum ")" -> quotient
    | PICK "(" sum ("," sum)+ ")" -> pick
    | _IF "(" implication "," sum "," sum ")" -> conditional
    | (PICK | EACH) "(" NAME ":" implication ")" -> members
    | "(" implication ")"
COMPARE: "==" | "!=" | "<=" | ">=" | "<" | ">"
PLUS: "+" | "-"
TIMES: "*"
ROUND.2: /(ceil|floor)(?!\w)/
PICK.2: /(min|max)(?!\w)/
EACH.2: /(sum|count|all|any)(?=[ \t\n]*\()/
_IF.2: /if(?=[ \t\n]*\()/
AMOUNT: /[0-9]+(\.[0-9]+)?([ ]*({_UNIT})(·({_UNIT}))*)?(?![\w%])/
WORD: /"[^"\n]*"|'[^'\n]*'/
NAME: /[A-Za-z_][A-Za-z0-9_]*/
%ignore /[ \t\n]+/
"""

RESERVED = frozenset({"and", "or", "not", "in", "implies", "ceil", "floor", "min", "max"})

_PARSER = Lark(GRAMMAR, parser="lalr", lexer="contextual", maybe_placeholders=False)


@lru_cache(maxsize=REMEMBERED)
def parse(text: str) -> Tree[Token]:
    """Parse an expression or raise Fault with code long or syntax; nobody changes a tree, so trees are shared."""
    depth = deepest = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        deepest = max(deepest, depth)
    if len(text) > LENGTH_LIMIT or deepest > DEPTH_LIMIT:
        raise Fault("long")
    try:
        tokens = sum(1 for _ in _PARSER.lex(text))
        if tokens > TOKEN_LIMIT:
            raise Fault("long")
        tree = _PARSER.parse(text)
    except UnexpectedInput as error:
        place = error.pos_in_stream or 0
        raise Fault("syntax", text[max(place, 0) : place + 20] or "the end") from None
    except LarkError:
        raise Fault("syntax", text[:20]) from None
    whole = tree if isinstance(tree, Tree) else Tree("start", [tree])
    if _height(whole) > TREE_LIMIT:
        raise Fault("long")
    return whole


def _height(tree: Tree[Token]) -> int:
    """Measure a tree without recursion."""
    level, height = [tree], 0
    while level:
        height += 1
        level = [child for node in level for child in node.children if isinstance(child, Tree)]
    return height

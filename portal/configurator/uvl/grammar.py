"""The grammar of single UVL lines: text to parse trees, nothing is ever executed.

After the reference grammar of the Universal Variability Language. Conditions and numbers share one ladder of operators;
what fits together is checked when names are known.
"""

from __future__ import annotations

from lark import Lark, Token, Tree
from lark.exceptions import LarkError, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from portal.configurator.uvl.errors import UvlFault

BRACKET_LIMIT = 60
HEIGHT_LIMIT = 120
TOKEN_LIMIT = 12_000

GRAMMAR = r"""
level: LEVEL
link: reference ("as" reference)?
group: "or" -> or_group
    | "alternative" -> alternative_group
    | "optional" -> optional_group
    | "mandatory" -> mandatory_group
    | CARDINALITY -> cardinality_group
feature: [TYPE] name [cardinality] [attributes]
cardinality: "cardinality" CARDINALITY
attributes: "{" [attribute ("," attribute)*] "}"
?attribute: name [value] -> plain
    | "constraint" condition -> single
    | "constraints" "[" [condition ("," condition)*] "]" -> several
?value: SIGNED | BOOLEAN | STRING | QUOTED | attributes | vector
vector: "[" [value ("," value)*] "]" | CARDINALITY
?condition: equivalence
?equivalence: implication | equivalence "<=>" implication -> iff
?implication: disjunction | implication "=>" disjunction -> implies
?disjunction: conjunction ("|" conjunction)*
?conjunction: negation ("&" negation)*
?negation: relation | "!" negation -> inverse
?relation: sum | sum COMPARE sum -> comparison
?sum: product | sum PLUS product -> binary
?product: unary | product TIMES unary -> binary
?unary: atom | "-" unary -> negative
?atom: NUMBER -> number
    | STRING -> text
    | BOOLEAN -> constant
    | AGGREGATE "(" reference ("," reference)? ")" -> aggregate
    | LENGTH "(" reference ")" -> length
    | ROUND "(" sum ")" -> rounded
    | reference
    | "(" condition ")"
reference: name ("." name)*
?name: NAME | QUOTED
TYPE.3: /(Boolean|Integer|Real|String)(?=\s+[^\s{])/
LEVEL.3: /[A-Za-z-]+(\s*\.\s*([A-Za-z-]+|\*))?/
AGGREGATE.3: /(sum|avg|min|max)(?=\s*\()/
LENGTH.3: /len(?=\s*\()/
ROUND.3: /(floor|ceil)(?=\s*\()/
BOOLEAN.2: /(true|false)(?![\w#§%?\\';])/
CARDINALITY.2: /\[\s*\d{1,9}\s*(\.\.\s*(\d{1,9}|\*)\s*)?\]/
COMPARE: "==" | "!=" | "<=" | ">=" | "<" | ">"
PLUS: "+" | "-"
TIMES: "*" | "/"
NUMBER: /\d{1,18}(\.\d{1,9})?|\.\d{1,9}/
SIGNED: /-?(\d{1,18}(\.\d{1,9})?|\.\d{1,9})/
STRING: /'[^'\n]*'/
QUOTED: /"[^"\n]+"/
NAME: /[^\W\d][\w#§%?\\';]*/
%ignore /[ \t\f\v\n\ufeff]+/
"""

_STARTS = ["reference", "level", "link", "group", "feature", "condition"]
_PARSER = Lark(GRAMMAR, parser="lalr", lexer="contextual", start=_STARTS, maybe_placeholders=True)


def parse(text: str, start: str) -> Tree[Token]:
    """Parse one logical line or raise UvlFault with the place inside it."""
    depth = deepest = 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        deepest = max(deepest, depth)
    if deepest > BRACKET_LIMIT:
        raise UvlFault("brackets are nested too deeply")
    try:
        found = _PARSER.parse(text, start=start)
    except UnexpectedInput as error:
        raise _unreadable(error, text, start) from None
    except LarkError:
        raise UvlFault(f"this cannot be read as {_SHAPES[start]}") from None
    tree = found if isinstance(found, Tree) else Tree("just", [found])
    _measure(tree)
    return tree


_SHAPES = {
    "reference": "a name",
    "level": "a language level such as Arithmetic.feature-cardinality",
    "link": "an import such as folder.file as name",
    "group": "a group: or, alternative, optional, mandatory or a cardinality such as [1..3]",
    "feature": "a feature",
    "condition": "a constraint",
}


def _unreadable(error: UnexpectedInput, text: str, start: str) -> UvlFault:
    """Say in plain words where reading stopped."""
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        lines = text.split("\n")
        return UvlFault(f"the end comes too early for {_SHAPES[start]}", len(lines), len(lines[-1]) + 1)
    near = str(error.token) if isinstance(error, UnexpectedToken) else ""
    if isinstance(error, UnexpectedCharacters):
        near = text[error.pos_in_stream or 0 :].partition("\n")[0]
    return UvlFault(f"this cannot be read as {_SHAPES[start]} from `{near[:20]}` on", error.line, error.column)


def _measure(tree: Tree[Token]) -> None:
    """Refuse trees that are too large or too high, without recursion."""
    level, height, tokens = [tree], 0, 0
    while level:
        height += 1
        children = [child for node in level for child in node.children]
        tokens += len(children)
        level = [child for child in children if isinstance(child, Tree)]
        if height > HEIGHT_LIMIT or tokens > TOKEN_LIMIT:
            raise UvlFault("this is too long or nested too deeply")

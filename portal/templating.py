"""Templates in one language: what is the same for everybody is worked out when a template is compiled.

A page holds some fifty `_("...")` and twenty `ui.icon("...")`: texts are translated once for each language, signs are
drawn once, and both stand in the compiled template as if they had been written there.

`in_language("home/home.html", "zh")` names the Chinese copy of a template; what it extends, includes and imports is
then Chinese too. A name without a language is the template as it was written, which asks for the language as it runs.
"""

from collections import ChainMap
from collections.abc import Callable, MutableMapping
from functools import cached_property, lru_cache
from types import FunctionType, MethodType
from typing import Any, Final

import markupsafe
from flask import Flask
from flask.templating import DispatchingJinjaLoader, Environment
from jinja2 import BaseLoader, Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context
from markupsafe import Markup, escape

from portal.formats import translations
from portal.words import LOCALES

SIGNS: Final = "components/ui.html"  # where the macro `icon` stands
SIGN: Final = ":"  # between the language and the name of the template


def in_language(name: str, locale: str) -> str:
    """Return the name of the copy of a template in one language."""
    return f"{locale}{SIGN}{name}"


def _split(name: str) -> tuple[str, str]:
    """Return the language of a copy, or an empty text, and the name of the template."""
    locale, _, rest = name.partition(SIGN)
    return (locale, rest) if rest and locale in LOCALES else ("", name)


@lru_cache(maxsize=4096)
def _beside(template: str, parent: str) -> str:
    locale, _ = _split(parent)
    return in_language(template, locale) if locale and not _split(template)[0] else template


class _Globals(ChainMap[str, Any]):
    """Globals of a template; Jinja compares their names at every import, which a plain ChainMap does name by name."""

    def keys(self) -> Any:
        """Return the names, quickly."""
        return dict(self).keys() if len(self.maps) != 2 else {**self.maps[1], **self.maps[0]}.keys()


ESCAPED: Final[Callable[[str], str]] = getattr(markupsafe, "_escape_inner", escape)  # in C where it was built
ORDINARY: Final = (FunctionType, MethodType)


class Calls(Context):
    """Values of a template; a function that asks for nothing of the template is called without more ado."""

    def call(__self, __called: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """Call what a template calls."""
        if type(__called) in ORDINARY and not hasattr(__called, "jinja_pass_arg"):
            if kwargs:
                kwargs.pop("_loop_vars", None)
                kwargs.pop("_block_vars", None)
            return __called(*args, **kwargs)
        return super().call(__called, *args, **kwargs)


class Writer(CodeGenerator):
    """Writes the code of templates; what is shown is escaped in fewer steps, for a page shows hundreds of values."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.shown(")


class Templates(Environment):
    """Flask's templates with quick imports and with copies for each language."""

    code_generator_class = Writer
    context_class = Calls

    @staticmethod
    def shown(value: Any) -> str:
        """Return a value as it stands in a page: escaped, unless it is markup."""
        kind = type(value)
        if kind is str:
            return ESCAPED(value)
        return value if kind is Markup else escape(value)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of one template."""
        return _Globals({} if d is None else d, self.globals)

    def join_path(self, template: str, parent: str) -> str:
        """Return what a template means by the name of another: the copy in its own language."""
        return _beside(template, parent)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        locale, plain = _split(name or "")
        if locale:
            _fold(tree, translations(locale).gettext, self._icon if plain != SIGNS else None)
        return tree

    def get_template(
        self, name: str | Template, parent: str | None = None, globals: MutableMapping[str, Any] | None = None
    ) -> Template:
        """Return a template; who asked for it once and whose files do not change gets it without a further look."""
        if globals is not None or self.auto_reload or not isinstance(name, str):
            return super().get_template(name, parent, globals)
        found = self._found.get((name, parent))
        if found is None:
            found = self._found[name, parent] = super().get_template(name, parent)
        return found

    @cached_property
    def _found(self) -> dict[tuple[str, str | None], Template]:
        return {}

    def sign(self, name: str) -> Markup:
        """Return a sign, drawn once."""
        found = self._signs.get(name)
        if found is None:
            found = self._signs[name] = Markup(self._icon(name))  # noqa: S704 - what its macro made
        return found

    @cached_property
    def _signs(self) -> dict[str, Markup]:
        return {}

    def _icon(self, name: str) -> str:
        return str(self.get_template(SIGNS).module.icon(name))  # type: ignore[attr-defined]


class Loader(DispatchingJinjaLoader):
    """Finds a copy in a language where the template itself lies."""

    def get_source(self, environment: Any, template: str) -> Any:
        """Return text, path and whether it is still the newest."""
        return super().get_source(environment, _split(template)[1])


class Application(Flask):
    """Flask with our templates."""

    jinja_environment = Templates

    def create_global_jinja_loader(self) -> BaseLoader:  # type: ignore[override]
        """Return the loader of all templates."""
        return Loader(self)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return a view as it is: none of ours is a coroutine, and asking each time takes longer than calling it."""
        return func


def _fold(parent: nodes.Node, gettext: Callable[[str], str], icon: Callable[[str], str] | None) -> None:
    """Put what they come to where `_("...")` and `ui.icon("...")` stood; texts with values keep asking for them."""
    for node in list(parent.iter_child_nodes()):
        if isinstance(node, nodes.Concat):
            continue  # Jinja joins what is known at once as plain text, and would escape the sign afterwards
        text = icon_name = None
        if isinstance(node, nodes.Call) and icon is not None and _is_icon(node.node) and _has_one_value(node):
            node.node = nodes.EnvironmentAttribute("sign")  # one that is chosen as the page is shown: remembered
        elif isinstance(node, nodes.Call) and (said := _only_text(node)) is not None:
            text = gettext(said) % {} if _is_text(node.node) else None
            icon_name = said if _is_icon(node.node) else None
        if icon_name is not None and icon is not None:
            text = icon(icon_name)
        if text is None:
            _fold(node, gettext, icon)
        else:
            _put(parent, node, nodes.TemplateData(text, lineno=node.lineno))


def _has_one_value(call: nodes.Call) -> bool:
    """Return whether a call is given one value, which is not known beforehand, and nothing else."""
    plain = not (call.kwargs or call.dyn_args or call.dyn_kwargs) and len(call.args) == 1
    return plain and not isinstance(call.args[0], nodes.Const)


def _only_text(call: nodes.Call) -> str | None:
    """Return the text that a call is given, when it is given one text and nothing else."""
    if call.kwargs or call.dyn_args or call.dyn_kwargs or len(call.args) != 1:
        return None
    text = call.args[0]
    return text.value if isinstance(text, nodes.Const) and isinstance(text.value, str) else None


def _is_text(called: nodes.Node) -> bool:
    return isinstance(called, nodes.Name) and called.name == "_"


def _is_icon(called: nodes.Node) -> bool:
    if not isinstance(called, nodes.Getattr) or called.attr != "icon":
        return False
    return isinstance(called.node, nodes.Name) and called.node.name == "ui"


def _put(parent: nodes.Node, old: nodes.Node, new: nodes.Node) -> None:
    """Set one child of a node in the place of another."""
    for field, value in parent.iter_fields():
        if value is old:
            setattr(parent, field, new)
        elif isinstance(value, list):
            value[:] = [new if each is old else each for each in value]

"""Console commands that look at the engine from outside: replay clicks, explain a refusal."""

import json
from pathlib import Path

import click

from portal.administration.console import Commands, example
from portal.configurator.engine.model import Value
from portal.configurator.engine.results import Explanation, Impossible
from portal.configurator.engine.solver import Compiled, compile_rules
from portal.configurator.modelfiles import Loaded, ModelError, open_model
from portal.configurator.replay import Spelling, TraceError, answers, read_trace

MODEL = click.argument("model", type=click.Path(exists=True, path_type=Path))
SHOWN = 20  # errors that the console shows before it counts the rest


@click.group(cls=Commands)
def engine() -> None:
    """The configurator's engine, asked without a database: what is still possible, and why the rest is not."""


@engine.command(
    epilog=example(
        "portal engine replay rules/products/surveillance-site trace.json", "portal engine replay m.cnf t.json"
    )
)
@MODEL
@click.argument("trace", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def replay(model: Path, trace: Path) -> None:
    """Replay the clicks of TRACE on MODEL; print one line of JSON for every click.

    MODEL is a folder of rules, a rule file (.yaml), a UVL file (.uvl) or a DIMACS CNF file (.dimacs, .cnf); another
    extension is decided by the first words of the file.

    TRACE is a JSON list of sessions, each a list of [variable, value]. Choosing a variable again replaces its value.
    Variables of a DIMACS file are called by their number as text; their values are true and false, also as words. An
    unknown variable or value is an error with session and click, before the first click is replayed.

    \b
    A click that can be met:
      {"session": 0, "click": 3, "ms": 0.4, "domains": {"variable": [values still possible]}}
    `ms` is the CPU time of this process for the click alone; a chosen variable has just its value. Site facts are
    not listed but stand as [least, greatest] in "ranges" beside "domains". Variables of a repeated group are named
    group[1].variable; those of a member that is not there stand at their first value. Any other click changes nothing:
      {"session": 0, "click": 4, "refused": true, "because": [...]}
    `because` is a minimal reason: {"variable", "value"} for each earlier choice, {"rule", "text"} for each rule,
    that together exclude the click ("text" only where the rule has a sentence).
    """
    loaded = _opened(model)
    try:
        sessions = read_trace(trace, Spelling.of(loaded))
    except TraceError as error:
        raise click.ClickException(f"{trace.name}: {error}") from error
    for answer in answers(loaded, compile_rules(loaded.model), sessions):
        click.echo(json.dumps(answer))  # echo flushes: a line can be read before the next click begins


@engine.command(
    epilog=example(
        "portal engine explain rules/products/surveillance-site raid raid6 --choose disks=2",
        "portal engine explain m.cnf 12 true",
    )
)
@MODEL
@click.argument("variable")
@click.argument("value")
@click.option(
    "--choose", "chosen", multiple=True, metavar="VARIABLE=VALUE", help="A choice made before; may be repeated."
)
def explain(model: Path, variable: str, value: str, chosen: tuple[str, ...]) -> None:
    """Print every minimal reason why VARIABLE cannot take VALUE after the choices made with --choose."""
    loaded = _opened(model)
    spelling = Spelling.of(loaded)
    choices: dict[str, Value] = {}
    for written in chosen:
        name, equals, word = written.rpartition("=")
        if not equals:
            raise click.BadParameter(f"{written}: VARIABLE=VALUE is expected", param_hint="--choose")
        choices[name] = _value(spelling, name, word)
    wish = _value(spelling, variable, value)
    compiled = compile_rules(loaded.model)
    choices.pop(variable, None)
    contradiction = _contradiction(compiled, choices)
    if contradiction is not None:
        click.echo("The choices made before cannot be met together:")
        _print_reasons(loaded, (contradiction,))
    elif compiled.possible(choices, variable, wish):
        click.echo(f"{_named(loaded, variable)} = {value} is possible.")
    else:
        click.echo(f"{_named(loaded, variable)} = {value} is impossible:")
        _print_reasons(loaded, compiled.reasons(choices, variable, wish))


def _contradiction(compiled: Compiled, choices: dict[str, Value]) -> Explanation | None:
    try:
        compiled.domains(choices)
    except Impossible as impossible:
        return impossible.explanation
    return None


def _print_reasons(loaded: Loaded, reasons: tuple[Explanation, ...]) -> None:
    for number, reason in enumerate(reasons, start=1):
        pairs = ", ".join(f"{_named(loaded, key)} = {value}" for key, value in reason.choices)
        click.echo(f"{number}. {f'with {pairs}' if pairs else 'whatever is chosen'}, by")
        for rule in reason.rules:
            sentence = loaded.sentences.get(rule)
            click.echo(f"     {rule}{f': {sentence}' if sentence else ''}")


def _named(loaded: Loaded, key: str) -> str:
    name = loaded.names.get(key)
    return key if name in {None, key} else f"{key} ({name})"


def _value(spelling: Spelling, name: str, word: str) -> Value:
    """Read a value as the console gives it: numbers of quantities and facts, words of choices."""
    try:
        kind = spelling.variables[name].kind
        return spelling.value(name, word if kind == "choice" else int(word))
    except KeyError as error:
        raise click.ClickException(f"The model has no variable {name}.") from error
    except ValueError as error:
        raise click.ClickException(f"{name} has no value {word}.") from error


def _opened(path: Path) -> Loaded:
    """Open a model; what is wrong with it is printed and ends the command."""
    try:
        return open_model(path)
    except ModelError as error:
        for line in error.lines[:SHOWN]:
            click.echo(line, err=True)
        if len(error.lines) > SHOWN:
            click.echo(f"  … and {len(error.lines) - SHOWN} more", err=True)
        raise click.ClickException(f"{path.name} is no model that can be used.") from error

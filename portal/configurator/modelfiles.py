"""Open whatever describes a model: a folder of rules, one rule file, UVL or DIMACS CNF."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from portal.configurator.dimacs import DimacsError, read_dimacs
from portal.configurator.engine.model import Model
from portal.configurator.language.errors import RuleErrors
from portal.configurator.language.reader import read_ruleset
from portal.configurator.uvl.errors import UvlErrors
from portal.configurator.uvl.importing import import_uvl

HEAD = 64 * 1024


class ModelError(Exception):
    """A file that is no model; `lines` say what is wrong, one finding each."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True)
class Loaded:
    """A model with the names of its variables and the sentences of its rules, where the file has them."""

    model: Model
    names: Mapping[str, str] = field(default_factory=dict)
    sentences: Mapping[str, str] = field(default_factory=dict)
    booleans: bool = False


def open_model(path: Path) -> Loaded:
    """Open a model by its extension, else by its first words; ModelError when that fails."""
    kind = kind_of(path)
    try:
        if kind == "rules":
            ruleset = read_ruleset(path)
            sentences = {rule.key: rule.because.en for rule in ruleset.rules}
            return Loaded(ruleset.model(), {item.key: item.label.en for item in ruleset.attributes}, sentences)
        if kind == "uvl":
            imported = import_uvl(path)
            return Loaded(imported.model, {}, imported.sentences, booleans=True)
        cnf = read_dimacs(path)
        return Loaded(cnf.model, cnf.names, {}, booleans=True)
    except (RuleErrors, UvlErrors) as errors:
        raise ModelError(*(str(error) for error in errors.errors)) from errors
    except DimacsError as error:
        raise ModelError(f"{path.name}: {error}") from error
    except OSError as error:
        raise ModelError(f"{path.name}: {error.strerror or 'cannot be read'}") from error


def kind_of(path: Path) -> str:
    """Tell rules, uvl or dimacs; ModelError when it is none of them."""
    if path.is_dir():
        return "rules"
    known = {".yaml": "rules", ".yml": "rules", ".uvl": "uvl", ".dimacs": "dimacs", ".cnf": "dimacs"}
    kind = known.get(path.suffix.lower()) or _kind_of_text(path)
    if kind is None:
        raise ModelError(
            f"{path.name}: neither a folder of rules, nor a rule file .yaml, nor UVL .uvl, nor DIMACS .dimacs or .cnf"
        )
    return kind


def _kind_of_text(path: Path) -> str | None:
    """Look at the first line that says something."""
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD)
    except OSError as error:
        raise ModelError(f"{path.name}: {error.strerror or 'cannot be read'}") from error
    for line in head.decode("utf-8", "replace").lstrip("\ufeff").splitlines():
        words = line.split()
        if not words or words[0].startswith(("//", "#")):
            continue
        if words[0] in {"namespace", "include", "imports", "features"}:
            return "uvl"
        if words[0] == "c" or words[:2] == ["p", "cnf"]:
            return "dimacs"
        return "rules" if words[0].endswith(":") else None
    return None

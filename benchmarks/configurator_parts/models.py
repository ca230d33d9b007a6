"""Which models are measured: public feature models of a folder, the shipped rules, and those made here."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common import ROOT
from benchmarks.configurator_parts.generated import car, feature_tree, surveillance
from portal.configurator.dimacs import read_dimacs
from portal.configurator.engine.model import Model
from portal.configurator.language.reader import read_ruleset

VARIABLE = "PORTAL_BENCH_MODELS"
BESIDE = ROOT.parent / "shared" / "data" / "models"
PUBLIC = ("printer", "berkeleydb", "pc-richmond", "bank", "e_shop", "ecos-i386pc", "automotive01")
MADE: dict[str, Callable[[], Model]] = {
    "car-like (made here)": car,
    "surveillance-like (made here)": surveillance,
    "feature tree (made here)": feature_tree,
}


@dataclass(frozen=True)
class Source:
    """A model by name; `origin` is public, shipped or made."""

    name: str
    origin: str
    path: Path | None = None

    def load(self) -> Model:
        """Read or make the model."""
        if self.origin == "made":
            return MADE[self.name]()
        assert self.path is not None
        return read_dimacs(self.path).model if self.origin == "public" else read_ruleset(self.path).model()


def folder_of(option: Path | None) -> Path:
    """Return the folder of public models: the option, else the environment, else the one beside the checkout."""
    return option or Path(os.environ.get(VARIABLE) or BESIDE)


def sources(folder: Path) -> list[Source]:
    """Return every model that is there, the known public ones first and in the order of the table of goals."""
    found = {path.stem: path for path in sorted(folder.glob("*.dimacs"))} if folder.is_dir() else {}
    names = [*(name for name in PUBLIC if name in found), *(name for name in found if name not in PUBLIC)]
    public = [Source(name, "public", found[name]) for name in names]
    folders = (ROOT / "rules" / "products", ROOT / "tests" / "rules" / "products")
    shipped = [path for folder in folders if folder.is_dir() for path in folder.iterdir() if any(path.glob("*.yaml"))]
    products = sorted({path.name: path for path in shipped}.values(), key=lambda path: path.name)
    return [*public, *(Source(path.name, "shipped", path) for path in products), *(Source(n, "made") for n in MADE)]


def source(name: str, folder: Path) -> Source:
    """Return one model; LookupError when there is none of this name."""
    known = sources(folder)
    fits = [one for one in known if name in {one.name, one.name.split(" ")[0]}]
    if not fits:
        raise LookupError(f"there is no model {name}; there are: {', '.join(one.name for one in known)}")
    return fits[0]


def size_of(model: Model) -> tuple[int, int, int]:
    """Return how many variables, values and rules there are."""
    values = sum(len(variable.values) for variable in model.variables)
    return len(model.variables), values, len(model.rules)

"""The portal's own engine."""

from benchmarks.configurator_parts.sides import Answer, Choices, MakeSide
from portal.configurator.engine.model import Model
from portal.configurator.engine.solver import compile_rules


class EngineSide:
    """One compiled model, as a web process keeps it."""

    def __init__(self, model: Model) -> None:
        self.compiled = compile_rules(model)

    def click(self, choices: Choices) -> Answer:
        """Return the engine's exact domains."""
        return self.compiled.exact(choices)


def variant(_name: str) -> MakeSide:
    """Return the side; it has no variants."""
    return EngineSide

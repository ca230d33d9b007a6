"""The reader under its second name."""

from portal.configurator.language.reader import read_ruleset

__all__ = ["read_ruleset"]

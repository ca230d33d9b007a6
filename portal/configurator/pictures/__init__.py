"""Drawings of a proposal: what a rule set declares under `pictures`, worked out as plain shapes."""

"""Guided configuration of solutions: the rules' language, the solver and the second check."""

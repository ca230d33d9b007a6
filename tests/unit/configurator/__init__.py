"""The solver, the language of rules and the second check, without web or database."""

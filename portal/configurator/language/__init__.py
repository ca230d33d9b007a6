"""Pure reader of rule files: YAML and CSV in, a frozen rule set out."""

"""Partner portal: configure a solution, quote it, register the deal, solve the fault."""

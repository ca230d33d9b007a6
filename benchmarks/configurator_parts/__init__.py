"""Parts of the measurement of the configurator: models, traces, the engine and its peers, each in its own process."""

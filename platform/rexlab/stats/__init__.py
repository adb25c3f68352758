"""Statistics of agents: pure functions on arrays; nothing here knows the store."""

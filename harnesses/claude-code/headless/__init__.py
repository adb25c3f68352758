"""Claude Code without a screen: how it is started, its story as a trajectory."""

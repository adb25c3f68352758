"""OpenHands' agent without a screen: its settings here, its story as a trajectory."""

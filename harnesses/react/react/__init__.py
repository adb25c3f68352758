"""The react harness: think, act once, observe, again."""

"""The agentless harness: retrieve, complete once per function, splice; no execution."""

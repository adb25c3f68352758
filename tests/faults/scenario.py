"""A fault as data: what it is called, when it comes, what must come of it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fault:
    """One row of the table in docs/faults.md."""

    name: str
    """What is done to the cluster."""
    when: str = ""
    """``prepare``, ``solve`` or ``grade`` of the trial that it hits, or another moment in words."""
    outcomes: dict[str, int] = field(default_factory=lambda: {"passed": 2})
    """How the run's trials end."""
    sandbox: str = "bubblewrap"
    seed: int = 1

    def __str__(self) -> str:
        return "-".join(f"{self.name} {self.when} {self.sandbox}".replace(",", "").split())

"""A cluster of many workers, simulated event by event from the costs that `scale.py` measures on one machine.

Redis is one server that does one thing at a time, PostgreSQL one with as many processors as are given; whoever finds
them busy waits in line. A worker takes a message, claims, works for an exponentially distributed time, records, and
begins again, while its heartbeats ask the database a little all the time. All messages were sent beforehand.
"""

import heapq
import itertools
import random
from dataclasses import dataclass

WORKERS = 1000
DATABASE_PROCESSORS = 8
RENEW_S = 5.0
"""Between two renewals of a lease by default; one question for cancellation is counted with each."""


@dataclass(frozen=True)
class Costs:
    """Processor time, in milliseconds."""

    broker_ms: float
    """Of Redis, for one trial."""
    database_ms: float
    """Of PostgreSQL, to claim and record one trial."""
    beat_ms: float
    """Of PostgreSQL, for a renewed lease and a question for cancellation."""
    send_ms: float
    """Until one more trial is sent, by one sender."""


@dataclass(frozen=True)
class Simulated:
    """What came of it."""

    per_s: float
    broker_busy: float
    """Share of its time, 0 to 1."""
    database_busy: float
    idle: float
    """Share of the workers' time that they waited for either."""


def simulate(costs: Costs, trial_s: float, workers: int = WORKERS, seed: int = 0) -> Simulated:
    """Run the cluster for as long as fifteen trials of each worker take, the first five not counted."""
    chance = random.Random(seed)
    ticket = itertools.count()
    beats = costs.beat_ms / 1000 / RENEW_S * workers / DATABASE_PROCESSORS
    slowed = 1 / max(1e-9, 1 - min(beats, 1 - 1e-9))  # heartbeats take their share of every processor
    broker_free = 0.0
    processors = [0.0] * DATABASE_PROCESSORS
    events: list[tuple[float, int, str, int]] = []
    for worker in range(workers):
        heapq.heappush(events, (chance.uniform(0, trial_s), next(ticket), "take", worker))
    begin, end = 5 * trial_s, 15 * trial_s
    done, broker_s, database_s, waited = 0, 0.0, 0.0, 0.0
    half = costs.database_ms / 2000 * slowed
    while events:
        now, _, what, worker = heapq.heappop(events)
        if now > end:
            break
        counted = now >= begin
        if what == "take":
            start = max(now, broker_free)
            broker_free = start + costs.broker_ms / 1000
            broker_s += costs.broker_ms / 1000 * counted
            waited += (start - now) * counted
            heapq.heappush(events, (broker_free, next(ticket), "claim", worker))
            continue
        free = heapq.heappop(processors)
        start = max(now, free)
        heapq.heappush(processors, start + half)
        database_s += half * counted
        waited += (start - now) * counted
        if what == "claim":
            work = chance.expovariate(1 / trial_s)
            heapq.heappush(events, (start + half + work, next(ticket), "record", worker))
        else:
            done += counted
            heapq.heappush(events, (start + half, next(ticket), "take", worker))
    seconds = end - begin
    busy = database_s / seconds / DATABASE_PROCESSORS / slowed + beats
    return Simulated(done / seconds, broker_s / seconds, min(busy, 1.0), waited / seconds / workers)


def report(costs: Costs) -> None:
    """Print what a thousand workers do with trials of several lengths, and what is saturated first."""
    print(
        f"simulated from these costs: {WORKERS:,} workers, PostgreSQL on {DATABASE_PROCESSORS} processors of this kind"
    )
    titles = ("trial", "trials/s", "Redis busy", "PostgreSQL busy", "workers wait", "sender busy")
    print("".join(f"{title:>16}" for title in titles))
    for trial_s in (600, 60, 10, 3, 1):
        found = simulate(costs, trial_s)
        sender = min(1.0, found.per_s * costs.send_ms / 1000)
        shares = (found.broker_busy, found.database_busy, found.idle, sender)
        print(f"{trial_s:>14} s{found.per_s:>16.1f}" + "".join(f"{share:>16.1%}" for share in shares))
    limits = {
        "Redis": 1000 / costs.broker_ms,
        "PostgreSQL": DATABASE_PROCESSORS * 1000 / costs.database_ms
        - WORKERS / RENEW_S * costs.beat_ms / costs.database_ms,
        "one sender": 1000 / costs.send_ms,
    }
    first = min(limits, key=lambda name: limits[name])
    print("trials/s at which each is saturated: " + ", ".join(f"{name} {most:,.0f}" for name, most in limits.items())
          + f"; first: {first}")  # fmt: skip

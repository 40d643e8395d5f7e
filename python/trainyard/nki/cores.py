"""The physical cores of a logical core run their Python in turns: one until its end, or until it
needs a value that waits for another core; then the next. Always in the same order."""

import threading
from dataclasses import dataclass


@dataclass(frozen=True)
class PerRank:
    """An argument of a kernel that is another one on each rank: trainyard.run(kernel,
    PerRank([a0, a1]), ranks=2). All others are the same on every rank."""

    values: list | tuple


def of_rank(argument, rank):
    """What a kernel argument is on that rank."""
    return argument.values[rank] if isinstance(argument, PerRank) else argument


def in_turns(team, calls):
    """The results of `calls`, one a core of the team. The first runs in this thread, so that
    breakpoints and Ctrl-C work there; of several failures the first is raised."""
    if team is None:
        return [call() for call in calls]
    results = [None] * len(calls)
    failures = []

    def run(core):
        try:
            team.begin(core)
            if not failures:
                results[core] = calls[core]()
        except BaseException as error:
            failures.append(error)
            team.cancel()
        finally:
            team.finish(core)

    threads = [
        threading.Thread(target=run, args=(core,), name=f"core {core}", daemon=True)
        for core in range(1, len(calls))
    ]
    for thread in threads:
        thread.start()
    run(0)
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return results

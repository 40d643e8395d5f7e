"""The list of benchmarks, in the order in which they run."""

from trainyard import _core
from trainyard.bringup import collectives, handoff, lanes, memories, tensor
from trainyard.bringup.benchmark import Group
from trainyard.cli.options import suggestion

# (name, what its sizes are, function(machine) that yields Rows)
SUITE = [
    ("matmul rate", "moving columns", tensor.matmul_rate),
    ("engine throughput", "columns", lanes.engine_throughput),
    ("DMA bandwidth", "bytes a partition", memories.dma_bandwidth),
    ("HBM sharing", "cores on a stack", memories.hbm_sharing),
    ("semaphore hand-off", "", handoff.hand_off),
    ("collectives", "KiB of a rank's tensor", collectives.collectives),
]
HEALTH = "health"  # self-tests, links and memory: see diagnose.py


def chosen(words):
    """The names that have one of the words; all, if there are none. Refuses strange ones (E001)."""
    names = [name for name, _, _ in SUITE] + [HEALTH]
    for word in words:
        if not any(word.lower() in name.lower() for name in names):
            near = suggestion(word, [part for name in names for part in [name, *name.split()]])
            fix = near or f"Benchmarks: {', '.join(names)}."
            _core.refuse("E001", f"--only {word}: no benchmark of that name", fix=fix)
    return [n for n in names if not words or any(word.lower() in n.lower() for word in words)]


def run(machine, names, show=lambda name: None):
    """The groups of these names."""
    groups = []
    for name, x, function in SUITE:
        if name in names:
            show(name)
            groups.append(Group(name, x, list(function(machine))))
    return groups

"""Figures of the same benchmarks that were measured on real chips: published.csv."""

import csv
import functools
from pathlib import Path


@functools.cache
def _all():
    with (Path(__file__).parent / "published.csv").open() as file:
        return list(csv.DictReader(file))


def published(machine, benchmark):
    """Size -> figure, for the machine's generation of NeuronCore."""
    return {
        int(row["x"]): float(row["value"])
        for row in _all()
        if row["benchmark"] == benchmark and int(row["core_version"]) == machine.version
    }

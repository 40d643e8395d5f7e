"""The engines' functions against NumPy's on 65536 elements: CPU time, interleaved, median of 5."""

import statistics
import time
from collections.abc import Callable

import numpy as np

from trainyard import _core

BARS = {"exp": 2.5, "log": 2.5, "sin": 2.5, "tanh": 4.0}


def cpu_seconds(work: Callable[[], object], repeats: int = 50) -> float:
    start = time.thread_time()
    for _ in range(repeats):
        work()
    return (time.thread_time() - start) / repeats


def main() -> None:
    x = np.random.default_rng(1).uniform(0.01, 3.0, 65536).astype(np.float32)
    for name, bar in BARS.items():
        function = getattr(np, name)
        ratios = [
            cpu_seconds(lambda name=name: _core.function_run(name, x))
            / cpu_seconds(lambda function=function: function(x))
            for _ in range(5)
        ]
        ratio = statistics.median(ratios)
        missed = " MISSED" if ratio > bar else ""
        print(f"{name}, 65536 elements: {ratio:.2f}x the time of NumPy's (bar {bar}){missed}")


if __name__ == "__main__":
    main()

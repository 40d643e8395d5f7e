"""What nki-library's test orchestrator needs to come through a simulated test."""

import sys

from trainyard import _core
from trainyard.pytest import ranks


def complete():
    """At tag 2.29 the orchestrator reads `_compiled_kernel` after every run, but sets it only
    where it compiles: the class gets the attribute, as None. It launches one rank only: cases of
    several get a launch of ours."""
    for name, module in list(sys.modules.items()):
        if name.endswith("utils.test_orchestrator"):
            if not hasattr(module.Orchestrator, "_compiled_kernel"):
                module.Orchestrator._compiled_kernel = None
            ranks.complete(module)


def analyze_trace(*_, **__):
    """The analysis of traces from a chip (--enable-perf-analysis); not published."""
    fix = "Leave --enable-perf-analysis out; `trainyard time` says where simulated time goes."
    _core.refuse("K001", "the analysis of profiled traces", fix=fix)

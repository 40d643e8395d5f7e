"""Launching a kernel: arrays in, one trace a physical core, values, arrays out."""

import functools
import json
import os
import time
from contextlib import nullcontext
from dataclasses import dataclass, field

from trainyard import _core, progress, reporting
from trainyard.nki import versions
from trainyard.nki.arrays import Inputs, Outputs, bind_arguments
from trainyard.nki.cores import in_turns, of_rank

# Called with every finished Launch; finish() at the end. `trainyard run` reports through these.
observers = reporting.from_environment()


def finish_reports():
    """Ends the reports of this process."""
    for observer in observers:
        observer.finish()


class SimulatedTime(float):
    """Seconds on the simulated machine, a number like any other. Uncalibrated: `range` says
    between which seconds the truth may lie."""

    def __new__(cls, profile):
        """From what `_core.time` returned."""
        self = super().__new__(cls, profile.seconds)
        self.range = profile.seconds_range
        self.text = profile.time_text()
        return self

    @property
    def seconds(self):
        """The time as a plain float."""
        return float(self)

    def __repr__(self):
        return self.text


@dataclass
class Launch:
    """What one kernel call left behind. `summary` says where the simulated time went."""

    name: str
    machine: object
    outputs: object = None
    traces: list = field(default_factory=list)
    host_seconds: float = 0.0
    values: bool = True
    summary: object = None
    policies: tuple = (None, None)

    @property
    def instructions(self):
        """Instructions of all cores."""
        return sum(trace.size for trace in self.traces)

    @property
    def time(self):
        """Simulated seconds."""
        return SimulatedTime(self.summary)

    @property
    def engines(self):
        """Engine -> busy share of the simulated time."""
        return self.summary.engines

    def report(self):
        """Times the traces once more, for a report."""
        return _core.report(self.traces, self.summary, *self.policies)

    @property
    def findings(self):
        """(text, file, line) of remarks that are no errors."""
        return self.summary.findings

    @property
    def sanitizer(self):
        """What --sanitize found: a list of dicts, empty without it."""
        return json.loads(self.summary.sanitizer_json)


def launch(
    function,
    args,
    kwargs,
    *,
    machine=None,
    preferred_machine=None,
    lnc=None,
    ranks=1,
    eager=None,
    time_only=None,
    threads=None,
    seed=None,
    stochastic=None,
    checks=None,
    timeout=None,
    schedule=None,
    place=None,
    record_bytes=None,
    nki=None,
    lenient=None,
    sanitize=None,
    break_at=None,
    edges=(),
    intervals=False,
):
    """Traces `function` once for each physical core of each rank, in order, runs the values and
    returns a Launch; with several ranks its outputs are a list, one a rank. What is None comes from
    the environment (that is how `trainyard run` sets it). `record_bytes`: what each instruction
    writes is recorded, with that many bytes of values."""
    started = time.perf_counter()
    version, relaxed = versions.chosen(nki), versions.relaxed(lenient)
    described = versions.machine_of(version, machine, preferred_machine)
    grid = os.environ.get("TRAINYARD_LNC") if lnc is None else lnc
    lnc = 1 if grid is None else int(grid)
    if not 1 <= lnc <= 2:
        message = f"{getattr(function, '__name__', 'kernel')} on {lnc} physical cores"
        fix = "Launch it as kernel[1] or kernel[2]."
        _core.refuse("E007", message, str(lnc), "1 or 2", "cores of a logical core", fix)
    if time_only is None:
        time_only = os.environ.get("TRAINYARD_TIME_ONLY") == "1"
    if eager is None:
        eager = os.environ.get("TRAINYARD_EAGER") == "1"
    if stochastic is None:
        stochastic = os.environ.get("NEURON_RT_STOCHASTIC_ROUNDING_EN", "0") == "1"
    if sanitize is None:
        sanitize = os.environ.get("TRAINYARD_SANITIZE") == "1"
    if break_at is None:
        break_at = os.environ.get("TRAINYARD_BREAK", "")
    if checks is None:
        checks = os.environ.get("TRAINYARD_CHECKS") != "0"
    if seed is None:
        seed = int(os.environ.get("TRAINYARD_SEED", "0"))
    if record_bytes is None:
        record_bytes = int(os.environ.get("TRAINYARD_RECORD_BYTES", "0"))
    name = getattr(function, "__name__", "kernel")
    done = Launch(name, described, values=not time_only)
    team = _core.Team(ranks, lnc) if ranks * lnc > 1 else None
    limit = max(1e-9, timeout - (time.perf_counter() - started)) if timeout else 0.0
    inputs, calls = [], []
    for rank in range(ranks):
        own = {key: of_rank(value, rank) for key, value in kwargs.items()}
        bound = bind_arguments(function, name, [of_rank(value, rank) for value in args], own)
        for core in range(lnc):
            trace = _core.new_trace(
                described,
                name,
                core=core,
                cores=lnc,
                rank=rank,
                ranks=ranks,
                team=team,
                eager=eager and not time_only,
                time_only=time_only,
                sanitize=sanitize,
                break_at=break_at,
                threads=threads or _core.default_threads(),
                seed=seed,
                stochastic=stochastic,
                checks=checks,
                timeout_s=limit,
                nki=version,
                relaxed=relaxed,
            )
            trace.has_grid = grid is not None
            trace.constants = {}
            if record_bytes:
                _core.record(trace, record_bytes)
            done.traces.append(trace)
            inputs.append(Inputs(trace))
            judge = _judge(trace, version, preferred_machine)
            run = functools.partial(_trace_core, trace, function, edges, inputs[-1], bound, judge)
            calls.append(run)
    results = in_turns(team, calls)
    # Before the values: what does not fit need not run.
    done.policies = (
        schedule or os.environ.get("TRAINYARD_SCHEDULE"),
        place or os.environ.get("TRAINYARD_PLACE"),
    )
    done.summary = _measure(done.traces, done.policies, intervals)
    with nullcontext() if time_only else progress.shown(done.traces):
        for trace in done.traces:
            trace.finish_tracing()
    # The cores of a rank share what they return; the first one's tensors stand for all.
    done.outputs = []
    for first in range(0, ranks * lnc, lnc):
        done.traces[first].finish_values()
        if not time_only:
            inputs[first].write_back()
        done.outputs.append(results[first].to_host(inputs[first].torch, time_only))
    done.summary.add_findings(done.traces)
    if sanitize:
        done.summary.add_sanitizer(done.traces)
    if ranks == 1:
        (done.outputs,) = done.outputs
    done.host_seconds = time.perf_counter() - started
    for observe in observers:
        observe(done)
    return done


def _judge(trace, version, platform_target):
    """Who judges the kernel by the version chosen; None if none was."""
    if not version:
        return None
    from trainyard.nki.judge import Judge

    trace.judge = Judge(version, platform_target)
    return trace.judge


def _trace_core(trace, function, edges, inputs, bound, judge):
    """Runs the kernel's Python for one core; what it returned."""
    previous = _core.set_trace(trace)
    try:
        if judge:
            judge.launch(function, bound)
        args, kwargs = inputs.convert_all(bound)
        with judge.watching() if judge else nullcontext():
            result = function(*args, **kwargs)
        outputs = Outputs(result)
        trace.set_outputs(outputs.ids)
        for consumer, producers in edges:
            for producer in [producers] if isinstance(producers, str) else producers:
                trace.add_edge(consumer, producer)
    finally:
        _core.set_trace(previous)
    return outputs


def _measure(traces, policies, intervals):
    """Schedules, places, orders and times the finished traces; keeps each interval for a trace
    file if one is wanted."""
    return _core.time(
        traces,
        *policies,
        intervals=intervals or bool(os.environ.get("TRAINYARD_TRACE")),
    )

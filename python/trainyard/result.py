"""Running a kernel from Python code, with everything that became known about the run."""

import inspect
from dataclasses import dataclass

import numpy as np

from trainyard import _core
from trainyard.nki.kernel import Kernel
from trainyard.nki.launch import SimulatedTime, launch
from trainyard.output import say
from trainyard.reporting import arrays_in, describe


@dataclass(repr=False)
class Result:
    """What one run of a kernel gave.

    outputs       what the kernel returned, as arrays of the kind that came in
    time          simulated seconds, with .range and .text
    engines       engine -> share of that time it was busy
    findings      (text, file, line) of remarks on the kernel that are no errors
    sanitizer     with sanitize=True: a dict for each finding, its kind, text, made, hurts, count
    instructions  instructions of all cores
    machine       the described machine
    summary       where the time went: to_text(), to_json(), fidelity, hbm_bytes, …
    host_seconds  how long the run took here
    """

    outputs: object
    time: SimulatedTime
    engines: dict[str, float]
    findings: list[tuple[str, str, int]]
    sanitizer: list[dict]
    instructions: int
    machine: object
    summary: object
    host_seconds: float

    def __repr__(self):
        arrays = ", ".join(describe(array) for array in arrays_in(self.outputs)) or "none"
        return (
            f"<Result: outputs {arrays}; {self.time!r}; {self.instructions} instructions on "
            f"{self.machine.name}>"
        )


def run(
    kernel,
    *args,
    machine=None,
    lnc=None,
    ranks=1,
    timeout=None,
    threads=None,
    seed=None,
    debug=None,
    time_only=None,
    checks=None,
    trace=None,
    report=None,
    schedule=None,
    place=None,
    nki=None,
    lenient=None,
    sanitize=None,
    break_at=None,
    **kwargs,
):
    """Runs a kernel (with or without `@nki.jit`) on NumPy or torch arrays; returns a Result.

    machine    a name, an alias, a TOML file or a Machine; default: trn2
    lnc        physical cores in the logical core; default: the kernel's, else 1
    ranks      logical cores, which nki.collectives connect; outputs are then a list, one a rank,
               and an argument trainyard.PerRank([...]) is another one on each
    timeout    host seconds, E008 after that
    threads    host threads; the values do not depend on it
    seed       of random instructions and stochastic rounding; default: 0
    debug      "eager": each instruction runs before the next one is traced
    time_only  trace without values: outputs are as fresh memory, NaN or 4
    checks     False: data that nobody wrote may reach outputs
    trace      a file for the timeline, which https://ui.perfetto.dev opens
    report     a file for the report: a page that a browser opens, or JSON if it ends in .json;
               "-" prints it as text
    schedule   "list" (default) or "program": the order of instructions
    place      "ring" or "first-fit": how tiles get addresses; default: as the machine says
    nki        "0.2" to "0.7": the names, defaults and rules of that version of NKI; default: those
               of the newest, and spellings of all
    lenient    rules, such as ("start-partition", "engine"), that become findings instead of errors
    sanitize   True: looks for what spoils values or wastes time (docs/sanitiser.md)
    break_at   "nan", "@LINE", "sbuf:ADDRESS" or "instr:N": E009 there, with what the operands hold

    What is not given comes from `trainyard run`, if the script runs under it.

    Refusals are raised as trainyard.Error. Kernel parameters that share a name with one of these
    are passed by position. May be called from several threads and processes at once.
    """
    if not isinstance(kernel, Kernel):
        kernel = Kernel(kernel)
    _check(kernel, kwargs, seed=seed, timeout=timeout, threads=threads, debug=debug, ranks=ranks)
    options = {**kernel.options, "time_only": time_only, "seed": seed}
    options |= {"schedule": schedule, "place": place, "nki": nki, "lenient": lenient}
    options |= {"sanitize": sanitize, "break_at": break_at}
    if debug is not None:
        options["eager"] = debug == "eager"
    if checks is not None:
        options["checks"] = checks
    done = launch(
        kernel.function,
        args,
        kwargs,
        machine=machine,
        lnc=kernel.lnc if lnc is None else lnc,
        ranks=int(ranks),
        timeout=timeout,
        threads=threads,
        intervals=trace is not None,
        **options,
    )
    if trace is not None:
        _core.write_perfetto(str(trace), [done.summary])
    if report == "-":
        say(done.report().to_text().rstrip("\n"))
    elif report is not None:
        _core.write_report(str(report), [done.report()])
    return Result(
        outputs=done.outputs,
        time=done.time,
        engines=done.engines,
        findings=done.findings,
        sanitizer=done.sanitizer,
        instructions=done.instructions,
        machine=done.machine,
        summary=done.summary,
        host_seconds=done.host_seconds,
    )


def _check(kernel, keywords, *, seed, timeout, threads, debug, ranks):
    """Refuses options of run() that mean nothing (E001)."""

    def demand(name, value, valid, allowed):
        if value is not None and not valid:
            _core.refuse("E001", f"trainyard.run: {name}={value!r}", repr(value), allowed, "run()")

    whole = (int, np.integer)
    demand("seed", seed, isinstance(seed, whole) and 0 <= seed < 1 << 64, "0 to 2**64 - 1")
    demand("ranks", ranks, isinstance(ranks, whole) and ranks > 0, "an int from 1")
    demand("threads", threads, isinstance(threads, whole) and threads > 0, "an int from 1")
    real = isinstance(timeout, (*whole, float, np.floating))
    demand("timeout", timeout, real and 0 < timeout < float("inf"), "seconds above 0")
    demand("debug", debug, debug == "eager" or debug is False, "'eager' or None")
    if not keywords:
        return
    known = inspect.signature(kernel.function).parameters
    options = [
        name for name, p in inspect.signature(run).parameters.items() if p.kind is p.KEYWORD_ONLY
    ]
    for name in keywords:
        nearest = _core.did_you_mean(name, [*known, *options])
        if name not in known and nearest in options:
            _core.refuse(
                "E001", f"trainyard.run has no option {name}", fix=f"did you mean {nearest}?"
            )

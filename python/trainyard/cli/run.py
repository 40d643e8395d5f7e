"""`trainyard run`: a Python script, or one kernel of a file, on a simulated machine."""

import functools
import os
import shutil
import sys
import tempfile
import traceback
from pathlib import Path

from trainyard import _core, activation
from trainyard.cli.options import (
    Parser,
    add_strictness,
    check_output,
    check_strictness,
    command,
    named,
    natural,
    one_of,
    positive,
    seconds,
)
from trainyard.cli.source import kernel_in, kernels_of, run_module, run_script
from trainyard.output import OutputClosedError, reader_has_gone, say
from trainyard.reporting import arrays_in, collected, describe, write_json

RECORDED_BYTES = 256 << 20  # of each kernel's tiles in a --record, as many as come first

_EXAMPLES = """
examples:
  trainyard run attention.py                      a script that imports nki, unmodified
  trainyard run --machine trn3 attention.py --seq 1024
  trainyard run -m pytest tests/                  a module, as python -m does
  trainyard run kernels.py::softmax --arg x=bf16[128,512]:randn --arg axis=1
  trainyard run --set core.tensor.clock_ghz=3.0 --json result.json attention.py
  trainyard run --nki 0.4 --lenient start-partition attention.py    as NKI 0.4 would take it

arrays of --arg: TYPE[SIZES]:GENERATOR with randn, rand, zeros, ones, arange (iota), eye, or
FILE.npy; other values are Python literals. Options stand before the script, whose own follow it.
"""


def _parser():
    parser = Parser(
        prog="trainyard run",
        usage="trainyard run [options] SCRIPT [ARGUMENTS…]\n"
        "       trainyard run [options] -m MODULE [ARGUMENTS…]\n"
        "       trainyard run [options] FILE::KERNEL [--arg NAME=VALUE]…",
        description="Runs a Python script in which `import nki` is the simulated machine, or one "
        "kernel\nof a file, and reports each kernel that was launched.",
        epilog=_EXAMPLES,
    )
    add = parser.add_argument
    add(
        "--machine",
        metavar="NAME",
        type=named,
        help="a machine's name, alias or TOML file (default: trn2)",
    )
    add("--set", metavar="KEY=VALUE", action="append", default=[], help="change a machine's number")
    cores = "physical cores in the logical core, 1 or 2"
    add("--lnc", metavar="N", type=one_of("1", "2"), help=cores)
    add("--threads", metavar="N", type=positive, help="host threads; values do not depend on it")
    add("--seed", metavar="N", type=natural, help="of random numbers and stochastic rounding")
    add("--time-only", action="store_true", help="no values: outputs are NaN, times are right")
    add("--eager", action="store_true", help="run each instruction before the next is traced")
    add("--no-checks", action="store_true", help="data that nobody wrote may reach outputs")
    add("--sanitize", action="store_true", help="look for what spoils values or wastes time")
    stop = "stop behind nan, @LINE, sbuf:ADDRESS or instr:N and show the operands"
    add("--break", metavar="PLACE", dest="break_at", type=named, help=stop)
    limit = "host seconds for one kernel, for --arg runs"
    add("--timeout", metavar="S", type=seconds, help=limit)
    order = "order of instructions: list (default) or program"
    add_strictness(parser)
    add("--schedule", metavar="NAME", type=one_of("list", "program"), help=order)
    places = "how tiles get addresses: ring or first-fit (default: as the machine says)"
    add("--place", metavar="NAME", type=one_of("ring", "first-fit"), help=places)
    add(
        "--json", metavar="FILE", type=named, help="write the report as JSON; - for standard output"
    )
    page = "write a report: a page, or JSON if FILE ends in .json; - prints it as text"
    add("--report", metavar="FILE", type=named, help=page)
    add("--trace", metavar="FILE", type=named, help="write a trace that Perfetto opens")
    add(
        "--dump",
        metavar="FILE",
        type=named,
        help="write the text of the program, for trainyard time",
    )
    add(
        "--record",
        metavar="FILE",
        type=named,
        help="write what every instruction wrote, for trainyard diff",
    )
    add("--quiet", action="store_true", help="no report on standard output")
    parser.add_debug()
    add("--arg", metavar="NAME=VALUE", action="append", default=[], help="a kernel's argument")
    add("-m", metavar="MODULE", dest="module", help="run a module as a script")
    return parser


def _parse(arguments):
    """(options, target, arguments of the script)."""
    parser = _parser()
    at = parser.check_options(arguments)
    if at < len(arguments) and "::" in arguments[at]:
        target, rest = arguments[at], [*arguments[:at], *arguments[at + 1 :]]
        if (extra := parser.check_options(rest)) < len(rest):
            message = f"trainyard run: {rest[extra]} after {target}"
            _core.refuse("E001", message, fix="Pass a kernel's arguments with --arg NAME=VALUE.")
        return parser.parse_args(rest), target, []
    options = parser.parse_args(arguments[:at])
    if options.arg:
        fix = "Name the kernel: trainyard run FILE::KERNEL --arg …"
        _core.refuse("E001", "trainyard run: --arg without a kernel", fix=fix)
    if options.module:
        return options, None, arguments[at:]
    if at == len(arguments):
        _core.refuse("E001", "trainyard run: no script", fix=parser.see_help())
    return options, arguments[at], arguments[at + 1 :]


def _quiet(options):
    """No summaries: nothing was to be printed, or what is has them already."""
    return options.quiet or "-" in (options.json, options.report)


def _report_file(path):
    """Where children write, too."""
    return path if path in (None, "-") else os.path.abspath(path)


def _environment(options, records):
    """What this process and its children go by."""
    settings = {
        "TRAINYARD_MACHINE": options.machine,
        "TRAINYARD_SET": "\n".join(options.set),
        "TRAINYARD_LNC": options.lnc,
        "TRAINYARD_THREADS": options.threads,
        "TRAINYARD_SEED": options.seed,
        "TRAINYARD_TIME_ONLY": "1" if options.time_only else None,
        "TRAINYARD_EAGER": "1" if options.eager else None,
        "TRAINYARD_CHECKS": "0" if options.no_checks else None,
        "TRAINYARD_SANITIZE": "1" if options.sanitize else None,
        "TRAINYARD_BREAK": options.break_at,
        "TRAINYARD_NKI": options.nki,
        "TRAINYARD_LENIENT": ",".join(options.lenient),
        "TRAINYARD_SCHEDULE": options.schedule,
        "TRAINYARD_PLACE": options.place,
        "TRAINYARD_TRACE": options.trace and os.path.abspath(options.trace),
        "TRAINYARD_REPORT_FILE": _report_file(options.report),
        "TRAINYARD_DUMP": options.dump and os.path.abspath(options.dump),
        "TRAINYARD_RECORD": options.record and os.path.abspath(options.record),
        "TRAINYARD_RECORD_BYTES": options.record and RECORDED_BYTES,
        "TRAINYARD_REPORT": "quiet" if _quiet(options) else "1",
        "TRAINYARD_RECORDS": records,
        "TRAINYARD_JSON": "1" if options.json or options.sanitize else None,
        "TRAINYARD_PROCESS": os.getpid(),
        "NKI_SIMULATOR": "1",
    }
    os.environ.update({name: str(value) for name, value in settings.items() if value})


@command
def main(arguments):
    """The exit status: that of the script; 2 for a refusal, 1 for an exception of the script's
    own, for findings of --sanitize and where --break stopped, 130 for Ctrl-C."""
    if not arguments:
        _parser().print_help(sys.stderr)
        return 2
    options, target, rest = _parse(arguments)
    for path in (options.json, options.trace, options.report, options.dump, options.record):
        check_output(path)
    if options.report == options.json == "-":
        _core.refuse("E001", "--json - and --report -: both on standard output", fix="Name a file.")
    records = tempfile.mkdtemp(prefix="trainyard-")
    try:
        _environment(options, records)
        activation.activate()
        check_strictness(options)
        _check_break(options)
        _check_machine(options)
        if target and "::" in target:
            status = _run_kernel(target, options)
        else:
            script = functools.partial(_run_script, options, target, rest, records)
            status = _guarded(script, options.debug)
        if status == 0:
            _check_written(options, records)
        if (launching := sys.modules.get("trainyard.nki.launch")) and status == 0:
            launching.finish_reports()
        if options.break_at and status == 0:
            print(f"note: --break {options.break_at} was not reached", file=sys.stderr)
        if options.json and status == 0:
            write_json(options.json, collected(records))
        if options.sanitize and status == 0:
            return int(any(launch["sanitizer"] for launch in collected(records)["launches"]))
        return status
    finally:
        shutil.rmtree(records, ignore_errors=True)


def _check_machine(options):
    """Refuses a misspelt machine or key before the script starts."""
    if options.machine or options.set:
        from trainyard.nki.machines import load_machine

        load_machine()


def _check_break(options):
    """Refuses a place that does not exist, or that a run without values never reaches."""
    if not options.break_at:
        return
    _core.check_break(options.break_at)
    if options.time_only:
        message = "trainyard run: --break with --time-only, which runs no values to stop"
        _core.refuse("E001", message, fix="Leave out --time-only.")


def _run_script(options, path, arguments, records):
    """Runs a script, or a module, until it ends."""
    if options.module:
        return run_module(options.module, arguments)
    module = run_script(path, arguments)
    if not (options.quiet or os.listdir(records)):
        _say_idle(path, kernels_of(module))
    return None


def _say_idle(path, kernels):
    """Most files of kernels only define them."""
    call = ""
    if kernels:
        call = f" It defines {', '.join(kernels)}: trainyard run {path}::{kernels[0]} --arg …"
    print(f"note: {path} launched no kernel.{call}", file=sys.stderr)


def _check_written(options, records):
    """Refuses if there is nothing to write into a file that was asked for."""
    names = ("trace", "report", "dump", "record")
    wanted = {f"--{name}": getattr(options, name) for name in names}
    for option, path in wanted.items():
        if path and not os.listdir(records):
            message = f"{option} {path}: no kernel was launched, so there is nothing to write"
            _core.refuse("E001", message, fix="Launch one, or call one: trainyard run FILE::KERNEL")


def _guarded(run, debug):
    """Runs the user's code; the exit status that Python would give it, but 2 for refusals."""
    try:
        run()
    except SystemExit as stop:
        if stop.code is None or isinstance(stop.code, int):
            return stop.code or 0
        print(stop.code, file=sys.stderr)
        return 1
    except (KeyboardInterrupt, _core.Error, OutputClosedError):
        raise
    except BaseException as error:
        if isinstance(error, BrokenPipeError) and reader_has_gone():
            raise OutputClosedError from error
        if sys.excepthook is not sys.__excepthook__:
            sys.excepthook(type(error), error, error.__traceback__)
        else:
            print_user_traceback(error, everything=debug)
        return 1
    return 0


def print_user_traceback(error, everything=False):
    """The traceback without the frames of Trainyard."""
    package = str(Path(__file__).resolve().parents[1])
    pending = [traceback.TracebackException.from_exception(error)]
    whole = pending[0]
    while pending and not everything:
        part = pending.pop()
        frames = [f for f in part.stack if not f.filename.startswith((package, "<frozen "))]
        part.stack = traceback.StackSummary.from_list(frames)
        pending += [cause for cause in (part.__cause__, part.__context__) if cause]
    print("".join(whole.format()).rstrip("\n") + _meant(error), file=sys.stderr)


def _meant(error):
    """What Python's own printing adds to a misspelt attribute, e.g. of nki.isa."""
    if not isinstance(error, AttributeError) or error.name is None or error.obj is None:
        return ""
    nearest = _core.did_you_mean(error.name, dir(error.obj))
    return f". Did you mean: {nearest!r}?" if nearest and "Did you mean" not in str(error) else ""


def kernel_of(target, arguments, seed):
    """The Kernel that FILE::KERNEL names, and its arguments."""
    from trainyard.cli.arguments import parse_all
    from trainyard.nki.kernel import Kernel

    values = parse_all(arguments, seed)
    kernel = kernel_in(target)
    return kernel if isinstance(kernel, Kernel) else Kernel(kernel), values


def _run_kernel(target, options):
    """Runs FILE::KERNEL on the arguments of --arg and says what came out."""
    from trainyard.nki.launch import launch

    launches = []

    def call():
        kernel, values = kernel_of(target, options.arg, options.seed or 0)
        keywords = {"lnc": kernel.lnc, "timeout": options.timeout, **kernel.options}
        launches.append(launch(kernel.function, (), values, **keywords))

    if status := _guarded(call, options.debug):
        return status
    if not options.quiet and options.json != "-":
        for array in arrays_in(launches[0].outputs):
            say(f"output {describe(array)}{_range(array)}")
    return 0


def _range(array):
    """ ", 0.1 to 0.9" for numbers that have a smallest and a largest."""
    import numpy as np

    values = np.asarray(array)
    if values.dtype.kind not in "biu":
        values = values.astype(np.float32)
    if not np.isfinite(values).all():
        return ", some not finite"
    return f", {values.min():.6g} to {values.max():.6g}"

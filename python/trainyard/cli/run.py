"""`trainyard run`: a Python script, or one kernel of a file, on a simulated machine."""

import importlib.util
import os
import shutil
import sys
import tempfile
import traceback
from pathlib import Path
from types import ModuleType

from trainyard import _core, activation
from trainyard.cli.options import Parser, command, positive
from trainyard.reporting import arrays_in, collected, describe, write_json

RECORDED_BYTES = 256 << 20  # of each kernel's tiles in a --record, as many as come first

_EXAMPLES = """
examples:
  trainyard run attention.py                      a script that imports nki, unmodified
  trainyard run --machine trn3 attention.py --seq 1024
  trainyard run -m pytest tests/                  a module, as python -m does
  trainyard run kernels.py::softmax --arg x=bf16[128,512]:randn --arg axis=1
  trainyard run --set core.tensor.clock_ghz=3.0 --json result.json attention.py

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
    add("--machine", metavar="NAME", help="a machine's name, alias or TOML file (default: trn2)")
    add("--set", metavar="KEY=VALUE", action="append", default=[], help="change a machine's number")
    add("--lnc", metavar="N", type=positive, help="physical cores in the logical core, 1 or 2")
    add("--threads", metavar="N", type=positive, help="host threads; values do not depend on it")
    add("--seed", metavar="N", type=int, help="of random numbers and stochastic rounding")
    add("--time-only", action="store_true", help="no values: outputs are NaN, times are right")
    add("--eager", action="store_true", help="run each instruction before the next is traced")
    add("--no-checks", action="store_true", help="data that nobody wrote may reach outputs")
    add("--timeout", metavar="S", type=float, help="host seconds for one kernel, for --arg runs")
    add("--schedule", choices=["list", "program"], help="order of instructions (default: list)")
    add("--place", choices=["ring", "first-fit"], help="how tiles get addresses")
    add("--json", metavar="FILE", help="write the report as JSON; - for standard output")
    add("--trace", metavar="FILE", help="write a trace that Perfetto opens")
    add("--dump", metavar="FILE", help="write the text of the program, for trainyard time")
    add("--record", metavar="FILE", help="write what every instruction wrote, for trainyard diff")
    add("--quiet", action="store_true", help="no report on standard output")
    add("--debug", action="store_true", help="show where in Trainyard an error comes from")
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
        "TRAINYARD_SCHEDULE": options.schedule,
        "TRAINYARD_PLACE": options.place,
        "TRAINYARD_TRACE": options.trace and os.path.abspath(options.trace),
        "TRAINYARD_DUMP": options.dump and os.path.abspath(options.dump),
        "TRAINYARD_RECORD": options.record and os.path.abspath(options.record),
        "TRAINYARD_RECORD_BYTES": options.record and RECORDED_BYTES,
        "TRAINYARD_REPORT": "quiet" if options.quiet or options.json == "-" else "1",
        "TRAINYARD_RECORDS": records,
        "TRAINYARD_PROCESS": os.getpid(),
        "NKI_SIMULATOR": "1",
    }
    os.environ.update({name: str(value) for name, value in settings.items() if value})


@command
def main(arguments):
    """The exit status: that of the script; 2 for a refusal, 1 for an exception of the script's
    own, 130 for Ctrl-C."""
    if not arguments:
        _parser().print_help(sys.stderr)
        return 2
    options, target, rest = _parse(arguments)
    records = tempfile.mkdtemp(prefix="trainyard-") if options.json else None
    try:
        _environment(options, records)
        activation.activate()
        _check_machine(options)
        if target and "::" in target:
            status = _run_kernel(target, options)
        else:
            status = _guarded(lambda: _run_script(target, options.module, rest), options.debug)
        if (launching := sys.modules.get("trainyard.nki.launch")) and status == 0:
            launching.finish_reports()
        if options.json and status == 0:
            write_json(options.json, collected(records))
        return status
    finally:
        if records:
            shutil.rmtree(records, ignore_errors=True)


def _check_machine(options):
    """Refuses a misspelt machine or key before the script starts."""
    if options.machine or options.set:
        from trainyard.nki.machines import load_machine

        load_machine()


def _run_script(path, module, arguments):
    """Runs a script, or a module, as __main__ until it ends."""
    if module:
        import runpy

        sys.argv = [module, *arguments]
        sys.path.insert(0, os.getcwd())
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        return
    try:
        code = compile(Path(path).read_bytes(), path, "exec", dont_inherit=True)
    except OSError as error:
        _core.refuse("E006", f"{path}: {error.strerror}")
    main_module = ModuleType("__main__")
    main_module.__file__ = path
    main_module.__builtins__ = __builtins__
    sys.modules["__main__"] = main_module
    sys.argv = [path, *arguments]
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    exec(code, main_module.__dict__)


def _guarded(run, debug):
    """Runs the user's code; the exit status that Python would give it, but 2 for refusals."""
    try:
        run()
    except SystemExit as stop:
        if stop.code is None or isinstance(stop.code, int):
            return stop.code or 0
        print(stop.code, file=sys.stderr)
        return 1
    except (KeyboardInterrupt, _core.Error):
        raise
    except BaseException as error:
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
        frames = [f for f in part.stack if not f.filename.startswith((package, "<frozen runpy"))]
        part.stack = traceback.StackSummary.from_list(frames)
        pending += [cause for cause in (part.__cause__, part.__context__) if cause]
    print("".join(whole.format()), end="", file=sys.stderr)


def kernel_of(target, arguments, seed):
    """The Kernel that FILE::KERNEL names, and its arguments."""
    from trainyard.cli.arguments import parse
    from trainyard.nki.kernel import Kernel

    values = dict(parse(text, seed) for text in arguments)
    path, _, name = target.partition("::")
    kernel = _find_kernel(_load_file(path), path, name)
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
            print(f"output {describe(array)}{_range(array)}")
    return 0


def _load_file(path):
    """The module of a Python file, imported as its own folder would import it."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    name = Path(path).stem
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or not os.path.exists(path):
        _core.refuse("E006", f"{path}: no Python file of that name")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _find_kernel(module, path, name):
    from trainyard.nki.kernel import Kernel

    kernel = getattr(module, name, None)
    if callable(kernel):
        return kernel
    kernels = [key for key, value in vars(module).items() if isinstance(value, Kernel)]
    nearest = _core.did_you_mean(name, kernels)
    fix = f"did you mean {nearest}?" if nearest else f"It has {', '.join(kernels) or 'none'}."
    _core.refuse("E001", f"{path} has no kernel {name!r}", fix=fix)
    return None


def _range(array):
    """ ", 0.1 to 0.9" for numbers that have a smallest and a largest."""
    import numpy as np

    values = np.asarray(array)
    if values.dtype.kind not in "biu":
        values = values.astype(np.float32)
    if not np.isfinite(values).all():
        return ", some not finite"
    return f", {values.min():.6g} to {values.max():.6g}"

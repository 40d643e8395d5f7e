"""nki.compiler.frontend: from a kernel and its arguments to a program.

The vendor's front ends differ in how they read Python (a parser of a subset, a tracer of all of
it). Ours always traces, under each of their names."""

from dataclasses import dataclass

import numpy as np

from trainyard import _core
from trainyard.nki.kernel import Kernel
from trainyard.nki.launch import launch


class _Operation:
    """What result.module.operation is asked for: the text of the program."""

    def __init__(self, traces):
        self.traces = traces

    def print(self, file=None, **_):
        """Writes the program of each physical core in Trainyard's text form. Options of the
        vendor's printer (debug information, scopes) do not apply to it."""
        for trace in self.traces:
            print(trace.text, file=file)


@dataclass(frozen=True)
class Module:
    """The built program, as `result.module`."""

    operation: _Operation


@dataclass(frozen=True)
class FrontendResult:
    """A kernel that has been built: every instruction checked, scheduled and placed, none run.
    `output_specs` has (name, array of the output's shape and dtype) for each output, in order."""

    name: str
    target: str
    lnc: int
    module: Module
    output_specs: tuple = ()


class NKIFrontend:
    """Builds kernels. All front ends are this one under the vendor's names."""

    def compile(
        self,
        kernel,
        inputs=None,
        target=None,
        lnc=1,
        artifacts_dir=None,
        dump_python_ast=False,
        output_names=None,
    ):
        """Traces `kernel` with the dict `inputs` of arrays and constants by parameter, for the
        machine `target` with `lnc` physical cores. Raises what the kernel raises, and our own
        errors for what the chip would refuse. `artifacts_dir` stays empty: there are none.
        `output_names`: one for each output, else output_0 and so on."""
        if dump_python_ast:
            fix = "Leave dump_python_ast out: the kernel's Python is run, not parsed."
            _core.refuse("U001", "NKIFrontend.compile: dump_python_ast", fix=fix)
        function = kernel.function if isinstance(kernel, Kernel) else kernel
        options = kernel.options if isinstance(kernel, Kernel) else {}
        done = launch(
            function,
            (),
            dict(inputs or {}),
            lnc=lnc,
            time_only=True,
            **{**options, "machine": target} if target else options,
        )
        return FrontendResult(
            done.name,
            done.machine.name,
            lnc,
            Module(_Operation(done.traces)),
            tuple(zip(*_names(done.outputs, output_names), strict=True)),
        )


def _names(outputs, names):
    """The names and the arrays of the outputs; E304 where there are more or fewer of them."""
    if isinstance(outputs, dict):
        outputs = outputs.values()
    elif not isinstance(outputs, (list, tuple)):
        outputs = () if outputs is None else (outputs,)
    arrays = [item for item in outputs if isinstance(item, np.ndarray)]
    names = [f"output_{i}" for i in range(len(arrays))] if names is None else list(names)
    if len(names) != len(arrays):
        found, allowed = f"{len(arrays)} outputs", f"{len(names)}: {', '.join(names)}"
        _core.refuse("E304", "compile: the names of the outputs", found, allowed, "output_names")
    return names, arrays


class ParserFrontend(NKIFrontend):
    """The front end of NKI 0.2 to 0.6."""


class TracerFrontend(NKIFrontend):
    """The front end of NKI 0.7."""

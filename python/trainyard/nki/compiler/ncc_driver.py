"""nki.compiler.ncc_driver: the way on to a file that a chip runs. Its format is not public, so that
these load, and refuse to be used."""

from dataclasses import dataclass, replace

from trainyard import _core


@dataclass(frozen=True)
class CompileOptions:
    """What the vendor's backend is called with."""

    target: str = ""
    lnc: int = 1
    output_path: str = ""
    artifacts_dir: str = ""
    neuronx_cc_args: tuple = ()
    optimize: bool = True

    def disable_backend_optimizations(self):
        """The same options without optimisations."""
        return replace(self, optimize=False)


class CompiledKernel:
    """A file for the chip; never made here."""

    output_specs = ()
    input_output_aliases = None

    @classmethod
    def from_frontend(cls, result, options):
        """K001: the format of NEFF files is not public."""
        fix = "Run the kernel with nki.simulate, or build it with the front end alone."
        _core.refuse("K001", f"{result.name}: a NEFF file for {options.target}", fix=fix)


def compile_mlir_to_neff(*_, **__):
    """K001: the format of NEFF files is not public."""
    _core.refuse("K001", "compile_mlir_to_neff", fix="Run the kernel with nki.simulate.")

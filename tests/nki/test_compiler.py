"""nki.compiler: building a kernel without running it."""

import io

import numpy as np
import pytest
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl
from trainyard.nki.compiler.frontend import NKIFrontend, ParserFrontend, TracerFrontend
from trainyard.nki.compiler.ncc_driver import CompiledKernel, CompileOptions
from trainyard.nki.compiler.target import resolve_target

import trainyard
from trainyard import nki

X = np.ones((4, 8), np.float32)


@nki.jit
def scaled(x, factor):
    tile = nl.load(x)
    out = nl.ndarray(x.shape, dtype=nl.bfloat16, buffer=nl.shared_hbm)
    nisa.tensor_scalar(tile, tile, nl.multiply, factor)
    nl.store(out, tile)
    return out


def wide(x, columns):
    nl.ndarray((4, columns), dtype=nl.uint8, buffer=nl.sbuf)[...] = 0


@pytest.mark.parametrize("frontend", [NKIFrontend, ParserFrontend, TracerFrontend])
def test_a_kernel_is_built_and_not_run(frontend):
    inputs = {"x": X.copy(), "factor": 2.0}
    result = frontend().compile(scaled, inputs=inputs, target="gen3", lnc=2, output_names=["y"])
    assert (result.name, result.target, result.lnc) == ("scaled", "trn2", 2)
    ((name, array),) = result.output_specs
    assert (name, array.shape, array.dtype) == ("y", (4, 8), nl.bfloat16.dtype)
    text = io.StringIO()
    result.module.operation.print(file=text, enable_debug_info=True)
    assert text.getvalue().count("tensor_scalar") == 2, "one program for each core"


def test_it_is_checked_against_the_target():
    fits = {"trn2": 212_992, "trn1": 180_224}
    for target, columns in fits.items():
        ParserFrontend().compile(wide, {"x": X, "columns": columns}, target)
        with pytest.raises(trainyard.Error, match="E201"):
            ParserFrontend().compile(wide, {"x": X, "columns": columns + 1}, target)


def test_outputs_have_one_name_each():
    with pytest.raises(trainyard.Error, match="E304"):
        ParserFrontend().compile(scaled, {"x": X, "factor": 1.0}, output_names=["y", "z"])


def test_what_cannot_be_made_is_refused():
    result = ParserFrontend().compile(scaled, {"x": X, "factor": 1.0})
    assert result.output_specs[0][0] == "output_0"
    options = CompileOptions(target="trn2", output_path="k.neff").disable_backend_optimizations()
    assert not options.optimize
    with pytest.raises(trainyard.Error, match="K001"):
        CompiledKernel.from_frontend(result, options)
    with pytest.raises(trainyard.Error, match="U001"):
        ParserFrontend().compile(scaled, {"x": X, "factor": 1.0}, dump_python_ast=True)


def test_targets_have_one_name():
    assert {resolve_target(name) for name in ("trn2", "gen3", "trainium2")} == {"trn2"}
    with pytest.raises(trainyard.Error, match="E002"):
        resolve_target("trn9")

"""Every documented function of the older API is there, with its parameters and defaults."""

import inspect
from pathlib import Path

import pytest
from trainyard.nki_older import compiler as ncc
from trainyard.nki_older import isa as nisa
from trainyard.nki_older import language as nl

LINES = [
    line
    for line in Path(__file__).with_name("signatures.txt").read_text().splitlines()
    if line and not line.startswith("#")
]
MODULES = {"nl": nl, "nisa": nisa, "ncc": ncc}
# Refused by name: whatever they are called with.
ABSENT = {"builtin_custom_op", "all_reduce"}
ABSENT |= {"gemm_grid", "gemm_stationary_grid"}
# Names without functions.
VALUES = """
nl.bfloat16 nl.bool_ nl.float16 nl.float32 nl.float8_e4m3 nl.float8_e5m2 nl.int16 nl.int32 nl.int8
nl.tfloat32 nl.uint16 nl.uint32 nl.uint8 nl.fp32.min nl.bfp16.min nl.hbm nl.mgrid nl.nc nl.par_dim
nl.private_hbm nl.psum nl.sbuf nl.shared_hbm nl.spmd_dim nl.tile_size.pmax nl.tile_size.psum_fmax
nl.tile_size.bn_stats_fmax nl.tile_size.gemm_moving_fmax nl.tile_size.gemm_stationary_fmax
nl.tile_size.psum_min_align nl.tile_size.sbuf_min_align nl.tile_size.total_available_sbuf_size
nisa.dge_mode.none nisa.dge_mode.swdge nisa.dge_mode.hwdge nisa.dge_mode.unknown nisa.dma_engine
nisa.engine.tensor nisa.engine.vector nisa.engine.scalar nisa.engine.gpsimd nisa.engine.sync
nisa.engine.unknown nisa.fp32.min nisa.gpsimd_engine nisa.nc_version.gen2 nisa.nc_version.gen3
nisa.oob_mode.error nisa.oob_mode.skip nisa.reduce_cmd.idle nisa.reduce_cmd.reset
nisa.reduce_cmd.reset_reduce nisa.reduce_cmd.reduce nisa.scalar_engine nisa.tensor_engine
nisa.unknown_engine nisa.vector_engine ncc.psum ncc.sbuf
"""


def find(name):
    first, *rest = name.split(".")
    found = MODULES[first]
    for part in rest:
        found = getattr(found, part)
    return found


def shown(default):
    if isinstance(default, type):
        return default.__name__
    if default is None or isinstance(default, (bool, int, float, str, tuple)):
        return repr(default)
    return "?"


def split(text):
    """Name -> default of the parameters in a line of signatures.txt, and their order."""
    inside = text[text.index("(") + 1 : text.rindex(")")]
    parts, depth, part = [], 0, ""
    for character in inside + ",":
        if character == "," and depth == 0:
            parts.append(part.strip())
            part = ""
            continue
        depth += character in "([" or -(character in ")]")
        part += character
    return [p for p in parts if p]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.split("(")[0])
def test_parameters(line):
    function = find(line.split("(")[0])
    if line.split("(")[0].split(".")[-1] in ABSENT or "*args" in line:
        assert callable(function)
        return
    ours = inspect.signature(function).parameters
    by_name = False
    positions = [n for n, p in ours.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    for position, part in enumerate(split(line)):
        if part == "*":
            by_name = True
            continue
        name, _, default = part.partition("=")
        assert name in ours, f"{name} is missing"
        if not by_name:
            assert positions[position] == name
        if default and default != "?":
            found = shown(ours[name].default)
            assert found in (default, "?", repr(default)), f"{name}={found}, not {default}"
        elif not default:
            assert ours[name].default is inspect.Parameter.empty, f"{name} has a default"


@pytest.mark.parametrize("name", VALUES.split())
def test_values(name):
    assert find(name) is not None

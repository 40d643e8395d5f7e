"""memset: tiles filled with a constant."""

import numpy as np
import pytest
from harness import MACHINES, dtype, out, refuses, run, scratch
from oracle import FLOATS, INTEGERS, same
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("kind", FLOATS + INTEGERS)
@pytest.mark.parametrize("value", [0, 0.0, 3, 3.0, 1.5, -2])
def test_values(machine, kind, value):
    integer = kind in INTEGERS
    call = lambda t: nisa.memset(t.y, value)  # noqa: E731
    if integer and (value != int(value) or (value < 0 and kind[0] == "u")):
        refuses("E111", call, machine, y=out((100, 37), kind))
    else:
        y = run(call, machine, y=out((100, 37), kind))
        same(y, np.full((100, 37), value, dtype(kind)))


@pytest.mark.parametrize("kind", INTEGERS)
def test_integer_limits(kind):
    info = np.iinfo(kind)
    for value in (int(info.min), int(info.max)):
        same(run(lambda t, v=value: nisa.memset(t.y, v), y=out((1, 4), kind)),
             np.full((1, 4), value, kind))  # fmt: skip
    for value in (int(info.min) - 1, int(info.max) + 1):
        refuses("E111", lambda t, v=value: nisa.memset(t.y, v), y=out((1, 4), kind))


@pytest.mark.parametrize("engine", ["unknown", "vector", "gpsimd"])
def test_engines_memories_and_views(engine):
    chosen = nisa.engine[engine]
    y = run(lambda t: nisa.memset(t.y[32:64, 1::2], 7, chosen), y=out((128, 9), initial=1))
    expected = np.ones((128, 9), np.float32)
    expected[32:64, 1::2] = 7
    same(y, expected)
    if engine == "gpsimd":
        refuses("E107", lambda t: nisa.memset(t.y, 7, chosen), y=out((64, 8), buffer="psum"))
    else:
        same(run(lambda t: nisa.memset(t.y, 7, chosen), y=out((64, 8), buffer="psum")),
             np.full((64, 8), 7, np.float32))  # fmt: skip


def test_packed_types_take_zero_only():
    for kind in (nl.float8_e4m3fn_x4, nl.float8_e5m2_x4, nl.float4_e2m1fn_x4):

        def call(t, value, kind=kind):
            nisa.memset(nl.ndarray((64, 8), dtype=kind, buffer=nl.sbuf), value)
            nisa.memset(t.y, 1)

        run(lambda t: call(t, 0), "trn3", y=out((1, 1)))
        refuses("E111", lambda t: call(t, 1), "trn3", y=out((1, 1)))


def test_rules():
    refuses("E112", lambda t: nisa.memset(t.y, 0, nisa.engine.scalar), y=out((64, 8)))
    refuses("E111", lambda t: nisa.memset(t.y, t.x), y=out((64, 8)), x=scratch((64, 1)))
    refuses("E111", lambda t: nisa.memset(t.y, "zero"), y=out((64, 8)))

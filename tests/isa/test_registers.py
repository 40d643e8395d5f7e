"""register_alloc, register_move, register_load, register_store."""

import numpy as np
import pytest
from harness import MACHINES, dtype, hbm, out, psum, refuses, run, sbuf
from trainyard.nki import isa as nisa

WRAPS = [(5, 5), (-1, -1), (2**31 - 1, 2**31 - 1), (2**31, -(2**31)), (2**32 + 7, 7)]


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(("value", "kept"), WRAPS)
@pytest.mark.parametrize("how", ["alloc", "move", "move a register"])
def test_integers_wrap_to_32_bits(machine, value, kept, how):
    def call(t):
        register = nisa.register_alloc(value if how == "alloc" else None)
        if how == "move":
            nisa.register_move(register, value)
        if how == "move a register":
            nisa.register_move(dst=register, src=nisa.register_alloc(value))
        nisa.register_store(t.y, register)

    assert run(call, machine, y=out((1, 1), "int32", "hbm"))[0, 0] == kept


@pytest.mark.parametrize("source", [hbm, sbuf])
@pytest.mark.parametrize("target", ["hbm", "sbuf"])
@pytest.mark.parametrize("type_name", ["int8", "uint8", "int16", "uint16", "int32", "uint32",
                                       "float32", "bfloat16", "float8_e4m3"])  # fmt: skip
def test_an_element_comes_back_bit_by_bit(rng, source, target, type_name):
    x = rng.integers(0, 256, (1, dtype(type_name).itemsize), dtype=np.uint8).view(dtype(type_name))

    def call(t):
        register = nisa.register_alloc()
        nisa.register_load(register, t.x)
        nisa.register_store(dst=t.y, src=register)

    assert run(call, x=source(x), y=out((1, 1), type_name, target)).tobytes() == x.tobytes()


@pytest.mark.parametrize(("type_name", "value", "expected"), [
    ("int8", -3, -3), ("uint8", 253, 253), ("int16", -3, -3), ("uint16", 65533, 65533),
    ("uint32", 2**32 - 3, -3),
])  # fmt: skip
def test_integers_widen_by_their_type(type_name, value, expected):
    def call(t):
        register = nisa.register_alloc(t.x)
        nisa.register_store(t.y, register)

    x = np.array([[value]], type_name)
    assert run(call, x=x, y=out((1, 1), "int32"))[0, 0] == expected


def test_a_store_takes_the_low_bits():
    def call(t):
        nisa.register_store(t.y, nisa.register_alloc(0x12345678))

    assert run(call, y=out((1, 1), "int8"))[0, 0] == 0x78
    assert run(call, y=out((1, 1), "uint16"))[0, 0] == 0x5678


def test_one_element_of_a_larger_tile(rng):
    x = rng.integers(0, 100, (8, 8), dtype=np.int32)

    def call(t):
        register = nisa.register_alloc()
        nisa.register_load(register, t.x[3:4, 5:6])
        nisa.register_store(t.y[0:1, 2:3], register)

    y = run(call, x=x, y=out((8, 8), "int32", initial=0))
    assert y[0, 2] == x[3, 5] and np.count_nonzero(y) <= 1


def test_an_address_follows_the_register(rng):
    x = rng.standard_normal((8, 16)).astype(np.float32)

    def call(t):
        register = nisa.register_alloc(2)
        source = t.x.ap([[16, 2], [1, 16]], scalar_offset=register)
        nisa.dma_copy(t.y[0:2], source)
        nisa.register_move(register, 6)
        nisa.dma_copy(t.y[2:4], source)

    np.testing.assert_array_equal(run(call, x=hbm(x), y=out((4, 16))), x[[2, 3, 6, 7]])


def test_a_register_needs_a_value():
    tiles = {"y": out((1, 1), "int32")}
    refuses("E303", lambda t: nisa.register_store(t.y, nisa.register_alloc()), **tiles)
    refuses(
        "E303",
        lambda t: nisa.register_move(nisa.register_alloc(), nisa.register_alloc()),
        y=out((1, 1), "int32", initial=0),
    )


def test_memory_must_have_been_written():
    def call(t):
        nisa.register_load(nisa.register_alloc(), t.y)

    assert "test_registers.py" in refuses("E211", call, y=out((1, 1), "int32"))


def test_rules():
    tiles = {"x": np.zeros((8, 8), np.int32), "y": out((1, 1), "int32", initial=0)}

    def load(t, source):
        nisa.register_load(nisa.register_alloc(), source)

    run(lambda t: load(t, t.x[0:1, 0:1]), **tiles)
    refuses("E110", lambda t: load(t, t.x[0:1, 0:2]), **tiles)
    refuses("E110", lambda t: load(t, t.x[0:2, 0:1]), **tiles)
    refuses("E110", lambda t: nisa.register_store(t.x, nisa.register_alloc(0)), **tiles)
    refuses("E110", lambda t: nisa.register_alloc(t.x), **tiles)
    refuses("E107", load_psum, x=psum(np.zeros((1, 1), np.int32)), y=tiles["y"])
    refuses("E111", lambda t: nisa.register_alloc(1.5), **tiles)
    refuses("E111", lambda t: nisa.register_move(nisa.register_alloc(), 1.5), **tiles)
    refuses("E111", lambda t: nisa.register_move(3, 4), **tiles)
    refuses("E111", lambda t: nisa.register_store(t.y, 4), **tiles)


def load_psum(t):
    nisa.register_load(nisa.register_alloc(), t.x)

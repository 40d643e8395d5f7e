"""Arithmetic on integers above 2^24, which the engines round: right as on the chip, and found."""

import numpy as np
import pytest
from harness import out, psum, refuses, result, sbuf
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

LIMIT = 2**24
VECTOR = nisa.engine.vector


def findings(call, **tiles):
    done = result(call, **tiles)
    assert all("integers above 2^24" in text for text, _, _ in done.findings)
    return [(file, line) for _, file, line in done.findings], np.asarray(done.outputs)


def tile(value, kind="int32"):
    return np.full((32, 8), value, kind)


def add_one(t):
    nisa.tensor_scalar(t.y, t.x, nl.add, 1.0)


@pytest.mark.parametrize("kind", ["int32", "uint32"])
@pytest.mark.parametrize("memory", [sbuf, psum])
@pytest.mark.parametrize(("value", "found"), [(LIMIT - 2, False), (LIMIT - 1, True), (LIMIT, True),
                                              (LIMIT + 1, True)])  # fmt: skip
def test_a_sum(kind, memory, value, found):
    places, y = findings(add_one, x=memory(tile(value, kind)), y=out((32, 8), kind))
    assert bool(places) == found
    assert (y == int(np.float32(np.float32(value) + 1))).all()


def test_the_line_once():
    def call(t):
        for _ in range(5):
            nisa.tensor_tensor(t.y, t.x, t.x, nl.add, VECTOR)  # this line
        nisa.tensor_tensor(t.y, t.y, t.x, nl.subtract, VECTOR)

    places, _ = findings(call, x=tile(LIMIT), y=out((32, 8), "int32"))
    first = call.__code__.co_firstlineno
    assert places == [(__file__, first + 2), (__file__, first + 3)]


def test_negative_numbers_and_views():
    def call(t):
        nisa.tensor_tensor(t.y[:, ::2], t.x[:, 1::2], t.x[:, ::2], nl.maximum, VECTOR)

    x = tile(5)
    x[3, 7] = -LIMIT - 1
    places, _ = findings(call, x=x, y=out((32, 8), "int32", initial=0))
    assert len(places) == 1
    x[3, 7] = -LIMIT + 1
    assert findings(call, x=x, y=out((32, 8), "int32", initial=0))[0] == []


@pytest.mark.parametrize("source", ["uint16", "int16"])
def test_products_of_narrow_integers(source):
    def call(t):
        nisa.tensor_tensor(t.y, t.x, t.x, nl.multiply)

    for value, found in ((4095, False), (4096, True)):
        places, _ = findings(call, x=tile(value, source), y=out((32, 8), "int32"))
        assert bool(places) == found


@pytest.mark.parametrize(
    "call",
    [
        lambda t: nisa.tensor_copy(t.y, t.x),
        lambda t: nisa.tensor_scalar(t.y, t.x, nl.add, 1),  # whole numbers: exact
        lambda t: nisa.tensor_scalar(t.y, t.x, nl.bitwise_xor, 1),
        lambda t: nisa.tensor_tensor(t.y, t.x, t.x, nl.add, nisa.engine.gpsimd),
        lambda t: nisa.tensor_copy(t.f, t.x),  # a conversion: float32 has no more bits
        lambda t: nisa.activation(t.f, nl.copy, t.g),
        lambda t: nisa.tensor_copy(t.y, t.g),
    ],
)
def test_what_is_exact_or_no_arithmetic_on_integers(call):
    tiles = {"x": tile(LIMIT + 1), "g": tile(1e9, np.float32),
             "y": out((32, 8), "int32", initial=0), "f": out((32, 8), initial=0)}  # fmt: skip
    done = result(call, **tiles)
    assert done.findings == []


@pytest.mark.parametrize("call", [
    lambda t: nisa.tensor_copy(t.u, t.x),
    lambda t: nisa.tensor_tensor(t.m, t.x, t.x, nl.equal),
    lambda t: nisa.tensor_reduce(t.r, nl.maximum, t.x, axis=1),
    lambda t: nisa.tensor_scalar(t.f, t.x, nl.multiply, 0.5),
    lambda t: nisa.nc_find_index8(t.i, t.x, t.x),
])  # fmt: skip
def test_what_is_rounded(call):
    tiles = {"x": tile(LIMIT + 1), "u": out((32, 8), "uint32", initial=0),
             "m": out((32, 8), "uint8", initial=0), "r": out((32, 1), "int32", initial=0),
             "f": out((32, 8), initial=0), "i": out((32, 8), "uint32", initial=0)}  # fmt: skip
    assert len(result(call, **tiles).findings) == 1


@pytest.mark.parametrize("options", [{"threads": 1}, {"threads": 3}, {"eager": True}], ids=str)
def test_any_way_of_running_finds_the_same(options):
    done = result(add_one, options=options, x=tile(LIMIT), y=out((32, 8), "int32"))
    assert [line for _, _, line in done.findings] == [add_one.__code__.co_firstlineno + 1]


def test_no_finding_without_values_and_no_harm_to_errors():
    tiles = {"x": tile(LIMIT), "y": out((32, 8), "int32")}
    assert result(add_one, options={"time_only": True}, **tiles).findings == []
    refuses("E103", add_one, **(tiles | {"y": out((32, 9), "int32")}))


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [("int32", LIMIT, False), ("int32", LIMIT + 1, True), ("int32", LIMIT + 2, False),
     ("int32", -LIMIT, False), ("int32", -LIMIT - 1, True), ("int32", 2**31 - 1, True),
     ("int32", -(2**31), False), ("uint32", LIMIT, False), ("uint32", LIMIT + 1, True),
     ("uint32", LIMIT + 2, False), ("uint32", 2**31, False), ("uint32", 2**32 - 1, True)],
)  # fmt: skip
def test_operands_that_float32_holds_or_does_not(kind, value, found):
    places, _ = findings(lambda t: nisa.tensor_scalar(t.y, t.x, nl.multiply, 0.5),
                         x=tile(value, kind), y=out((32, 8)))  # fmt: skip
    assert bool(places) == found

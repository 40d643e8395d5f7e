"""activation: functions of the Scalar Engine, and its accumulators."""

import math

import numpy as np
import pytest
from harness import MACHINES, out, psum, refuses, run, sbuf
from oracle import FLOATS, INTEGERS, cast, random, reduced, same, wide
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

reduce_cmd = nisa.reduce_cmd


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def each(f):
    return np.vectorize(f, otypes=[float])


erf, erfc = each(math.erf), each(math.erfc)
SMALL = (-6.0, 6.0)
# function: exact in float64, range, ULP
FUNCTIONS = {
    "copy": (lambda x: x, SMALL, 0),
    "square": (np.square, SMALL, 0),
    "relu": (lambda x: np.maximum(x, 0), SMALL, 0),
    "abs": (np.abs, SMALL, 0),
    "sign": (np.sign, SMALL, 0),
    "exp": (np.exp, (-80, 80), 2),
    "log": (np.log, (1e-6, 1e6), 2),
    "sqrt": (np.sqrt, (1e-6, 1e6), 0),
    "rsqrt": (lambda x: 1 / np.sqrt(x), (1e-6, 1e6), 2),
    "reciprocal": (lambda x: 1 / x, (1e-3, 1e3), 0),
    "tanh": (np.tanh, SMALL, 2),
    "sigmoid": (sigmoid, SMALL, 2),
    "erf": (erf, SMALL, 2),
    "erf_dx": (lambda x: 2 / np.sqrt(np.pi) * np.exp(-x * x), SMALL, 4),
    "sin": (np.sin, (-3.14159, 3.14159), 2),
    "arctan": (np.arctan, (-1.57, 1.57), 2),
    "softplus": (lambda x: np.log1p(np.exp(x)), SMALL, 4),
    "mish": (lambda x: x * np.tanh(np.log1p(np.exp(x))), SMALL, 4),
    "gelu": (lambda x: x / 2 * erfc(-x / np.sqrt(2)), SMALL, 4),
    "gelu_apprx_sigmoid": (lambda x: x * sigmoid(1.702 * x), SMALL, 4),
    "silu": (lambda x: x * sigmoid(x), SMALL, 4),
}
# Derivatives cross zero, where only the absolute error means something.
DERIVATIVES = {
    "gelu_dx": lambda x: erfc(-x / np.sqrt(2)) / 2 + x * np.exp(-x * x / 2) / np.sqrt(2 * np.pi),
    "silu_dx": lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x))),
    "gelu_apprx_sigmoid_dx": lambda x: (
        sigmoid(1.702 * x) * (1 + 1.702 * x * (1 - sigmoid(1.702 * x)))
    ),
    "gelu_apprx_tanh": lambda x: x * sigmoid(2 * np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)),
}


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions(rng, machine, name):
    exact, (low, high), ulp = FUNCTIONS[name]
    x = rng.uniform(low, high, (100, 37)).astype(np.float32)
    y = run(lambda t: nisa.activation(t.y, getattr(nl, name), t.x), machine, x=x, y=out((100, 37)))
    expected = exact(x.astype(np.float64)).astype(np.float32)
    if ulp:
        np.testing.assert_array_max_ulp(y, expected, ulp)
    else:
        same(y, expected)


@pytest.mark.parametrize("name", sorted(DERIVATIVES))
def test_functions_that_cross_zero(rng, name):
    x = rng.uniform(-6, 6, (100, 37)).astype(np.float32)
    y = run(lambda t: nisa.activation(t.y, getattr(nl, name), t.x), x=x, y=out((100, 37)))
    np.testing.assert_allclose(y, DERIVATIVES[name](x.astype(np.float64)), rtol=1e-6, atol=1e-6)


def test_sine_has_no_range_reduction():
    x = np.array([[9.0, -9.0, np.pi / 2]], np.float32)
    y = run(lambda t: nisa.activation(t.y, nl.sin, t.x), x=x, y=out((1, 3)))
    assert abs(y[0, 0]) > 1 and y[0, 0] == -y[0, 1]
    np.testing.assert_allclose(y[0, 2], 1, rtol=1e-6)


def test_infinities_and_nans_are_values_not_errors():
    x = np.array([[np.inf, -np.inf, np.nan, 0.0]], np.float32)
    for name, expected in (
        ("exp", [np.inf, 0, np.nan, 1]),
        ("tanh", [1, -1, np.nan, 0]),
        ("relu", [np.inf, 0, np.nan, 0]),
        ("sign", [1, -1, np.nan, 0]),
        ("sigmoid", [1, 0, np.nan, 0.5]),
    ):
        y = run(lambda t, n=name: nisa.activation(t.y, getattr(nl, n), t.x), x=x, y=out((1, 4)))
        same(y, np.array([expected], np.float32))


@pytest.mark.parametrize("memory", [sbuf, psum])
@pytest.mark.parametrize("columns", [1, 37, 512])
@pytest.mark.parametrize("bias", [None, 0.75, "float32", "bfloat16", "int16"])
@pytest.mark.parametrize("scale", [1.0, 1.3, "tile"])
def test_scale_then_bias(rng, memory, columns, bias, scale):
    x = rng.standard_normal((100, columns)).astype(np.float32)
    tiles = {"x": memory(x), "y": out((100, columns), buffer=memory.__name__)}
    b, s = bias or 0, scale
    if isinstance(bias, str):
        b = tiles["b"] = random(rng, (100, 1), bias)
    if scale == "tile":
        s = tiles["s"] = rng.standard_normal((100, 1)).astype(np.float32)
    y = run(
        lambda t: nisa.activation(t.y, nl.abs, t.x, getattr(t, "b", bias), getattr(t, "s", scale)),
        **tiles,
    )
    same(y, abs(x * np.float32(s) + np.float32(b)))


@pytest.mark.parametrize("source", FLOATS + INTEGERS)
@pytest.mark.parametrize("target", FLOATS + INTEGERS)
def test_types(rng, source, target):
    x = random(rng, (64, 70), source)
    y = run(lambda t: nisa.activation(t.y, nl.relu, t.x, scale=1.5), x=x, y=out((64, 70), target))
    same(y, cast(np.maximum(wide(x) * np.float32(1.5), 0), target))


def test_views(rng):
    x = random(rng, (128, 4, 32), "bfloat16")
    y = run(lambda t: nisa.activation(t.y[96:, :, 1::2], nl.copy, t.x[:32, :, ::2]), x=x,
            y=out((128, 4, 32), "float16", initial=0))  # fmt: skip
    expected = np.zeros((128, 4, 32), np.float16)
    expected[96:, :, 1::2] = x[:32, :, ::2]
    same(y, expected)


def test_accumulators(rng):
    a, b = rng.standard_normal((2, 128, 40)).astype(np.float32)

    def call(t):
        nisa.activation(t.y, nl.copy, t.a, reduce_cmd=reduce_cmd.reset)
        nisa.activation(t.y, nl.copy, t.a, reduce_op=nl.add, reduce_cmd=reduce_cmd.reduce)
        nisa.activation(t.y, nl.abs, t.b)
        nisa.activation(t.y, nl.copy, t.b, reduce_op=nl.add, reduce_cmd=reduce_cmd.reduce)
        nisa.activation(t.y, nl.copy, t.b, reduce_res=t.r)
        nisa.activation(t.y, nl.copy, t.b, reduce_res=t.s, reduce_cmd=reduce_cmd.reset)
        nisa.activation_reduce(t.y, nl.copy, t.b, nl.add, None)
        nisa.activation(t.y, nl.copy, t.b, reduce_res=t.u)

    got = run(call, a=a, b=b, y=out((128, 40)), r=out((128, 1)), s=out((128, 1)), u=out((128, 1)))
    first, second = reduced("add", a), reduced("add", b)
    same(got["r"], first + second)
    same(got["s"], np.zeros((128, 1), np.float32))
    same(got["u"], second)


@pytest.mark.parametrize("machine", MACHINES)
def test_bias_by_generation(machine):
    x, b = np.ones((64, 8), np.float32), np.ones((64, 1), np.float32)
    tiles = {"x": x, "b": b, "y": out((64, 8))}
    run(lambda t: nisa.activation(t.y, nl.exp, t.x, bias=t.b), machine, **tiles)
    for call in (
        lambda t: nisa.activation(t.y, nl.exp, t.x, bias=0.5),
        lambda t: nisa.activation(t.y, nl.reciprocal, t.x, bias=t.b),
    ):
        if machine == "trn1":
            refuses("E113", call, machine, **tiles)
        else:
            run(call, machine, **tiles)


def test_reading_undefined_accumulators_is_refused():
    x = np.ones((64, 8), np.float32)
    tiles = {"x": x, "y": out((64, 8)), "r": out((64, 1))}
    for cmd in (reduce_cmd.idle, reduce_cmd.reduce):
        refuses("E214", lambda t, c=cmd: nisa.activation(t.y, nl.copy, t.x, reduce_res=t.r,
                                                         reduce_cmd=c), **tiles)  # fmt: skip


def test_rules():
    x = np.ones((64, 8), np.float32)
    call = nisa.activation

    def no(code, make, **tiles):
        refuses(code, make, **({"x": x, "y": out((64, 8)), "r": out((64, 1))} | tiles))

    for op in (nl.add, nl.prelu, nl.logical_not, nl.bitwise_and, nl.average):
        no("E109", lambda t, o=op: call(t.y, o, t.x))
    for op in (nl.maximum, nl.multiply):
        no("E109", lambda t, o=op: call(t.y, nl.exp, t.x, reduce_op=o, reduce_res=t.r,
                                        reduce_cmd=reduce_cmd.reset_reduce))  # fmt: skip
    no("E111", lambda t: call(t.y, nl.exp, t.x, reduce_cmd=reduce_cmd.load_reduce))
    no("E105", lambda t: call(t.y, nl.exp, t.x, scale=t.s), s=np.ones((64, 1), np.float16))
    no("E110", lambda t: call(t.y, nl.exp, t.x, scale=t.s), s=np.ones((64, 8), np.float32))
    no("E110", lambda t: call(t.y, nl.exp, t.x, bias=t.b), b=np.ones((32, 1), np.float32))
    no("E103", lambda t: call(t.y, nl.exp, t.x), y=out((64, 7)))
    no("E115", lambda t: call(t.y, nl.exp, t.x, engine=nisa.engine.vector))

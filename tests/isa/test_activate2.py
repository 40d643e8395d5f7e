"""activate2: two operators, a function of the Scalar Engine, a reduction."""

import numpy as np
import pytest
from harness import out, psum, refuses, run, sbuf
from oracle import FLOATS, cast, operate, random, same, wide
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

reduce_cmd = nisa.reduce_cmd
CALL = nisa.activate2
PAIRS = [("multiply", "add"), ("multiply", "subtract"), ("multiply", None), ("add", None),
         ("subtract", None), (None, None)]  # fmt: skip
REDUCERS = {
    "add": lambda y: y.sum(1, keepdims=True),
    "maximum": lambda y: y.max(1, keepdims=True),
    "minimum": lambda y: y.min(1, keepdims=True),
    "abs_max": lambda y: np.abs(y).max(1, keepdims=True),
    "abs_min": lambda y: np.abs(y).min(1, keepdims=True),
}


def token(name):
    return nl.bypass if name is None else getattr(nl, name)


def staged(x, pair, a, b, reverse=(False, False)):
    y = wide(x)
    for op, scalar, turned in zip(pair, (a, b), reverse, strict=True):
        if op:
            y = operate(op, scalar, y) if turned else operate(op, y, scalar)
    return y


@pytest.mark.parametrize("pair", PAIRS, ids=str)
@pytest.mark.parametrize("columns", [False, True])
@pytest.mark.parametrize("memory", [sbuf, psum])
@pytest.mark.parametrize("reverse", [(False, False), (True, False), (False, True), (True, True)])
def test_operators(rng, pair, columns, memory, reverse):
    reverse = tuple(turn and op is not None for turn, op in zip(reverse, pair, strict=True))
    x, a, b = rng.standard_normal((100, 37)), *rng.standard_normal((2, 100, 1))
    x, a, b = (v.astype(np.float32) for v in (x, a, b))
    if not columns:
        a, b = np.float32(0.3), np.float32(-1.7)

    def call(t):
        imm = (t.a, t.b) if columns else (0.3, -1.7)
        CALL(t.y, nl.copy, t.x, *imm, token(pair[0]), token(pair[1]), 0.0, *reverse)

    tiles = {"a": a, "b": b} if columns else {}
    y = run(call, "trn3", x=memory(x), **tiles, y=out((100, 37)))
    same(y, staged(x, pair, a, b, reverse))


@pytest.mark.parametrize("function", ["exp", "gelu", "tanh", "square", "relu", "abs", "rsqrt"])
def test_functions_are_those_of_activation(rng, function):
    x = rng.uniform(0.1, 3, (128, 64)).astype(np.float32)

    def call(t):
        CALL(t.y, getattr(nl, function), t.x, 2.0, 0.5, nl.multiply, nl.add)
        nisa.activation(t.z, getattr(nl, function), t.x, 0.5, 2.0)

    got = run(call, "trn3", x=x, y=out(x.shape), z=out(x.shape))
    same(got["y"], got["z"])


@pytest.mark.parametrize("factor", [0.0, 0.25, "column"])
def test_prelu(rng, factor):
    x = random(rng, (64, 33), "float32")
    column = random(rng, (64, 1), "bfloat16")

    def call(t):
        by = t.p if factor == "column" else factor
        CALL(t.y, nl.prelu, t.x, None, None, nl.bypass, nl.bypass, relu_param=by)

    y = run(call, "trn3", x=x, p=column, y=out(x.shape))
    by = wide(column) if factor == "column" else np.float32(factor)
    same(y, np.where(x > 0, x, by * x))


@pytest.mark.parametrize("reducer", REDUCERS)
@pytest.mark.parametrize("kind", [*FLOATS, "int32", "uint8"])
def test_reductions_and_types(rng, reducer, kind):
    x = random(rng, (3, 64, 20), kind)

    def step(t, data, cmd, res=None):
        CALL(t.y, nl.copy, data, 0.5, 1.0, nl.multiply, nl.subtract, reduce_op=token(reducer),
             reduce_res=res, reduce_cmd=cmd)  # fmt: skip

    def call(t):
        step(t, t.a, reduce_cmd.reset_reduce, t.first)
        step(t, t.b, reduce_cmd.reduce)
        step(t, t.c, reduce_cmd.idle, t.second)
        step(t, t.c, reduce_cmd.reset, t.third)
        step(t, t.c, reduce_cmd.reduce, t.fourth)

    names = ("first", "second", "third", "fourth")
    got = run(call, "trn3", a=x[0], b=x[1], c=x[2], y=out((64, 20), "bfloat16"),
              **{name: out((64, 1)) for name in names})  # fmt: skip
    terms = [staged(tile, ("multiply", "subtract"), 0.5, 1) for tile in x]  # small multiples of 1/8
    reduce = REDUCERS[reducer]
    neutral = {"add": 0, "maximum": -np.inf, "minimum": np.inf, "abs_max": 0, "abs_min": np.inf}
    if reducer.startswith("abs"):  # they keep the sign, of equal magnitudes either
        assert all((got[n] < 0).any() for n in names if n != "third" and kind in FLOATS)
        got |= {name: np.abs(got[name]) for name in names}
    assert (got["first"] == reduce(terms[0])).all()
    assert (got["second"] == reduce(np.concatenate(terms[:2], axis=1))).all()
    assert (got["third"] == neutral[reducer]).all()
    assert (got["fourth"] == reduce(terms[2])).all()
    same(got["y"], cast(terms[2], "bfloat16"))


def test_accumulators_are_those_of_activation(rng):
    x = random(rng, (64, 20), "float32")

    def call(t):
        nisa.activation(t.y, nl.copy, t.x, reduce_op=nl.add, reduce_cmd=reduce_cmd.reset_reduce)
        CALL(t.y, nl.copy, t.x, 0.0, 0.0, nl.bypass, nl.bypass, reduce_op=nl.add, reduce_res=t.r,
             reduce_cmd=reduce_cmd.reduce)  # fmt: skip

    got = run(call, "trn3", x=x, y=out(x.shape), r=out((64, 1)))
    assert (got["r"] == 2 * x.sum(1, keepdims=True)).all()

    def go_on(t):
        CALL(t.y, nl.copy, t.x, 0, 0, nl.bypass, nl.bypass, reduce_op=nl.add,
             reduce_cmd=reduce_cmd.reduce)  # fmt: skip

    refuses("E214", go_on, "trn3", x=x, y=out(x.shape))


def test_views(rng):
    x = random(rng, (128, 64), "float32")
    y = run(
        lambda t: CALL(t.y[32:64, ::2], nl.relu, t.x[64:96, 1::2], 2.0, 1.0, nl.multiply, nl.add),
        "trn3", x=x, y=out((128, 64), initial=3))  # fmt: skip
    expected = np.full((128, 64), 3, np.float32)
    expected[32:64, ::2] = np.maximum(x[64:96, 1::2] * 2 + 1, 0)
    same(y, expected)


def test_rules():
    x = np.ones((64, 8), np.float32)
    s, h = np.ones((64, 1), np.float32), np.ones((64, 1), np.float16)

    def no(code, op=nl.copy, imm0=1.0, imm1=1.0, op0=nl.multiply, op1=nl.add, machine="trn3",
           y=None, **more):  # fmt: skip
        def call(t):
            pick = lambda v: getattr(t, v) if isinstance(v, str) else v  # noqa: E731
            CALL(t.y, op, t.x, pick(imm0), pick(imm1), op0, op1,
                 **{k: pick(v) for k, v in more.items()})  # fmt: skip

        tiles = {"x": x, "s": s, "h": h, "wide": np.ones((64, 2), np.float32),
                 "i": np.ones((64, 1), np.int32), "y": y or out((64, 8))}  # fmt: skip
        refuses(code, call, machine, **tiles)

    for machine in ("trn1", "trn2"):
        no("E113", machine=machine)
    for op in (nl.add, nl.logical_not, nl.bypass):
        no("E109", op)
    for op0, op1 in ((nl.add, nl.add), (nl.subtract, nl.add), (nl.bypass, nl.add),
                     (nl.multiply, nl.multiply), (nl.maximum, nl.bypass)):  # fmt: skip
        no("E109", op0=op0, op1=op1)
    no("E111", imm0=None)
    no("E111", imm1=None)
    no("E111", op0=nl.bypass, op1=nl.bypass, reverse0=True)
    no("E111", op1=nl.bypass, reverse1=True)
    no("E106", imm0="s", imm1="h")
    no("E105", imm0="i")
    no("E110", imm1="wide")
    no("E110", imm1="wide", op1=nl.bypass)
    no("E111", relu_param=0.1)
    no("E111", relu_param="s")
    no("E110", nl.prelu, relu_param="wide")
    no("E111", reduce_cmd=reduce_cmd.reset_reduce)
    no("E111", reduce_op=nl.add, reduce_cmd=reduce_cmd.load_reduce)
    no("E109", reduce_op=nl.multiply, reduce_cmd=reduce_cmd.reset_reduce)
    no("E105", reduce_op=nl.add, reduce_cmd=reduce_cmd.reset_reduce, reduce_res="i")
    no("E103", y=out((64, 9)))
    no("E102", y=out((63, 8)))

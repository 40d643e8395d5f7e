"""tensor_scalar_reduce: an operator with a scalar, and the accumulators of the Vector Engine."""

import numpy as np
import pytest
from harness import MACHINES, out, psum, refuses, run, sbuf, scratch
from oracle import cast, operate, random, reduced, same, wide
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

reduce_cmd = nisa.reduce_cmd


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("op", ["add", "multiply", "maximum", "minimum"])
@pytest.mark.parametrize("shape", [(100, 37), (128, 2, 256), (32, 1)])
def test_results_and_reduction(rng, machine, op, shape):
    x = rng.uniform(0.7, 1.4, shape).astype(np.float32)
    got = run(
        lambda t: nisa.tensor_scalar_reduce(
            t.y, t.x, nl.subtract, 0.25, getattr(nl, op), t.r
        ),
        machine, x=x, y=out(shape), r=out((shape[0], 1)))  # fmt: skip
    same(got["y"], x - np.float32(0.25))
    same(got["r"], reduced(op, wide(x) - np.float32(0.25)))


@pytest.mark.parametrize("memory", [sbuf, psum])
@pytest.mark.parametrize("target", ["float32", "bfloat16", "float16", "int32"])
@pytest.mark.parametrize("result", ["float32", "bfloat16"])
@pytest.mark.parametrize("negate", [False, True])
def test_columns_types_and_negation(rng, memory, target, result, negate):
    x, s = random(rng, (100, 37), "bfloat16"), random(rng, (100, 1), "float32")
    got = run(
        lambda t: nisa.tensor_scalar_reduce(
            t.y, t.x, nl.multiply, t.s, nl.add, t.r, reduce_res_negate=negate
        ),
        x=memory(x), s=s, y=out((100, 37), target), r=out((100, 1), result))  # fmt: skip
    products = wide(x) * s
    sums = reduced("add", products)
    same(got["y"], cast(products, target))
    same(got["r"], cast(-sums if negate else sums, result))


def test_accumulators_outlive_the_instruction(rng):
    x = rng.standard_normal((3, 128, 40)).astype(np.float32)

    def call(t):
        step = lambda data, cmd, res=None: nisa.tensor_scalar_reduce(  # noqa: E731
            t.y, data, nl.multiply, 2.0, nl.add, res, reduce_cmd=cmd
        )
        step(t.a, reduce_cmd.reset_reduce)
        step(t.b, reduce_cmd.reduce)
        step(t.c, reduce_cmd.reduce, t.r)

    got = run(call, a=x[0], b=x[1], c=x[2], y=out((128, 40)), r=out((128, 1)))
    total = np.zeros((128, 1), np.float32)
    for tile in x:
        total = total + reduced("add", tile * 2)
    same(got["r"], total)
    same(got["y"], x[2] * 2)


def test_loading_the_accumulators(rng):
    x, start = random(rng, (64, 20), "float32"), random(rng, (64, 1), "float32")
    for initial in (start, np.full((64, 1), 3.0, np.float32)):
        number = initial is not start

        def call(t, number=number):
            nisa.tensor_scalar_reduce(
                t.y, t.x, nl.abs, 0.0, nl.maximum, t.r, reduce_cmd=reduce_cmd.load_reduce,
                reduce_init=3.0 if number else t.s)  # fmt: skip

        got = run(call, x=x, s=initial, y=out((64, 20)), r=out((64, 1)))
        same(got["r"], operate("maximum", initial, reduced("maximum", abs(x))))


def test_lanes_are_those_of_the_data(rng):
    x = random(rng, (128, 10), "float32")

    def call(t):
        for quadrant, cmd in ((0, reduce_cmd.reset_reduce), (32, reduce_cmd.reset_reduce)):
            lanes = slice(quadrant, quadrant + 32)
            nisa.tensor_scalar_reduce(t.y[lanes], t.x[lanes], nl.add, 0.0, nl.add, None,
                                      reduce_cmd=cmd)  # fmt: skip
        nisa.tensor_scalar_reduce(t.y[:64], t.x[:64], nl.multiply, 0.0, nl.add, t.r[:64],
                                  reduce_cmd=reduce_cmd.reduce)  # fmt: skip

    r = run(call, x=x, y=out((128, 10), initial=0), r=out((128, 1), initial=0))["r"]
    same(r[:64], reduced("add", x[:64]))


def test_going_on_from_nothing_is_refused(rng):
    x = random(rng, (64, 10), "float32")
    tiles = {"x": x, "y": out((64, 10)), "r": out((64, 1))}

    def call(first):
        def kernel(t):
            if first:
                nisa.tensor_scalar_reduce(t.y[:32], t.x[:32], nl.add, 0.0, nl.add, None)
            nisa.tensor_scalar_reduce(t.y, t.x, nl.add, 0.0, nl.add, t.r,
                                      reduce_cmd=reduce_cmd.reduce)  # fmt: skip

        return kernel

    refuses("E214", call(False), **tiles)
    assert "lane 32" in refuses("E214", call(True), **tiles)


def test_rules():
    x = np.ones((64, 8), np.float32)
    tiles = {"x": x, "y": out((64, 8)), "r": out((64, 1))}
    call = nisa.tensor_scalar_reduce

    def no(code, make, **more):
        refuses(code, make, **(tiles | more))

    no("E109", lambda t: call(t.y, t.x, nl.bitwise_and, 1, nl.add, t.r))
    no("E109", lambda t: call(t.y, t.x, nl.add, 1.0, nl.subtract, t.r))
    no("E110", lambda t: call(t.y, t.x, nl.add, 1.0, nl.add, t.r), r=out((64, 2)))
    no("E105", lambda t: call(t.y, t.x, nl.add, 1.0, nl.add, t.r), r=out((64, 1), "int32"))
    no("E111", lambda t: call(t.y, t.x, nl.add, 1.0, nl.add, t.r, reverse0=True))
    for cmd in (reduce_cmd.idle, reduce_cmd.reset, reduce_cmd.load_reduce):
        no("E111", lambda t, c=cmd: call(t.y, t.x, nl.add, 1.0, nl.add, t.r, reduce_cmd=c))
    no("E111", lambda t: call(t.y, t.x, nl.add, 1.0, nl.add, t.r, reduce_init=0.0))
    no("E105", lambda t: call(t.y, t.x, nl.add, 1.0, nl.add, t.r, reduce_cmd=reduce_cmd.load_reduce,
                              reduce_init=t.i), i=np.ones((64, 1), np.int32))  # fmt: skip
    no("E103", lambda t: call(t.y, t.x, nl.add, 1.0, nl.add, t.r), y=out((64, 9)))


def test_independent_tiles_keep_their_order_in_the_accumulators(rng):
    """Nothing but the accumulators orders these instructions."""
    x = rng.standard_normal((24, 128, 32)).astype(np.float32)
    names = [f"x{i}" for i in range(24)]

    def call(t):
        for i, name in enumerate(names):
            nisa.tensor_scalar_reduce(
                getattr(t, f"y{i}"), getattr(t, name), nl.multiply, 1.0, nl.add,
                t.r if i == 23 else None,
                reduce_cmd=reduce_cmd.reduce if i else reduce_cmd.reset_reduce)  # fmt: skip

    tiles = dict(zip(names, x, strict=True)) | {f"y{i}": scratch((128, 32)) for i in range(24)}
    expected = np.zeros((128, 1), np.float32)
    for tile in x:
        expected = expected + reduced("add", tile)
    for _ in range(5):
        same(run(call, **tiles, r=out((128, 1))), expected)

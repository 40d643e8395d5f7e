"""activation_reduce: a function of the Scalar Engine and the sum of its results."""

import numpy as np
import pytest
from harness import MACHINES, out, refuses, run
from oracle import cast, random, reduced, same, wide
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

reduce_cmd = nisa.reduce_cmd


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("shape", [(100, 37), (128, 2, 200)])
@pytest.mark.parametrize("target", ["float32", "bfloat16"])
def test_sum_of_the_results(rng, machine, shape, target):
    x = rng.standard_normal(shape).astype(np.float32)
    tiles = {"x": x, "y": out(shape, target), "r": out((shape[0], 1), target)}
    once = run(
        lambda t: nisa.activation_reduce(t.y, nl.square, t.x, nl.add, t.r, scale=0.5),
        machine,
        **tiles,
    )
    same(once["y"], cast((wide(x) / 2) ** 2, target))
    same(once["r"], cast(reduced("add", (wide(x) / 2) ** 2), target))
    again = run(
        lambda t: nisa.activation(
            t.y, nl.square, t.x, None, 0.5, nl.add, t.r, reduce_cmd.reset_reduce
        ),
        machine,
        **tiles,
    )
    same(again["r"], once["r"])


def test_sums_into_the_output(rng):
    x = random(rng, (128, 8), "float32")
    y = run(lambda t: nisa.activation_reduce(t.y, nl.copy, t.x, nl.add, t.y[:, 7:8]), x=x,
            y=out((128, 8)))  # fmt: skip
    x[:, 7] = x.sum(axis=1)
    same(y, x)


def test_one_element_written_over_and_over(rng):
    x = random(rng, (128, 8), "float32")
    y = run(lambda t: nisa.activation_reduce(t.y.ap([[1, 128], [0, 8]]), nl.copy, t.x, nl.add, t.r),
            x=x, y=out((128, 1)), r=out((128, 1)))  # fmt: skip
    same(y["y"], x[:, 7:])
    same(y["r"], x.sum(axis=1, keepdims=True))


def test_rules():
    x = np.ones((64, 8), np.float32)
    call = nisa.activation_reduce

    def no(code, make, **tiles):
        refuses(code, make, **({"x": x, "y": out((64, 8)), "r": out((64, 1))} | tiles))

    for op in (nl.maximum, nl.multiply):
        no("E109", lambda t, o=op: call(t.y, nl.exp, t.x, o, t.r))
    no("E110", lambda t: call(t.y, nl.exp, t.x, nl.add, t.r), r=out((64, 2)))
    no("E105", lambda t: call(t.y, nl.exp, t.x, nl.add, t.r), r=out((64, 1), "uint32"))
    no("E103", lambda t: call(t.y, nl.exp, t.x, nl.add, t.r), y=out((64, 7)))
    no("E114", lambda t: call(t.y, nl.exp, t.x, nl.add))

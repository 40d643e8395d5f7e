"""rng, rand_set_state, rand_get_state, set_rng_seed: the engines' random generators."""

import numpy as np
import pytest
from harness import MACHINES, busy_ns, dtype, hbm, out, psum, refuses, result, run, sbuf, scratch
from oracle import INTEGERS
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl
from trainyard.nki.launch import launch
from xorwow import Xorwow, random_states

WORDS = {"gpsimd": 6, "vector": 24}
ENGINES = [("trn2", "gpsimd"), ("trn3", "gpsimd"), ("trn3", "vector")]


def engine(name):
    return getattr(nisa.engine, name)


def test_marsaglias_own_state():
    """His first word from his own initial state, worked out by hand in 32-bit arithmetic."""
    state = np.array([[123456789, 362436069, 521288629, 88675123, 5783321, 6615241]], np.uint32)
    t = 123456789 ^ (123456789 >> 2)
    v = (5783321 ^ (5783321 << 4)) ^ (t ^ (t << 1))
    y = run(lambda t: (nisa.rand_set_state(t.s), nisa.rng(t.y, nisa.engine.gpsimd)), s=state,
            y=out((1, 1), "uint32"))  # fmt: skip
    assert y[0, 0] == (v + 6615241 + 362437) % 2**32


@pytest.mark.parametrize(("machine", "name"), ENGINES)
@pytest.mark.parametrize("shape", [(128, 10), (33, 2, 3, 4), (1, 1)])
def test_words_of_a_state_and_the_state_after(rng, machine, name, shape):
    states = random_states(rng, shape[0], WORDS[name])
    n = int(np.prod(shape[1:]))

    def call(t):
        nisa.rand_set_state(t.s, engine(name))
        nisa.rng(t.first, engine(name))
        nisa.rand_get_state(t.after, engine(name))
        nisa.rng(t.second, engine(name))

    got = run(call, machine, s=states, first=out(shape, "uint32"), second=out(shape, "uint32"),
              after=out(states.shape, "uint32"))  # fmt: skip
    oracle = Xorwow(states)
    np.testing.assert_array_equal(got["first"].reshape(shape[0], n), oracle.words(n))
    np.testing.assert_array_equal(got["after"], oracle.flat_states())
    np.testing.assert_array_equal(got["second"].reshape(shape[0], n), oracle.words(n))


@pytest.mark.parametrize("kind", INTEGERS)
def test_types_take_the_low_bits(rng, kind):
    states = random_states(rng, 64, 6)
    y = run(lambda t: (nisa.rand_set_state(t.s), nisa.rng(t.y, nisa.engine.gpsimd)), s=states,
            y=out((64, 33), kind))  # fmt: skip
    np.testing.assert_array_equal(y, Xorwow(states).words(33).astype(dtype(kind)))


def test_lanes_are_those_of_the_tile(rng):
    states = random_states(rng, 128, 24)

    def call(t):
        nisa.rand_set_state(t.s, nisa.engine.vector)
        nisa.rng(t.y[32:64, ::2])
        nisa.rand_get_state(t.after, nisa.engine.vector)

    got = run(call, "trn3", s=states, y=out((128, 10), "uint32", "psum", initial=1),
              after=out((128, 24), "uint32", "psum"))  # fmt: skip
    oracle = Xorwow(states[32:64])
    expected = np.ones((128, 10), np.uint32)
    expected[32:64, ::2] = oracle.words(5)
    np.testing.assert_array_equal(got["y"], expected)
    states[32:64] = oracle.flat_states()
    np.testing.assert_array_equal(got["after"], states)


def test_other_lanes_keep_their_state(rng):
    states = random_states(rng, 128, 6)

    def call(t):
        nisa.rand_set_state(t.s)
        nisa.rand_set_state(t.s[32:64])
        nisa.rng(t.y[32:64], nisa.engine.gpsimd)
        nisa.rand_set_state(t.s[96:])
        nisa.rng(t.y, nisa.engine.gpsimd)

    y = run(call, s=states, y=out((128, 3), "uint32"))
    oracle = Xorwow(states[32:64])
    oracle.words(3)
    np.testing.assert_array_equal(y[32:64], oracle.words(3))
    np.testing.assert_array_equal(y[:32], Xorwow(states[:32]).words(3))


def test_engines_have_their_own():
    def call(t):
        nisa.set_rng_seed(t.seed)
        nisa.rng(t.a)
        nisa.set_rng_seed(t.seed)
        nisa.rng(t.other, nisa.engine.gpsimd)
        nisa.rng(t.b)

    shape = (128, 64)
    got = run(call, seed=np.array([[5]], np.uint32), a=out(shape, "uint32"), b=out(shape, "uint32"),
              other=out(shape, "uint32"))  # fmt: skip
    np.testing.assert_array_equal(got["a"], got["b"])
    assert (got["a"] != got["other"]).mean() > 0.99


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("memory", [sbuf, psum])
def test_seeds(machine, memory):
    def call(t):
        nisa.set_rng_seed(t.seed)
        nisa.rng(t.y)

    tiles = {"y": out((128, 64), "uint32")}
    one, same, two, as_int = (
        run(call, machine, seed=memory(np.array([[s]], kind)), **tiles)
        for s, kind in ((1, np.uint32), (1, np.uint32), (2, np.uint32), (1, np.int32))
    )
    np.testing.assert_array_equal(one, same)
    np.testing.assert_array_equal(one, as_int)
    assert (one != two).mean() > 0.99
    assert len(np.unique(one)) > 0.999 * one.size  # no two lanes go together
    bits = np.unpackbits(one.view(np.uint8))
    assert abs(bits.mean() - 0.5) < 0.01


def test_a_run_has_a_seed():
    shape = (16, 8)

    def outputs(seed):
        done = result(lambda t: nisa.rng(t.y), options={"seed": seed}, y=out(shape, "uint32"))
        return np.asarray(done.outputs)

    np.testing.assert_array_equal(outputs(3), outputs(3))
    assert (outputs(3) != outputs(4)).mean() > 0.9


@pytest.mark.parametrize("options", [{"threads": 1}, {"threads": 4}, {"eager": True}], ids=str)
def test_program_order_is_the_order_of_the_words(rng, options):
    """Nothing but the generators orders these instructions."""
    states = random_states(rng, 128, 6)
    tiles = {"s": sbuf(states)} | {f"y{i}": out((128, 16), "uint32") for i in range(24)}

    def call(t):
        nisa.rand_set_state(t.s)
        for i in range(24):
            nisa.rng(getattr(t, f"y{i}"), nisa.engine.gpsimd)

    oracle = Xorwow(states)
    for y in result(call, options=options, **tiles).outputs:
        np.testing.assert_array_equal(y, oracle.words(16))


def test_undefined_states_are_refused():
    tiles = {"s": scratch((16, 6), "uint32"), "y": out((16, 1), "uint32")}
    call = lambda t: (nisa.rand_set_state(t.s), nisa.rng(t.y, nisa.engine.gpsimd))  # noqa: E731
    refuses("E211", call, **tiles)
    refuses("E211", lambda t: (nisa.set_rng_seed(t.s), nisa.rng(t.y)),
            **(tiles | {"s": scratch((1, 1), "uint32")}))  # fmt: skip


def test_rules_of_states():
    s, y = np.ones((16, 6), np.uint32), out((16, 6), "uint32")
    vector = nisa.engine.vector

    def no(code, call, machine="trn3", **more):
        refuses(code, call, machine, **({"s": s, "y": y} | more))

    def put(t):
        nisa.rand_set_state(t.s)

    def get(t):
        nisa.rand_get_state(t.y)

    no("E113", put, "trn1")
    no("E113", get, "trn1")
    no("E113", lambda t: nisa.rand_set_state(t.s, vector), "trn2", s=np.ones((16, 24), np.uint32))
    no("E113", lambda t: nisa.rand_get_state(t.y, vector), "trn2", y=out((16, 24), "uint32"))
    no("E112", lambda t: nisa.rand_set_state(t.s, nisa.engine.scalar))
    for wrong in (5, 7, 24):
        no("E110", put, s=np.ones((16, wrong), np.uint32))
        no("E110", get, y=out((16, wrong), "uint32"))
    for wrong in (6, 23, 25):
        no("E110", lambda t: nisa.rand_set_state(t.s, vector), s=np.ones((16, wrong), np.uint32))
    no("E110", put, s=np.ones((16, 2, 3), np.uint32))
    no("E105", put, s=s.astype(np.int32))
    no("E105", get, y=out((16, 6), "int32"))
    no("E107", put, s=psum(s))
    no("E107", lambda t: nisa.rand_set_state(t.s, vector), s=psum(np.ones((16, 24), np.uint32)))
    no("E107", get, y=out((16, 6), "uint32", "psum"))
    no("E107", put, s=hbm(s))


def test_rules_of_seeds_and_words():
    seed, y = np.ones((1, 1), np.uint32), out((16, 6), "uint32")

    def no(code, call, machine="trn2", **more):
        refuses(code, call, machine, **({"seed": seed, "y": y} | more))

    def put(t):
        nisa.set_rng_seed(t.seed)

    no("E110", put, seed=np.ones((1, 2), np.uint32))
    no("E110", put, seed=np.ones((2, 1), np.uint32))
    for kind in (np.uint16, np.int8, np.float16):
        no("E105", put, seed=seed.astype(kind))
    no("E107", put, seed=hbm(seed))
    no("E113", lambda t: nisa.rng(t.y, nisa.engine.gpsimd), "trn1")
    no("E112", lambda t: nisa.rng(t.y, nisa.engine.scalar))
    no("E107", lambda t: nisa.rng(t.y, nisa.engine.gpsimd), y=out((16, 6), "uint32", "psum"))
    for kind in ("float32", "bfloat16"):
        no("E105", lambda t: nisa.rng(t.y), y=out((16, 6), kind))


def test_the_report_says_that_the_bits_are_ours():
    done = result(lambda t: nisa.rng(t.y), y=out((16, 6), "uint32"))
    assert done.summary.fidelity["approximate_functions"] == ["rng"]


def test_four_words_a_cycle_on_the_vector_engine():
    def busy(n, name):
        return busy_ns("rng", lambda t: nisa.rng(t.y[:, :n], engine(name)), "trn3",
                       y=out((128, 512), "uint32", initial=0))  # fmt: skip

    assert busy(512, "vector") - busy(256, "vector") == pytest.approx(64 / 1.2, rel=1e-3)
    assert busy(512, "gpsimd") - busy(256, "gpsimd") == pytest.approx(256 / 1.2, rel=1e-3)


@pytest.mark.parametrize(("seeded", "equal"), [(False, False), (True, True)])
def test_each_core_has_its_own(seeded, equal):
    """Without a seed cores differ; a seed gives the same numbers on any."""

    def kernel():
        words = nl.ndarray((2, 16, 8), dtype=nl.uint32, buffer=nl.shared_hbm)
        tile = nl.ndarray((16, 8), dtype=nl.uint32, buffer=nl.sbuf)
        if seeded:
            seed = nl.full((1, 1), 9, nl.int32)
            nisa.set_rng_seed(seed)
        nisa.rng(tile)
        nisa.dma_copy(words[nl.program_id(0)], tile)
        return words

    first, second = np.asarray(launch(kernel, (), {}, machine="trn2", lnc=2).outputs)
    assert (first == second).all() == equal
    assert len(np.unique(first)) == first.size

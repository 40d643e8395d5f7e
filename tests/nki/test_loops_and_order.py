"""Loops on registers, and blocks that keep their order."""

import contextlib

import numpy as np
import pytest
from inside import inside, refused
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl
from trainyard.nki.launch import launch

import trainyard
from trainyard import _core, nki


def register(value):
    """A register loaded from a tile, as a kernel would."""
    tile = nl.full((1, 1), value, nl.int32)
    loaded = nisa.register_alloc()
    nisa.register_load(loaded, tile)
    return loaded


def test_ranges_are_pythons():
    for make in (nl.affine_range, nl.sequential_range, nl.static_range, nl.range):
        assert list(make(3)) == [0, 1, 2]
        assert list(make(1, 6, 2)) == [1, 3, 5]
        assert len(make(4)) == 4


def test_dynamic_range_reads_its_registers():
    assert inside(lambda: list(nl.dynamic_range(register(3)))) == [0, 1, 2]
    assert inside(lambda: list(nl.dynamic_range(register(1), register(6), 2))) == [1, 3, 5]
    assert inside(lambda: list(nl.dynamic_range(2))) == [0, 1]
    refused("E111", lambda: nl.dynamic_range(0, 4, register(1)))
    refused("E111", lambda: nl.dynamic_range(0, 4, 0))


def test_registers_are_no_numbers():
    def body():
        r = register(5)
        assert (int(r), bool(r), list(range(9))[r]) == (5, True, 5)
        for use in (lambda: r + 1, lambda: 2 * r, lambda: r == 5, lambda: r < 6):
            with pytest.raises(trainyard.Error) as caught:
                use()
            assert caught.value.code == "E303"

    inside(body)
    refused("E303", lambda: int(nisa.register_alloc()))
    refused("U001", lambda: nl.ds(register(1), 4))


def test_while_on_a_register():
    def body():
        count, one, total = (nl.full((1, 1), v, nl.int32) for v in (4, 1, 0))
        left = nisa.register_alloc()
        nisa.register_load(left, count)
        while left:
            nisa.tensor_tensor(total, total, count, nl.add)
            nisa.tensor_tensor(count, count, one, nl.subtract)
            nisa.register_load(left, count)
        return total.numpy().item()

    assert inside(body) == 4 + 3 + 2 + 1


def test_while_loop():
    def body():
        count, one, total = (nl.full((1, 1), v, nl.int32) for v in (3, 1, 0))

        def step(left):
            nisa.tensor_tensor(total, total, count, nl.add)
            nisa.tensor_tensor(count, count, one, nl.subtract)
            nisa.register_load(left, count)
            return left

        nl.while_loop(register(3), step)
        nl.while_loop(register(0), lambda _: 1 / 0)  # a while, not a do-while
        return total.numpy().item()

    assert inside(body) == 3 + 2 + 1
    refused("E111", lambda: nl.while_loop(register(1), lambda _: None))


def test_fori_loop_gives_registers_for_addresses(rng):
    data = rng.standard_normal((1, 16), dtype=np.float32)

    def kernel(source):
        out = nl.zeros((1, 16), nl.float32, buffer=nl.shared_hbm)
        tile = nl.ndarray((1, 1), nl.float32)

        def body(i):
            pattern = [[1, 1], [1, 1]]
            nisa.dma_copy(tile, source.ap(pattern, scalar_offset=i, indirect_dim=1))
            nisa.dma_copy(out.ap(pattern, scalar_offset=i, indirect_dim=1), tile)

        nl.fori_loop(2, register(9), body, step=3)
        return out

    expected = np.zeros_like(data)
    expected[:, 2:9:3] = data[:, 2:9:3]
    np.testing.assert_array_equal(nki.jit(kernel)(data), expected)
    refused("E111", lambda: nl.fori_loop(0, 2, lambda i: i))


def test_order_can_be_fixed():
    def body():
        with nl.no_reorder():
            tile = nl.full((4, 4), 3.0, nl.float32)
            with nl.no_reorder():
                nl.add(tile, tile)
            assert _core.current_trace().in_fixed_order
            for loop in (
                lambda: nl.dynamic_range(2),
                lambda: nl.fori_loop(0, 2, print),
                lambda: nl.while_loop(register(1), print),
            ):
                with pytest.raises(trainyard.Error) as caught:
                    loop()
                assert caught.value.code == "E111"
        assert not _core.current_trace().in_fixed_order

    inside(body)


def test_schedules_name_instructions(rng):
    x = rng.random((16, 16), dtype=np.float32)

    @nki.jit
    def kernel(t):
        tile, out = nl.load(t), nl.ndarray(t.shape, t.dtype, buffer=nl.shared_hbm)
        a, b = nl.ndarray(t.shape, t.dtype), nl.ndarray(t.shape, t.dtype)
        first = nisa.reciprocal(a, tile, name="recip")
        nisa.tensor_scalar(b, tile, nl.add, 1.0, name="plus1").depends_on(first)
        nl.store(out, nl.add(a, b))
        return out

    expected = 1 / x + (x + 1)
    for edges in ([("plus1", "recip")], [("plus1", ["recip"])]):
        np.testing.assert_allclose(kernel.with_schedule(edges)(x), expected, rtol=1e-6)
    with pytest.raises(trainyard.Error, match="did you mean plus1"):
        kernel.with_schedule([("plus2", "recip")])(x)


def test_a_dynamic_loop_costs_a_branch_a_round():
    """Rounds of independent instructions on one engine, which static loops issue back to back."""

    def kernel(kind, rounds):
        tiles = [nl.ndarray((128, 64), nl.float32) for _ in range(rounds)]
        nisa.memset(tiles[0], 0.0, engine=nisa.engine.vector)
        for i in kind(rounds):
            nisa.memset(tiles[i], 1.0, engine=nisa.engine.vector)

    def span(kind, rounds):
        return launch(kernel, (kind, rounds), {}, machine="trn2", time_only=True).summary.span_ps

    taken_ps = 68_000  # core.vector.branch_taken_ns of trn2
    for rounds in (1, 5, 20):
        static, dynamic = span(nl.static_range, rounds), span(nl.dynamic_range, rounds)
        assert dynamic - static == rounds * taken_ps


def test_nothing_moves_across_a_branch(rng):
    """The loads of a static loop overlap its exponentials, those of a dynamic loop less so."""
    x = rng.random((6, 128, 512), dtype=np.float32)

    def kernel(kind):
        def body(x):
            out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
            for i in kind(x.shape[0]):
                nl.store(out[i], nl.exp(nl.load(x[i])))
            return out

        return body

    static, dynamic = (
        trainyard.run(kernel(kind), x) for kind in (nl.static_range, nl.dynamic_range)
    )
    np.testing.assert_array_equal(static.outputs, dynamic.outputs)
    assert dynamic.time > static.time


def test_while_loops_run_on_the_core():
    def kernel():
        out = nl.ndarray((1, 1), nl.int32, buffer=nl.shared_hbm)
        left, rounds = nl.full((1, 1), 3, nl.int32), nl.zeros((1, 1), nl.int32)
        more = nisa.register_alloc(1)
        while more:
            nisa.tensor_scalar(rounds, rounds, nl.add, 1)
            nisa.tensor_scalar(left, left, nl.subtract, 1)
            nisa.register_load(more, left)
        nl.store(out, rounds)
        return out

    done = launch(kernel, (), {})
    assert done.outputs == 3
    text = done.traces[0].text
    assert (text.count("\nbranch taken"), text.count("\nbranch not taken")) == (3, 1)


def exponentials(fixed=False, chained=False):
    """Three tiles, each loaded, put through exp and stored."""

    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        before = None
        with nl.no_reorder() if fixed else contextlib.nullcontext():
            for i in range(3):
                tile = nl.ndarray((128, 512), x.dtype, buffer=nl.sbuf)
                load = nisa.dma_copy(tile, x[i], name=f"load{i}")
                if chained and before:
                    load.depends_on(before)
                nisa.activation(tile, nl.exp, tile, name=f"exp{i}")
                before = nisa.dma_copy(out[i], tile, name=f"store{i}")
        return out

    return nki.jit(kernel)


def test_order_that_is_asked_for_costs_time(rng):
    x = rng.random((3, 128, 512), dtype=np.float32)
    chain = [("load1", "store0"), ("load2", ["store1"])]
    kernels = {
        "free": exponentials(),
        "depends_on": exponentials(chained=True),
        "schedule": exponentials().with_schedule(chain),
        "fixed": exponentials(fixed=True),
    }
    runs = {name: trainyard.run(kernel, x) for name, kernel in kernels.items()}
    for run in runs.values():
        np.testing.assert_array_equal(run.outputs, runs["free"].outputs)
    time = {name: run.time for name, run in runs.items()}
    assert time["free"] < time["depends_on"] == time["schedule"] == time["fixed"]


def test_an_instruction_may_wait_for_a_later_one(rng):
    """The order of independent instructions is the schedule's, not the program's."""
    x = rng.random((3, 128, 512), dtype=np.float32)
    kernel = exponentials()
    backwards = kernel.with_schedule([("load0", "store1"), ("load1", "store2")])
    forwards = kernel.with_schedule([("load1", "store0"), ("load2", "store1")])
    there, back = trainyard.run(backwards, x), trainyard.run(forwards, x)
    np.testing.assert_array_equal(there.outputs, back.outputs)
    assert there.time == back.time > trainyard.run(kernel, x).time
    for schedule in (None, "program"):
        with pytest.raises(trainyard.Error, match="wait for each other") as caught:
            trainyard.run(kernel.with_schedule([("load0", "store0")]), x, schedule=schedule)
        assert caught.value.code == "E111"


def test_depends_on_takes_instructions_of_this_call(rng):
    kept = []

    @nki.jit
    def kernel(x):
        kept.append(nisa.dma_copy(nl.ndarray(x.shape, x.dtype), x))
        kept[-1].depends_on(*kept[:1])
        return nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)

    x = rng.random((4, 4), dtype=np.float32)
    with pytest.raises(trainyard.Error) as caught:
        kernel(x)  # it waits for itself
    assert caught.value.code == "E111"
    with pytest.raises(trainyard.Error) as caught:
        kernel(x)  # it waits for an instruction of the first call
    assert caught.value.code == "E305"

    def body():
        nisa.memset(nl.ndarray((4, 4), nl.float32), 0).depends_on("load")

    refused("E111", body)

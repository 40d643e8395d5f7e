"""NkiTensor.indirect: columns gathered and scattered by every instruction that takes such views."""

import numpy as np
import pytest
from harness import MACHINES, dtype, hbm, out, psum, refuses, result, run, sbuf, scratch
from oracle import random, same
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

P, F = 64, 40


def snake(offsets, partitions, group=16, columns=None, kind="int32", fill=0):
    """The index tile: offset i at [i % group, i / group], the same in each group of partitions."""
    columns = columns or -(-len(offsets) // group)
    tile = np.full((partitions, columns), fill, kind)
    for i, offset in enumerate(offsets):
        tile[i % group :: group, i // group] = offset
    return tile


def some(rng, n=20, most=F):
    return rng.permutation(most)[:n]


def gather(rng, call, expected, group=16, machine="trn3", n=20, **tiles):
    """call(t, view of columns of x) must give expected(those columns)."""
    offsets = some(rng, n)
    x = tiles.pop("x") if "x" in tiles else random(rng, (P, F), "float32")
    index = snake(offsets, P, group)
    values = x.data if hasattr(x, "data") and not isinstance(x, np.ndarray) else x
    y = run(lambda t: call(t, t.x.indirect(t.i, n)), machine, x=x, i=index, **tiles)
    same(y, expected(values[:, offsets]))


@pytest.mark.parametrize("engine", [nisa.engine.vector, nisa.engine.scalar, nisa.engine.unknown])
@pytest.mark.parametrize("kind", ["float32", "bfloat16", "uint8", "int16"])
@pytest.mark.parametrize("buffer", [sbuf, psum])
def test_tensor_copy_gathers(rng, engine, kind, buffer):
    x = buffer(random(rng, (P, F), kind))
    gather(rng, lambda t, v: nisa.tensor_copy(t.y, v, engine=engine), lambda x: x, x=x,
           y=out((P, 20), kind))  # fmt: skip


@pytest.mark.parametrize("kind", ["int32", "uint32", "uint16", "int8"])
def test_types_of_an_index(rng, kind):
    x, offsets = random(rng, (P, F), "float32"), some(rng)
    index = snake(offsets, P, kind=kind)
    y = run(lambda t: nisa.tensor_copy(t.y, t.x.indirect(t.i, 20)), "trn3", x=x, i=index,
            y=out((P, 20)))  # fmt: skip
    same(y, x[:, offsets])
    refuses("E105", lambda t: nisa.tensor_copy(t.y, t.x.indirect(t.i, 20)), "trn3", x=x,
            i=index.astype(np.float32), y=out((P, 20)))  # fmt: skip


def test_scatter_keeps_what_it_does_not_name(rng):
    x, offsets = random(rng, (P, 20), "bfloat16"), some(rng)
    tiles = {"x": x, "i": snake(offsets, P), "y": out((P, F), "bfloat16", initial=7)}
    y = run(lambda t: nisa.tensor_copy(t.y.indirect(t.i, 20), t.x), "trn3", **tiles)
    expected = np.full((P, F), 7, dtype("bfloat16"))
    expected[:, offsets] = x
    same(y, expected)


def test_gather_and_scatter_within_one_tile(rng):
    x, to, source = random(rng, (32, F), "float32"), some(rng), some(rng)
    tiles = {"i": snake(to, 32), "j": snake(source, 32), "y": out((32, F), initial=x)}
    y = run(lambda t: nisa.tensor_copy(t.y.indirect(t.i, 20), t.y.indirect(t.j, 20)), "trn3",
            **tiles)  # fmt: skip
    expected = x.copy()
    expected[:, to] = x[:, source]
    same(y, expected)


def test_repeated_offsets(rng):
    """A gather may repeat a column; of two that are scattered to one place the later stays."""
    x, offsets = random(rng, (P, F), "float32"), [3, 3, 5, 3]
    tiles = {"x": x, "i": snake(offsets, P)}
    y = run(lambda t: nisa.tensor_copy(t.y, t.x.indirect(t.i, 4)), "trn3", y=out((P, 4)), **tiles)
    same(y, x[:, offsets])
    y = run(lambda t: nisa.tensor_copy(t.y.indirect(t.i, 4), t.x[:, :4]), "trn3",
            y=out((P, F), initial=0), **tiles)  # fmt: skip
    same(y[:, [3, 5]], x[:, [3, 2]])


CALLS = {
    "tensor_tensor": (
        lambda t, v: nisa.tensor_tensor(t.y, v, t.o, nl.add),
        lambda x, o: x + o,
    ),
    "tensor_scalar": (
        lambda t, v: nisa.tensor_scalar(t.y, v, nl.multiply, 2.0, op1=nl.add, operand1=1.0),
        lambda x, o: x * 2 + 1,
    ),
    "activation": (
        lambda t, v: nisa.activation(t.y, nl.square, v),
        lambda x, o: x * x,
    ),
    "tensor_scalar_reduce": (
        lambda t, v: nisa.tensor_scalar_reduce(t.y, v, nl.add, 1.0, nl.maximum, t.r),
        lambda x, o: x + 1,
    ),
    "activation_reduce": (
        lambda t, v: nisa.activation_reduce(t.y, nl.copy, v, nl.add, t.r),
        lambda x, o: x,
    ),
}


@pytest.mark.parametrize("name", sorted(CALLS))
def test_inputs_of_other_instructions(rng, name):
    call, expected = CALLS[name]
    o = random(rng, (P, 20), "float32")
    gather(rng, call, lambda x: expected(x, o), o=o, r=scratch((P, 1)), y=out((P, 20)))


@pytest.mark.parametrize("name", sorted(CALLS))
def test_outputs_of_other_instructions(rng, name):
    call, expected = CALLS[name]
    x, o = (random(rng, (P, 20), "float32") for _ in range(2))
    offsets = some(rng)

    def scattered(t):
        whole, t.y = t.y, t.y.indirect(t.i, 20)
        call(t, t.x)
        t.y = whole

    y = run(scattered, "trn3", x=x, o=o, i=snake(offsets, P), r=scratch((P, 1)),
            y=out((P, F), initial=7))  # fmt: skip
    wanted = np.full((P, F), 7, np.float32)
    wanted[:, offsets] = expected(x, o)
    same(y, wanted)


NEWER = {
    "exponential": lambda y, x: nisa.exponential(y, x, 1.0),
    "activate2": lambda y, x: nisa.activate2(y, nl.square, x, 2.0, 1.0, nl.multiply, nl.add),
    "tensor_scalar_cumulative": lambda y, x: nisa.tensor_scalar_cumulative(
        y, x, nl.multiply, nl.add, 2.0
    ),
}


@pytest.mark.parametrize("name", sorted(NEWER))
def test_instructions_of_newer_releases(rng, name):
    """The same bits as from columns in order, and to columns in order."""
    x, source, to = random(rng, (P, F), "float32"), some(rng), some(rng)
    plain = run(lambda t: NEWER[name](t.y, t.x), "trn3", x=x[:, source], y=out((P, 20)))
    y = run(lambda t: NEWER[name](t.y.indirect(t.j, 20), t.x.indirect(t.i, 20)), "trn3", x=x,
            i=snake(source, P), j=snake(to, P), y=out((P, F), initial=7))  # fmt: skip
    expected = np.full((P, F), 7, np.float32)
    expected[:, to] = plain
    same(y, expected)


def test_tensor_reduce(rng):
    gather(rng, lambda t, v: nisa.tensor_reduce(t.y, nl.maximum, v, 1),
           lambda x: x.max(axis=1, keepdims=True), y=out((P, 1)))  # fmt: skip


@pytest.mark.parametrize("reverse", [False, True])
def test_tensor_copy_predicated(rng, reverse):
    mask, offsets, to = rng.integers(0, 2, (P, F)).astype(np.uint8), some(rng), some(rng)
    x = random(rng, (P, 20), "float32")

    def call(t):
        nisa.tensor_copy_predicated(
            t.y.indirect(t.j, 20), t.x, t.m.indirect(t.i, 20), reverse_pred=reverse
        )

    tiles = {"x": x, "m": mask, "i": snake(offsets, P), "j": snake(to, P)}
    y = run(call, "trn3", y=out((P, F), initial=7), **tiles)
    expected = np.full((P, F), 7, np.float32)
    expected[:, to] = np.where((mask[:, offsets] != 0) != reverse, x, 7)
    same(y, expected)
    refuses("E120", call, "trn3", y=out((P, F), initial=7), **(tiles | {"j": snake([1] * 20, P)}))


@pytest.mark.parametrize("which", ["stationary", "moving", "dst"])
def test_nc_matmul_has_groups_of_32(rng, which):
    s, m = random(rng, (P, 16), "bfloat16"), random(rng, (P, F), "bfloat16")
    offsets = {"stationary": some(rng, 12, 16), "moving": some(rng, 33), "dst": some(rng, 40)}[
        which
    ]
    n = len(offsets)

    def call(t):
        views = {"dst": t.y, "stationary": t.s, "moving": t.m}
        views[which] = views[which].indirect(t.i if which != "dst" else t.i[:16], n)
        nisa.nc_matmul(**views)

    expected = s.astype(np.float32).T @ m.astype(np.float32)
    shape = (16, F)
    if which == "stationary":
        expected, shape = expected[offsets], (12, F)
    if which == "moving":
        expected, shape = expected[:, offsets], (16, 33)
    if which == "dst":
        inverse = np.empty_like(expected)
        inverse[:, offsets] = expected
        expected = inverse
    index = snake(offsets, P, 32)
    y = out(shape, "bfloat16", "psum")
    if which == "dst":  # 16 partitions hold 16 offsets a column
        refuses("E110", call, "trn3", s=s, m=m, i=index, y=y)
        return
    same(run(call, "trn3", s=s, m=m, i=index, y=y), expected.astype(dtype("bfloat16")))


def test_nc_matmul_scatters_and_accumulates(rng):
    s, m = random(rng, (P, 32), "bfloat16"), random(rng, (P, F), "bfloat16")
    first, second = rng.permutation(F), rng.permutation(F)[:24]

    def call(t):
        nisa.nc_matmul(t.y.indirect(t.i, F), t.s, t.m)
        nisa.nc_matmul(t.y.indirect(t.j, 24), t.s, t.m[:, :24])

    tiles = {"s": s, "m": m, "i": snake(first, 32, 32), "j": snake(second, 32, 32)}
    y = run(call, "trn3", y=out((32, F), "bfloat16", "psum"), **tiles)
    once = s.astype(np.float32).T @ m.astype(np.float32)
    expected = np.empty((32, F), np.float32)
    expected[:, first] = once
    expected = expected.astype(dtype("bfloat16")).astype(np.float32)
    expected[:, second] += once[:, :24]
    same(y, expected.astype(dtype("bfloat16")))
    tiles["j"] = snake([2] * 24, 32, 32)
    refuses("E120", call, "trn3", y=out((32, F), "bfloat16", "psum"), **tiles)


def test_views_of_views(rng):
    """Offsets count the free elements of the view, be it strided or of three dimensions."""
    x = random(rng, (P, 6, F), "float32")
    offsets = some(rng, 16, F // 2)

    tiles = {"x": x, "i": snake(offsets, P), "j": snake([5, 4, 3, 2, 1, 0], P)}

    def copies(t):
        nisa.tensor_copy(t.y[:, 0], t.x[:, 2, ::2].indirect(t.i, 16))
        nisa.tensor_copy(t.y[:, 1], t.x[:, 1:3].indirect(t.i, 16))
        nisa.tensor_copy(t.y[:, 2, :6], t.x[:, :, 3].indirect(t.j, 6).reshape((P, 2, 3)))

    y = run(copies, "trn3", y=out((P, 3, 16), initial=0), **tiles)
    same(y[:, 0], x[:, 2, ::2][:, offsets])
    same(y[:, 1], x[:, 1:3].reshape(P, -1)[:, offsets])
    same(y[:, 2, :6], x[:, ::-1, 3])


def test_views_that_cannot_be(rng):
    x = random(rng, (P, 4, F), "float32")
    tiles = {"x": x, "i": snake([1] * 16, P), "h": hbm(x), "y": out((P, 16))}
    copy = lambda make: lambda t: nisa.tensor_copy(t.y, make(t))  # noqa: E731
    no = lambda code, make: refuses(code, copy(make), "trn3", **tiles)  # noqa: E731
    no("E121", lambda t: t.h.indirect(t.i, 16))
    no("E121", lambda t: t.x[:, :, ::3].indirect(t.i, 16))
    no("E121", lambda t: t.x.indirect(t.i[:32], 16))
    no("E121", lambda t: t.x.indirect(None, 16))
    no("E120", lambda t: t.x.indirect(t.i, 0))
    no("E121", lambda t: t.x.indirect(t.i, 16).indirect(t.i, 16))
    no("E121", lambda t: t.x.indirect(t.i, 16)[:, :8])
    no("E121", lambda t: t.x.indirect(t.i, 1).broadcast(1, 16))
    no("E122", lambda t: t.x.indirect(t.i, 16).ap([[160, P], [1, 16]]))
    no("E121", lambda t: t.x.indirect(t.i, 16).view(nl.uint8))


def test_how_many_offsets(rng):
    """All of index by default, which the groups of 64 partitions do not hold."""
    x = random(rng, (P, F), "float32")

    def call(t, n=None):
        nisa.tensor_copy(t.y[:, : n or 128], t.x.indirect(t.i, n))

    tiles = {"x": x, "i": snake(range(32), P), "y": out((P, 128), initial=0)}
    same(run(lambda t: call(t, 32), "trn3", **tiles)[:, :32], x[:, :32])
    refuses("E110", lambda t: call(t, 33), "trn3", **tiles)
    assert "num_elem" in refuses("E110", call, "trn3", **tiles)
    y = run(lambda t: nisa.tensor_copy(t.y, t.x[:16].indirect(t.i[:16])), "trn3", x=x, i=tiles["i"],
            y=out((16, 32)))  # fmt: skip
    same(y, x[:16, :32])


def test_offsets_stay_inside(rng):
    x = random(rng, (P, F), "float32")
    call = lambda t: nisa.tensor_copy(t.y, t.x.indirect(t.i, 1))  # noqa: E731
    for offset, fits in [(F - 1, True), (F, False), (-1, False)]:
        tiles = {"x": x, "i": snake([offset], P), "y": out((P, 1))}
        if fits:
            same(run(call, "trn3", **tiles), x[:, offset:])
        else:
            assert str(offset) in refuses("E120", call, "trn3", **tiles)


def test_groups_with_lists_of_their_own_are_refused(rng):
    index = snake(range(16), P)
    index[40] += 1
    tiles = {"x": random(rng, (P, F), "float32"), "i": index, "y": out((P, 16))}
    refuses("K001", lambda t: nisa.tensor_copy(t.y, t.x.indirect(t.i, 16)), "trn3", **tiles)


def test_undefined_columns_and_offsets(rng):
    x, offsets = random(rng, (P, F), "float32"), [1, 2, 30]

    def call(t, columns, rows=P):
        nisa.tensor_copy(t.part[:, :columns], t.x[:, :columns])
        nisa.tensor_copy(t.j[:rows], t.i[:rows])
        nisa.tensor_copy(t.y, t.part.indirect(t.j, 3))

    tiles = {"x": x, "i": snake(offsets, P), "part": scratch((P, F)), "j": scratch((P, 1), "int32"),
             "y": out((P, 3))}  # fmt: skip
    same(run(lambda t: call(t, 31), "trn3", **tiles), x[:, offsets])
    refuses("E210", lambda t: call(t, 30), "trn3", **tiles)
    refuses("E211", lambda t: call(t, 31, 32), "trn3", **tiles)


def test_scattered_columns_are_defined_and_no_others(rng):
    def call(t, column):
        nisa.tensor_copy(t.part.indirect(t.i, 3), t.x[:, :3])
        nisa.dma_copy(t.y, t.part[:, column : column + 1])

    tiles = {"x": random(rng, (P, F), "float32"), "i": snake([1, 2, 30], P),
             "part": scratch((P, F)), "y": out((P, 1))}  # fmt: skip
    same(run(lambda t: call(t, 30), "trn3", **tiles), tiles["x"][:, 2:3])
    refuses("E210", lambda t: call(t, 3), "trn3", **tiles)


@pytest.mark.parametrize("machine", MACHINES)
def test_generations(rng, machine):
    tiles = {"x": random(rng, (P, F), "float32"), "i": snake(range(16), P), "y": out((P, 16))}
    call = lambda t: nisa.tensor_copy(t.y, t.x.indirect(t.i, 16))  # noqa: E731
    if machine == "trn3":
        run(call, machine, **tiles)
    else:
        refuses("E113", call, machine, **tiles)


def test_operands_and_engines_that_do_not_take_it(rng):
    x = random(rng, (P, 16), "float32")
    tiles = {
        "x": x,
        "i": snake(range(16), P),
        "y": out((P, 16)),
        "p": scratch((P, 16), buffer="psum"),
        "w": scratch((P, 16), "int32"),
        "v": x.astype(np.int32),
    }

    def no(code, call):
        refuses(code, lambda t: call(t, lambda tile: tile.indirect(t.i, 16)), "trn3", **tiles)

    no("E111", lambda t, v: nisa.tensor_tensor(t.y, t.x, v(t.x), nl.add))
    no("E111", lambda t, v: nisa.tensor_copy_predicated(t.y, v(t.x), t.v.view(nl.uint32)))
    no("E111", lambda t, v: nisa.dma_copy(t.y, v(t.x)))
    no("E111", lambda t, v: nisa.max8(t.y[:, :8], v(t.x)))
    no("E111", lambda t, v: nisa.memset(v(t.y), 0.0))
    no("E112", lambda t, v: nisa.tensor_copy(t.y, v(t.x), engine=nisa.engine.gpsimd))
    no("E107", lambda t, v: nisa.activation(v(t.p), nl.copy, t.x))
    no("E107", lambda t, v: nisa.tensor_copy(v(t.p), t.x, engine=nisa.engine.scalar))
    no("E111", lambda t, v: nisa.tensor_scalar(t.w, v(t.v), nl.add, 1))
    run(lambda t: nisa.tensor_copy(t.p.indirect(t.i, 16), t.x, engine=nisa.engine.vector), "trn3",
        **tiles | {"y": out((P, 16), initial=0)})  # fmt: skip


def test_nc_matmul_rules(rng):
    x = random(rng, (P, 32), "bfloat16")
    tiles = {
        "x": x,
        "w": random(rng, (P, 32), "float32"),
        "i": snake(range(32), P, 32),
        "j": snake(range(32), 32, 32),
        "e": np.eye(P, 32, dtype=x.dtype),
        "y": out((32, 32), "bfloat16", "psum"),
        "z": out((32, 32), buffer="psum", initial=0),
    }

    def no(code, call):
        refuses(code, lambda t: call(t, lambda tile: tile.indirect(t.i, 32)), "trn3", **tiles)

    no("E105", lambda t, v: nisa.nc_matmul(t.z, v(t.w), t.w))
    no("E105", lambda t, v: nisa.nc_matmul(t.z.indirect(t.j, 32), t.x, t.x))
    no("E111", lambda t, v: nisa.nc_matmul(t.y, t.x, v(t.e), is_transpose=True))
    no("E111", lambda t, v: nisa.nc_matmul(t.y, v(t.x), t.x, tile_position=(64, 0),
                                           tile_size=(64, 128)))  # fmt: skip
    run(lambda t: nisa.nc_matmul(t.y, t.x.indirect(t.i, 32), t.x, tile_position=(0, 0),
                                 tile_size=(64, 128)), "trn3", **tiles)  # fmt: skip


def test_first_partitions(rng):
    """Indices start on quadrants, where their operand starts; dst's where the input does."""
    x = random(rng, (128, 32), "float32")
    tiles = {"x": x, "i": snake(range(16), 128), "y": out((128, 32), initial=0)}

    def copy(t, source, index, to=0, scatter=None):
        rows = lambda tile, start: tile[start : start + 32]  # noqa: E731
        target = rows(t.y, to)[:, :16]
        if scatter is not None:
            target = rows(t.y, to).indirect(rows(t.i, scatter), 16)
        chosen = rows(t.x, source)[:, :16]
        if index is not None:
            chosen = rows(t.x, source).indirect(rows(t.i, index), 16)
        nisa.tensor_copy(target, chosen)

    def no(*starts):
        refuses("E108", lambda t: copy(t, *starts), "trn3", **tiles)

    y = run(lambda t: copy(t, 64, 64, 32), "trn3", **tiles)
    same(y[32:64, :16], x[64:96, :16])
    no(64, 32)
    run(lambda t: copy(t, 64, None, 0, 64), "trn3", **tiles)
    no(64, None, 64, 0)
    run(lambda t: copy(t, 64, 64, 0, 64), "trn3", **tiles)


def test_cost_is_that_of_a_strided_access(rng):
    x = random(rng, (P, 512), "bfloat16")

    def seconds(view):
        launch = result(lambda t: nisa.tensor_copy(t.y, view(t)), "trn3", x=x,
                        i=snake(range(256), P), y=out((P, 256), "bfloat16"))  # fmt: skip
        return launch.engines["vector"] * float(launch.time)

    assert seconds(lambda t: t.x.indirect(t.i, 256)) == seconds(lambda t: t.x[:, ::2])


def test_every_way_of_running_gives_the_same_bits(rng):
    x = random(rng, (P, 64), "bfloat16")

    def call(t):
        nisa.tensor_copy(t.z.indirect(t.i, 32), t.x.indirect(t.i, 32))
        packs = nl.ndarray((P, 8), dtype=nl.float8_e4m3fn_x4, buffer=nl.sbuf)
        nisa.quantize_mx(packs, t.z[:, :32], t.s)
        nisa.nc_matmul_mx(t.p, packs, packs, t.s, t.s)
        nisa.tensor_copy(t.y, t.p)

    tiles = {
        "x": x,
        "i": snake(range(0, 64, 2), P),
        "z": out((P, 64), "bfloat16", initial=1),
        "s": scratch((P, 8), "uint8"),
        "p": scratch((8, 8), buffer="psum"),
        "y": out((8, 8)),
    }
    first = result(call, "trn3", **tiles)
    assert "{column=" in first.traces[0].text
    for options in ({"eager": True}, {"threads": 1}, {"threads": 4}, {"schedule": "program"}):
        again = result(call, "trn3", options=options, **tiles)
        for one, other in zip(first.outputs, again.outputs, strict=True):
            assert np.asarray(one).tobytes() == np.asarray(other).tobytes()

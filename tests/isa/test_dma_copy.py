"""dma_copy: static copies, dynamic addresses, gathers and scatters, and who makes descriptors."""

import numpy as np
import pytest
from harness import MACHINES, dtype, hbm, out, psum, refuses, run, sbuf
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

FLOATS = ["float32", "bfloat16", "float16", "float8_e4m3", "float8_e5m2"]
INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32"]


def numbers(rng, shape, type_name="float32"):
    return (rng.standard_normal(shape) * 20).astype(np.float32).astype(dtype(type_name))


def rows(tensor, index, count=None, width=None):
    """`count` rows of an HBM tensor that `index` chooses."""
    width = width or tensor.shape[1]
    pattern = [[tensor.shape[1], count or index.shape[0]], [1, width]]
    return tensor.ap(pattern, vector_offset=index, indirect_dim=0)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("type_name", FLOATS + INTEGERS)
def test_load_and_store(rng, machine, type_name):
    x = rng.integers(0, 256, (96, 64 * dtype(type_name).itemsize), dtype=np.uint8)
    x = x.view(dtype(type_name))
    y = run(lambda t: nisa.dma_copy(t.y, t.x), machine, x=hbm(x), y=out(x.shape, type_name))
    assert y.tobytes() == x.tobytes()


@pytest.mark.parametrize("source", ["sbuf", "hbm"])
@pytest.mark.parametrize("target", ["sbuf", "hbm"])
def test_every_pair_of_memories(rng, source, target):
    x = numbers(rng, (128, 40))
    tile = hbm(x) if source == "hbm" else sbuf(x)
    y = run(lambda t: nisa.dma_copy(t.y, t.x), x=tile, y=out(x.shape, buffer=target))
    np.testing.assert_array_equal(y, x)


def test_strided_partial_and_broadcast_views(rng):
    x = numbers(rng, (64, 32))
    y = run(
        lambda t: nisa.dma_copy(t.y[32:64, ::2], t.x[5:37, 3:19]),
        x=hbm(x),
        y=out((64, 32), initial=0),
    )
    expected = np.zeros((64, 32), np.float32)
    expected[32:64, ::2] = x[5:37, 3:19]
    np.testing.assert_array_equal(y, expected)
    y = run(lambda t: nisa.dma_copy(t.y, t.x.ap([[0, 128], [1, 32]])), x=hbm(x), y=out((128, 32)))
    np.testing.assert_array_equal(y, np.tile(x[0], (128, 1)))


def test_shapes_may_differ(rng):
    x = numbers(rng, (8, 6, 16))
    y = run(lambda t: nisa.dma_copy(t.y, t.x), x=hbm(x), y=out((16, 48)))
    np.testing.assert_array_equal(y, x.reshape(16, 48))
    y = run(lambda t: nisa.dma_copy(t.y, t.x.permute((2, 0, 1))), x=hbm(x), y=out((16, 48)))
    np.testing.assert_array_equal(y, x.transpose(2, 0, 1).reshape(16, 48))


@pytest.mark.parametrize("shape", [(64, 48), (32, 96)])
@pytest.mark.parametrize("source", ["float32", "bfloat16", "int32", "uint8"])
@pytest.mark.parametrize("target", ["float32", "bfloat16", "float8_e4m3", "int32", "int8"])
def test_casts_go_through_float32(rng, source, target, shape):
    x = rng.integers(0, 100, (64, 48)).astype(dtype(source))
    y = run(lambda t: nisa.dma_copy(t.y, t.x), x=hbm(x), y=out(shape, target))
    expected = x.astype(np.float32).astype(dtype(target)).reshape(shape)
    np.testing.assert_array_equal(y.astype(np.float32), expected.astype(np.float32))


def test_a_cast_rounds_to_even_and_saturates():
    x = np.array([[0.5, 1.5, 2.5, -0.5, 300.0, -300.0]], np.float32)
    y = run(lambda t: nisa.dma_copy(t.y, t.x), x=x, y=out(x.shape, "int8"))
    np.testing.assert_array_equal(y, [[0, 2, 2, 0, 127, -128]])


def test_element_counts_agree(rng):
    refuses(
        "E103",
        lambda t: nisa.dma_copy(t.y, t.x),
        x=hbm(np.zeros((8, 9))[:, :9].astype("f4")),
        y=out((8, 8)),
    )


def test_psum_is_out_of_reach(rng):
    x = numbers(rng, (8, 8))
    refuses("E107", lambda t: nisa.dma_copy(t.y, t.x), x=psum(x), y=out((8, 8)))


def test_packed_types_only_copy():
    def pack(t, type_name):
        packed = nl.ndarray((8, 4), dtype=nl.float8_e4m3fn_x4, buffer=nl.sbuf)
        nisa.dma_copy(packed, t.x.view(nl.float8_e4m3fn_x4))
        nisa.dma_copy(t.y.view(type_name), packed)

    x = np.arange(32, dtype=np.uint32).reshape(8, 4)
    tiles = {"x": hbm(x), "y": out(x.shape, "uint32")}
    y = run(lambda t: pack(t, nl.float8_e4m3fn_x4), "trn3", **tiles)
    np.testing.assert_array_equal(y, x)
    refuses("E106", lambda t: pack(t, nl.uint32), "trn3", **tiles)


# --- descriptors ---------------------------------------------------------------------------------


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("mode", ["unknown", "none", "swdge", "hwdge"])
def test_descriptor_modes(rng, machine, mode):
    x = numbers(rng, (16, 8))

    def call(t):
        nisa.dma_copy(t.y, t.x, dge_mode=nisa.dge_mode[mode])

    tiles = {"x": hbm(x), "y": out(x.shape)}
    if mode == "hwdge" and machine == "trn1":
        refuses("E113", call, machine, **tiles)
    else:
        np.testing.assert_array_equal(run(call, machine, **tiles), x)


@pytest.mark.parametrize("mode", ["none", "swdge", "hwdge"])
@pytest.mark.parametrize("address", ["register", "scalar", "vector"])
def test_descriptor_modes_of_dynamic_addresses(rng, mode, address):
    x = numbers(rng, (16, 8))

    def call(t):
        source = rows(t.x, t.i)
        if address != "vector":
            offset = nisa.register_alloc(0) if address == "register" else t.i[:1, :]
            source = t.x.ap([[8, 8], [1, 8]], scalar_offset=offset)
        nisa.dma_copy(t.y, source, dge_mode=nisa.dge_mode[mode])

    tiles = {"x": hbm(x), "i": np.arange(8, dtype=np.int32)[:, None], "y": out((8, 8))}
    if mode == "none" or (mode == "hwdge" and address == "vector"):
        refuses("E111", call, **tiles)
    else:
        np.testing.assert_array_equal(run(call, **tiles), x[:8])


def test_hardware_descriptors_do_not_cast(rng):
    refuses(
        "E106",
        lambda t: nisa.dma_copy(t.y, t.x, dge_mode=nisa.dge_mode.hwdge),
        x=hbm(numbers(rng, (8, 8))),
        y=out((8, 8), "bfloat16"),
    )


@pytest.mark.parametrize("engine", ["sync", "scalar", "vector", "gpsimd", "tensor"])
@pytest.mark.parametrize("mode", ["unknown", "hwdge"])
def test_engine_triggers_hardware_descriptors(rng, engine, mode):
    x = numbers(rng, (8, 8))

    def call(t):
        nisa.dma_copy(t.y, t.x, dge_mode=nisa.dge_mode[mode], engine=nisa.engine[engine])

    tiles = {"x": hbm(x), "y": out((8, 8))}
    if mode == "hwdge" and engine in ("sync", "scalar"):
        np.testing.assert_array_equal(run(call, **tiles), x)
    else:
        refuses("E111", call, **tiles)


@pytest.mark.parametrize(("machine", "priority", "code"), [
    ("trn3", 0, None), ("trn3", 3, None), ("trn3", 4, "E111"), ("trn3", -1, "E111"),
    ("trn2", 0, "E113"), ("trn1", 3, "E113"),
])  # fmt: skip
def test_priority(rng, machine, priority, code):
    tiles = {"x": hbm(numbers(rng, (8, 8))), "y": out((8, 8))}

    def call(t):
        nisa.dma_copy(t.y, t.x, priority=priority)

    if code:
        refuses(code, call, machine, **tiles)
    else:
        run(call, machine, **tiles)

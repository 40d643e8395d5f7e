"""quantize_mx: the elements, scales and layout of microscaling blocks, both scale rules."""

import ml_dtypes
import mx_oracle as mx
import numpy as np
import pytest
from harness import dtype, out, psum, refuses, result, run, scratch
from oracle import cast
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl
from trainyard.nki.machines import load_machine

FP8 = ["float8_e4m3fn_x4", "float8_e5m2_x4"]
OCP_SAMPLE = "core.vector.mx_scale_headroom=0"


def quantized(x, pack, machine="trn3", scale_type="uint8", rows=None, fill=7):
    """What the instruction makes of x: (packs as uint32, the whole scale tile)."""
    partitions, columns = x.shape

    def call(t):
        packs = nl.ndarray((partitions, columns // 4), dtype=getattr(nl, pack), buffer=nl.sbuf)
        nisa.quantize_mx(packs, t.x, t.s.view(getattr(nl, scale_type)))
        nisa.tensor_copy(t.y, packs.view(nl.uint32))

    shape = (rows or partitions, columns // 4)
    got = run(call, machine, x=x, y=out((partitions, columns // 4), "uint32"),
              s=out(shape, "uint8", initial=fill))  # fmt: skip
    return got["y"], got["s"]


def numbers(rng, shape, kind):
    """Blocks of all magnitudes that the type has, with zeros among them."""
    spread = np.exp2(rng.integers(-12, 12, (shape[0] // 8, shape[1] // 4)))
    x = rng.standard_normal(shape) * mx.spread(spread)
    x[rng.random(shape) < 0.05] = 0
    return cast(x.astype(np.float32), kind)


@pytest.mark.parametrize("pack", FP8)
@pytest.mark.parametrize("kind", ["bfloat16", "float16"])
@pytest.mark.parametrize("scale_type", ["uint8", "float8_e8m0fnu"])
@pytest.mark.parametrize("shape", [(32, 4), (32, 64), (64, 20), (96, 12), (128, 256)])
@pytest.mark.parametrize("headroom", [0, 1])
def test_both_rules(rng, pack, kind, scale_type, shape, headroom):
    x = numbers(rng, shape, kind)
    machine = load_machine("trn3", overrides=[] if headroom else [OCP_SAMPLE])
    packs, scales = quantized(x, pack, machine, scale_type)
    elements, codes = mx.quantize(x, pack, headroom)
    np.testing.assert_array_equal(packs, mx.packed(elements))
    np.testing.assert_array_equal(scales, mx.laid_out(codes, fill=7))


@pytest.mark.parametrize("pack", FP8)
@pytest.mark.parametrize("headroom", [0, 1])
def test_every_bfloat16(pack, headroom):
    """Each finite code alone in its block, the largest beside the smallest."""
    codes = np.arange(0x7F80, dtype=np.uint16)
    x = np.zeros((128, 4 * 16 * 128), dtype("bfloat16"))
    blocks = np.zeros(16 * 16 * 128, np.uint16)
    blocks[: len(codes)] = codes
    x.view(np.uint16)[3::8, 2::4] = blocks.reshape(16, -1)
    x.view(np.uint16)[4::8, 1::4] = blocks.reshape(16, -1) >> 3 | 0x8000
    machine = load_machine("trn3", overrides=[] if headroom else [OCP_SAMPLE])
    packs, scales = quantized(x, pack, machine)
    elements, expected = mx.quantize(x, pack, headroom)
    np.testing.assert_array_equal(packs, mx.packed(elements))
    np.testing.assert_array_equal(scales, mx.laid_out(expected, fill=7))


@pytest.mark.parametrize("pack", FP8)
def test_zeros_and_the_smallest_scale(pack):
    x = np.zeros((32, 8), dtype("bfloat16"))
    x[0, 4] = np.float32(2.0**-133)  # the smallest bfloat16
    x[8, 0] = -0.0
    packs, scales = quantized(x, pack)
    assert not scales[:4].any()
    quotient = cast(np.float32([[2.0**-6]]), "float32").astype(mx.ELEMENTS[pack])
    assert packs[0, 1] == quotient.view(np.uint8)[0, 0] and packs[8, 0] == 0x80


@pytest.mark.parametrize("pack", FP8)
def test_infinities_clip_and_nan_stays(pack):
    x = np.ones((32, 8), dtype("bfloat16"))
    x[1, 0], x[2, 1], x[9, 4] = np.inf, -np.inf, np.nan
    packs, scales = quantized(x, pack)
    lanes = packs.view(mx.ELEMENTS[pack]).astype(np.float32)
    code = 255 - (mx.EMAX[pack] - 1)
    assert scales[0, 0] == code and scales[1, 1] == code
    assert lanes[1, 0] == mx.largest(pack) and lanes[2, 1] == -mx.largest(pack)
    assert np.isnan(lanes[9, 4]) and np.isnan(lanes).sum() == 1


def test_the_documented_rule_never_clips_and_the_sample_does():
    x = np.full((32, 4), 1.96875, dtype("bfloat16"))
    assert mx.quantize(x, FP8[0], 1)[0][0, 0] == 256 and mx.quantize(x, FP8[0], 0)[0][0, 0] == 448
    packs, scales = quantized(x, FP8[0])
    assert packs.view(ml_dtypes.float8_e4m3fn)[0, 0] == 256 and scales[0, 0] == 120
    packs, scales = quantized(x, FP8[0], load_machine("trn3", overrides=[OCP_SAMPLE]))
    assert packs.view(ml_dtypes.float8_e4m3fn)[0, 0] == 448 and scales[0, 0] == 119


@pytest.mark.parametrize("offset", [0, 4, 8, 12])
@pytest.mark.parametrize("partitions", [32, 96, 128])
def test_scales_beside_others(rng, offset, partitions):
    x = numbers(rng, (partitions, 32), "bfloat16")

    def call(t):
        packs = nl.ndarray((partitions, 8), dtype=nl.float8_e4m3fn_x4, buffer=nl.sbuf)
        nisa.quantize_mx(packs, t.x, t.s[offset:])

    scales = run(call, "trn3", x=x, s=out((128, 8), "uint8", initial=9))
    codes = mx.quantize(x, FP8[0])[1]
    np.testing.assert_array_equal(scales, mx.laid_out(codes, offset, fill=9, rows=128))


@pytest.mark.parametrize("scale_rows", [4, 20, 32])
def test_views(rng, scale_rows):
    """Strided input in a quadrant of its own, its scales strided too."""
    x = numbers(rng, (128, 64), "bfloat16")

    def call(t):
        packs = nl.ndarray((128, 16), dtype=nl.float8_e5m2_x4, buffer=nl.sbuf)
        nisa.memset(packs, 0)
        nisa.quantize_mx(packs[64:96, ::2], t.x[64:96, ::2], t.s[64 : 64 + scale_rows, 1::2])
        nisa.tensor_copy(t.y, packs.view(nl.uint32))

    got = run(call, "trn3", x=x, y=out((128, 16), "uint32"), s=out((128, 16), "uint8", initial=3))
    elements, codes = mx.quantize(x[64:96, ::2], FP8[1])
    packs, scales = np.zeros((128, 16), np.uint32), np.full((128, 16), 3, np.uint8)
    packs[64:96, ::2], scales[64:68, 1::2] = mx.packed(elements), codes
    np.testing.assert_array_equal(got["y"], packs)
    np.testing.assert_array_equal(got["s"], scales)


def test_stochastic_rounding_does_not_apply(rng, monkeypatch):
    x = numbers(rng, (32, 64), "bfloat16")
    before = quantized(x, FP8[0])[0]
    monkeypatch.setenv("NEURON_RT_STOCHASTIC_ROUNDING_EN", "1")
    np.testing.assert_array_equal(quantized(x, FP8[0])[0], before)


def test_only_blocks_are_defined():
    """Rows of the scale tile without a scale stay undefined, and so do blocks of undefined data."""

    def call(t, row, column):
        nisa.tensor_copy(t.part[:, :4], t.x[:, :4])
        nisa.tensor_copy(t.part[:9, 4:], t.x[:9, 4:])
        packs = nl.ndarray((32, 2), dtype=nl.float8_e4m3fn_x4, buffer=nl.sbuf)
        nisa.quantize_mx(packs, t.part, t.s)
        nisa.dma_copy(t.y, t.s[row : row + 1, column : column + 1])

    tiles = {
        "x": np.ones((32, 8), dtype("bfloat16")),
        "part": scratch((32, 8), "bfloat16"),
        "s": scratch((32, 2), "uint8"),
        "y": out((1, 1), "uint8"),
    }
    for row, column in [(0, 0), (3, 0), (0, 1)]:
        assert run(lambda t, at=(row, column): call(t, *at), "trn3", **tiles) == 120
    for row, column in [(4, 0), (31, 0), (1, 1), (3, 1)]:
        refuses("E210", lambda t, at=(row, column): call(t, *at), "trn3", **tiles)


def test_rows_without_a_scale_are_as_fresh_memory(monkeypatch):
    """The same bits in every run, also where nobody asks who wrote them."""
    monkeypatch.setenv("TRAINYARD_CHECKS", "0")

    def call(t):
        packs = nl.ndarray((32, 2), dtype=nl.float8_e4m3fn_x4, buffer=nl.sbuf)
        nisa.quantize_mx(packs, t.x, t.s)

    scales = run(call, "trn3", x=np.ones((32, 8), dtype("bfloat16")), s=out((32, 2), "uint8"))
    assert (scales[:4] == 120).all() and (scales[4:] == 4).all()


def test_cost_is_four_elements_a_cycle():
    def seconds(columns):
        def call(t):
            packs = nl.ndarray((32, columns // 4), dtype=nl.float8_e4m3fn_x4, buffer=nl.sbuf)
            nisa.quantize_mx(packs, t.x, t.s)

        x = np.ones((32, columns), dtype("bfloat16"))
        launch = result(call, "trn3", x=x, s=out((32, columns // 4), "uint8", initial=0))
        return launch.engines["vector"] * float(launch.time)

    assert seconds(4096) - seconds(2048) == pytest.approx(2048 / 4 / 1.2e9, rel=1e-3)


def test_rules():
    x = np.ones((64, 16), dtype("bfloat16"))
    tiles = {
        "x": x,
        "y": scratch((128, 8), "uint32"),
        "s": scratch((128, 8), "uint8"),
        "z": out((1, 1), initial=0),
    }

    def no(code, machine="trn3", view=None, pack="float8_e4m3fn_x4", y=None, s=None, **more):
        def call(t):
            packs = (t.y[:64, :4] if y is None else y(t)).view(getattr(nl, pack))
            nisa.quantize_mx(packs, t.x if view is None else view(t),
                             t.s[:64, :4] if s is None else s(t))  # fmt: skip

        if code is None:
            run(call, machine, **(tiles | more))
        else:
            refuses(code, call, machine, **(tiles | more))

    no(None)
    no("E113", "trn1")
    no("E113", "trn2")
    no("E105", x=x.astype(np.float32))
    no("E105", pack="float32")
    no("E105", pack="int32")
    no("E105", y=lambda t: t.y[:64, :2], pack="float4_e2m1fn_x4")
    no("E105", s=lambda t: t.s.view(nl.int8)[:64, :4])
    no("E107", x=psum(x))
    no("E110", view=lambda t: t.x[:33], y=lambda t: t.y[:33, :4])
    no("E102", y=lambda t: t.y[:32, :4])
    no("E103", view=lambda t: t.x[:, :15])
    no("E103", y=lambda t: t.y[:64, :5])
    no("E103", s=lambda t: t.s[:64, :5])
    no("E110", s=lambda t: t.s[:35, :4])
    no(None, s=lambda t: t.s[:36, :4])
    no("E108", s=lambda t: t.s[2:, :4])
    no("E108", s=lambda t: t.s[16:, :4])
    no(None, s=lambda t: t.s[12:, :4])


def test_scales_lie_in_the_quadrant_of_their_data():
    def call(t, start):
        packs = nl.ndarray((128, 4), dtype=nl.float8_e4m3fn_x4, buffer=nl.sbuf)
        nisa.quantize_mx(packs[64:96], t.x[64:96], t.s[start : start + 4])

    tiles = {"x": np.ones((128, 16), dtype("bfloat16")), "s": out((128, 4), "uint8", initial=0)}
    assert (run(lambda t: call(t, 72), "trn3", **tiles)[72:76] == 120).all()
    refuses("E108", lambda t: call(t, 32), "trn3", **tiles)

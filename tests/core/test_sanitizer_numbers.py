"""Where NaN and infinities are born, and what narrow types lose: provoked, and nearly."""

import numpy as np
import pytest
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

import trainyard


def found(kernel, *arrays, **options):
    """(kind, text, made, hurts) of each finding, lines counted from the kernel's first."""
    first = kernel.__code__.co_firstlineno
    run = trainyard.run(kernel, *arrays, sanitize=True, **options)
    return [
        (f["kind"], f["text"], f["made"]["line"] - first, f["hurts"]["line"] - first)
        for f in run.sanitizer
    ]


def through(compute, dtype=nl.float32):
    """A kernel that loads x, computes and stores; lines 5 and 6 compute and store."""

    def kernel(x):
        out = nl.ndarray(x.shape, dtype=dtype, buffer=nl.shared_hbm)
        tile = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.sbuf, name="tile")
        nisa.dma_copy(tile, x)
        result = nl.ndarray(x.shape, dtype=dtype, buffer=nl.sbuf)
        compute(result, tile)
        nisa.dma_copy(out, result)
        return out

    return kernel


def copy(to, tile):
    nisa.activation(to, nl.copy, tile)


def log(to, tile):
    nisa.activation(to, nl.log, tile)


def ones(**places):
    """[32, 8] of 1, with another number at [3, 7]."""
    x = np.ones((32, 8), np.float32)
    x[3, 7] = places.get("but", 1)
    return x


def in_place(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    tile = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.sbuf)
    nisa.dma_copy(tile, x)
    nisa.activation(tile, nl.log, tile)
    nisa.tensor_scalar(tile, tile, nl.add, 1.0)
    nisa.dma_copy(out, tile)
    return out


@pytest.mark.parametrize("kernel", [through(log), in_place], ids=["apart", "in-place"])
def test_a_nan_is_born_of_finite_inputs(kernel):
    ((kind, text, made, hurts),) = found(kernel, ones(but=-1.5))
    assert kind == "nan" and "1 of 256 elements" in text
    assert "[3, 7] = nan" in text and "[3, 7] = -1.5" in text and "op = log" in text
    assert hurts == 6 and (kernel is not in_place or made == 4)


def test_a_nan_that_comes_in_is_not_born():
    assert found(through(log), ones(but=np.nan)) == []
    assert found(through(log), ones(but=1e-30)) == []


def test_it_is_born_beside_one_that_came_in():
    x = ones(but=-1.5)
    x[0, 0] = np.nan
    ((kind, text, *_),) = found(through(log), x)
    assert kind == "nan" and "1 of 256 elements" in text


def test_an_infinity_is_born():
    def reciprocal(to, tile):
        nisa.reciprocal(to, tile)

    ((kind, text, *_),) = found(through(reciprocal), ones(but=0))
    assert kind == "infinity" and "= inf from data (tile)[3, 7] = 0" in text
    assert found(through(reciprocal), ones(but=1e-37)) == []


def test_an_infinity_that_was_asked_for_is_not():
    def fill(to, tile):
        nisa.memset(to, -np.inf)
        nisa.tensor_tensor(to, to, tile, nl.maximum)

    assert found(through(fill), ones()) == []


def product(a, b):
    out = nl.ndarray((8, 8), dtype=nl.float32, buffer=nl.shared_hbm)
    left, right = (nl.ndarray(t.shape, dtype=t.dtype, buffer=nl.sbuf) for t in (a, b))
    nisa.dma_copy(left, a)
    nisa.dma_copy(right, b)
    sums = nl.ndarray((8, 8), dtype=nl.float32, buffer=nl.psum)
    nisa.nc_matmul(sums, left, right)
    result = nl.ndarray((8, 8), dtype=nl.float32, buffer=nl.sbuf)
    nisa.tensor_copy(result, sums)
    nisa.dma_copy(out, result)
    return out


def test_a_product_shows_its_column_and_row():
    ((kind, text, made, hurts),) = found(product, ones(but=1e20), ones(but=1e20))
    assert kind == "infinity" and (made, hurts) == (6, 9)
    assert "stationary[:, 7] = 1 to 1e+20, moving[:, 7] = 1 to 1e+20" in text
    assert found(product, ones(but=1e18), ones(but=1e18)) == []


@pytest.mark.parametrize(
    ("dtype", "inside", "beyond"),
    [
        (nl.float16, 65519, 65520),
        (nl.bfloat16, 3.396e38, 3.3962e38),
        (nl.float8_e4m3, 247.9, 248),
        (nl.float8_e5m2, 61439, 61440),
    ],
    ids=str,
)
def test_what_overflows_its_type(dtype, inside, beyond):
    kernel = through(copy, dtype)
    ((kind, text, *_),) = found(kernel, ones(but=beyond))
    assert kind == "overflow" and "1 finite values become infinite" in text
    assert found(kernel, ones(but=inside)) == []


@pytest.mark.parametrize(
    ("dtype", "least"), [(nl.float16, 2.0**-25), (nl.float8_e4m3, 2.0**-10)], ids=str
)
def test_what_becomes_zero(dtype, least):
    kernel = through(copy, dtype)
    ((kind, text, made, _),) = found(kernel, ones(but=-least))
    assert kind == "flush" and "1 values that are not zero" in text
    assert made == 3  # who wrote the wide value
    assert found(kernel, ones(but=np.nextafter(np.float32(least), np.float32(1)))) == []
    assert found(kernel, ones(but=0)) == []


@pytest.mark.parametrize(
    ("dtype", "inside", "beyond"),
    [(nl.int8, -128.5, -128.6), (nl.int8, 127.4, 127.5), (nl.uint8, -0.5, -0.6)],
    ids=str,
)
def test_what_an_integer_type_does_not_hold(dtype, inside, beyond):
    kernel = through(copy, dtype)
    ((kind, text, *_),) = found(kernel, ones(but=beyond))
    assert kind == "saturation" and "1 values are beyond" in text
    assert found(kernel, ones(but=inside)) == []


def many(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    for i in range(x.shape[1]):
        tile = nl.ndarray((32, 1), dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile, x[:, i : i + 1])
        nisa.activation(tile, nl.log, tile)
        nisa.dma_copy(out[:, i : i + 1], tile)
    return out


def test_occurrences_are_counted_and_the_first_is_told_on_any_number_of_threads():
    x = -np.arange(1, 32 * 64 + 1, dtype=np.float32).reshape(32, 64)
    alone = trainyard.run(many, x, sanitize=True, threads=1).sanitizer
    assert [f["count"] for f in alone] == [64]
    assert "[0, 0] = -1," in alone[0]["text"]
    for threads in (2, 5):
        assert trainyard.run(many, x, sanitize=True, threads=threads).sanitizer == alone


def test_nothing_is_looked_for_unless_asked():
    assert trainyard.run(through(log), ones(but=-1)).sanitizer == []


def test_values_and_times_stay():
    x = -np.arange(1, 32 * 64 + 1, dtype=np.float32).reshape(32, 64)
    plain, looked = trainyard.run(many, x), trainyard.run(many, x, sanitize=True)
    assert plain.outputs.tobytes() == looked.outputs.tobytes()
    assert (plain.time, plain.engines) == (looked.time, looked.engines)

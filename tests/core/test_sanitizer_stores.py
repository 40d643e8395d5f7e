"""What nobody wrote, what somebody else overwrote, sums that start on others', and what is stored
or loaded in vain: provoked, and nearly."""

import numpy as np
import pytest
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

import trainyard

X = np.random.default_rng(1).standard_normal((128, 64), np.float32)


def found(kernel, *arrays, **options):
    """(kind, made, hurts, text) of each finding, lines counted from the kernel's first."""
    first = kernel.__code__.co_firstlineno
    run = trainyard.run(kernel, *(arrays or [X]), sanitize=True, **options)
    return [
        (f["kind"], f["made"]["line"] - first, f["hurts"]["line"] - first, f["text"])
        for f in run.sanitizer
    ]


def tile(shape=(128, 64), buffer=None, **options):
    return nl.ndarray(shape, dtype=nl.float32, buffer=buffer or nl.sbuf, **options)


def output():
    return nl.ndarray((128, 64), dtype=nl.float32, buffer=nl.shared_hbm)


@pytest.mark.parametrize("rows", [100, 128])
def test_uninitialised(rows):
    def kernel(x):
        out = output()
        part = nl.ndarray((128, 64), dtype=nl.float32, buffer=nl.sbuf, name="part")
        nisa.dma_copy(part[:rows], x[:rows])
        copy = tile()
        nisa.tensor_copy(copy, part)
        nisa.dma_copy(out[:rows], copy[:rows])
        nisa.dma_copy(out[100:], x[100:])
        return out

    findings = found(kernel)
    if rows == 128:
        assert findings == []
        return
    ((kind, made, hurts, text),) = findings
    assert (kind, made, hurts) == ("uninitialised", 2, 5)
    assert "7168 bytes of part: float32[128, 64] in sbuf" in text
    assert "bytes 0 to 255 of partitions 100 to 127" in text


@pytest.mark.parametrize("address", [128, 252, 256])
def test_alias(address):
    def kernel(x):
        out = output()
        a = tile(name="a", address=(0, 0))
        b = tile(name="b", address=(0, address))
        nisa.dma_copy(a, x)
        nisa.tensor_scalar(b, a, nl.add, 1.0)
        nisa.tensor_tensor(a, a, b, nl.add)
        nisa.dma_copy(out, a)
        return out

    findings = [f for f in found(kernel) if f[0] == "alias"]
    assert [f[:3] for f in findings] == ([] if address == 256 else [("alias", 5, 6)])
    assert all("a: float32[128, 64] in sbuf is read after b" in f[3] for f in findings)


def test_an_address_given_on_is_no_alias():
    def kernel(x):
        out = output()
        a, b = tile(address=(0, 0)), tile(address=(0, 0))
        nisa.dma_copy(a, x)
        nisa.dma_copy(out, a)
        nisa.memset(b, 1.0)
        nisa.dma_copy(out, b)
        return out

    assert found(kernel) == []


def test_a_view_of_the_same_bytes_is_no_alias():
    def kernel(x):
        out = output()
        a, b = tile(address=(0, 0)), tile(address=(0, 0))
        nisa.dma_copy(a, x)
        nisa.dma_copy(out, b)
        return out

    assert found(kernel) == []


def sums_of(x):
    sbuf = tile((128, 64))
    nisa.dma_copy(sbuf, x)
    return sbuf


@pytest.mark.parametrize("start", [None, False])
def test_sums_that_were_read_already(start):
    def kernel(x):
        out = output()
        a = sums_of(x)
        sums = tile((64, 64), nl.psum)
        for half in range(2):
            nisa.nc_matmul(sums, a, a, accumulate=start)
            copy = tile((64, 64))
            nisa.tensor_copy(copy, sums)
            nisa.dma_copy(out[64 * half : 64 * half + 64], copy)
        return out

    findings = found(kernel)
    if start is False:
        assert findings == []
        return
    ((kind, made, hurts, text),) = findings
    assert (kind, made, hurts) == ("foreign-sum", 5, 5) and "has read already" in text


def test_a_part_that_was_read_does_not_spoil_the_other():
    def kernel(x):
        out = output()
        a = sums_of(x)
        sums = tile((64, 64), nl.psum)
        for half in range(2):
            mine = sums[:, 32 * half : 32 * half + 32]
            for _ in range(2):
                nisa.nc_matmul(mine, a, a[:, :32])
            copy = tile((64, 32))
            nisa.tensor_copy(copy, mine)
            nisa.dma_copy(out[64 * half : 64 * half + 64, :32], copy)
        nisa.dma_copy(out[:, 32:], x[:, 32:])
        return out

    assert found(kernel) == []


@pytest.mark.parametrize("apart", [False, True])
def test_sums_of_another_tensor(apart):
    def kernel(x):
        out = output()
        a = sums_of(x)
        mine = tile((64, 64), nl.psum, name="mine", address=(0, 0))
        other = tile((64, 64), nl.psum, name="other", address=(0, 2048 * apart))
        nisa.nc_matmul(mine, a, a, accumulate=False)
        nisa.nc_matmul(other, a, a, accumulate=False)
        nisa.nc_matmul(mine, a, a, accumulate=True)
        copy = tile((128, 64))
        nisa.tensor_copy(copy[:64], mine)
        nisa.tensor_copy(copy[64:], other)
        nisa.dma_copy(out, copy)
        return out

    findings = [f[:3] for f in found(kernel) if f[0] == "foreign-sum"]
    assert findings == ([] if apart else [("foreign-sum", 6, 7)])


@pytest.mark.parametrize("apart", [False, True])
def test_interleaved_groups(apart):
    def kernel(x):
        out = output()
        a = sums_of(x)
        first = tile((64, 64), nl.psum)
        second = tile((64, 64), nl.psum) if apart else first
        for k in range(2):
            nisa.nc_matmul(first, a, a, accumulate=k > 0)
            nisa.nc_matmul(second, a, a, accumulate=k > 0)
        copy = tile((128, 64))
        nisa.tensor_copy(copy[:64], first)
        nisa.tensor_copy(copy[64:], second)
        nisa.dma_copy(out, copy)
        return out

    findings = found(kernel)
    if apart:
        assert findings == []
        return
    assert [f[:3] for f in findings] == [("dead-store", 6, 7), ("foreign-sum", 7, 6)]
    assert "the sums of another group" in findings[1][3]


def test_onto_what_no_matmul_wrote():
    def kernel(x):
        out = output()
        a = sums_of(x)
        sums = tile((64, 64), nl.psum)
        nisa.memset(sums, 0.0)
        nisa.nc_matmul(sums, a, a, accumulate=True)
        copy = tile((64, 64))
        nisa.tensor_copy(copy, sums)
        nisa.dma_copy(out[:64], copy)
        nisa.dma_copy(out[64:], x[64:])
        return out

    ((kind, made, hurts, _),) = found(kernel)
    assert (kind, made, hurts) == ("foreign-sum", 4, 5)
    assert found(kernel, machine="trn3") == []


@pytest.mark.parametrize("columns", [64, 63])
def test_dead_store(columns):
    def kernel(x):
        out = output()
        a = tile()
        nisa.memset(a, 0.0)
        nisa.dma_copy(a[:, :columns], x[:, :columns])
        nisa.dma_copy(out, a)
        return out

    findings = found(kernel)
    if columns == 63:
        assert findings == []
        return
    ((kind, made, hurts, text),) = findings
    assert (kind, made, hurts) == ("dead-store", 3, 4) and "before it is overwritten" in text


def test_what_nobody_reads_costs_its_time():
    def kernel(x, in_vain):
        out = output()
        a = sums_of(x)
        for _ in range(in_vain):
            unused = tile()
            nisa.activation(unused, nl.exp, a)
        nisa.dma_copy(out, a)
        return out

    assert trainyard.run(kernel, X, 0, sanitize=True).sanitizer == []
    (one,) = trainyard.run(kernel, X, 1, sanitize=True).sanitizer
    (three,) = trainyard.run(kernel, X, 3, sanitize=True).sanitizer
    assert one["kind"] == "dead-store" and one["cost_ps"] > 0
    assert (one["count"], three["count"]) == (1, 3)
    assert three["cost_ps"] == 3 * one["cost_ps"]


def test_what_python_reads_is_no_dead_store():
    def kernel(x):
        out = output()
        a, seen = sums_of(x), tile((128, 1))
        nisa.tensor_reduce(seen, nl.maximum, a, axis=1)
        seen.numpy()
        nisa.dma_copy(out, a)
        return out

    assert found(kernel) == []


def test_one_of_two_results_is_enough():
    def kernel(x):
        out = output()
        a, unused, total = sums_of(x), tile(), tile((128, 1))
        nisa.activation_reduce(unused, nl.exp, a, nl.add, total)
        nisa.tensor_scalar(a, a, nl.multiply, total)
        nisa.dma_copy(out, a)
        return out

    assert found(kernel) == []


@pytest.mark.parametrize("change", ["nothing", "columns", "tile", "source"])
def test_reload(change):
    def kernel(x):
        out = output()
        first, second = tile(), tile()
        spare = nl.ndarray((128, 64), dtype=nl.float32, buffer=nl.private_hbm)
        nisa.dma_copy(spare, x)
        nisa.dma_copy(first, spare)
        nisa.tensor_scalar(first if change == "tile" else second, first, nl.add, 1.0)
        if change == "source":
            nisa.dma_copy(spare, second)
        else:
            nisa.dma_copy(out, second if change != "tile" else first)
        again = tile((128, 64 - (change == "columns")))
        nisa.dma_copy(again, spare[:, : 64 - (change == "columns")])
        nisa.tensor_scalar(again, again, nl.add, 2.0)
        nisa.dma_copy(out[:, : again.shape[1]], again)
        if change == "source":
            nisa.dma_copy(out, first)
        return out

    findings = [f[:3] for f in found(kernel)]
    assert findings == ([("reload", 5, 12)] if change == "nothing" else [])


def test_both_cores_write():
    def kernel(x):
        out = output()
        a = sums_of(x)
        nisa.dma_copy(out, a)
        return out

    ((kind, made, hurts, text),) = found(kernel, lnc=2)
    assert (kind, made, hurts) == ("race", 3, 3) and "the later one stays" in text


def test_each_core_writes_its_half():
    def kernel(x):
        out = output()
        half = slice(64 * nl.program_id(0), 64 * nl.program_id(0) + 64)
        a = tile((64, 64))
        nisa.dma_copy(a, x[half])
        nisa.dma_copy(out[half], a)
        return out

    assert found(kernel, lnc=2) == []

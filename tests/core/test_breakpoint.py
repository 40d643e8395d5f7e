"""--break: where values stop, and what is shown of the operands."""

import numpy as np
import pytest
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

import trainyard

X = np.arange(1, 257, dtype=np.float32).reshape(32, 8)


def kernel(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    tile = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.sbuf, name="tile")
    nisa.dma_copy(tile, x)
    half = nl.ndarray((32, 8), dtype=nl.bfloat16, buffer=nl.sbuf, name="half", address=(0, 1024))
    nisa.activation(half, nl.log, tile)
    nisa.tensor_copy(tile, half)
    nisa.dma_copy(out, tile)
    return out


LINE = {name: kernel.__code__.co_firstlineno + n for n, name in ((3, "load"), (5, "log"))}


def stopped(place, x=X, **options):
    """The Error of a run that stops there."""
    with pytest.raises(trainyard.Error) as caught:
        trainyard.run(kernel, x, break_at=place, **options)
    assert caught.value.code == "E009"
    return caught.value


def notes(error):
    return [line.strip() for line in str(error).splitlines()[2:]]


def test_at_an_instruction_the_operands_are_shown():
    error = stopped("instr:1")
    assert str(error).startswith("stopped E009 break: behind instruction 1 of kernel, activation")
    assert f":{LINE['log']} in kernel" in str(error).splitlines()[1]
    dst, values, data, more = notes(error)
    assert dst == (
        "- dst (half), written: bfloat16[32, 8] in sbuf, partitions 0 to 31, bytes 1024 to 1039"
    )
    assert values.startswith("0 0.69141 1.1016") and "0 NaN, 0 infinite of 256" in values
    assert data.startswith("- data (tile), read: float32[32, 8] in sbuf, partitions 0 to 31")
    assert more == "1 2 3 4 5 6 …; 1 to 256; 0 NaN, 0 infinite of 256"


def test_one_instruction_further_it_is_another():
    assert "instruction 2 of kernel, tensor_copy" in str(stopped("instr:2"))
    assert trainyard.run(kernel, X, break_at="instr:4").outputs[0, 0] == 0  # there are 0 to 3


@pytest.mark.parametrize("file", ["", "test_breakpoint.py:", f"{__file__}:"])
def test_at_a_line(file):
    assert "instruction 1 of" in str(stopped(f"@{file}{LINE['log']}"))


@pytest.mark.parametrize("place", ["@1", "@other.py:{log}", "nan", "sbuf:1040", "psum:0"])
def test_what_is_not_there_does_not_stop(place):
    trainyard.run(kernel, X, break_at=place.format(**LINE))


@pytest.mark.parametrize("address", ["1024", "0x40f"])
def test_at_an_address(address):
    assert "instruction 1 of" in str(stopped(f"sbuf:{address}"))


def test_at_the_first_nan_of_the_program():
    x = X.copy()
    x[31, 7] = -1
    for threads in (1, 4):
        error = stopped("nan", x, threads=threads)
        assert "instruction 1 of" in str(error) and "1 NaN, 0 infinite of 256" in str(error)


def test_an_input_that_was_overwritten_is_shown_as_it_was():
    def body(x):
        out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
        tile = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile, x)
        nisa.tensor_scalar(tile, tile, nl.multiply, 2.0)
        nisa.dma_copy(out, tile)
        return out

    with pytest.raises(trainyard.Error) as caught:
        trainyard.run(body, X, break_at="instr:1")
    _, written, _, read = notes(caught.value)
    assert written.startswith("2 4 6") and read.startswith("1 2 3")


def test_a_nan_that_comes_in_stops_at_its_load():
    x = X.copy()
    x[0, 0] = np.nan
    error = stopped("nan", x)
    assert "instruction 0 of kernel, dma_copy" in str(error)
    assert "nan 2 3 4" in str(error)


def test_uninitialised_data_is_no_nan():
    def body(x):
        out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
        fresh, copy = (nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.sbuf) for _ in range(2))
        nisa.dma_copy(fresh[:16], x[:16])
        nisa.tensor_copy(copy, fresh)
        nisa.dma_copy(copy[16:], x[16:])
        nisa.dma_copy(out, copy)
        return out

    assert np.array_equal(trainyard.run(body, X, break_at="nan").outputs, X)
    with pytest.raises(trainyard.Error, match="128 that nobody wrote of 256"):
        trainyard.run(body, X, break_at="instr:1")


@pytest.mark.parametrize("place", ["nam", "@", "@x", "sbuf", "sbuf:-1", "hbm:3", "instr:1x", "0x"])
def test_no_place(place):
    with pytest.raises(trainyard.Error) as caught:
        trainyard.run(kernel, X, break_at=place)
    assert caught.value.code == "E001" and "instr:N" in str(caught.value)

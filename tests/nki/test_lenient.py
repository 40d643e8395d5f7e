"""Rules that are relaxed: on and off for each, and what happens instead."""

import re
from pathlib import Path

import numpy as np
import pytest
from inside import inside, refused
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl
from trainyard.nki.launch import launch

import trainyard

ROOT = Path(__file__).resolve().parents[2]


def tile(shape=(32, 16), dtype=nl.float32, buffer=nl.sbuf, **keywords):
    made = nl.ndarray(shape, dtype, buffer=buffer, **keywords)
    nisa.memset(made, 0 if "int" in dtype.name else 0.0, engine=nisa.engine.vector)
    return made


def hbm(shape, dtype=nl.float32):
    return nl.ndarray(shape, dtype, buffer=nl.shared_hbm)


def start_partition(x):
    whole = tile((64, 16), address=(0, 0))
    nisa.dma_copy(whole[5:37], x)
    nisa.tensor_scalar(whole[5:37], whole[5:37], nl.add, 1.0)  # refused
    return whole[5:37]


def memory_type(x):
    bank = nl.ndarray((32, 16), nl.float32, buffer=nl.psum)
    loaded = tile()
    nisa.dma_copy(loaded, x)
    nisa.tensor_copy(bank, loaded)
    nisa.tensor_tensor(loaded, bank, bank, nl.add)  # refused
    nisa.tensor_scalar(loaded, loaded, nl.add, 0.5)
    nisa.tensor_scalar(loaded, loaded, nl.multiply, 2.0)
    nisa.tensor_tensor(loaded, loaded, bank, nl.subtract, engine=nisa.engine.gpsimd)  # refused
    nisa.tensor_scalar(loaded, loaded, nl.multiply, 1 / 3.0)
    nisa.tensor_scalar(loaded, loaded, nl.add, 2 / 3.0)
    return loaded


def psum_by_dma(x):
    bank = nl.ndarray((32, 16), nl.float32, buffer=nl.psum)
    nisa.dma_copy(bank, x)  # refused
    loaded = tile()
    nisa.tensor_scalar(loaded, bank, nl.add, 1.0)
    return loaded


def engine(x):
    loaded = tile()
    nisa.dma_copy(loaded, x)
    nisa.tensor_scalar(loaded, loaded, nl.add, 1.0)
    nisa.tensor_copy(loaded, loaded, engine=nisa.engine.tensor)  # refused
    return loaded


def dtype_mix(x):
    loaded, narrow = tile((16, 32)), tile((32, 16), nl.bfloat16)
    square, one = tile((32, 32)), nl.ndarray((32, 16), nl.float32, buffer=nl.psum)
    nisa.iota(square, [[1, 32]], 0, -1)
    nisa.tensor_scalar(square, square, nl.equal, 0.0)
    nisa.dma_copy(narrow, x)
    nisa.nc_matmul(one, square, narrow)  # refused
    loaded = tile()
    nisa.tensor_scalar(loaded, one, nl.add, 1.0)
    return loaded


def hwdge_cast(x):
    narrow = nl.ndarray((32, 16), nl.bfloat16, buffer=nl.sbuf)
    nisa.dma_copy(narrow, x, dge_mode=nisa.dge_mode.hwdge)  # refused
    loaded = tile()
    nisa.tensor_scalar(loaded, narrow, nl.add, 1.0)
    return loaded


def psum_bank(x):
    loaded, ones = tile((1, 32)), tile((1, 16))
    nisa.memset(loaded, 1.0)
    nisa.memset(ones, 1.0)
    banks = nl.ndarray((32, 1024), nl.float32, buffer=nl.psum)
    part = banks[:, 504:520]
    nisa.nc_matmul(part, loaded, ones)  # refused
    result = tile()
    nisa.dma_copy(result, x)
    nisa.tensor_tensor(result, result, part, nl.add)
    return result


RULES = [
    ("start-partition", "E108", start_partition),
    ("memory-type", "E107", memory_type),
    ("memory-type", "E107", psum_by_dma),
    ("engine", "E112", engine),
    ("dtype-mix", "E106", dtype_mix),
    ("dtype-mix", "E106", hwdge_cast),
    ("psum-bank", "E116", psum_bank),
]
X = np.arange(32 * 16, dtype=np.float32).reshape(32, 16) % 128


def kernel_of(body):
    def kernel(x):
        out = nl.ndarray(x.shape, nl.float32, buffer=nl.shared_hbm)
        nisa.dma_copy(out, body(x))
        return out

    return kernel


def marked(function):
    """The lines that are marked `# refused`."""
    lines = Path(__file__).read_text().splitlines()
    first = function.__code__.co_firstlineno
    end = next(i for i in range(first, len(lines)) if lines[i].startswith("    return"))
    return [i + 1 for i in range(first, end) if "# refused" in lines[i]]


@pytest.mark.parametrize(("rule", "code", "body"), RULES)
@pytest.mark.parametrize("eager", [False, True])
def test_rules_that_can_be_relaxed(rule, code, body, eager):
    assert refused(code, lambda x: body(x), X).line == marked(body)[0]
    done = launch(kernel_of(body), (X,), {}, lenient=(rule,), eager=eager)
    np.testing.assert_allclose(np.asarray(done.outputs), X + 1, rtol=1e-6)
    assert sorted({line for _, _, line in done.findings}) == marked(body)
    assert all(f"({code} {rule}, relaxed)" in text for text, _, _ in done.findings)
    # By its code too; and another rule does not relax it.
    assert launch(kernel_of(body), (X,), {}, lenient=[code]).findings == done.findings
    other = "start-partition" if rule != "start-partition" else "engine"
    refused(code, lambda x: body(x), X, lenient=[other])


def capacity(columns, buffer):
    def body():
        kept = [tile((128, columns), buffer=buffer) for _ in range(9)]
        for one in kept:
            nisa.tensor_copy(hbm_tile := tile((128, 4)), one[:, :4])
            nisa.dma_copy(hbm((128, 4)), hbm_tile)

    return body


@pytest.mark.parametrize(
    ("rule", "code", "columns", "buffer"),
    [("sbuf-overflow", "E201", 8192, nl.sbuf), ("psum-overflow", "E202", 512, nl.psum)],
)
def test_capacity(rule, code, columns, buffer):
    body = capacity(columns, buffer)
    refused(code, body, schedule="program")

    def kernel():
        body()

    found = launch(kernel, (), {}, lenient=[rule], schedule="program").findings
    assert any(f"({code} {rule}, relaxed)" in text for text, _, _ in found)


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
@pytest.mark.parametrize("address", [None, (0, 0)])
def test_uninitialised_output(dtype, address):
    ones = np.ones((64, 8), dtype)

    def kernel(x):
        out, other = hbm((64, 8), dtype=dtype), hbm((64, 8), dtype=dtype)
        half = nl.ndarray((64, 8), dtype, buffer=nl.sbuf, address=address)
        nisa.dma_copy(half[:32], x[:32])
        nisa.dma_copy(out, half)  # refused
        nisa.dma_copy(other[:, 1:4], half[:, 1:4])
        return out, other

    with pytest.raises(trainyard.Error, match="E210"):
        launch(kernel, (ones,), {})
    done = launch(kernel, (ones,), {}, lenient=["uninitialised-output"])
    out, other = (np.asarray(output) for output in done.outputs)
    expected = np.concatenate([ones[:32], 0 * ones[32:]])
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(other[:, 1:4], expected[:, 1:4])
    assert not other[:, 0].any() and not other[:, 4:].any()
    texts = [text for text, _, _ in done.findings]
    assert len(texts) == 2
    assert all("(E210 uninitialised-output, relaxed)" in text for text in texts)


def test_an_undefined_address_is_refused_all_the_same():
    def body():
        register = nisa.register_alloc()
        nisa.register_load(register, nl.ndarray((1, 1), nl.int32, buffer=nl.sbuf))
        nisa.dma_copy(hbm((32, 16)), hbm((64, 16)).ap([[16, 32], [1, 16]], 0, register, 0))

    refused("E211", body, lenient=["uninitialised-output"])


def test_a_tile_larger_than_its_memory():
    def body():
        nisa.memset(nl.ndarray((128, 1 << 16), nl.float32, buffer=nl.sbuf), 0.0)

    refused("E201", body)
    inside(body, lenient="sbuf-overflow")
    refused("E204", lambda: nl.ndarray((4, 1 << 16), nl.float32, buffer=nl.sbuf, address=(0, 0)),
            lenient="sbuf-overflow")  # fmt: skip


def test_version():
    def body():
        nisa.dma_copy(hbm((32, 16)), tile(), priority=None)
        nl.zeros_like(tile())

    refused("E124", body, nki="0.2")
    inside(body, nki="0.2", lenient=["version"])


def test_device_memory_stays_with_the_dma_engines():
    body = lambda: nisa.tensor_copy(tile(), hbm((32, 16)))  # noqa: E731
    refused("E107", body, lenient=["memory-type"])


def test_an_operator_stays_on_its_engine():
    def body():
        bits = tile(dtype=nl.uint32)
        nisa.tensor_tensor(bits, bits, bits, nl.bitwise_or, engine=nisa.engine.gpsimd)

    refused("E112", body, lenient=["engine"])


def test_partitions_beyond_the_last_are_refused_all_the_same():
    def body():
        nisa.memset(nl.ndarray((32, 4), nl.float32, buffer=nl.sbuf, address=(120, 0)), 0.0)

    refused("E204", body, lenient=["start-partition", "memory-type"])


def listed():
    """Code -> name of the rules, and the codes that can be relaxed."""
    rules = (ROOT / "trainyard/base/diagnostics.list").read_text()
    relaxed = (ROOT / "trainyard/base/relaxed.list").read_text()
    names = dict(re.findall(r'^DIAGNOSTIC\((\w+), "([^"]*)"', rules, re.MULTILINE))
    return names, re.findall(r"^RELAXED\((\w+),", relaxed, re.MULTILINE)


def test_every_other_rule_is_refused_by_name():
    names, relaxed = listed()
    for code, name in names.items():
        if code in relaxed:
            inside(lambda: None, lenient=[name])
            continue
        error = refused("E001", lambda: None, lenient=[name])
        assert f"the rule {name} cannot be relaxed" in error.message
        assert error.allowed == ", ".join(names[c] for c in relaxed)


def test_a_slip_in_a_rule():
    error = refused("E001", lambda: None, lenient=["start-partitions"])
    assert "no rule is called" in error.message and error.advice == "did you mean start-partition?"


def test_the_environment_and_run(monkeypatch):
    monkeypatch.setenv("TRAINYARD_LENIENT", "engine,start-partition")
    assert trainyard.run(kernel_of(start_partition), X).findings
    with pytest.raises(trainyard.Error, match="E108"):
        trainyard.run(kernel_of(start_partition), X, lenient=())


def test_odd_starts_keep_to_their_lanes():
    """Accumulators and generators, which are kept for each lane."""

    def kernel():
        rows = tile((128, 64), address=(0, 0))
        bits = tile((128, 64), nl.uint16, address=(0, 4096))
        nisa.memset(rows, 1.0)
        sums = hbm((31, 4))
        for column, start in enumerate((1, 7, 33, 97)):
            part, total = rows[start : start + 31], tile((31, 1))
            nisa.tensor_scalar_reduce(tile((31, 64)), part, nl.add, 1.0, nl.add, total)
            nisa.rng(bits[start : start + 31])
            nisa.dma_copy(sums[:, column : column + 1], total)
        return sums

    for machine in ("trn1", "trn2", "trn3"):
        done = launch(kernel, (), {}, lenient=["start-partition"], machine=machine)
        assert (np.asarray(done.outputs) == 128).all()


def test_a_matmul_writes_sbuf():
    def kernel(x):
        loaded, result = tile((32, 16)), tile((16, 16))
        nisa.dma_copy(loaded, x)
        nisa.nc_matmul(result, loaded, loaded, accumulate=False)
        out = hbm((16, 16))
        nisa.dma_copy(out, result)
        return out

    done = launch(kernel, (X,), {}, lenient=["memory-type"])
    np.testing.assert_allclose(np.asarray(done.outputs), X.T @ X, rtol=1e-5)

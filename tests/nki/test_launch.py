"""Launching kernels: every spelling, arguments and results, and what errors leave behind."""

import inspect
from collections import namedtuple

import numpy as np
import pytest
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

import trainyard
from trainyard import _core, nki


@nki.jit
def scaled(x, factor=2.0, *, shift=0.0):
    """x * factor + shift"""
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    tile = nl.load(x)
    nisa.tensor_scalar(tile, tile, nl.multiply, factor, op1=nl.add, operand1=shift)
    nl.store(out, tile)
    return out


@pytest.fixture
def x(rng):
    return rng.standard_normal((64, 32), dtype=np.float32)


def test_every_spelling_of_a_call(x):
    expected = x * 2
    for call in (
        scaled,
        scaled[1],
        nki.simulate(scaled),
        nki.simulate(scaled[1]),
        nki.simulate(scaled)[1],
        nki.simulate(scaled.function),
        nki.jit(scaled),
        nki.jit()(scaled.function),
        nki.jit(mode="trace", debug_kernel=True, experimental_flags="x")(scaled.function),
        nki.jit(scaled.function, show_compiler_tb=True),
        scaled.with_schedule([]),
    ):
        np.testing.assert_array_equal(call(x), expected)
    np.testing.assert_array_equal(scaled(x, 3.0, shift=1.0), x * 3 + 1)
    np.testing.assert_array_equal(trainyard.run(scaled, x, factor=4.0).outputs, x * 4)


def test_the_result_type_of_older_kernels_says_nothing_new(x):
    @nki.jit
    def halved(x, dtype):
        tile = nl.ndarray(x.shape, nl.bfloat16, buffer=nl.sbuf)
        nisa.tensor_copy(dst=tile, src=nl.load(x), dtype=dtype)
        out = nl.ndarray(x.shape, nl.bfloat16, buffer=nl.shared_hbm)
        nl.store(out, tile)
        return out

    found = halved(x, nl.bfloat16)
    np.testing.assert_array_equal(found, x.astype(found.dtype))
    with pytest.raises(_core.Error, match="dtype is float32, dst is bfloat16"):
        halved(x, nl.float32)


def test_a_kernel_keeps_its_signature_and_page():
    assert list(inspect.signature(scaled).parameters) == ["x", "factor", "shift"]
    assert (scaled.__name__, scaled.__doc__) == ("scaled", "x * factor + shift")


def test_the_platform_target_names_the_machine(x):
    def version(tensor):
        versions.append(int(nisa.get_nc_version()))

    versions = []
    nki.jit(version, platform_target="trn3")(x)
    trainyard.run(nki.jit(version, platform_target="trn3"), x, machine="trn1")
    assert versions == [4, 2]


def test_a_kernel_called_by_a_kernel_is_part_of_it(x):
    @nki.jit
    def twice(tensor):
        return scaled(scaled(tensor), 3.0)

    result = trainyard.run(twice, x)
    np.testing.assert_array_equal(result.outputs, x * 6)
    assert result.instructions == 6


def test_methods_are_kernels_too(x):
    class Model:
        factor = 5.0

        @nki.jit
        def forward(self, tensor):
            return scaled(tensor, self.factor)

    np.testing.assert_array_equal(Model().forward(x), x * 5)


def test_containers_of_arguments_and_results(x):
    pair_type = namedtuple("pair_type", "first second")

    @nki.jit
    def kernel(pair, table, *more, **options):
        tensors = [*pair, table["x"], *more, options["y"]]
        results = [scaled(t, i + 1.0) for i, t in enumerate(tensors)]
        return pair_type(*results[:2]), {"rest": results[2:]}, None

    pair, table, nothing = kernel((x, x), {"x": x}, x, y=x)
    assert nothing is None and pair._fields == ("first", "second")
    for i, array in enumerate([*pair, *table["rest"]]):
        np.testing.assert_array_equal(array, x * (i + 1))


def test_inputs_that_a_kernel_writes_are_updated(x):
    @nki.jit
    def kernel(a, b):
        nl.store(a, nl.load(b))

    a, strided = np.zeros_like(x), np.zeros((64, 64), np.float32)
    before = x.copy()
    assert kernel(a, x) is None
    kernel(strided[:, ::2], x)
    np.testing.assert_array_equal(a, x)
    np.testing.assert_array_equal(strided[:, ::2], x)
    assert not strided[:, 1::2].any()
    np.testing.assert_array_equal(x, before)


def test_arguments_that_the_chip_has_no_format_for(x):
    with pytest.raises(trainyard.Error, match=r"Pass array.astype\(numpy.float32\)") as caught:
        scaled(x.astype(np.float64))
    assert (caught.value.code, caught.value.file) == ("E123", __file__)
    with pytest.raises(trainyard.Error, match="Pass x as int32") as caught:
        scaled(np.arange(4))
    assert caught.value.code == "E105"


def test_calls_that_do_not_fit(x):
    for call in (lambda: scaled(), lambda: scaled(x, facto=2), lambda: scaled[3](x)):
        with pytest.raises(trainyard.Error) as caught:
            call()
        assert caught.value.code == "E007"
    with pytest.raises(trainyard.Error) as caught:
        nki.jit(lambda t: nl.load(t))(x)
    assert caught.value.code == "E304"


def test_undefined_outputs_are_refused(x):
    kernel = nki.jit(lambda t: nl.ndarray(t.shape, t.dtype, buffer=nl.shared_hbm))
    with pytest.raises(trainyard.Error) as caught:
        kernel(x)
    assert caught.value.code == "E210"
    assert np.isnan(trainyard.run(kernel, x, checks=False).outputs).all()


def test_an_exception_leaves_no_trace_behind(x):
    @nki.jit
    def failing(tensor):
        assert tensor.shape == (1, 1), "shape!"

    with pytest.raises(AssertionError, match="shape!"):
        failing(x)
    assert not _core.has_trace()
    np.testing.assert_array_equal(scaled(x), x * 2)


def test_a_tensor_of_another_call_is_refused(x):
    kept = []
    nki.jit(lambda t: kept.append(nl.load(t)))(x)
    with pytest.raises(trainyard.Error) as caught:
        nki.jit(lambda t: nisa.tensor_copy(nl.load(t), kept[0]))(x)
    assert caught.value.code == "E305"
    np.testing.assert_array_equal(kept[0].numpy(), x)


def test_results_say_what_happened(x):
    result = trainyard.run(scaled, x, machine="trn1", seed=3)
    assert result.machine.name == "trn1" and result.instructions == 3
    assert 1e-6 < result.time < 1e-3 and result.time.range[0] <= result.time <= result.time.range[1]
    assert "uncalibrated" in repr(result.time)
    assert 0 < result.engines["vector"] < 1
    assert result.findings == []
    assert result.host_seconds > 0
    assert "scaled" in result.summary.to_text()
    assert len(repr(result)) < 500


def test_time_without_values(x):
    result = trainyard.run(scaled, x, time_only=True)
    assert result.time == trainyard.run(scaled, x).time
    assert np.isnan(result.outputs).all() and result.outputs.shape == x.shape


def test_a_value_that_steers_the_kernel_needs_values(x):
    with pytest.raises(trainyard.Error) as caught:
        trainyard.run(lambda t: nl.load(t).numpy(), x, time_only=True)
    assert caught.value.code == "E302"


def test_what_does_not_fit_is_refused_before_anything_runs(x):
    def too_large(tensor):
        out = nl.ndarray((1 << 20, 1 << 18), nl.float32, buffer=nl.private_hbm)
        nl.store(out[0:64, 0:32], nl.load(tensor))

    with pytest.raises(trainyard.Error) as caught:
        trainyard.run(too_large, x)
    assert caught.value.code == "E203"


def test_values_seen_from_python(x, capsys):
    seen = []

    @nki.jit
    def kernel(tensor):
        tile = nl.load(tensor)
        seen.append((np.asarray(tile), tile[:, 3].numpy(), str(tile), f"{tile}"))
        nl.device_print("the tile:", tile)
        return scaled(tensor)

    for eager in (None, "eager"):
        trainyard.run(kernel, x, debug=eager)
        values, column, text, formatted = seen[-1]
        np.testing.assert_array_equal(values, x)
        np.testing.assert_array_equal(column[:, 0], x[:, 3])
        assert f"{x[0, 0]:.4f}"[:5] in text and text == formatted
    printed = capsys.readouterr().out
    assert printed.count("the tile: NkiTensor(float32[64, 32] in sbuf)\n[[") == 2


def test_torch_tensors(x):
    torch = pytest.importorskip("torch")
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        tensor = torch.from_numpy(x).to(dtype)
        result = scaled(tensor)
        assert isinstance(result, torch.Tensor) and result.dtype == dtype
        assert torch.equal(result, tensor * 2)
    target = torch.zeros(64, 32)
    nki.jit(lambda a, b: nl.store(a, nl.load(b)))(target, torch.from_numpy(x))
    assert torch.equal(target, torch.from_numpy(x))
    with pytest.raises(trainyard.Error) as caught:
        scaled(torch.zeros(4, 4, dtype=torch.float64))
    assert caught.value.code == "E123"

"""One version of NKI at a time: names, parameters, defaults and rules at the boundary between two
versions, and what is a remark where no version was chosen."""

import inspect

import numpy as np
import pytest
from inside import compute, inside, refused
from test_signatures import documented
from trainyard.nki import collectives as ncc
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl
from trainyard.nki import versions
from trainyard.nki.launch import launch

import trainyard


def tile(shape=(32, 16), dtype=nl.float32, buffer=None):
    made = nl.ndarray(shape, dtype, buffer=buffer or nl.sbuf)
    nisa.memset(made, 0 if "int" in dtype.name else 0.0)
    return made


def findings(body, *arrays, **options):
    """The remarks of a launch, with the line of the file."""

    def kernel(*tensors):
        body(*tensors)

    return launch(kernel, arrays, {}, **options).findings


def line_of(function, text):
    """The line of the function that holds the text."""
    lines, first = inspect.getsourcelines(function)
    return first + next(i for i, line in enumerate(lines) if text in line)


NAMES = {
    "0.3": [lambda: nl.exp(tile()), lambda: nl.zeros_like(tile()), lambda: nl.is_sbuf(nl.sbuf)],
    "0.4": [
        lambda: nl.tile_size.sbuf_size_bytes,
        lambda: nisa.tensor_scalar(tile(), tile(), nl.abs_max, 1.0),
    ],
    "0.5": [
        lambda: tile().permute((0, 1)),
        lambda: tile().rearrange(("a", "b"), ("a", "b")),
        lambda: tile().is_contiguous(),
        lambda: nisa.get_nc_sub_version(),
        lambda: nl.tile_size.psum_num_banks,
        lambda: nl.ndarray((32, 4), nl.float8_e8m0fnu, buffer=nl.sbuf),
    ],
    "0.6": [lambda: nl.fori_loop(0, 2, lambda i: None)],
}
CASES = [(since, body) for since, bodies in NAMES.items() for body in bodies]


def before(version):
    return f"0.{int(version[2:]) - 1}"


@pytest.mark.parametrize(("since", "body"), CASES)
def test_a_name_exists_from_its_version_on(since, body):
    error = refused("E124", body, nki=before(since), machine="trn3")
    assert f"does not exist in NKI {before(since)}" in error.message
    assert error.allowed == f"NKI {since} and later"
    assert error.file == __file__
    inside(body, nki=since, machine="trn3")


GONE = {
    "0.7": lambda: list(nl.dynamic_range(2)),
    "0.4": lambda: nisa.tensor_copy_dynamic_src(tile(), tile()),
}


@pytest.mark.parametrize(("gone", "body"), GONE.items())
def test_a_name_exists_until_its_version(gone, body):
    inside(body, nki=before(gone))
    error = refused("E124", body, nki=gone)
    assert error.allowed == f"NKI 0.2 to {before(gone)}"


def bank():
    return nl.ndarray((16, 16), nl.float32, buffer=nl.psum)


def reduce_row(**keywords):
    nisa.tensor_scalar_reduce(tile(), tile(), nl.add, 1.0, nl.add, **keywords)


def hbm():
    return nl.ndarray((32, 16), nl.float32, buffer=nl.shared_hbm)


PARAMETERS = [
    ("0.3", "accumulate", lambda: nisa.nc_matmul(bank(), tile(), tile(), accumulate=False)),
    ("0.4", "priority", lambda: nisa.dma_copy(hbm(), tile(), priority=0)),
    ("0.4", "oob_mode",
     lambda: nisa.dma_compute(hbm(), [tile()], nl.add, oob_mode=nisa.oob_mode.error)),
    ("0.4", "reduce_cmd",
     lambda: reduce_row(reduce_res=tile((32, 1)), reduce_cmd=nisa.reduce_cmd.reset_reduce)),
    ("0.6", "reduce_res_negate",
     lambda: reduce_row(reduce_res=tile((32, 1)), reduce_res_negate=True)),
    ("0.3", "dst", lambda: nl.shared_identity_matrix(32, dst=tile((32, 32), nl.uint8))),
    ("0.4", "priority", lambda: ncc.all_reduce([hbm()], [hbm()], [[0, 1]], nl.add, priority=1)),
    ("0.5", "name", lambda: ncc.rank_id(name="rank")),
]  # fmt: skip


@pytest.mark.parametrize(("since", "name", "body"), PARAMETERS)
def test_a_parameter_exists_from_its_version_on(since, name, body):
    error = refused("E124", body, nki=before(since), machine="trn3")
    assert f"the parameter {name} of " in error.message
    assert error.allowed == f"NKI {since} and later"
    inside(body, nki=since, machine="trn3", ranks=2)


def test_a_parameter_that_became_optional_is_required_before():
    def body():
        nisa.iota(tile((32, 16), nl.int32), [[1, 16]])

    assert "without offset" in refused("E124", body, nki="0.2").message
    inside(body, nki="0.3")


def test_the_order_of_parameters_is_that_of_the_version():
    def old(x):
        out = tile(x.shape)
        nisa.dma_compute(out, [x, x], [1.0, 1.0], nl.add)
        nisa.affine_select(out, [[1, 16]], -8, 0, out, -1.0, nl.greater_equal)
        return out

    def new(x):
        out = tile(x.shape)
        nisa.dma_compute(out, [x, x], nl.add, [1.0, 1.0])
        nisa.affine_select(out, [[1, 16]], 0, out, -1.0, nl.greater_equal, -8)
        return out

    x = np.ones((32, 16), np.float32)
    want = np.where(np.arange(16) >= 8, 2, -1) * x
    for body, nki in ((old, "0.2"), (new, "0.3"), (new, None), (old, None)):
        assert (outputs(body, x, nki=nki) == want).all(), (body, nki)
    assert refused("E111", old, x, nki="0.3").line == line_of(old, "dma_compute")


def outputs(body, x, **options):
    def kernel(x):
        out = nl.ndarray(x.shape, nl.float32, buffer=nl.shared_hbm)
        nisa.dma_copy(out, body(x))
        return out

    return np.asarray(launch(kernel, (x,), {}, **options).outputs)


def test_renamed_parameters_of_0_2():
    def body():
        register = nisa.register_alloc(0)
        nisa.register_move(register, imm=42)
        assert int(register) == 42

    def new():
        nisa.register_move(nisa.register_alloc(0), src=42)

    inside(body, nki="0.2")
    inside(new, nki="0.3")
    assert refused("E124", body, nki="0.3").allowed == "NKI 0.2"
    assert refused("E124", new, nki="0.2").allowed == "NKI 0.3 and later"
    ((text, file, line),) = findings(body)
    assert text.startswith("nisa.register_move is called as in NKI 0.2")
    assert (file, line) == (__file__, line_of(body, "imm=42"))


def test_dma_copy_of_0_2_adds():
    def body(x):
        out = tile(x.shape)
        nisa.memset(out, 1.0)
        nisa.dma_copy(out, x, dst_rmw_op=nl.add, unique_indices=True)
        nisa.dma_copy(dst=out, src=x, dst_rmw_op=nl.add)
        nisa.dma_copy(tile(x.shape), x, dst_rmw_op=None)
        return out

    x = np.ones((32, 16), np.float32)
    assert (outputs(body, x, nki="0.2") == 3).all() and (outputs(body, x) == 3).all()
    assert refused("E124", body, x, nki="0.3").allowed == "NKI 0.2"


def test_sendrecv_of_0_2():
    def kernel(x):
        out = nl.ndarray(x.shape, nl.float32, buffer=nl.shared_hbm)
        mine, theirs = tile(x.shape), tile(x.shape)
        other = 1 - nl.program_id(0)
        nisa.dma_copy(mine, x)
        nisa.sendrecv(mine, theirs, other, other, 0, use_gpsimd_dma=True)
        nisa.dma_copy(out, theirs)
        return out

    x = np.ones((32, 16), np.float32)
    for nki in (None, "0.2"):
        assert (np.asarray(launch(kernel, (x,), {}, lnc=2, nki=nki).outputs) == 1).all()
    with pytest.raises(trainyard.Error, match="E124"):
        launch(kernel, (x,), {}, lnc=2, nki="0.3")


def test_tensor_reduce_of_0_2_takes_1_for_the_last_axis(rng):
    x = rng.standard_normal((32, 4, 4)).astype(np.float32)

    def body(x):
        out = nl.ndarray((32, 4), nl.float32, buffer=nl.sbuf)
        loaded = tile((32, 4, 4))
        nisa.dma_copy(loaded, x)
        nisa.tensor_reduce(out, nl.maximum, loaded, 1)
        nisa.dma_copy(x[:, :, 0], out)

    changed = x.copy()
    launch(lambda x: body(x), (changed,), {}, nki="0.2")
    assert (changed[:, :, 0] == x.max(2)).all()
    refused("E111", body, x, nki="0.3")


def test_psum_is_a_source_of_dma_in_0_2_only():
    def body():
        nisa.dma_copy(hbm(), tile(buffer=nl.psum))

    inside(body, nki="0.2")
    for nki in ("0.3", None):
        refused("E107", body, nki=nki)


def test_private_outputs_in_0_2_only():
    def kernel():
        out = nl.ndarray((32, 16), nl.float32, buffer=nl.hbm)
        nisa.dma_copy(out, tile())
        return out

    assert (np.asarray(launch(kernel, (), {}, nki="0.2").outputs) == 0).all()
    with pytest.raises(trainyard.Error, match="E304"):
        launch(kernel, (), {}, nki="0.3")


def engines(body, nki):
    x = np.full((32, 16), 4.0, np.float32)

    def kernel(x):
        out = nl.ndarray(x.shape, nl.float32, buffer=nl.shared_hbm)
        nl.store(out, body(nl.load(x)))
        return out

    done = launch(kernel, (x,), {}, nki=nki)
    return np.asarray(done.outputs)[0, 0], {name for name, share in done.engines.items() if share}


def test_functions_run_on_the_engine_of_their_version():
    for body, boundary, old, new in (
        (nl.rsqrt, "0.5", "scalar", "gpsimd"),
        (nl.copy, "0.6", "scalar", "vector"),
    ):
        (value, were), (same, are) = engines(body, before(boundary)), engines(body, boundary)
        assert value == same and old in were and old not in are
        assert new in are and new not in were


def test_scales_of_quantize_mx_doubled_in_0_5():
    def kernel(x):
        out = nl.ndarray((4, 16), nl.uint8, buffer=nl.shared_hbm)
        loaded = nl.load(x)
        packed = nl.ndarray((32, 16), nl.float8_e4m3fn_x4, buffer=nl.sbuf)
        scale = nl.ndarray((32, 16), nl.uint8, buffer=nl.sbuf)
        nisa.memset(scale, 0)
        nisa.quantize_mx(packed, loaded, scale)
        nl.store(out, scale[:4])
        return out

    import ml_dtypes

    x = np.ones((32, 64), ml_dtypes.bfloat16)
    old, new = (
        np.asarray(launch(kernel, (x,), {}, machine="trn3", nki=nki).outputs)
        for nki in ("0.4", "0.5")
    )
    assert (new == old + 1).all()


def test_dma_transpose_was_relaxed_in_0_6():
    def body(x):
        out = nl.ndarray((64, 16), nl.bfloat16, buffer=nl.sbuf)
        nisa.dma_transpose(out, x, dge_mode=nisa.dge_mode.hwdge)

    import ml_dtypes

    x = np.ones((16, 64), ml_dtypes.bfloat16)
    assert "before NKI 0.6" in refused("E110", body, x, nki="0.5").whose
    inside(body, x, nki="0.6")


def test_functions_that_no_hardware_runs():
    ones = np.ones((32, 16), np.float32)
    refused("E124", lambda x: nl.divide(nl.load(x), nl.load(x)), ones, nki="0.3")
    assert (compute(lambda x: nl.divide(x, x), ones) == 1).all()
    refused("E124", lambda: nl.matmul(tile((32, 32)), tile((32, 32))), nki="0.4")
    inside(lambda: nl.matmul(tile((32, 32)), tile((32, 32)), transpose_x=True), nki="0.4")


def test_a_launch_on_some_of_the_cores_is_refused_since_0_7(monkeypatch):
    monkeypatch.setenv("NEURON_LOGICAL_NC_CONFIG", "2")
    refused("E124", tile, nki="0.7")
    inside(tile, nki="0.6")
    inside(tile, nki="0.7", lnc=2)


STRICT = [
    ("E106", "memset: value 2.0 is a float", lambda: nisa.memset(tile((32, 4), nl.int32), 2.0)),
    ("E124", "which is no member", lambda: nisa.memset(tile(), 0.0, engine=5)),
    ("E124", "buffer is the string", lambda: nl.ndarray((32, 4), nl.float32, buffer="sbuf")),
]


@pytest.mark.parametrize(("code", "says", "body"), STRICT)
def test_stricter_since_0_3(code, says, body):
    assert says in refused(code, body, nki="0.3").message
    inside(body, nki="0.2")
    assert findings(body, nki="0.2") == []
    ((text, file, line),) = findings(body)
    assert says in text and "an error with --nki 0.3 and later" in text
    assert (file, line) == (__file__, body.__code__.co_firstlineno)


def test_platform_target_is_an_argument_of_0_2():
    from trainyard.nki.kernel import jit

    kernel = jit(lambda: None, platform_target="trn1")
    assert trainyard.run(kernel, nki="0.2").machine.name == "trn1"
    with pytest.raises(trainyard.Error, match=r"E124.*platform_target"):
        trainyard.run(kernel, nki="0.3")


def test_notes_appear_once_a_place():
    def body():
        register = nisa.register_alloc(3)
        while register:
            nisa.register_move(register, 0)
        for _ in range(3):
            for _ in nl.dynamic_range(1):
                nisa.memset(tile((32, 4), nl.int8), 1.0)

    found = {line: text for text, _, line in findings(body)}
    assert len(found) == len(findings(body)) == 3
    assert "nl.while_loop" in found[line_of(body, "while register")]
    assert "nl.fori_loop" in found[line_of(body, "dynamic_range(1)")]
    assert "is a float" in found[line_of(body, "memset")]
    assert findings(body, nki="0.2") == []


def test_accumulating_onto_what_no_matmul_wrote_is_noted():
    def body(start):
        result = nl.ndarray((16, 16), nl.float32, buffer=nl.psum)
        start(result)
        nisa.nc_matmul(result, tile((32, 16)), tile((32, 16)), accumulate=True)

    def by_memset(result):
        nisa.memset(result, 0.0)

    def by_matmul(result):
        nisa.memset(result, 0.0)
        nisa.nc_matmul(result, tile((32, 16)), tile((32, 16)), accumulate=False)

    ((text, _, line),) = findings(lambda: body(by_memset))
    assert "undefined up to NeuronCore-v3" in text and line == line_of(body, "accumulate=True")
    assert findings(lambda: body(by_matmul)) == []
    assert findings(lambda: body(by_memset), machine="trn3") == []


def test_only_the_accumulated_part_counts():
    def body():
        result = nl.ndarray((16, 32), nl.float32, buffer=nl.psum)
        nisa.memset(result, 0.0)
        for start in (True, False):
            left = result[:, :16]
            nisa.nc_matmul(left, tile((32, 16)), tile((32, 16)), accumulate=not start)

    assert findings(body) == []


def test_the_table_of_versions_fits_what_there_is():
    absent = {"alloc_blocks", "alloc_tiles", "blocks", "tiles",
              "NkiScalar", "scalar_load", "scalar_store"}  # fmt: skip
    newest = documented()
    for name, history in versions.histories().items():
        assert history.since < history.gone, name
        last = name.rpartition(".")[2]
        if history.since == versions.NEWEST:
            assert last in absent, f"{name} is there: take it out of this test's list"
            continue
        owner = trainyard.nki
        for part in name.split(".")[1:]:
            assert hasattr(owner, part), name
            owner = getattr(owner, part)
        if history.parameters and name in newest:
            names = [part.partition("=")[0].strip() for part in newest[name].split(",")]
            found = list(history.at(versions.NEWEST).names)
            assert [part for part in names if part] == found, name


def test_every_version_is_ordered_and_known():
    assert [int(name[2:]) for name in versions.NAMES] == list(range(2, versions.NEWEST + 1))
    assert versions.chosen("0.4") == 4 and versions.chosen() == 0
    with pytest.raises(trainyard.Error, match="E001"):
        versions.chosen("0.8")

"""Names: what kernels import and read besides calling functions."""

import dataclasses
import enum
import inspect
from pathlib import Path

import numpy as np
import pytest
from inside import compute, inside, refused
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

import trainyard
from trainyard import nki

FUNCTIONS = (Path(__file__).parent / "functions.txt").read_text().split()

TYPES = [
    "bool_",
    "int8",
    "int16",
    "int32",
    "uint8",
    "uint16",
    "uint32",
    "float16",
    "float32",
    "bfloat16",
    "tfloat32",
    "float8_e4m3",
    "float8_e4m3fn",
    "float8_e5m2",
    "float8_e5m2_x4",
    "float8_e4m3fn_x4",
    "float8_e8m0fnu",
    "float4_e2m1fn_x4",
]


def test_a_replica_group_shows_its_lists():
    assert nki.collectives.ReplicaGroup([[0, 1], [2, 3]]).groups == [[0, 1], [2, 3]]


def test_every_documented_function_is_there_and_documented():
    assert len(FUNCTIONS) == 103
    for name in FUNCTIONS:
        assert callable(getattr(nl, name)), name
        assert getattr(nl, name).__doc__, name


def test_number_formats_are_hashable_and_comparable():
    kinds = {getattr(nl, name): name for name in TYPES}
    assert len(kinds) == len(TYPES)
    for kind, name in kinds.items():
        assert str(kind) == name == kind
        assert getattr(nki.dtype, name) is kind
        assert np.zeros(2, dtype=kind).itemsize == kind.itemsize
    assert nl.float32 == np.float32 == nl.fp32 and nl.float32 != nl.float16
    assert nl.bool is nl.bool_


@pytest.mark.parametrize("spelling", [nl.bfloat16, "bfloat16", "bf16"])
def test_spellings_of_a_number_format(spelling):
    assert inside(lambda: nl.ndarray((2, 2), spelling).dtype) is nl.bfloat16
    assert inside(lambda: nl.ndarray((2, 2), np.int8).dtype) is nl.int8
    refused("E123", lambda: nl.ndarray((2, 2), np.float64))
    refused("E105", lambda: nl.ndarray((2, 2), "float7"))


def test_memories():
    assert nl.hbm == nl.private_hbm and nl.hbm == nl.shared_hbm != nl.private_hbm
    assert nl.hbm != nl.sbuf and nl.hbm != "hbm" and len({nl.private_hbm, nl.shared_hbm}) == 2
    assert inside(lambda: nl.ndarray((2, 2), nl.int8, nl.hbm).buffer) is nl.private_hbm
    assert str(nl.sbuf) == "sbuf"
    assert nl.is_sbuf(nl.sbuf) and nl.is_psum(nl.psum) and not nl.is_psum(nl.sbuf)
    assert nl.is_hbm(nl.shared_hbm) and nl.is_hbm(nl.hbm) and not nl.is_hbm(nl.sbuf)
    assert nl.is_on_chip(nl.psum) and not nl.is_on_chip(nl.private_hbm)
    assert inside(lambda: nl.ndarray((2, 2), nl.int8, buffer="psum").buffer) is nl.psum
    refused("E107", lambda: nl.ndarray((2, 2), nl.int8, buffer="disk"))
    refused("E107", lambda: nl.is_sbuf("disk"))


def test_tile_sizes_are_ints_and_follow_the_machine():
    sizes = nl.tile_size
    assert (sizes.pmax, sizes.psum_fmax, sizes.psum_bank_fmax) == (128, 512, 512)
    assert (sizes.gemm_stationary_fmax, sizes.gemm_moving_fmax) == (128, 512)
    assert (sizes.bn_stats_fmax, sizes.psum_bank_fmax_bytes, sizes.psum_num_banks) == (512, 2048, 8)
    names = [name for name in dir(type(sizes)) if name[0] != "_"]
    assert len(names) == 14
    assert all(type(getattr(sizes, name)) is int for name in names)
    by_machine = [
        inside(lambda: nl.tile_size.sbuf_fmax_bytes, machine=m) for m in ("trn1", "trn2", "trn3")
    ]
    assert by_machine == sorted(set(by_machine))
    assert inside(lambda: nl.tile_size.gemm_moving_fmax, machine="trn3") == 512


def test_numpys_functions_are_operators_too(rng):
    x = rng.standard_normal((16, 8), dtype=np.float32)
    y = rng.standard_normal((16, 8), dtype=np.float32)

    def with_token(op):
        def body(a, b):
            out = nl.ndarray(a.shape, a.dtype)
            nisa.tensor_tensor(out, a, b, op=op)
            return out

        return body

    for function in (np.add, np.subtract, np.multiply, np.maximum, np.minimum):
        np.testing.assert_array_equal(compute(with_token(function), x, y), function(x, y))
    refused("E111", lambda a, b: with_token(np.hypot)(nl.load(a), nl.load(b)), x, y)


def test_reductions_are_operators_too(rng):
    x = rng.standard_normal((16, 8), dtype=np.float32)
    for op, expected in (
        (nl.max, np.max),
        (np.max, np.max),
        (nl.maximum, np.max),
        (np.min, np.min),
    ):

        def body(tile, op=op):
            out = nl.ndarray((16, 1), nl.float32)
            nisa.tensor_reduce(out, op, tile, axis=1)
            return out

        np.testing.assert_array_equal(compute(body, x), expected(x, axis=1, keepdims=True))


def test_configuration_objects():
    @dataclasses.dataclass
    class Config(nl.NKIObject):
        width: int = 3

    class Kind(nl.NKIObject, enum.Enum):
        a = 1

    @dataclasses.dataclass
    class Plain(nl.NKIObject):
        depth = None
        width: int = 3

        def area(self):
            return self.depth * self.width

    assert Config(4).width == 4
    assert Plain(width=2, depth=5).area() == 10
    assert Kind(1) is Kind.a
    assert nl.NKIObject(depth=2).depth == 2
    with pytest.raises(TypeError):
        nl.NKIObject(3)


def test_fields_without_a_default_are_none_with_the_decorator_and_without():
    class Bare(nl.NKIObject):
        x: int
        y: bool = False
        names: list = dataclasses.field(default_factory=list)

        def __post_init__(self):
            self.ready = True

    class More(Bare):
        z: int = 4

    @dataclasses.dataclass
    class Decorated(nl.NKIObject):
        x: int
        y: int
        z: int = 3

    made = Bare(1)
    assert (made.x, made.y, made.names, made.ready) == (1, False, [], True)
    assert Bare().x is None and Bare(y=True).y and Bare(1).names is not Bare(1).names
    assert (More(1, z=5).z, More().z) == (5, 4)
    assert vars(Decorated(y=2)) == {"x": None, "y": 2, "z": 3}
    for wrong in (lambda: Bare(1, 2, 3, 4), lambda: Bare(1, x=2), lambda: Decorated(w=1)):
        with pytest.raises(TypeError):
            wrong()


def test_enumerations_have_one_identity_and_their_values():
    assert nisa.constants.oob_mode is nisa.oob_mode
    assert [m.value for m in nisa.engine] == [0, 1, 2, 3, 4, 5, 6]
    assert nisa.vector_engine is nisa.engine.vector
    assert nisa.nc_version.gen3 >= 3 and nisa.nc_version.gen3 < nisa.nc_version.gen4
    assert inside(nisa.get_nc_version, machine="trn3") == nisa.nc_version.gen4 == 4
    assert inside(nisa.get_nc_sub_version) == 0


def test_annotations():
    nt = nki.typing
    assert repr(nt.tensor[128, 512]) == "nki.typing.tensor[128, 512]"
    assert nt.mutable_tensor is not nt.tensor


def test_names_of_the_older_api_are_refused_when_they_are_used():
    for use in (
        lambda: nl.mgrid[0:4, 0:4],
        lambda: nl.arange(4),
        lambda: nl.par_dim(128),
        lambda: [*nl.nc],
    ):
        with pytest.raises(trainyard.Error, match="older API") as caught:
            use()
        assert caught.value.code == "U001"
    with pytest.raises(AttributeError):
        nl.maximun  # noqa: B018


def test_instructions_have_signatures_and_pages():
    parameters = inspect.signature(nisa.tensor_tensor).parameters
    assert list(parameters)[:4] == ["dst", "data1", "data2", "op"]
    assert "left operand" in nisa.tensor_tensor.__doc__


@pytest.mark.parametrize(
    "use",
    [lambda: nl.ndarray((2, 2), nl.int8), lambda: nl.program_id(), lambda: nisa.get_nc_version()],
)
def test_outside_a_kernel(use):
    with pytest.raises(trainyard.Error) as caught:
        use()
    assert caught.value.code == "E305"
    assert caught.value.file == __file__


def test_tensors_are_not_made_by_hand():
    refused("U001", lambda: nki.NkiTensor((2, 2), nl.int8, None))

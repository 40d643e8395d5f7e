"""The public suites that pytest runs. A new one is an entry here."""

from trainyard.conformance.pytest_suite import Defect, Limit, Part, PytestSuite

_TRNSCI = ("trnfft", "trnrand", "trnsolver", "trnsparse", "trntensor")

_NKI_LIBRARY = (
    "Its goldens are in torch and NumPy; its comparator allows a fraction of the largest golden "
    "element to every element. It leaves large shapes out itself. The suite's own requirements "
    "(torch, pandas, scipy, …) are those of its pyproject.toml."
)


def _nki_library(*tests, options=(), **environment):
    """The part of nki-library with these test files."""
    return Part(
        tests=tuple(f"test/integration/nkilib/{each}" for each in tests),
        path=("src", "."),
        options=(
            *("--test-mode", "simulation", "--platform-target", "{machine}"),
            *("--output-directory", "{scratch}", "--force-local-cleanup"),
            *options,
        ),
        environment={"NEURON_PYTHONHASHSEED": "0", **environment},
    )


_MX_ENVIRONMENT = {
    "TRAINYARD_SET": "core.vector.mx_scale_headroom=0",
    "TRAINYARD_LENIENT": "uninitialised-output",
}

PYTEST_SUITES = {
    "nki-library": PytestSuite(
        "kernels of the NKI library",
        "aws-neuron/nki-library, tag 2.29",
        f"{_NKI_LIBRARY} Some cases need --memory 18: the goldens of the longest of attention_cte "
        "take 9 GB and their kernels 0.5; the inputs of the largest of moe_tkg take 8 to 14 GB "
        "before the kernel runs, which adds 0.2.",
        (_nki_library("*/**/test_*.py"),),
        comparators=("test.integration.nkilib.utils.comparators:maxAllClose",),
        large="slow simulation",
        marks=("fast",),
    ),
    "nki-library-mx": PytestSuite(
        "kernels of the NKI library on microscaled numbers",
        "aws-neuron/nki-library, tag 2.29",
        f"{_NKI_LIBRARY} Run with core.vector.mx_scale_headroom=0, the scale rule that NKI "
        "documented at that tag and that the goldens follow; NKI 0.5 doubled the scale. Run with "
        "--lenient uninitialised-output too: many goldens want zeros in the partitions between "
        "the scales, which no instruction writes (quantize_mx writes 4 of 32); without it these "
        "cases are refused, E210. The inputs of moe_bwmm_mx_cte, moe_cte_unified and moe_tkg are "
        "made in loops of Python, which take minutes a case.",
        (
            _nki_library(
                "*/mlp/test_mlp_proj_mxfp4.py",
                "*/subkernels/test_rmsnorm_mx_quantize_tkg.py",
                "*/utils/test_quantize_to_mx.py",
                "*/mxfp_subkernels/test_mxfp_load.py",
                **_MX_ENVIRONMENT,
            ),
            _nki_library(
                "*/mlp/test_mlp_tkg.py",
                "*/moe/**/test_*.py",
                "*/moe_block/test_*.py",
                "*/output_projection/test_output_proj_cte.py",
                "*/qkv/test_*.py",
                options=("-k", "mx or x4"),
                **_MX_ENVIRONMENT,
            ),
        ),
        defects=(
            Defect(
                "test_mxfp_load",
                "Cannot cast array data from dtype\\(float8_e4m3fn_x4\\)",
                "the harness casts the kernel's packs of four to float32, the golden's type, which "
                "its own comparator says cannot be done; read by their bits, they are the golden's",
            ),
            Defect(
                "test_moe_tkg_mx",
                "'NkiTensor' object has no attribute 'base_tensor'",
                "the kernel takes base_tensor, which the library's own TensorView has, of a weight "
                "that it documents as a tensor and gets as one",
            ),
        ),
        machine="trn3",
        comparators=("test.integration.nkilib.utils.comparators:maxAllClose",),
        large="slow simulation",
        marks=("fast",),
    ),
    "nki-test": PytestSuite(
        "instruction tests of the NKI documentation",
        "aws-neuron/aws-neuron-sdk, 81ce03ae or newer",
        "They use the older API, neuronxcc.nki, and NumPy goldens.",
        (Part(tests=("nki/test/test_*.py",), path=("nki/test",)),),
        defects=(
            Defect(
                "test_nki_nl_broadcast.*::test_nl_broadcast$",
                "fixture 'in_tensor' not found",
                "a kernel whose name begins with test_, so that pytest takes it for a case",
            ),
            Defect(
                "test_nki_isa_activation.*::test_activation$",
                "False is not true",
                "the kernel stores bfloat16 numbers, and the golden in float32 allows 1e-05; the "
                "golden itself, rounded to bfloat16, is outside",
            ),
        ),
    ),
    "nki-samples": PytestSuite(
        "kernels of nki-samples",
        "aws-neuron/nki-samples, 8370e11, the last with test/unit and what it imports",
        "They use the older API, neuronxcc.nki, and NumPy goldens. Those of flash_attn_bwd with "
        "8192 positions hold several arrays of 2.1 GB (--memory 18).",
        (Part(("test/unit/test_*.py",), path=("src",), options=("--simulation-only",)),),
        defects=(
            Defect(
                "test_double_row_matmul",
                "NameError: name 'warnings' is not defined",
                "it asks for the product name of the computer and, where there is none, for a "
                "module that it does not import; where there is one, it returns before the kernel "
                "runs, unless that is a trn2",
            ),
        ),
    ),
    "trnsci": PytestSuite(
        "simulator tests of the trnsci packages",
        f"the trnsci organisation: a folder with {', '.join(_TRNSCI)}",
        "References are torch's and NumPy's, finite differences and published vectors. The "
        "packages must not fall back to torch, hence their REQUIRE_NKI.",
        tuple(
            Part(
                tests=("tests/test_nki_sim.py",),
                folder=name,
                environment={f"{name.upper()}_USE_SIMULATOR": "1"}
                | {f"{name.upper()}_REQUIRE_NKI": "1"},
            )
            for name in _TRNSCI
        ),
        limits=(
            Limit(
                "trntensor.*TestMp2EnergySimulator",
                "E121",
                "reshaping a tile on chip keeps its partition dimension; only tensors in HBM are "
                "exempt, say NKI's release notes",
            ),
            Limit(
                "trnsparse.*TestScreenedSpmmSimulator",
                "E107",
                "nl's operators take tiles on chip and numbers; a tensor in device memory is "
                "loaded first",
            ),
        ),
        defects=(
            Defect(
                "trnsparse.*(test_bwd_dq_parity_kmax2|test_backward_head_dim_256)",
                "",
                "for dQ, dO is gathered by the mask's columns, but its formula takes the row's; "
                "with the row's, dQ is within 3.3e-07 of torch in float64",
            ),
        ),
    ),
}

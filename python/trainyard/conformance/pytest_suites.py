"""The public suites that pytest runs. A new one is an entry here."""

from trainyard.conformance.pytest_suite import Defect, Limit, Part, PytestSuite

_TRNSCI = ("trnfft", "trnrand", "trnsolver", "trnsparse", "trntensor")

PYTEST_SUITES = {
    "nki-library": PytestSuite(
        "kernels of the NKI library",
        "aws-neuron/nki-library, tag 2.29",
        "Its goldens are in torch and NumPy; its comparator allows a fraction of the largest "
        "golden element to every element. It leaves large shapes out itself. The suite's own "
        "requirements (torch, pandas, scipy, …) are those of its pyproject.toml.",
        (
            Part(
                tests=("test/integration/nkilib/*/**/test_*.py",),
                path=("src", "."),
                options=(
                    *("--test-mode", "simulation", "--platform-target", "{machine}"),
                    *("--output-directory", "{scratch}", "--force-local-cleanup"),
                ),
                environment={"NEURON_PYTHONHASHSEED": "0"},
            ),
        ),
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
        ),
    ),
    "nki-samples": PytestSuite(
        "kernels of nki-samples",
        "aws-neuron/nki-samples, 8370e11, the last with test/unit and what it imports",
        "They use the older API, neuronxcc.nki, and NumPy goldens.",
        (Part(("test/unit/test_*.py",), path=("src",), options=("--simulation-only",)),),
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

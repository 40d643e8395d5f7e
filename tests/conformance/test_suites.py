"""The suites themselves, and the page that reports them."""

import numpy as np
import pytest
from trainyard.conformance import report
from trainyard.conformance.case import MACHINES
from trainyard.conformance.errors import figures
from trainyard.conformance.suites import SUITES, digests

CASES = [(suite, case) for suite in SUITES for case in SUITES[suite].cases()]


def row(suite_row=0, **changed):
    same = {"kernel": f"k{suite_row}", "size": "4x4", "dtype": "float32", "note": "", "why": ""}
    found = {"outcome": "passed", "range_error": 1e-7, "max_ulp": 2.0, "median_ulp": 0.5}
    return same | found | {"machine": "trn2", "simulated_us": 3.0, "nothing": False} | changed


def refused(machine):
    plain = {key: value for key, value in row(1).items() if "ulp" not in key and "_" not in key}
    why = "error E106 dtype-mix: both"
    return plain | {"machine": machine, "outcome": "refused", "code": "E106", "why": why}


def test_names_are_unique():
    for suite in SUITES:
        names = [case.name for case in SUITES[suite].cases()]
        assert len(set(names)) == len(names)


@pytest.mark.parametrize(("suite", "case"), CASES, ids=lambda value: getattr(value, "name", ""))
def test_tolerances_are_those_of_the_issue(suite, case):
    allowed = {"float32": 1e-5, "bfloat16": 1e-2, "int8": 0.0}[case.dtype]
    if case.tolerance > allowed:
        assert (case.dtype, case.precision) == ("float32", "bfloat16") and case.note
    assert set(case.refused) <= set(MACHINES)
    assert bool(case.refused) <= bool(case.note), "a refusal names the rule"


def test_the_right_answer_passes_and_zeros_do_not():
    for _, case in CASES:
        if "matmul" in case.kernel or "mamba" in case.kernel:
            continue  # large; the same judge
        arrays = case.inputs(np.random.default_rng(0))
        reference = case.reference(*arrays)
        kind = arrays[0].dtype
        assert figures(reference.astype(kind), reference)["range_error"] <= max(
            case.tolerance, 1e-7
        )
        zeros = np.zeros_like(reference, dtype=kind)
        assert figures(zeros, reference)["range_error"] > case.tolerance


def test_a_page_holds_both_suites_and_all_machines(tmp_path):
    page = tmp_path / "page.md"
    rows = [row(machine=m) for m in MACHINES] + [refused(m) for m in MACHINES]
    rows[2]["range_error"] = 3e-6
    sections = {
        name: report.section(name, suite, {"f.py": "0123"}, rows) for name, suite in SUITES.items()
    }
    for suite in ("nki-examples", "nki-attention"):
        report.write_page(page, suite, sections[suite])
    first = page.read_text()
    assert first.startswith("# Conformance\n")
    assert first.index("## nki-attention: ") < first.index("## nki-examples: ")
    assert "| k0 | 4x4 | float32 | passed | passed | passed | 3.0e-06 | 2 | 0.5 |" in first
    assert "| k1 | 4x4 | float32 | refused E106 | refused E106 | refused E106 |  |  |  |" in first
    assert "* k1 (4x4, float32): refused: E106 dtype-mix: both." in first
    assert (
        "`make conformance SUITE=nki-examples FROM=path`, with a checkout of aws-neuron/" in first
    )
    assert "3 passed, 3 refused as documented, 0 failed, of 6. Null scores: 0 of 6" in first
    assert " us" not in first and "`f.py` 0123" in first

    report.write_page(page, "nki-attention", sections["nki-attention"])
    assert page.read_text() == first
    changed = sections["nki-attention"].replace("3.0e-06", "4.0e-06")
    report.write_page(page, "nki-attention", changed)
    assert page.read_text() == first.replace("3.0e-06", "4.0e-06", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["page.md"]


def test_digests_are_of_what_a_file_holds(tmp_path):
    case = SUITES["nki-attention"].cases()[0]
    for text in ("a", "b"):
        (tmp_path / case.file).write_text(text)
        found = digests(tmp_path, [case])
    assert found == {case.file: "3e23e8160039"}

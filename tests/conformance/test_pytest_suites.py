"""trainyard conformance with suites that pytest runs, as a user types it, on checkouts of ours that
are laid out like trnsci's."""

import json
import textwrap

import pytest
from trainyard.conformance.causes import cause, outcome
from trainyard.conformance.pytest_suites import PYTEST_SUITES

HEAD = """
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest

X = np.arange(1, 9, dtype=np.float32).reshape(2, 4)


@nki.jit
def double(x):
    tile = nl.load(x)
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    nisa.tensor_scalar(tile, tile, nl.multiply, 2.0)
    nl.store(out, tile)
    return out
"""
RIGHT = """
def test_right():
    np.testing.assert_allclose(nki.simulate(double)(X), 2 * X)
"""


@pytest.fixture
def suite(tmp_path, conformance):
    """Writes the test files by package and runs `trainyard conformance trnsci`: status, rows by
    case, and what it printed."""

    def run(*arguments, null=False, **bodies):
        for package, body in bodies.items():
            tests = tmp_path / "checkout" / package / "tests"
            tests.mkdir(parents=True, exist_ok=True)
            (tests / "test_nki_sim.py").write_text(HEAD + textwrap.dedent(body))
        options = ["--from", tmp_path / "checkout", *arguments, *(() if null else ["--no-null"])]
        done = conformance("trnsci", *options)
        state = tmp_path / "conformance-trnsci.jsonl"
        lines = state.read_text().splitlines()[1:] if state.exists() else []
        rows = [row for row in map(json.loads, lines) if "id" in row and not row["null"]]
        return done.returncode, {row["id"].rpartition("::")[2]: row for row in rows}, done

    return run


def test_every_outcome_has_its_column(suite):
    body = """
    def test_wrong():
        np.testing.assert_allclose(nki.simulate(double)(X), 2 * X + 0.5, rtol=1e-6)

    def test_zero():
        golden = np.array([[0, 4, 6, 8], [10, 12, 14, 16]])
        np.testing.assert_allclose(nki.simulate(double)(X), golden, atol=2)

    def test_raises():
        nki.simulate(double)(np.zeros((129, 4), np.float32))

    @pytest.mark.skip(reason="of the suite's own")
    def test_skipped():
        pass

    @pytest.mark.xfail(reason="known", strict=False)
    def test_known():
        assert nki.simulate(double)(X)[0, 0] == 3

    @pytest.mark.parametrize("n", [1, 2])
    def test_each(n):
        nki.simulate(double)(X * n)
    """
    broken = "import nothing_of_that_name\n"
    status, rows, done = suite(trnfft=RIGHT + textwrap.dedent(body), trnrand=broken)
    assert status == 1, done.stdout + done.stderr
    assert "nothing_of_that_name" in rows.pop("trnrand/tests/test_nki_sim.py")["why"]
    outcomes = {name: row["outcome"] for name, row in rows.items()}
    assert outcomes == {
        "test_right": "passed",
        "test_wrong": "failed",
        "test_zero": "passed",
        "test_raises": "failed",
        "test_skipped": "skipped",
        "test_known": "expected failure",
        "test_each[1]": "passed",
        "test_each[2]": "passed",
    }
    assert rows["test_right"]["max_ulp"] == 0 and rows["test_right"]["launches"] == 1
    # 0.5 of 16.5 at most and of 2.5 at least: one ULP is 2**-19 there, and here 2**-22.
    assert rows["test_wrong"]["max_ulp"] == 0.5 * 2**22
    # A golden of 0 has no ULP, and all others are exact.
    assert rows["test_zero"]["max_ulp"] == 0
    assert "E101" in rows["test_raises"]["why"]
    lines = done.stdout.splitlines()
    assert lines[1].split() == ["trnfft/tests/test_nki_sim", "8", "4", "2", "0", "0", "0", "0"]
    assert "1 failed: values differ from the golden (trnfft/tests/test_nki_sim)." in lines
    assert any("1 failed: E101 partition-count" in line for line in lines)
    assert "4 passed, 3 failed, 1 skipped, 1 expected failure, of 9." in lines[-1]


def test_a_case_that_breaks_a_bound_fails_and_the_next_one_runs(suite):
    body = """
    import os, time

    def test_never_ends():
        time.sleep(600)

    def test_dies():
        os._exit(9)

    def test_grows():
        held = np.ones(1 << 27)
        time.sleep(600)
    """
    bounds = ("--timeout", "8", "--memory", "0.75")
    status, rows, done = suite(*bounds, trnfft=textwrap.dedent(body) + RIGHT)
    assert status == 1, done.stderr
    assert rows["test_never_ends"]["why"] == "not finished after 8 s"
    assert rows["test_dies"]["why"].startswith("exit status 9: ")
    assert rows["test_grows"]["why"].startswith("more than 768 MiB of memory: ")
    assert rows["test_right"]["outcome"] == "passed"


def test_a_run_goes_on_where_the_last_one_stopped(suite, tmp_path):
    body = RIGHT + "\ndef test_more():\n    pass\n"
    status, rows, done = suite("--only", "test_right", trnfft=body)
    assert (status, list(rows)) == (0, ["test_right"])
    assert "1 passed, 0 failed, of 2; 1 not run." in done.stdout
    status, rows, done = suite(trnfft=body)
    assert done.stderr.splitlines() == ["passed: trnfft/tests/test_nki_sim::test_more"]
    assert "2 passed, 0 failed, of 2." in done.stdout
    state = tmp_path / "conformance-trnsci.jsonl"
    head, *rest = state.read_text().splitlines()
    state.write_text("\n".join([head.replace("fingerprint", "another"), *rest[:1], '{"null": ""']))
    status, rows, done = suite(trnfft=body)
    assert "Trainyard has changed" in done.stderr and len(rows) == 2


def test_null_scores_and_a_page(suite, tmp_path):
    body = """
    def test_only_the_shape():
        assert nki.simulate(double)(X).shape == X.shape

    def test_refusals_only():
        with pytest.raises(Exception):
            nki.simulate(double)(np.zeros((129, 4), np.float32))

    class TestMp2EnergySimulator:
        def test_demo_shape(self):
            @nki.jit
            def kernel(x):
                nl.load(x).reshape((1, 8))
            nki.simulate(kernel)(X)
    """
    page = tmp_path / "page.md"
    status, _, done = suite("--report", page, null=True, trntensor=RIGHT + textwrap.dedent(body))
    assert status == 0, done.stdout + done.stderr
    text = page.read_text()
    assert "## trnsci: simulator tests of the trnsci packages" in text
    assert "| trntensor/tests/test_nki_sim | 4 | 3 | 0 | 1 | 0 | 0 | 0 |" in text
    assert "* 1 refused: E121: reshaping a tile on chip keeps its partition dimension" in text
    joined = " ".join(text.split())
    assert "3 passed, 0 failed, 1 refused, of 4." in joined
    # One that raises passes test_refusals_only, one that computes nothing test_only_the_shape too.
    assert "1 of 4 pass with an implementation that always raises" in joined
    assert "2 of 4 pass with one that computes nothing" in joined


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["trnsci", "--from", "."], "E006"),
        (["nki-library", "--from", ".", "--mark", "slow"], "allowed fast"),
        (["trnsci", "--from", ".", "--python", "no-such-python"], "no such program"),
        (["trnsci", "--from", ".", "--machine", "trn2", "trn3"], "one machine"),
        (["trnsci", "--from", ".", "--memory", "0"], "not a number above 0"),
        (["trnsci", "--from", ".", "--state", "none/rows"], "no folder none"),
        (["trnscy", "--from", "."], "did you mean trnsci?"),
    ],
)
def test_slips_are_refused(conformance, arguments, expected):
    done = conformance(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error E") and expected in done.stderr


def test_descriptions_are_complete():
    for suite in PYTEST_SUITES.values():
        assert suite.TITLE and suite.REPOSITORY and suite.NOTE.endswith(".") and suite.parts
        assert all(part.tests for part in suite.parts)
        assert all(limit.code[0] == "E" and limit.rule for limit in suite.limits)


def test_causes_come_together():
    causes = {
        "trainyard.Error: error E201 sbuf-overflow: a tile bfloat16[32, 2] needs 65536 bytes\n at":
            "E201 sbuf-overflow: a tile bfloat16[N, N] needs N bytes",
        "x: unsupported U001 not-implemented: nisa.rng: no such instruction yet\n  at f.py:3":
            "U001 not-implemented: nisa.rng: no such instruction yet",
        "test.utils.exceptions.ValidationException: Validation failed for ['out']":
            "values differ from the golden",
        "ValueError: 17 is not 4.5e-3": "ValueError: N is not N",
        "fixture 'in_tensor' not found": "fixture 'in_tensor' not found",
        "": "no message",
    }  # fmt: skip
    assert {why: cause(why) for why in causes} == causes


def test_a_defect_is_no_failure():
    suite = PYTEST_SUITES["nki-test"]
    row = {"id": "nki/test/test_nki_nl_broadcast.py::T::test_nl_broadcast", "outcome": "failed"}
    assert outcome(suite, row | {"why": "fixture 'in_tensor' not found"}) == "defect"
    assert outcome(suite, row | {"why": "values differ"}) == "failed"

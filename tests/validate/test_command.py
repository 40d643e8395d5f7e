"""`trainyard validate`, on measurements that the machines' own constants must give back."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAD = "id,category,device,workload,metric,value,unit,use,source,tolerance_pct\n"
# What the laws in machines/trn2.toml say, in ns: N / clock and fixed cycles of each engine.
KNOWN = {
    ("tensor: MATMUL bf16 N=512 warm", "issue_interval"): (512 + 6.5) / 2.4,
    ("tensor: MATMUL bf16 N=512 warm", "instr_latency"): (512 + 398) / 2.4,
    ("tensor: MATMUL bf16 N=128 cold", "issue_interval"): 2 * 128 / 2.4,
    ("tensor: MATMUL fp32 N=512 warm", "issue_interval"): (4 * 512 + 6.5) / 2.4 / 2,
    ("scalar: COPY PSUM->SBUF fp32 N=512", "instr_latency"): (512 + 190) / 1.2,
    ("vector: COPY PSUM->SBUF fp32 N=512", "issue_interval"): (512 + 57) / 0.96,
}


def validate(tmp_path, lines, *options):
    path = tmp_path / "truth.csv"
    path.write_text(HEAD + "\n".join(lines) + "\n")
    command = [ROOT / "bin/trainyard", "validate", "--truth", path, *options]
    return subprocess.run(command, capture_output=True, text=True, env=dict(os.environ))


def lines():
    return [
        f"K{i},known,trn2,{workload},{metric},{value:.6f},ns,equality,law,1"
        for i, ((workload, metric), value) in enumerate(KNOWN.items())
    ]


def test_laws_come_back(tmp_path):
    done = validate(tmp_path, lines(), "--json", "-")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for entry in found["measurements"]:
        assert entry["predicted"] == pytest.approx(entry["measured"], rel=0.01), entry["workload"]
        assert entry["range"][0] <= entry["predicted"] <= entry["range"][1]
    (score,) = found["scores"]
    assert score["count"] == len(KNOWN) and score["p90"] < 0.01 and score["rank_agreement"] == 1


def test_nothing_is_dropped(tmp_path):
    strange = [
        "A,c,trn2,a workload nobody knows,latency,1,us,equality,s,5",
        "B,c,trn7,tensor: MATMUL bf16 N=512 warm,issue_interval,1,us,equality,s,5",
        'C,c,trn2,"v2 tiled: GEMM out[128,512]=lhs[128,128]@rhs[128,512]",total_time,1,us,,s,5',
    ]
    done = validate(tmp_path, [*lines(), *strange], "--report", tmp_path / "page.md")
    assert done.returncode == 0, done.stderr
    assert f"{len(KNOWN)} of {len(KNOWN) + 3} measurements predicted" in done.stdout
    page = (tmp_path / "page.md").read_text()
    for id, reason in [("A", "no program"), ("B", "is no one device"), ("C", "--programs")]:
        assert reason in done.stdout
        assert any(reason in line and f"({id})" in line for line in page.splitlines()), page
    assert "| known | trn2 | 6 |" in page


def test_only_a_part(tmp_path):
    done = validate(tmp_path, lines(), "--only", "scalar")
    assert "1 of 1 measurements predicted" in done.stdout


@pytest.mark.parametrize(
    ("options", "code"),
    [(["--wrong"], "E001"), (["--report", "/nowhere/page.md"], "E006")],
)
def test_bad_options(tmp_path, options, code):
    done = validate(tmp_path, lines(), *options)
    assert done.returncode == 2 and code in done.stderr and "Traceback" not in done.stderr


def test_a_file_that_is_no_table(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"\x00\x01\x02")
    command = [ROOT / "bin/trainyard", "validate", "--truth", tmp_path / "x.csv"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and "E006" in done.stderr and "Traceback" not in done.stderr

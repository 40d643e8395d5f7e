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


KERNELS = """
import nki
import nki.isa as nisa
import nki.language as nl


def gemm(lhsT, rhs, copies):
    k, m = lhsT.shape
    _, n = rhs.shape
    out = nl.ndarray((m, n), rhs.dtype, buffer=nl.shared_hbm)
    left = nl.ndarray((k, m), lhsT.dtype, buffer=nl.sbuf)
    nisa.dma_copy(left, lhsT)
    tiles = [nl.ndarray((k, n), rhs.dtype, buffer=nl.sbuf) for _ in range(copies)]
    for tile in tiles:
        nisa.dma_copy(tile, rhs)
    for tile in tiles + tiles:  # all are live in the middle
        result = nl.ndarray((m, n), nl.float32, buffer=nl.psum)
        nisa.nc_matmul(result, left, tile)
        last = nl.ndarray((m, n), rhs.dtype, buffer=nl.sbuf)
        nisa.tensor_copy(last, result)
    nisa.dma_copy(out, last)
    return out


@nki.jit
def nki_matmul_tiled_(lhsT, rhs):
    return gemm(lhsT, rhs, 1)


@nki.jit
def nki_matmul_block_free_dimension_(lhsT, rhs):
    return gemm(lhsT, rhs, 200)
"""


def test_kernels_of_a_checkout(tmp_path):
    (tmp_path / "matrix_multiplication_nki_kernels.py").write_text(KERNELS)
    work = '"{} x: GEMM out[128,512]=lhs[128,128]@rhs[128,512]",{},1,{},equality,s,5'
    rows = [
        "A,c,trn2," + work.format("v2", "total_time", "us"),
        "B,c,trn2," + work.format("v2", "mfu", "%"),
        "C,c,trn2," + work.format("v2", "mbu", "%"),
        "D,c,trn2," + work.format("v4", "total_time", "us"),
    ]
    head = HEAD.replace("source,", "source,dtype,")
    path = tmp_path / "truth.csv"
    path.write_text(head + "\n".join(row.replace(",s,5", ",s,fp32,5") for row in rows) + "\n")
    command = [ROOT / "bin/trainyard", "validate", "--truth", path, "--programs", tmp_path]
    done = subprocess.run([*command, "--json", "-"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = {entry["id"]: entry for entry in json.loads(done.stdout)["measurements"]}
    # Work and bytes over the kernel's own window; the total has the runtime's envelope as well.
    mfu, mbu = found["B"]["predicted"] / 100, found["C"]["predicted"] / 100
    flops, moved = 2 * (2 * 128 * 128 * 512), 4 * (128 * 128 + 2 * 128 * 512)
    seconds = flops / (mfu * 78.64e12)
    assert moved / (mbu * 716e9) == pytest.approx(seconds, rel=0.01)
    assert seconds < found["A"]["predicted"] * 1e-6 < seconds + 50e-6
    assert found["B"]["range"][0] <= found["B"]["predicted"] <= found["B"]["range"][1]
    # 200 tiles of 2048 bytes in each partition are more than SBUF has.
    assert found["A"]["remark"] == "" and "SBUF" in found["D"]["remark"]
    assert found["D"]["predicted"] > 100

"""Each limit of a kernel at n and at n + 1: through the command, and through trainyard.run."""

import dataclasses

import pytest

import trainyard


@dataclasses.dataclass
class Limit:
    """kernel(passes) runs, kernel(refused) does not."""

    kernel: str
    argument: str
    passes: object
    refused: object
    code: str
    found: str = ""
    allowed: str = ""
    whose: str = ""
    says: str = ""  # besides, the message has this
    marks: tuple = ()  # and names the lines that have these marks

    def __str__(self):
        return f"{self.kernel}-{self.refused}"


LIMITS = [
    Limit("partitions", "n", 128, 129, "E101", "129", "128", "trn2: core.partitions"),
    Limit("columns", "n", 512, 513, "E104", "513", "512", "trn2: core.tensor.moving_free_max",
          "moving has 513 columns"),
    Limit("mixed", "dtype", "bfloat16", "float32", "E106", "bfloat16 with float32",
          "float32 or tfloat32 only with each other", "nc_matmul"),
    Limit("tile_bytes", "n", 212992, 212993, "E201", "212993", "212992",
          "trn2: core.memory.sbuf_partition_bytes"),
    Limit("sbuf", "n", 4, 5, "E201", "53248 bytes",
          "0 bytes (0 free in all, 212992 live of 212992)",
          "trn2: core.memory.sbuf_partition_bytes", "held4 float32[128, 13312] needs 53248 bytes"),
    Limit("psum", "n", 8, 9, "E202", "2048 bytes", "0 bytes (0 free in all, 16384 live of 16384)",
          "trn2: core.memory.psum_partition_bytes", "held8 float32[128, 512] needs 2048 bytes"),
    Limit("stored_garbage", "n", 4, 3, "E210",
          says="128 of 512 elements of the output out: float32[128, 4] in shared_hbm hold data "
          "that nobody wrote, from [0, 3] on", marks=("declared", "written", "read")),
    Limit("unwritten_rows", "n", 128, 127, "E210",
          says="4 of 512 elements of the output out: float32[128, 4] in shared_hbm were never "
          "written, from [127, 0] on", marks=("written",)),
    Limit("unwritten_output", "write", True, False, "E210",
          says="no instruction stores to it"),
    Limit("offset", "value", 63, None, "E211", says="no instruction writes to it",
          marks=("declared",)),
    Limit("offset", "value", 63, 64, "E212", "64", "0 to 63", "dimension 0 of the tensor",
          "index 64 is outside dimension 0 of rows: float32[64, 4] in private_hbm"),
    Limit("offset", "value", 0, -1, "E212", "-1", "0 to 63", "dimension 0 of the tensor"),
    Limit("gather", "n", 128, 127, "E211",
          says="1 of 128 elements hold data that nobody wrote, from [127, 0] on",
          marks=("declared", "written")),
    Limit("branch", "write", True, False, "E211", says="register_load: src is undefined",
          marks=("declared",)),
    Limit("empty_register", "write", True, False, "E303", says="before it has a value"),
    Limit("rows_of_slice", "n", 64, 65, "E120", "1:65", "0 <= start < stop <= 64",
          "dimension 0 of shape [64, 4]"),
    Limit("pattern", "n", 63, 64, "E122", "elements 256 to 259", "0 to 255", "rows in private_hbm"),
    Limit("parameter", "name", "src", "scr", "E115", says="did you mean src?"),
]  # fmt: skip


@pytest.mark.parametrize("limit", LIMITS, ids=str)
def test_the_command_refuses_at_the_limit(command, folder, line_of, limit):
    files = ("--json", "out.json", "--trace", "t.json", "--dump", "p.program", "--record", "r.npz")
    target = f"kernels.py::{limit.kernel}"
    passed = command("run", target, "--arg", f"{limit.argument}={limit.passes}")
    assert (passed.returncode, passed.stderr) == (0, "")
    done = command("run", *files, target, "--arg", f"{limit.argument}={limit.refused}")
    assert (done.returncode, done.stdout) == (2, "")
    first, place, *rest = done.stderr.splitlines()
    assert first.startswith(f"error {limit.code} ")
    assert place == f"  at kernels.py:{line_of(limit.kernel)} in {limit.kernel}"
    if limit.found:
        assert rest[0] == f"  found {limit.found}, allowed {limit.allowed} ({limit.whose})"
    assert limit.says in done.stderr
    for mark in limit.marks:
        assert f"kernels.py:{line_of(limit.kernel, mark)}" in "".join(rest)
    assert rest[-1].startswith("  fix: ") and "Traceback" not in done.stderr
    assert [path.name for path in folder.iterdir()] == ["kernels.py"]


@pytest.mark.parametrize("limit", LIMITS, ids=str)
def test_trainyard_run_raises_at_the_limit(kernels, line_of, limit):
    kernel = getattr(kernels, limit.kernel)
    trainyard.run(kernel, limit.passes)
    with pytest.raises(trainyard.Error) as caught:
        trainyard.run(kernel, limit.refused)
    error = caught.value
    assert error.code == limit.code
    assert (error.file, error.line) == (kernels.__file__, line_of(limit.kernel))
    assert (error.found, error.allowed, error.whose) == (limit.found, limit.allowed, limit.whose)
    assert limit.says in str(error)


@pytest.mark.parametrize(("kernel", "code", "count", "size"),
                         [("sbuf", "E201", 4, 53248), ("psum", "E202", 8, 2048)])  # fmt: skip
def test_an_overflow_lists_who_holds_the_space(kernels, line_of, kernel, code, count, size):
    with pytest.raises(trainyard.Error) as caught:
        trainyard.run(getattr(kernels, kernel), count + 1)
    assert caught.value.code == code
    place = f"{kernels.__file__}:{line_of(kernel)}"
    shape = "[128, 13312]" if kernel == "sbuf" else "[128, 512]"
    assert sorted(caught.value.notes) == [
        f"{size} bytes: held{i}: float32{shape} declared at {place}" for i in range(count)
    ]


def test_garbage_that_nobody_stores_is_nobodys_business(kernels):
    assert (trainyard.run(kernels.unstored_garbage).outputs == 1).all()


def test_undefined_data_may_pass_where_checks_are_off(kernels):
    out = trainyard.run(kernels.stored_garbage, 3, checks=False).outputs
    assert (out[:, :3] > 2).all()

"""Budgets of size: a file fits into a reader's head, a line onto half a screen."""

from statistics import median, quantiles

CAP, MEDIAN, NINETIETH, COLUMNS = 500, 120, 300, 100
MOST_EXCEPTIONS = 0  # entries in exceptions.txt: may only be lowered


def test_lines_fit_the_columns(sources):
    # Program text (`%1: ...`) has one instruction a line.
    wide = [
        f"{path}:{number}"
        for path, lines in sources.items()
        for number, line in enumerate(lines, 1)
        if len(line) > COLUMNS and not line.startswith("%")
    ]
    assert not wide, f"longer than {COLUMNS} columns: {', '.join(wide)}"


def test_files_stay_under_the_cap(root, sources):
    text = (root / "tests/repo/exceptions.txt").read_text().splitlines()
    exceptions = {path: int(most) for path, most in (x.split() for x in text if x[:1] != "#")}
    assert len(exceptions) <= MOST_EXCEPTIONS, "the list of exceptions only shrinks"
    for path, most in exceptions.items():
        size = len(sources.get(path, []))
        assert size > CAP, f"{path} needs no exception any more: remove it"
        assert size <= most, f"{path} grew from {most} to {size} lines"
    long = [f"{path}: {len(lines)}" for path, lines in sources.items() if len(lines) > CAP]
    long = [entry for entry in long if entry.split(":")[0] not in exceptions]
    assert not long, f"longer than {CAP} lines: {', '.join(long)}"


def test_most_files_are_short(sources):
    sizes = [len(lines) for lines in sources.values() if lines]
    assert median(sizes) <= MEDIAN
    assert quantiles(sizes, n=10)[-1] <= NINETIETH


def test_sources_open_with_a_comment(sources):
    silent = [
        path for path, lines in sources.items() if path.endswith(".cc") and lines[0][:2] != "//"
    ]
    assert not silent, f"no opening paragraph: {', '.join(silent)}"

"""`trainyard validate`: published measurements of real chips, and what the twin says."""

import json
import sys

from trainyard import _core, activation
from trainyard.cli.options import Parser, check_output, command, named
from trainyard.output import say
from trainyard.validate import dma, instructions, kernels, report, truth  # noqa: F401
from trainyard.validate.programs import Checkouts
from trainyard.validate.score import compare, scores

_EXAMPLES = """
examples:
  trainyard validate --truth measurements.csv
  trainyard validate --truth measurements.csv --programs aws-neuron-sdk --only mamba
  trainyard validate --truth measurements.csv --json - | jq .scores

Exit status: 0, or 2 for a refusal. How good the predictions are is for the reader to judge.
"""


def _parser():
    parser = Parser(
        prog="trainyard validate",
        usage="trainyard validate --truth FILE.csv [options]",
        description="Predicts published measurements of instructions and kernels, and says how far"
        "\noff the predictions are, by category and device. What cannot be predicted is listed.",
        epilog=_EXAMPLES,
    )
    add = parser.add_argument
    add("--truth", metavar="FILE", type=named, required=True,
        help="the measurements, a CSV file; docs/validation.md has its columns")  # fmt: skip
    add("--programs", metavar="PATH", type=named, action="append", default=[],
        help="a checkout with public kernels that were measured; may be repeated")  # fmt: skip
    add("--only", metavar="WORD", default="", help="measurements with this word in id, category, "
        "device or workload")  # fmt: skip
    add("--json", metavar="FILE", type=named, help="write all figures; - for standard output")
    add("--report", metavar="FILE", type=named, help="write docs/validation.md")
    parser.add_debug()
    return parser


def _show_progress(total):
    """A bar on a terminal; nothing elsewhere, since a row takes less than a second mostly."""
    done = 0

    def show(row):
        nonlocal done
        if sys.stderr.isatty():
            line = f"\r\x1b[K[{'#' * (30 * done // total):30}] {done} of {total}  {row.id}"
            print(line[:100], end="", file=sys.stderr, flush=True)
        done += 1

    return show


def _about(row, word):
    return any(word in text for text in (row.id, row.category, row.device, row.workload))


@command
def main(arguments):
    """The exit status."""
    options = _parser().parse_all(arguments)
    for path in (options.json, options.report):
        check_output(path)
    rows = [row for row in truth.read(options.truth) if _about(row, options.only)]
    activation.activate()
    compared = compare(rows, Checkouts(options.programs), _show_progress(len(rows)))
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    found = scores(compared)
    if options.report:
        _core.write_file(options.report, report.page(compared, found))
    if options.json:
        figures = json.dumps(report.as_json(compared, found), indent=1)
        if options.json == "-":
            say(figures)
            return 0
        _core.write_file(options.json, figures + "\n")
    say(report.text(compared, found))
    return 0

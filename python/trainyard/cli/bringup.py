"""`trainyard bringup`: a new chip on the bench."""

import argparse
import json
import sys

from trainyard import _core, activation, load_machine
from trainyard.bringup import diagnose, faults, report, suite
from trainyard.cli.options import Parser, check_output, command, named, natural, suggestion
from trainyard.output import say

_EXAMPLES = """
examples:
  trainyard bringup trn2
  trainyard bringup trn2 --only DMA --only matmul
  trainyard bringup trn2.48xlarge --inject slow_link --seed 3
  trainyard bringup trn2 --set core.dma.engines=12
  trainyard bringup trn2 --json - | jq '.benchmarks[0].rows'

Exit status: 0 if the machine is sound, 1 if it has a fault or, with --set, is slower than it is
described, 2 for a refusal.
"""


def _fault(text):
    if text not in faults.KINDS:
        near = suggestion(text, faults.KINDS) or f"one of {', '.join(faults.KINDS)}"
        raise argparse.ArgumentTypeError(f"no fault {text!r}: {near}")
    return text


def _parser():
    parser = Parser(
        prog="trainyard bringup",
        usage="trainyard bringup MACHINE [options]",
        description="Runs the micro-benchmarks of a new chip, holds them against its data sheet,\n"
        "and tests every core, link and memory of its server.",
        epilog=_EXAMPLES,
    )
    add = parser.add_argument
    add("machine", metavar="MACHINE", type=named, help="the machine, e.g. trn2 or trn2.3xlarge")
    add("--only", metavar="WORD", type=named, action="append", default=[],
        help="benchmarks with this word in their name, or health; may be repeated")  # fmt: skip
    add("--set", metavar="KEY=VALUE", type=named, action="append", default=[],
        help="change one number of the machine; may be repeated")  # fmt: skip
    add("--inject", metavar="FAULT", type=_fault,
        help=f"plant a fault that must be found: {', '.join(faults.KINDS)}")  # fmt: skip
    add("--seed", metavar="N", type=natural, default=0, help="which core, link or bit that is")
    add("--json", metavar="FILE", type=named, help="write all figures; - for standard output")
    parser.add_debug()
    return parser


def _show(name):
    """Where the run is, on a terminal."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{name}", end="", file=sys.stderr, flush=True)


@command
def main(arguments):
    """The exit status."""
    options = _parser().parse_all(arguments)
    check_output(options.json)
    names = suite.chosen([*options.only, *[suite.HEALTH] * bool(options.only and options.inject)])
    activation.activate()
    machine = load_machine(options.machine, overrides=tuple(options.set))
    device = faults.plant(options.inject, machine, options.seed)
    groups = suite.run(machine, names, _show)
    as_described = groups
    if options.set:
        as_described = suite.run(load_machine(options.machine), names, _show)
    slower = report.slower(groups, as_described)
    health = diagnose.diagnose(device, _show) if suite.HEALTH in names else None
    _show("")
    sound = not slower and not (health and health.faults)
    figures = report.as_json(machine, groups, slower, health, sound)
    if options.json and options.json != "-":
        _core.write_file(options.json, json.dumps(figures, indent=1) + "\n")
    if options.json == "-":
        say(json.dumps(figures, indent=1))
    else:
        say(report.text(machine, groups, slower, health, sound))
    return 0 if sound else 1

"""`trainyard diff`: where two runs, two machines, or a run and a saved device output part."""

import dataclasses
import json

from trainyard import _core, activation, record
from trainyard.cli.options import (
    Parser,
    add_strictness,
    check_strictness,
    command,
    named,
    natural,
    tolerance,
)
from trainyard.differences import Comparison, Difference, Tolerance, compare_launches
from trainyard.output import say

_EXAMPLES = """
examples:
  trainyard run attention.py --record before.npz    then change the kernel, and
  trainyard run attention.py --record after.npz
  trainyard diff before.npz after.npz               the first instruction that differs
  trainyard diff after.npz device.npz --rtol 1e-2   against outputs saved from a device
  trainyard diff kernels.py::softmax --machine trn2 --machine trn3

Exit status: 0 if nothing differs, 1 if something does, 2 for a refusal.
"""


def _parser():
    parser = Parser(
        prog="trainyard diff",
        usage="trainyard diff [options] A B\n"
        "       trainyard diff [options] FILE::KERNEL --machine NAME --machine NAME "
        "[--arg NAME=VALUE]…",
        description="Compares two records of `trainyard run --record`, or one with outputs saved "
        "as .npz\nor .npy, or a kernel on two machines: the first instruction whose result "
        "differs, and\nthe outputs. Elements are equal if any of the tolerances allows it.",
        epilog=_EXAMPLES,
    )
    add = parser.add_argument
    add("--rtol", metavar="X", type=tolerance, default=0.0, help="allow |a - b| <= X |b|")
    add("--atol", metavar="X", type=tolerance, default=0.0, help="allow |a - b| <= X")
    add("--ulp", metavar="N", type=natural, default=0, help="allow N steps of the number format")
    add("--json", action="store_true", help="print JSON")
    add("--machine", metavar="NAME", type=named, action="append", default=[],
        help="one of two machines")  # fmt: skip
    add("--arg", metavar="NAME=VALUE", action="append", default=[], help="a kernel's argument")
    add("--seed", metavar="N", type=natural, default=0, help="of random arguments")
    add_strictness(parser)
    parser.add_debug()
    add("operands", metavar="A B", nargs="*", help="records, .npz or .npy files")
    return parser


@command
def main(arguments):
    """The exit status: 0 equal, 1 different, 2 for a refusal."""
    parser = _parser()
    options = parser.parse_all(arguments)
    check_strictness(options)
    a, b, titles = _sides(parser, options)
    if len(a) != len(b):
        counts = f"{len(a)} kernels", f"{len(b)} kernels"
        _core.refuse("E007", "A and B did not launch the same kernels", *counts, "B")
    tolerance = Tolerance(options.rtol, options.atol, options.ulp)
    comparisons = [compare_launches(x, y, tolerance) for x, y in zip(a, b, strict=True)]
    equal = all(comparison.equal for comparison in comparisons)
    if options.json:
        kernels = [{**dataclasses.asdict(c), "equal": c.equal} for c in comparisons]
        say(json.dumps({"equal": equal, **titles, "kernels": kernels}, indent=2))
    else:
        say(f"A: {titles['a']}\nB: {titles['b']}")
        say("\n".join(text(comparison) for comparison in comparisons))
    return 0 if equal else 1


def _sides(parser, options):
    """The kernels of A, those of B, and what to call the two."""
    names = options.operands
    if len(names) == 1 and "::" in names[0]:
        if len(options.machine) != 2:
            fix = "e.g. --machine trn2 --machine trn3"
            _core.refuse("E001", "trainyard diff: a kernel is compared on two machines", fix=fix)
        activation.activate()
        sides = [[_run(names[0], machine, options)] for machine in options.machine]
        titles = [f"{names[0]} on {machine}" for machine in options.machine]
    elif len(names) == 2 and not (options.machine or options.arg):
        sides, titles = [record.load(name) for name in names], names
    else:
        _core.refuse("E001", "trainyard diff: two files, or one kernel", fix=parser.see_help())
    return *sides, {"a": titles[0], "b": titles[1]}


def _run(target, machine, options):
    """The record of one kernel on one machine."""
    from trainyard.cli.run import RECORDED_BYTES, kernel_of
    from trainyard.nki.launch import launch

    kernel, values = kernel_of(target, options.arg, options.seed)
    keywords = {**kernel.options, "machine": machine, "record_bytes": RECORDED_BYTES}
    keywords |= {"nki": options.nki, "lenient": options.lenient or None}
    return record.of_launch(launch(kernel.function, (), values, lnc=kernel.lnc, **keywords))


def text(comparison: Comparison):
    """What a reader sees of one kernel."""
    lines = [f"kernel {comparison.kernel}" if comparison.kernel else "outputs"]
    lines += [f"  note: {note}" for note in comparison.notes]
    if comparison.undecided:
        lines.append(
            f"  note: {comparison.undecided} instructions differ in bits by an unknown amount: "
            "their values were not kept"
        )
    if step := comparison.step:
        where = f" at {step.place}" if step.place else ""
        core = f" of core {step.core}" if step.core else ""
        lines.append(
            f"  first difference: instruction {step.instruction}{core}, {step.name}{where}"
        )
        if step.difference:
            lines += _difference(f"  wrote {step.operand}", step.difference)
        else:
            lines.append("    its values were not kept; their checksums differ")
    elif comparison.compared:
        lines.append(f"  {comparison.compared} instructions wrote the same values")
    for number, difference in enumerate(comparison.outputs):
        title = f"  output {number}"
        lines += _difference(title, difference) if difference else [f"{title}: equal"]
    return "\n".join(lines)


def _difference(title, d: Difference):
    if d.reason:
        return [f"{title}: {d.reason}: A {d.a}, B {d.b}"]
    kind = d.a if d.a == d.b else f"A {d.a}, B {d.b}"
    lines = [
        f"{title}: {kind}",
        f"    {d.count:,} of {d.size:,} elements differ: by {d.largest:.6g} at most, relative "
        f"{d.largest_relative:.3g}, {d.largest_ulp:,} ulp",
    ]
    rows = [(str(list(e.index)), f"{e.a:.9g}", f"{e.b:.9g}", f"{e.ulp:,} ulp") for e in d.elements]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for index, a, b, ulp in rows:
        lines.append(
            f"    {index:<{widths[0]}}  A {a:>{widths[1]}}  B {b:>{widths[2]}}  {ulp:>{widths[3]}}"
        )
    return lines

"""The comparison as text, as JSON and as a page of the docs."""

from collections import Counter

from trainyard.validate.truth import SECONDS

HEADER = """# Validation

Published measurements of real chips against what Trainyard predicts, row by row. The page is
written by `make validate TRUTH=FILE.csv PROGRAMS=PATH`; `trainyard validate --json -` has every
figure. Errors are predicted / measured - 1; a range is as wide as the machine's own estimates make
it, nothing else. Scores are factors less one: the median and the 90th percentile of
|ln(predicted / measured)|, category by category, never pooled. `order` is the share of pairs of
variants, measured alike, that come out in the right order.

A file of measurements has a line for each and these columns: `id`, `device` (trn1, inf2, trn2 or
trn3), `workload`, `metric`, `value`, `unit`; also `level`, `category`, `config`, `dtype`, `use`
(equality, ratio_only, upper_bound or context), `source`, `program_public`, `confidence` and
`tolerance_pct` if they are known. A measurement that cannot be predicted is listed with the reason.
"""


def quantity(value, unit):
    """A value as it was published: "1.42 us", "0.813"."""
    if unit in SECONDS:
        value /= SECONDS[unit]
    text = f"{value:.4g}"
    return text if unit in ("ratio", "") else f"{text} {unit}"


def score_rows(scores):
    """Cells of the table of scores, as text."""
    head = ["category", "device", "rows", "median", "p90", "order"]
    rows = [
        [
            s.category,
            s.device,
            str(s.count),
            f"{100 * s.median:.1f} %",
            f"{100 * s.p90:.1f} %",
            "" if s.rank_agreement is None else f"{100 * s.rank_agreement:.0f} %",
        ]
        for s in scores
    ]
    return [head, *rows]


def comparison_rows(compared):
    """Cells of the table of predictions, as text."""
    head = ["id", "device", "workload", "metric", "measured", "predicted", "range", "error", ""]
    rows = []
    for one in compared:
        if one.prediction is None:
            continue
        row, p = one.row, one.prediction
        wide = p.high > p.low * 1.0005
        span = f"{quantity(p.low, row.unit)} to {quantity(p.high, row.unit)}" if wide else ""
        rows.append(
            [
                row.id,
                row.device,
                row.workload[:60],
                row.metric,
                quantity(row.value, row.unit),
                quantity(p.value, row.unit),
                span,
                f"{100 * one.error:+.1f} %" if row.value > 0 < p.value else "",
                p.remark,
            ]
        )
    return [head, *rows]


def reasons(compared):
    """(reason, rows, ids) of what is not predicted, the commonest first."""
    found = Counter(one.reason for one in compared if one.prediction is None)
    ids = {}
    for one in compared:
        if one.prediction is None:
            ids.setdefault(one.reason, []).append(one.row.id)
    return [(reason, count, ids[reason]) for reason, count in found.most_common()]


def aligned(cells):
    """A table in columns of text."""
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    lines = ["  ".join(text.ljust(w) for text, w in zip(row, widths, strict=True)) for row in cells]
    return "\n".join(line.rstrip() for line in lines)


def markdown(cells):
    """A table in Markdown."""
    head, *rows = ([text.replace("|", "\\|") for text in row] for row in cells)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def text(compared, scores):
    """What the command prints."""
    predicted = sum(one.prediction is not None for one in compared)
    parts = [f"{predicted} of {len(compared)} measurements predicted"]
    if predicted:
        parts += [aligned(comparison_rows(compared))]
    if scores:
        parts += [aligned(score_rows(scores))]
    if missing := reasons(compared):
        lines = [f"  {count:4}  {reason}" for reason, count, _ in missing]
        parts += ["\n".join(["not predicted:", *lines])]
    return "\n\n".join(parts)


def page(compared, scores):
    """docs/validation.md."""
    predicted = sum(one.prediction is not None for one in compared)
    missing = [
        f"* {count}: {reason} ({', '.join(ids[:6])}{', …' if len(ids) > 6 else ''})"
        for reason, count, ids in reasons(compared)
    ]
    parts = [
        HEADER.rstrip(),
        f"{predicted} of {len(compared)} measurements are predicted.",
        "## Scores",
        markdown(score_rows(scores)),
        "## Row by row",
        markdown(comparison_rows(compared)),
        "## Not predicted",
        "\n".join(missing),
    ]
    return "\n\n".join(parts) + "\n"


def as_json(compared, scores):
    """Every figure, as plain objects."""
    rows = []
    for one in compared:
        row, p = one.row, one.prediction
        entry = {
            name: getattr(row, name)
            for name in ("id", "category", "device", "workload", "metric", "unit", "use", "source")
        }
        factor = SECONDS.get(row.unit, 1.0)
        entry["measured"] = row.value / factor
        if p is None:
            entry["reason"] = one.reason
        else:
            entry["predicted"] = p.value / factor
            entry["range"] = [p.low / factor, p.high / factor]
            entry["remark"] = p.remark
        rows.append(entry)
    return {"measurements": rows, "scores": [vars(score) for score in scores]}

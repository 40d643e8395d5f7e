"""The benchmarks as tables of text, and as JSON."""

from trainyard.validate.report import aligned

MEETS = 0.9  # of the data sheet
AS_PUBLISHED = 0.1  # how far from a published measurement
HEALTHY = 0.9  # of what the machine, as it is described, gives


def verdict(row):
    """What a row says of the chip: "meets", "as published", "short: why", "skipped: why"."""
    if row.achieved is None:
        return f"skipped: {row.reason}"
    if row.published:
        off = row.achieved.value / row.published - 1
        if abs(off) <= AS_PUBLISHED:
            return "as published"
        return f"{100 * off:+.0f} % against published"
    if row.share is None:
        return ""
    return "meets" if row.share >= MEETS else f"short: {row.reason}" if row.reason else "short"


def _figure(value):
    return "" if value is None else f"{value:.4g}"


def table(group):
    """A group as lines of text."""
    unit = next((row.unit for row in group.rows if row.unit), "")
    cells = [[group.name, group.x, unit, "data sheet", "share", "published", "verdict"]]
    for row in group.rows:
        paper = f"{row.sheet.value:.4g} ({row.sheet.source})" if row.sheet else ""
        cells.append([
            row.series,
            "" if row.x is None else str(row.x),
            _figure(row.achieved.value) if row.achieved else "",
            paper,
            "" if row.share is None else f"{100 * row.share:.1f} %",
            _figure(row.published),
            verdict(row),
        ])  # fmt: skip
    return aligned(cells)


def slower(groups, as_described):
    """(group, row, row as described) where a machine is below what its description gives."""
    found = []
    for group, other in zip(groups, as_described, strict=True):
        theirs = {(row.series, row.x): row for row in other.rows if row.achieved}
        for row in group.rows:
            usual = theirs.get((row.series, row.x))
            if not (row.achieved and usual):
                continue
            ratio = row.achieved.value / usual.achieved.value
            if (ratio if row.better == "more" else 1 / ratio) < HEALTHY:
                found.append((group, row, usual))
    return found


def text(machine, groups, slower, health, sound):
    """What the command prints."""
    title = f"{machine.name}: {machine.title}, simulated; benchmarks on one {machine.core_name}"
    parts = [title, *map(table, groups)]
    if slower:
        lines = ["slower than the machine as it is described"]
        for group, row, usual in slower:
            size = "" if row.x is None else f", {row.x} {group.x}"
            lines.append(f"  {group.name}, {row.series}{size}: {row.achieved.value:.4g} of "
                         f"{usual.achieved.value:.4g} {row.unit}")  # fmt: skip
        parts.append("\n".join(lines))
    if health:
        lines = ["health", *(f"  {line}" for line in health.looked_at)]
        lines += [f"  FAULT: {words}" for _, _, words in health.faults]
        parts.append("\n".join(lines))
    parts.append("verdict: sound" if sound else "verdict: not sound")
    return "\n\n".join(parts)


def as_json(machine, groups, slower, health, sound):
    """Each group as a chart needs it: rows with series, x and figures; and what is wrong."""
    figures = {
        "machine": machine.name,
        "benchmarks": [
            {"name": group.name, "x": group.x, "rows": [_row(row) for row in group.rows]}
            for group in groups
        ],
        "slower": [
            {"benchmark": group.name, "series": row.series, "x": row.x, "unit": row.unit,
             "achieved": row.achieved.value, "described": usual.achieved.value}
            for group, row, usual in slower
        ],
        "sound": sound,
    }  # fmt: skip
    if health:
        figures["health"] = {
            "looked_at": health.looked_at,
            "links": [{"link": str(link), "kind": link.kind, "chip": link.chip, "to": link.to,
                       "gb_s": rate} for link, rate in health.rates.items()],
            "faults": [{"kind": kind, **what.place(), "text": words}
                       for kind, what, words in health.faults],
        }  # fmt: skip
    return figures


def _row(row):
    entry = {"series": row.series, "x": row.x, "unit": row.unit, "better": row.better}
    if row.achieved:
        a = row.achieved
        entry |= {"achieved": a.value, "low": a.low, "high": a.high}
    if row.sheet:
        entry |= {"data_sheet": row.sheet.value, "source": row.sheet.source, "share": row.share}
    if row.published:
        entry["published"] = row.published
    return entry | {"verdict": verdict(row)}

"""Makes docs/support.md: what is supported on which generation in which version of NKI, with the
evidence, every rule, and every conflict between documents. Called by make_reference.py."""

import json
import re
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FACTS = ROOT / "scripts" / "support"
sys.path.insert(0, str(ROOT / "python"))

OPENING = """\
# What is supported

Made by `make reference` from the descriptions of the instructions, from
`python/trainyard/nki/versions.txt`, the tests and `scripts/support`; do not edit it.

`--nki 0.2` … `--nki 0.7` holds a kernel to one version: names and parameters that it does not have
are refused (E124), so is Python that its compiler does not take (E125), and its defaults and rules
hold. Without it the spellings of all versions are taken, and what the newest refuses is a note.
`--lenient RULE` turns a rule that can be relaxed into a note.

## Instructions

● supported, empty: not there. v2 is the NeuronCore of Trainium1 and Inferentia2, v3 of Trainium2,
v4 of Trainium3. Uses: calls in public kernels, of NKI 0.2 and later / of the older API. Values: how
well the result is known (`trainyard explain NAME`).

"""


def versions():
    from trainyard.nki import versions as module

    return module


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


@cache
def test_texts():
    folders = ("isa", "nki", "nki_older", "device", "core")
    paths = [p for f in folders for p in sorted((ROOT / "tests" / f).glob("test_*.py"))]
    return {path: path.read_text() for path in paths}


def test_of(name):
    """The test file of that name, else the one that calls it most often."""
    own = ROOT / "tests" / "isa" / f"test_{name}.py"
    counts = {
        path: len(re.findall(rf"\b{re.escape(name)}\(", text) + re.findall(rf'"{name}"', text))
        for path, text in test_texts().items()
    }
    best = own if own.exists() else max(counts, key=counts.get)
    if not own.exists() and not counts[best]:
        return ""
    return f"[{best.stem}](../{best.relative_to(ROOT)})"


def marks(name):
    """● or nothing for each version."""
    v = versions()
    history = v.histories().get(name, v.History())
    return ["●" if history.exists(int(n[2:])) else "" for n in v.NAMES]


def changes(name):
    """ "0.3: +accumulate; 0.4: …" """
    history = versions().histories().get(name)
    if not history or not history.parameters:
        return ""
    parts, before = [], None
    for version, now in sorted(history.parameters.items()):
        if before:
            new = [f"+{n}" for n in now.names if n not in before.names]
            old = [f"-{n}" for n in before.names if n not in now.names]
            common = [n for n in now.names if n in before.names]
            moved = ["order"] if common != [n for n in before.names if n in now.names] else []
            free = sorted(before.required & set(now.names) - now.required)
            optional = [f"{n} optional" for n in free]
            parts.append(f"0.{version}: {', '.join(new + old + moved + optional)}")
        before = now
    return "; ".join(parts)


def uses():
    lines = (FACTS / "uses.txt").read_text().splitlines()
    rows = [line.split() for line in lines if line and line[0] != "#"]
    return {name: f"{new} / {old}" for name, new, old in rows}


def instruction_table(pages, module):
    v = versions()
    counts = uses()
    rows = []
    for page in pages:
        if page.get("module") != module:
            continue
        name = page["name"]
        generations = ["●" if page["neuroncore_version"] <= g else "" for g in (2, 3, 4)]
        cells = [f"[{name}](instructions.md#{name})", *generations, *marks(f"{module}.{name}")]
        sources = " ".join(page["sources"].split()).replace("|", "\\|").rstrip(".")
        rows.append(
            [
                *cells,
                changes(f"{module}.{name}"),
                page["evidence"],
                test_of(name),
                counts.get(name, ""),
                sources,
            ]
        )
    header = ["", "v2", "v3", "v4", *v.NAMES, "parameters", "values", "test", "uses", "document"]
    return table(header, rows)


def documented():
    """Full names of tests/nki/signatures.txt."""
    text = (ROOT / "tests" / "nki" / "signatures.txt").read_text()
    return re.findall(r"^(nki\.[\w.]+)\(", text, re.MULTILINE)


def language_table(module):
    """Names by the versions that have them."""
    v = versions()
    names = [n for n in documented() if n.rpartition(".")[0] == module]
    extra = [n for n in v.histories() if n.rpartition(".")[0] == module and n not in names]
    missing = set((ROOT / "tests" / "nki" / "missing.txt").read_text().split())
    groups = {}
    for name in sorted([*names, *extra]):
        history = v.histories().get(name, v.History())
        short = name.rpartition(".")[2]
        absent = name in missing or (history.since == v.NEWEST and name not in names)
        groups.setdefault(history.span(), []).append(f"*{short}*" if absent else f"`{short}`")
    return table([module, ""], [[span, " ".join(groups[span])] for span in sorted(groups)])


def changed_table():
    """Functions that are no instructions and whose parameters changed."""
    names = [n for n in versions().histories() if n.startswith(("nki.language", "nki.collectives"))]
    rows = [[f"`{n.removeprefix('nki.')}`", changes(n)] for n in names if changes(n)]
    return table(["function", "parameters"], rows)


def rules_table(pages):
    rows = []
    for page in pages:
        if page["kind"] == "diagnostic":
            relaxed = page["relaxed"] or "no"
            rows.append([page["name"], page["title"], page["summary"], relaxed])
    return table(["code", "rule", "what it demands", "relaxed with --lenient"], rows)


def machine_conflicts():
    """The conflicts that machines/*.toml state beside their numbers."""
    import tomllib

    def walk(node, path):
        for key, value in node.items():
            if isinstance(value, dict) and "conflict" in value:
                conflict = value["conflict"]
                text = " ".join(conflict) if isinstance(conflict, list) else conflict
                number = value.get("value", value.get("derived", value.get("estimate")))
                yield ".".join([*path, key]), number, text
            elif isinstance(value, dict):
                yield from walk(value, [*path, key])

    rows = []
    for path in sorted((ROOT / "machines").glob("*.toml")):
        for key, number, text in walk(tomllib.loads(path.read_text()), []):
            rows.append([path.stem, f"`{key}`", number, text.replace("|", "\\|")])
    return table(["machine", "number", "here", "another source"], rows)


def page(explained):
    """The whole page. `explained`: what `trainyard explain --list --json` prints."""
    pages = json.loads(explained)
    return (
        OPENING
        + instruction_table(pages, "nki.isa")
        + "\nQueries: `get_nc_version`, and `get_nc_sub_version` from NKI 0.5 on. Older spellings "
        "that are taken: those of\nNKI 0.2 for the parameters above, `tensor_copy_dynamic_src` and "
        "`tensor_copy_dynamic_dst`.\n\n## Collectives\n\n"
        + instruction_table(pages, "nki.collectives")
        + "\n"
        + language_table("nki.collectives")
        + "\n## Language\n\nNames by the versions that have them; those in italics are not there "
        "yet (U001). Tests: [test_signatures]"
        "(../tests/nki/test_signatures.py)\nfor each name and default, tests/nki for values.\n\n"
        + "\n".join(map(language_table, ("nki.language", "nki.language.tile_size")))
        + "\n"
        + language_table("nki.NkiTensor")
        + "\n"
        + changed_table()
        + "\n## Rules\n\n"
        + rules_table(pages)
        + "\n## Conflicts between documents, and what is done here\n\n"
        + (FACTS / "conflicts.md").read_text()
        + "\nNumbers of machines on which public sources disagree:\n\n"
        + machine_conflicts()
    )

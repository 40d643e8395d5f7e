"""The suites by name, and where their files are in a checkout."""

import hashlib
from pathlib import Path

from trainyard.conformance import nki_attention, nki_examples
from trainyard.conformance.case import Case

SUITES = {"nki-examples": nki_examples, "nki-attention": nki_attention}


def cases_of(suite: str) -> list[Case]:
    return SUITES[suite].cases()


def find_case(suite: str, name: str) -> Case:
    return next(case for case in cases_of(suite) if case.name == name)


def find_file(checkout: Path, name: str) -> Path:
    """The file of that name nearest to the top of the checkout."""
    found = sorted(checkout.rglob(name), key=lambda path: (len(path.parts), path))
    if not found:
        raise FileNotFoundError(f"no {name} under {checkout}")
    return found[0]


def digests(checkout: Path, cases: list[Case]) -> dict[str, str]:
    """What tells one version of the kernels' files from another, by file name."""
    return {
        name: hashlib.sha256(find_file(checkout, name).read_bytes()).hexdigest()[:12]
        for name in sorted({case.file for case in cases})
    }

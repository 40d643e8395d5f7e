"""Every diagnostic is listed once, in order, and provoked by a test."""

import re

import pytest


@pytest.fixture
def rules(root) -> list[tuple[str, str]]:
    """(code, name) of each line of diagnostics.list."""
    text = (root / "trainyard/base/diagnostics.list").read_text()
    return re.findall(r'^DIAGNOSTIC\((\w+), "([^"]*)"', text, re.MULTILINE)


def test_codes_and_names_are_unique(rules):
    codes, names = zip(*rules, strict=True)
    assert len(set(codes)) == len(codes)
    assert len(set(names)) == len(names)


def test_codes_are_well_formed_and_in_order(rules):
    codes = [code for code, _ in rules]
    assert all(re.fullmatch(r"[EUKB]\d{3}", code) for code in codes)
    assert codes == sorted(codes, key=lambda code: ("EUKB".index(code[0]), code))


def test_names_are_kebab_case(rules):
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for _, name in rules)


def test_every_code_has_a_test(root, rules):
    """untested_diagnostics.txt holds the debt; it only shrinks."""
    pending = {
        line
        for line in (root / "tests/repo/untested_diagnostics.txt").read_text().splitlines()
        if line[:1] != "#"
    }
    mentioned = {
        code
        for path in (root / "tests").rglob("*")
        if path.suffix in {".cc", ".py", ".test"} and path.parent.name != "repo"
        for code in re.findall(r"\b[EUKB]\d{3}\b", path.read_text())
    }
    codes = {code for code, _ in rules}
    assert not pending - codes, "untested_diagnostics.txt names unknown codes"
    assert not pending & mentioned, "now tested: remove from untested_diagnostics.txt"
    assert not codes - mentioned - pending, "no test provokes these"

"""The README is short, and what it tells a reader to type exists."""

import re

import pytest


@pytest.fixture
def readme(root) -> str:
    return (root / "README.md").read_text()


def commands(root) -> set[str]:
    """Every trainyard command, C++ or Python."""
    text = (root / "trainyard/cli/commands.list").read_text()
    return set(re.findall(r"^(?:PYTHON_)?COMMAND\((\w+),", text, re.MULTILINE))


def typed(text: str, program: str) -> set[str]:
    """The first words after `program` where the text shows a command, in a block or inline."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]
    inline = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
    start = re.compile(rf"^(?:\$ )?(?:bin/)?{program} ([a-z]\w*)")
    return {match[1] for line in lines + inline if (match := start.match(line))}


def test_readme_is_short(readme):
    assert len(readme.splitlines()) <= 120


def test_readme_make_targets_exist(root, readme):
    targets = set(re.findall(r"^([a-z]+):", (root / "Makefile").read_text(), re.MULTILINE))
    assert {"demo", "test"} <= typed(readme, "make") <= targets


def test_readme_commands_exist(root, readme):
    assert typed(readme, "trainyard") <= commands(root)


@pytest.mark.parametrize("page", ["README.md", "ARCHITECTURE.md", "docs/ci.md", "docs/tutorial.md"])
def test_links_lead_somewhere(root, page):
    links = re.findall(r"\]\(([^)#:]+)\)", (root / page).read_text())
    assert not [link for link in links if not (root / page).parent.joinpath(link).exists()]

"""The commands that the pages show print what the pages say. scripts/update_docs.py renews them."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "page", ["README.md", "docs/tutorial.md", "docs/bringup.md", "docs/sanitiser.md"]
)
def test_page_shows_what_its_commands_print(root, page):
    command = [sys.executable, "scripts/update_docs.py", "--check", page]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr

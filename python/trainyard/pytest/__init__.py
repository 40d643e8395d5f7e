"""The pytest plugin `-p trainyard.pytest`: in this process `import nki` means Trainyard, and what
public kernel suites import but nobody publishes is there too (see `offered.py`). Nothing of it is
installed under those names, and where the real package is there, that one is taken.

    pytest -p trainyard.pytest --test-mode simulation test/integration/…

A kernel that is refused raises in its test; it never ends the process."""

import pytest

from trainyard import activation
from trainyard.pytest import offered, orchestrator


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests():
    """Before the suite's own conftest.py is imported, which imports all of it."""
    activation.activate()
    offered.install()


def pytest_collection():
    orchestrator.complete()

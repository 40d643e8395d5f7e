"""What is said before and during a long run."""

import io
import sys

import numpy as np
import pytest
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl
from trainyard.nki.launch import launch

from trainyard import _core, progress

GB = 10**9


@pytest.mark.parametrize(
    ("seconds", "size", "available", "says"),
    [
        (9.9, 2 * GB, 2 * GB, ""),
        (10, GB, 2 * GB, "k: about 10 s and 1.0 GB on this computer (estimate)"),
        (300, GB, None, "k: about 5 min and 1.0 GB on this computer (estimate)"),
        (1, 2 * GB + 1, 2 * GB, "--time-only gives the simulated time"),
    ],
)
def test_announcement(seconds, size, available, says):
    text = progress.announcement("k", seconds, size, available)
    assert says in text and bool(says) == bool(text)


def test_durations():
    assert [progress.duration(s) for s in (99, 100, 5999, 7200)] == [
        "99 s",
        "2 min",
        "100 min",
        "2.0 h",
    ]


def repeated(x, times):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    tile = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.sbuf)
    nisa.dma_copy(tile, x)
    for _ in range(times):
        nisa.tensor_scalar(tile, tile, nl.add, 1.0)
    nisa.dma_copy(out, tile)
    return out


def estimate(columns=512, times=10):
    x = np.zeros((128, columns), np.float32)
    return _core.host_estimate(launch(repeated, (x, times), {}, time_only=True).traces)


def test_estimates_grow_with_the_work():
    (few, small), (many, same), (wide, large) = estimate(), estimate(times=100), estimate(1024)
    assert many > 5 * few and wide > few and large > small
    assert same - small < 100 * 1024  # tiles come and go


class Terminal(io.StringIO):
    def __init__(self, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal


@pytest.mark.parametrize("terminal", [True, False])
def test_a_bar_on_terminals_only(monkeypatch, terminal):
    monkeypatch.setenv("TRAINYARD_REPORT", "1")
    monkeypatch.setattr(progress, "LONG_SECONDS", 0)
    monkeypatch.setattr(sys, "stderr", Terminal(terminal))
    launch(repeated, (np.zeros((128, 8192), np.float32), 1500), {}, threads=1)
    lines = sys.stderr.getvalue().split("\r")
    assert lines[0].startswith("repeated: about ")
    assert lines[0].endswith(" on this computer (estimate)\n")
    assert terminal == (len(lines) > 2) and terminal == ("\r" in sys.stderr.getvalue())
    if terminal:
        assert "[" in lines[1] and " %" in lines[1].replace("%", " %")
        assert lines[-1] == "\x1b[K"  # nothing stays


def test_silence_unless_the_command_runs(monkeypatch, capfd):
    monkeypatch.delenv("TRAINYARD_REPORT", raising=False)
    monkeypatch.setattr(progress, "LONG_SECONDS", 0)
    launch(repeated, (np.zeros((128, 64), np.float32), 1), {})
    assert capfd.readouterr().err == ""

"""The older NKI API, `neuronxcc.nki` (NKI 0.1): instructions return tiles. It lowers onto the
instructions of trainyard.nki.isa; there is no second engine."""

from trainyard.nki import typing
from trainyard.nki_older import compiler, isa, language
from trainyard.nki_older.kernel import Kernel, baremetal, jit, simulate_kernel, trace
from trainyard.nki_older.tile import Tile
from trainyard.nki_older.timing import benchmark, profile

tensor = Tile

__all__ = [
    "Kernel",
    "baremetal",
    "benchmark",
    "compiler",
    "isa",
    "jit",
    "language",
    "profile",
    "simulate_kernel",
    "tensor",
    "trace",
    "typing",
]

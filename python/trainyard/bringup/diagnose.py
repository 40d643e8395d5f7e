"""What is wrong with a device, told from its answers alone: a self-test of each core, each link's
rate against those of its kind and the data sheet, a march through memory."""

from dataclasses import dataclass, field
from statistics import median

import numpy as np

from trainyard.bringup.device import NoAnswerError
from trainyard.bringup.march import WINDOW, march
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

SIZES = (1 << 16, 1 << 24)  # bytes over a link: the difference of both is free of its latency
SLOW = 0.9  # of what a link should carry


@dataclass
class Diagnosis:
    """Faults as (kind, what, in words), and what was looked at."""

    faults: list = field(default_factory=list)
    looked_at: list = field(default_factory=list)
    rates: dict = field(default_factory=dict)  # what each link carries, GB/s

    def add(self, kind, what, words):
        self.faults.append((kind, what, words))


def _self_test(x, w):
    """Every engine and a DMA queue on the way: relu(w.T @ x) * 2 + its rows' index."""
    tile, weights = (nl.ndarray(a.shape, a.dtype, buffer=nl.sbuf) for a in (x, w))
    nisa.dma_copy(tile, x)
    nisa.dma_copy(weights, w)
    bank = nl.ndarray((128, x.shape[1]), nl.float32, buffer=nl.psum)
    nisa.nc_matmul(bank, weights, tile, accumulate=False)
    a, b = (nl.ndarray(bank.shape, nl.float32, buffer=nl.sbuf) for _ in range(2))
    nisa.activation(a, nl.relu, bank)
    nisa.tensor_scalar(b, a, nl.multiply, 2.0, engine=nisa.engine.vector)
    nisa.tensor_tensor(a, b, b, nl.add, engine=nisa.engine.gpsimd)
    out = nl.ndarray(a.shape, a.dtype, buffer=nl.shared_hbm)
    nisa.dma_copy(out, a)
    return out


def _test_cores(device, found):
    """The cores that give the right answer."""
    rng = np.random.default_rng(0)
    # Small whole numbers: exact in any order of additions.
    x, w = (rng.integers(-8, 8, shape).astype(np.float32) for shape in [(128, 64), (128, 128)])
    expected = 4 * np.maximum(w.T @ x, 0)
    sound = []
    for core in device.cores:
        try:
            outputs, _ = device.run(core, _self_test, x, w)
        except NoAnswerError:
            found.add("dead_core", core, f"{core} does not answer: its self-test never completes")
            continue
        if np.array_equal(outputs, expected):
            sound.append(core)
        else:
            found.add("wrong_core", core, f"{core} computes wrongly: its self-test fails")
    found.looked_at.append(f"{len(sound)} of {len(device.cores)} cores passed their self-test")
    return sound


def _test_links(device, found):
    rates = found.rates
    for link in device.links:
        few, many = (device.send(link, size) for size in SIZES)
        rates[link] = (SIZES[1] - SIZES[0]) / (many - few) * 1e-9
    for link, rate in rates.items():
        usual = median(r for other, r in rates.items() if other.kind == link.kind)
        sheet = device.machine.values[f"chip.links.{link.kind}.gb_s"]
        if rate < SLOW * max(usual, sheet):
            found.add("slow_link", link, f"{link} carries {rate:.4g} GB/s of {sheet:.4g}, "
                      f"others of its kind {usual:.4g}")  # fmt: skip
    if rates:
        found.looked_at.append(f"{len(rates)} links, each direction by itself")
    else:
        found.looked_at.append("no links: one chip")


def _test_memory(device, cores, found):
    for core in cores:
        for bit in march(device, core):
            found.add("hbm_bitflip", bit, str(bit))
    found.looked_at.append(f"March C- over {WINDOW >> 10} KiB of the HBM of {len(cores)} cores")


def diagnose(device, show=lambda name: None):
    """The Diagnosis of a device."""
    found = Diagnosis()
    show("self-test of each core")
    sound = _test_cores(device, found)
    show("each link")
    _test_links(device, found)
    show("march through memory")
    _test_memory(device, sound, found)
    return found

"""Faults to plant, for seeing whether they are found. Nothing but the device reads them."""

import random

import numpy as np

from trainyard import _core
from trainyard.bringup.device import Device, Sound
from trainyard.bringup.march import WINDOW

SLOWEST, FASTEST = 0.1, 0.7  # of a slow link's rate


class DeadCore(Sound):
    """A core whose instructions never complete."""

    def __init__(self, device, choose):
        self._core = choose.choice(device.cores)

    def completes(self, core):
        return core != self._core

    def __str__(self):
        return str(self._core)


class SlowLink(Sound):
    """A link, in one direction, that lost part of its rate."""

    def __init__(self, device, choose):
        if not device.links:
            _core.refuse("E001", f"{device.machine.name} is one chip: it has no link to slow down",
                         "slow_link", "dead_core or hbm_bitflip", "--inject")  # fmt: skip
        self._link, self._rate = choose.choice(device.links), choose.uniform(SLOWEST, FASTEST)

    def rate(self, link):
        return self._rate if link == self._link else 1.0

    def __str__(self):
        return str(self._link)


class HbmBitflip(Sound):
    """A bit of HBM that is stuck at 0 or at 1, or that flips once."""

    def __init__(self, device, choose):
        self._core, self._byte = choose.choice(device.cores), choose.randrange(WINDOW)
        self._bit = choose.randrange(8)
        self._kind = choose.choice(("stuck at 0", "stuck at 1", "flips once"))
        self._writes_left = choose.randrange(1, 5)

    def stored(self, core, data):
        if core != self._core:
            return data
        held = np.frombuffer(data.tobytes(), np.uint8).copy()
        self._writes_left -= 1
        if self._kind == "stuck at 0":
            held[self._byte] &= 0xFF ^ 1 << self._bit
        elif self._kind == "stuck at 1":
            held[self._byte] |= 1 << self._bit
        elif self._writes_left == 0:
            held[self._byte] ^= 1 << self._bit
        return held.reshape(data.shape)

    def __str__(self):
        return f"byte {self._byte:#x}, bit {self._bit} of {self._core}, {self._kind}"


KINDS = {"dead_core": DeadCore, "slow_link": SlowLink, "hbm_bitflip": HbmBitflip}


def plant(kind, machine, seed):
    """The device with such a fault; which core, link or bit it is depends on the seed."""
    if kind is None:
        return Device(machine)
    # An own sound device to choose from: the fault must not see the one that it changes.
    return Device(machine, KINDS[kind](Device(machine), random.Random(seed)))

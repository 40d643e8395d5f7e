"""A planted fault is named from measurements alone: the core, the link, the address and bit."""

import random

import pytest
from trainyard.bringup import diagnose, faults
from trainyard.bringup.device import Core, Device, Link, Sound
from trainyard.bringup.march import WINDOW, march

from trainyard import load_machine

ONE_CHIP = "trn2.3xlarge"


@pytest.fixture(scope="module")
def machine():
    return load_machine(ONE_CHIP)


class Bits(Sound):
    """Bits of one core's memory that are forced, or that flip after one of the writes."""

    def __init__(self, core, *, ones=(), zeros=(), flips=()):
        self._core, self._ones, self._zeros, self._flips = core, ones, zeros, dict(flips)
        self._writes = 0

    def stored(self, core, data):
        if core != self._core:
            return data
        held = data.copy()
        flat = held.reshape(-1)
        for at in self._ones:
            flat[at // 8] |= 1 << at % 8
        for at in self._zeros:
            flat[at // 8] &= 0xFF ^ 1 << at % 8
        if (at := self._flips.get(self._writes)) is not None:
            flat[at // 8] ^= 1 << at % 8
        self._writes += 1
        return held


def test_a_sound_machine_has_no_fault(machine):
    found = diagnose.diagnose(Device(machine))
    assert found.faults == [] and len(found.looked_at) == 3


@pytest.mark.parametrize("seed", range(3))
def test_a_dead_core_is_named(machine, seed):
    expected = random.Random(seed).choice(Device(machine).cores)
    found = diagnose.diagnose(faults.plant("dead_core", machine, seed))
    assert [(kind, what) for kind, what, _ in found.faults] == [("dead_core", expected)]


@pytest.mark.parametrize("name", ["trn1", "trn2", "inf2.24xlarge", "trn2-ultraserver", "trn3"])
@pytest.mark.parametrize("seed", range(3))
def test_a_slow_link_is_named_and_its_rate_told(name, seed):
    device = faults.plant("slow_link", load_machine(name), seed)
    choose = random.Random(seed)
    expected, left = choose.choice(Device(device.machine).links), choose.uniform(0.1, 0.7)
    found = diagnose.Diagnosis()
    diagnose._test_links(device, found)
    assert [what for _, what, _ in found.faults] == [expected]
    at = device.machine.values[f"chip.links.{expected.kind}.gb_s"]
    assert found.rates[expected] == pytest.approx(left * at, rel=1e-6)


def test_links_are_those_of_the_topology():
    def links(name):
        return Device(load_machine(name)).links

    torus = links("trn2")
    assert len(torus) == 16 * 4 and Link("xy", 0, 12) in torus and Link("xy", 3, 0) in torus
    assert {link.to for link in torus if link.chip == 5} == {1, 4, 6, 9}
    chain, ring = links("inf2.24xlarge"), links("inf2")
    assert len(chain) == 2 * 5 and len(ring) == 2 * 12
    assert Link("neuronlink", 11, 0) in ring and Link("neuronlink", 5, 0) not in chain
    assert links(ONE_CHIP) == []


def test_the_limit_of_a_slow_link(machine):
    class Share(Sound):
        def __init__(self, share):
            self._share = share

        def rate(self, link):
            return self._share if link == Link("xy", 0, 1) else 1.0

    def faults_at(share):
        found = diagnose.Diagnosis()
        diagnose._test_links(Device(load_machine("trn2"), Share(share)), found)
        return len(found.faults)

    assert faults_at(0.901) == 0 and faults_at(0.899) == 1


@pytest.mark.parametrize("at", [0, 7, 8 * WINDOW - 1, 123457])
def test_bits_at_the_ends_of_the_window_are_found(machine, at):
    core = Core(0, 5)
    base = 5 * 12 * 2**30
    for planted, behaviour in [
        ({"ones": [at]}, "stuck at 1"),
        ({"zeros": [at]}, "stuck at 0"),
        ({"flips": {0: at}}, "flipped once"),
        ({"flips": {4: at}}, "flipped once"),
    ]:
        (wrong,) = march(Device(machine, Bits(core, **planted)), core)
        assert (wrong.address, wrong.bit) == (base + at // 8, at % 8)
        assert wrong.behaviour == behaviour


def test_several_bits_are_told_apart(machine):
    core = Core(0, 0)
    found = march(Device(machine, Bits(core, ones=[9, 10], zeros=[77])), core)
    places = [(w.address, w.bit, w.behaviour) for w in found]
    assert places == [(1, 1, "stuck at 1"), (1, 2, "stuck at 1"), (9, 5, "stuck at 0")]


def test_a_core_that_computes_wrongly_is_told_from_a_dead_one(machine, monkeypatch):
    device, wrong = Device(machine), Core(0, 3)
    sound_run = device.run

    def run(core, kernel, *arrays):
        outputs, seconds = sound_run(core, kernel, *arrays)
        return (outputs + 1 if core == wrong else outputs), seconds

    monkeypatch.setattr(device, "run", run)
    found = diagnose.Diagnosis()
    diagnose._test_cores(device, found)
    assert [(kind, what) for kind, what, _ in found.faults] == [("wrong_core", wrong)]

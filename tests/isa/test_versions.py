"""get_nc_version and get_nc_sub_version: the generation that a kernel is traced for."""

import pytest
from harness import MACHINES, result
from trainyard.nki import isa as nisa

GENERATIONS = dict(zip(MACHINES, (2, 3, 4), strict=True))


def seen_inside(machine, look):
    seen = []
    result(lambda t: seen.append(look()), machine)
    return seen[0]


@pytest.mark.parametrize("machine", MACHINES)
def test_versions_compare_with_members_and_integers(machine):
    number = GENERATIONS[machine]
    version = seen_inside(machine, nisa.get_nc_version)
    assert version is nisa.nc_version(number)
    assert version == number and number == version and hash(version) == hash(number)
    for other in nisa.nc_version:
        for theirs in (other, int(other)):
            assert (version == theirs) == (number == other.value)
            assert (version != theirs) == (number != other.value)
            assert (version < theirs) == (number < other.value)
            assert (version <= theirs) == (number <= other.value)
            assert (version > theirs) == (number > other.value)
            assert (version >= theirs) == (number >= other.value)
    assert {nisa.nc_version.gen2: 2, nisa.nc_version.gen3: 3, 4: 4}[version] == number


@pytest.mark.parametrize("machine", MACHINES)
def test_every_described_machine_is_of_the_first_revision(machine):
    assert seen_inside(machine, nisa.get_nc_sub_version) == 0
    assert type(seen_inside(machine, nisa.get_nc_sub_version)) is int


def test_outside_a_kernel_there_is_no_version():
    for look in (nisa.get_nc_version, nisa.get_nc_sub_version):
        with pytest.raises(nisa.NkiValidationError) as caught:
            look()
        assert caught.value.code == "E305"

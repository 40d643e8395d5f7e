"""Energy: sums, what it grows with, and a bound from the chip's power."""

import json

import numpy as np
import pytest
from trainyard.microbench.engines import tile
from trainyard.microbench.timeline import timeline
from trainyard.nki import collectives as ncc
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

import trainyard

MACHINES = ["trn1", "trn2", "trn3"]
PICO = 1e-12


def energy(body, machine="trn2", **options):
    """Joules of a kernel without arguments, by part."""
    return timeline(body, machine, **options)[1].summary.energy


def products(count, dtype=nl.bfloat16, columns=512):
    def body():
        stationary, moving = tile((128, 128), dtype), tile((128, columns), dtype)
        bank = nl.ndarray((128, columns), nl.float32, buffer=nl.psum)
        for i in range(count):
            nisa.nc_matmul(bank, stationary, moving, accumulate=i > 0)

    return body


def loads(count, shape=(128, 4096)):
    def body():
        rows = nl.ndarray(shape, nl.uint8, buffer=nl.private_hbm)
        taken = nl.ndarray(shape, nl.uint8, buffer=nl.sbuf)
        for _ in range(count):
            nisa.dma_copy(taken, rows)

    return body


def of(machine, name):
    return trainyard.load_machine(machine).values[f"core.energy.{name}"]


@pytest.mark.parametrize("machine", MACHINES)
def test_parts_make_the_total_and_idleness_is_power_times_span(machine):
    _, done = timeline(products(8), machine)
    found = done.summary.energy
    for i in range(3):
        parts = sum(values[i] for name, values in found.items() if name != "total")
        assert found["total"][i] == pytest.approx(parts)
    seconds = done.summary.seconds
    assert found["idle"][0] == pytest.approx(of(machine, "idle_w") * seconds)
    assert done.summary.watts == pytest.approx(found["total"][0] / seconds)
    for value, low, high in found.values():
        assert low <= value <= high
    assert found["total"][1] < found["total"][0] < found["total"][2]


def test_a_product_costs_its_multiply_adds_and_its_bytes():
    more, less = (energy(products(n))["tensor"][0] for n in (9, 8))
    macs = 128 * 128 * 512 * of("trn2", "mac_pj")
    read = 2 * (128 * 128 + 128 * 512) * of("trn2", "sbuf_byte_pj")
    # What accumulates is read and written.
    psum = 2 * 4 * 128 * 512 * of("trn2", "psum_byte_pj")
    assert more - less == pytest.approx((macs + read + psum) * PICO)


def test_fp32_takes_four_times_the_multiply_adds_and_fp8_fewer_joules():
    def macs(dtype):
        more, less = (energy(products(n, dtype))["tensor"][0] for n in (9, 8))
        size = {nl.float32: 4, nl.bfloat16: 2, nl.float8_e5m2: 1}[dtype]
        read = size * (128 * 128 + 128 * 512) * of("trn2", "sbuf_byte_pj")
        psum = 2 * 4 * 128 * 512 * of("trn2", "psum_byte_pj")
        return (more - less) / PICO - read - psum

    assert macs(nl.float32) == pytest.approx(4 * macs(nl.bfloat16))
    ratio = of("trn2", "mac_8bit_pj") / of("trn2", "mac_pj")
    assert macs(nl.float8_e5m2) == pytest.approx(ratio * macs(nl.bfloat16))


def test_a_load_costs_the_memories_the_way_and_its_descriptors():
    more, less = energy(loads(5)), energy(loads(4))
    each = {name: (more[name][0] - less[name][0]) / PICO for name in ("dma", "hbm", "tensor")}
    size = 128 * 4096
    assert each["hbm"] == pytest.approx(size * of("trn2", "hbm_byte_pj"))
    way = of("trn2", "dma_byte_pj") + of("trn2", "sbuf_byte_pj")
    assert each["dma"] == pytest.approx(size * way + 128 * of("trn2", "descriptor_pj"))
    assert each["tensor"] == 0


def test_an_instruction_costs_its_elements_on_its_engine_alone():
    def body(count):
        def copies():
            a, b = tile((128, 512)), tile((128, 512))
            for _ in range(count):
                nisa.tensor_copy(b, a, nisa.engine.scalar)

        return copies

    more, less = energy(body(7)), energy(body(6))
    elements = 128 * 512
    expected = elements * (of("trn2", "scalar_element_pj") + 8 * of("trn2", "sbuf_byte_pj"))
    assert more["scalar"][0] - less["scalar"][0] == pytest.approx(expected * PICO)
    assert more["vector"] == less["vector"]
    issued = (more["instructions"][0] - less["instructions"][0]) / PICO
    assert issued == pytest.approx(of("trn2", "instruction_pj"))


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("dtype", [nl.bfloat16, nl.float32])
def test_a_busy_array_stays_below_the_power_of_the_chip(machine, dtype):
    _, done = timeline(products(400, dtype), machine)
    values = trainyard.load_machine(machine).values
    watts = values["chip.power_w"] / values["chip.cores"]
    assert 0.4 * watts < done.summary.watts < watts


def test_cores_add_up():
    one, two = energy(products(8)), energy(products(8), lnc=2)
    for name in ("tensor", "vector", "instructions", "idle", "total"):
        assert two[name][0] == pytest.approx(2 * one[name][0])


def test_links_cost_where_ranks_are_on_other_chips():
    def reduce(ranks):
        group = ncc.ReplicaGroup([list(range(ranks))])

        def body():
            given, taken = (nl.ndarray((64, 256), nl.float32, buffer=nl.shared_hbm)
                            for _ in range(2))  # fmt: skip
            ncc.all_reduce([given], [taken], group, nl.add)

        return energy(body, ranks=ranks)

    assert reduce(8)["links"][0] == 0 < reduce(16)["links"][0]
    sent = 16 * 2 * 15 * (64 * 256 * 4 // 16)
    assert reduce(16)["links"][0] == pytest.approx(sent * of("trn2", "link_byte_pj") * PICO)


def test_summaries_say_it():
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        nl.store(out, nl.load(x))
        return out

    done = trainyard.run(kernel, np.zeros((128, 512), np.float32), machine="trn2")
    text = done.summary.to_text()
    assert "on average (estimate, " in text and "idle " in text
    found = json.loads(done.summary.to_json())["energy"]
    assert found["kind"] == "estimate"
    assert sum(part["value"] for part in found["parts"]) == pytest.approx(found["joules"]["value"])
    assert found["watts"] == pytest.approx(done.summary.watts)
    (copies,) = found["instructions"]  # idleness is nobody's
    assert copies["name"] == "dma_copy"
    idle = found["parts"][-1]
    assert idle["name"] == "idle"
    for key in ("value", "low", "high"):
        assert copies[key] == pytest.approx(found["joules"][key] - idle[key])

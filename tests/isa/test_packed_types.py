"""Instructions that compute refuse packed (x4) types."""

import numpy as np
import pytest
from harness import out, refuses
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

CALLS = {
    "tensor_tensor": lambda y, x: nisa.tensor_tensor(y, x, x, nl.add),
    "tensor_scalar": lambda y, x: nisa.tensor_scalar(y, x, nl.add, 1.0),
    "scalar_tensor_tensor": lambda y, x: nisa.scalar_tensor_tensor(y, x, nl.add, 1.0, nl.add, x),
    "tensor_tensor_scan": lambda y, x: nisa.tensor_tensor_scan(y, x, x, 0.0, nl.add, nl.add),
    "tensor_scalar_reduce": lambda y, x: nisa.tensor_scalar_reduce(y, x, nl.add, 1.0, nl.add),
    "activation": lambda y, x: nisa.activation(y, nl.exp, x),
    "reciprocal": lambda y, x: nisa.reciprocal(y, x),
    "tensor_reduce": lambda y, x: nisa.tensor_reduce(y[:, :1], nl.add, x, 1),
    "tensor_partition_reduce": lambda y, x: nisa.tensor_partition_reduce(y[:1], nl.add, x),
    "bn_stats": lambda y, x: nisa.bn_stats(y[:, :6], x),
    "max8": lambda y, x: nisa.max8(y, x),
    "nc_match_replace8": lambda y, x: nisa.nc_match_replace8(y, x, x, 0.0),
    "activate2": lambda y, x: nisa.activate2(y, nl.exp, x, 0, 0, nl.bypass, nl.bypass),
    "exponential": lambda y, x: nisa.exponential(y, x),
    "tensor_scalar_cumulative": lambda y, x: nisa.tensor_scalar_cumulative(
        y, x, nl.add, nl.add, 1.0
    ),
    "bn_aggr": lambda y, x: nisa.bn_aggr(y[:, :2], x[:, :6]),
}


@pytest.mark.parametrize("name", sorted(CALLS))
@pytest.mark.parametrize("packed_output", [False, True])
def test_refused(name, packed_output):
    def call(t):
        packed = nl.ndarray((64, 8), dtype=nl.float8_e5m2_x4, buffer=nl.sbuf)
        nisa.memset(packed, 0)
        CALLS[name](*((packed, t.x) if packed_output else (t.y, packed)))

    refuses("E105", call, "trn3", x=np.ones((64, 8), np.float32), y=out((64, 8), initial=0))


def test_values_that_are_sought_are_not_packed():
    def call(t):
        packed = nl.ndarray((64, 8), dtype=nl.float8_e5m2_x4, buffer=nl.sbuf)
        nisa.memset(packed, 0)
        nisa.nc_find_index8(t.y, t.x, packed)

    refuses("E105", call, "trn3", x=np.ones((64, 8), np.float32), y=out((64, 8), "uint32"))

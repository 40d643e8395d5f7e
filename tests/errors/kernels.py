"""Kernels that break one rule each, as far as their last argument says. `# refused` marks the line
that the message must name; the tests copy this file into a folder of the user's."""

import nki
import nki.isa as nisa
import nki.language as nl


@nki.jit
def partitions(n):
    tile = nl.ndarray((n, 4), nl.float32, buffer=nl.sbuf)  # refused
    nisa.memset(tile, 0.0)


@nki.jit
def columns(n):
    left = nl.ndarray((128, 128), nl.bfloat16, buffer=nl.sbuf)
    right = nl.ndarray((128, n), nl.bfloat16, buffer=nl.sbuf)
    product = nl.ndarray((128, n), nl.float32, buffer=nl.psum)
    nisa.memset(left, 1.0)
    nisa.memset(right, 1.0)
    nisa.nc_matmul(dst=product, stationary=left, moving=right)  # refused


@nki.jit
def mixed(dtype):
    left = nl.ndarray((128, 128), nl.bfloat16, buffer=nl.sbuf)
    right = nl.ndarray((128, 512), dtype, buffer=nl.sbuf)
    product = nl.ndarray((128, 512), nl.float32, buffer=nl.psum)
    nisa.memset(left, 1.0)
    nisa.memset(right, 1.0)
    nisa.nc_matmul(dst=product, stationary=left, moving=right)  # refused


@nki.jit
def tile_bytes(n):
    tile = nl.ndarray((128, n), nl.uint8, buffer=nl.sbuf)  # refused
    nisa.memset(tile, 1)


@nki.jit
def sbuf(n):
    held = []
    for i in range(n):
        held.append(nl.ndarray((128, 13312), nl.float32, nl.sbuf, name=f"held{i}"))  # refused
        nisa.memset(held[0], 1.0) if i == 0 else nisa.tensor_copy(held[i], held[i - 1])
    for tile in held[-2::-1]:
        nisa.tensor_tensor(held[-1], held[-1], tile, nl.add)


@nki.jit
def psum(n):
    held = []
    for i in range(n):
        held.append(nl.ndarray((128, 512), nl.float32, nl.psum, name=f"held{i}"))  # refused
        nisa.memset(held[0], 1.0) if i == 0 else nisa.tensor_copy(held[i], held[i - 1])
    for tile in held[-2::-1]:
        nisa.tensor_copy(held[-1], tile)


@nki.jit
def stored_garbage(n):
    tile = nl.ndarray((128, 4), nl.float32, buffer=nl.sbuf, name="tile")  # declared
    nisa.memset(tile[:, :n], 1.0)  # written
    power = nl.ndarray((128, 4), nl.float32, buffer=nl.sbuf, name="power")
    nisa.activation(dst=power, op=nl.exp, data=tile)  # read
    out = nl.ndarray((128, 4), nl.float32, buffer=nl.shared_hbm, name="out")
    nisa.dma_copy(out, power)  # refused
    return out


@nki.jit
def unwritten_rows(n):
    tile = nl.ndarray((128, 4), nl.float32, buffer=nl.sbuf)
    nisa.memset(tile, 1.0)
    out = nl.ndarray((128, 4), nl.float32, buffer=nl.shared_hbm, name="out")  # refused
    nisa.dma_copy(out[:n], tile[:n])  # written
    return out


@nki.jit
def unwritten_output(write):
    out = nl.ndarray((128, 4), nl.float32, buffer=nl.shared_hbm, name="out")  # refused
    if write:
        tile = nl.ndarray((128, 4), nl.float32, buffer=nl.sbuf)
        nisa.memset(tile, 1.0)
        nisa.dma_copy(out, tile)
    return out


@nki.jit
def unstored_garbage():
    tile = nl.ndarray((128, 4), nl.float32, buffer=nl.sbuf)
    power = nl.ndarray((128, 4), nl.float32, buffer=nl.sbuf)
    nisa.activation(dst=power, op=nl.exp, data=tile)
    out = nl.ndarray((128, 2), nl.float32, buffer=nl.shared_hbm)
    nisa.memset(power[:, 1:3], 1.0)
    nisa.dma_copy(out, power[:, 1:3])
    return out


def table():
    """64 rows of ones in HBM."""
    tile = nl.ndarray((64, 4), nl.float32, buffer=nl.sbuf)
    nisa.memset(tile, 1.0)
    rows = nl.ndarray((64, 4), nl.float32, buffer=nl.hbm, name="rows")
    nisa.dma_copy(rows, tile)
    return rows


@nki.jit
def offset(value):
    rows = table()
    at = nl.ndarray((1, 1), nl.int32, buffer=nl.sbuf, name="at")  # declared
    if value is not None:
        nisa.memset(at, value)
    row = nl.ndarray((1, 4), nl.float32, buffer=nl.sbuf)
    source = rows.ap(pattern=[[4, 1], [1, 4]], offset=0, scalar_offset=at, indirect_dim=0)
    nisa.dma_copy(row, source)  # refused


@nki.jit
def gather(n):
    rows = table()
    at = nl.ndarray((128, 1), nl.int32, buffer=nl.sbuf, name="at")  # declared
    nisa.memset(at[:n], 3)  # written
    picked = nl.ndarray((128, 4), nl.float32, buffer=nl.sbuf)
    source = rows.ap(pattern=[[4, 128], [1, 4]], offset=0, vector_offset=at, indirect_dim=0)
    nisa.dma_copy(picked, source)  # refused


@nki.jit
def branch(write):
    count = nl.ndarray((1, 1), nl.int32, buffer=nl.sbuf, name="count")  # declared
    if write:
        nisa.memset(count, 0)
    register = nisa.register_alloc(None)
    nisa.register_load(register, count)  # refused
    while register:
        nisa.register_load(register, count)


@nki.jit
def empty_register(write):
    register = nisa.register_alloc(0 if write else None)
    while register:  # refused
        nisa.register_move(register, 0)


@nki.jit
def rows_of_slice(n):
    rows = table()
    tile = nl.ndarray((64, 4), nl.float32, buffer=nl.sbuf)
    nisa.dma_copy(tile, rows[n - 64 : n])  # refused


@nki.jit
def pattern(n):
    rows = table()
    tile = nl.ndarray((1, 4), nl.float32, buffer=nl.sbuf)
    nisa.dma_copy(tile, rows.ap(pattern=[[4, 1], [1, 4]], offset=4 * n))  # refused


@nki.jit
def parameter(name):
    tile = nl.ndarray((128, 4), nl.float32, buffer=nl.sbuf)
    nisa.memset(tile, 0.0)
    nisa.tensor_copy(dst=tile, **{name: tile})  # refused


@nki.jit
def takes(x):
    nl.load(x)


@nki.jit
def raises(key):
    return {"known": None}[key]


def plain(x):
    nl.load(x)

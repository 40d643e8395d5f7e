"""Verbs for tests of single instructions: `run` it on tiles, see that it `refuses` or how long it
is busy (`busy_ns`), and say what a tile is (`sbuf`, `psum`, `hbm`, `out`, `scratch`).

    y = run(lambda t: nisa.tensor_scalar(t.y, t.x[:, ::2], nl.add, 1.0),
            x=psum(array), y=out((128, 64), "bfloat16"))

Keyword arguments name the tiles that the call sees. A plain array is a tile in SBUF that holds it.
The result is the array of the only `out`, or a dict of arrays if there are several.
"""

from dataclasses import dataclass
from types import SimpleNamespace

import ml_dtypes
import numpy as np
import pytest
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl
from trainyard.nki.launch import launch

from trainyard import _core

MACHINES = ("trn1", "trn2", "trn3")

_DTYPES = {
    "bfloat16": ml_dtypes.bfloat16,
    "float8_e4m3": ml_dtypes.float8_e4m3,
    "float8_e4m3fn": ml_dtypes.float8_e4m3fn,
    "float8_e5m2": ml_dtypes.float8_e5m2,
}


def dtype(name) -> np.dtype:
    """The NumPy type of an nki.language type name."""
    return np.dtype(_DTYPES.get(name, name))


@dataclass
class Tile:
    shape: tuple
    dtype: np.dtype
    buffer: str = "sbuf"
    data: np.ndarray | None = None
    is_output: bool = False


def sbuf(array) -> Tile:
    array = np.asarray(array)
    return Tile(array.shape, array.dtype, "sbuf", array)


def psum(array) -> Tile:
    array = np.asarray(array)
    return Tile(array.shape, array.dtype, "psum", array)


def hbm(array) -> Tile:
    """A kernel argument that the call sees as it is."""
    array = np.asarray(array)
    return Tile(array.shape, array.dtype, "hbm", array)


def out(shape, type_name="float32", buffer="sbuf", initial=None) -> Tile:
    """A tile that is returned; `initial` is what it holds before (a number or an array)."""
    data = None if initial is None else np.broadcast_to(initial, shape).astype(dtype(type_name))
    return Tile(tuple(shape), dtype(type_name), buffer, data, is_output=True)


def scratch(shape, type_name="float32", buffer="sbuf") -> Tile:
    """A tile that nothing fills and nobody gets back."""
    return Tile(tuple(shape), dtype(type_name), buffer)


def _kernel(call, tiles: dict[str, Tile]):
    """A kernel that fills the tiles, makes the call, and stores the outputs."""
    loaded = [name for name, tile in tiles.items() if tile.data is not None]

    def kernel(*arrays):
        sources = dict(zip(loaded, arrays, strict=True))
        on_chip = {}
        for name, tile in tiles.items():
            kind = nl_dtype(tile.dtype)
            if tile.buffer == "hbm":
                on_chip[name] = sources.get(name)
                if tile.data is None:
                    on_chip[name] = nl.ndarray(tile.shape, dtype=kind, buffer=nl.shared_hbm)
                continue
            on_chip[name] = nl.ndarray(tile.shape, dtype=kind, buffer=getattr(nl, tile.buffer))
            if name not in sources:
                continue
            staged = on_chip[name]
            if tile.buffer == "psum":
                staged = nl.ndarray(tile.shape, dtype=kind, buffer=nl.sbuf)
            nisa.dma_copy(staged, sources[name])
            if tile.buffer == "psum":
                nisa.tensor_copy(on_chip[name], staged)
        call(SimpleNamespace(**on_chip))
        results = []
        for name, tile in tiles.items():
            if not tile.is_output:
                continue
            result = on_chip[name]
            if tile.buffer == "psum":
                result = nl.ndarray(tile.shape, dtype=nl_dtype(tile.dtype), buffer=nl.sbuf)
                nisa.tensor_copy(result, on_chip[name])
            if tile.buffer != "hbm":
                stored = nl.ndarray(tile.shape, dtype=nl_dtype(tile.dtype), buffer=nl.shared_hbm)
                nisa.dma_copy(stored, result)
                result = stored
            results.append(result)
        return results[0] if len(results) == 1 else tuple(results)

    return kernel, [tiles[name].data for name in loaded]


def nl_dtype(numpy_dtype):
    return getattr(nl, np.dtype(numpy_dtype).name.replace("bool", "bool_"))


def result(call, machine="trn2", options=None, **tiles):
    """Makes the call on the tiles; the whole Launch. `options` are more arguments of launch()."""
    tiles = {n: t if isinstance(t, Tile) else sbuf(t) for n, t in tiles.items()}
    kernel, arrays = _kernel(call, tiles)
    return launch(kernel, arrays, {}, machine=machine, **(options or {}))


def run(call, machine="trn2", **tiles):
    """Makes the call on the tiles; the output arrays."""
    outputs = result(call, machine, **tiles).outputs
    if not isinstance(outputs, list | tuple):
        return np.asarray(outputs)
    names = [n for n, t in tiles.items() if isinstance(t, Tile) and t.is_output]
    return {name: np.asarray(array) for name, array in zip(names, outputs, strict=True)}


def busy_ns(name, call, machine="trn2", **tiles) -> float:
    """Makes the call on the tiles; how long the only instruction of that name keeps its engine."""
    timed = _core.time(result(call, machine, **tiles).traces, intervals=True)
    [busy] = [freed - start for _, label, *_, start, freed, _ in timed.intervals if label == name]
    return busy / 1000


def refuses(code: str, call, machine="trn2", **tiles) -> str:
    """Asserts that the call is refused with that code; the message."""
    with pytest.raises(_core.Error) as caught:
        run(call, machine, **tiles)
    assert caught.value.code == code, str(caught.value)
    return str(caught.value)

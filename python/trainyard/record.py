"""Records of runs, for `trainyard diff`: what every kernel returned, a checksum of what each of its
instructions wrote, and the values of as many tiles as fit.

A record is an .npz file. Outputs are arrays under the kernel's name; what NumPy has no type for is
stored as the unsigned integers of its bits. "record" is JSON that says what everything is."""

import json
import os
import zipfile
from dataclasses import dataclass, field

import numpy as np

from trainyard import _core
from trainyard.nki import dtypes


@dataclass
class Tile:
    """What an instruction wrote."""

    instruction: int
    operand: str
    values: np.ndarray


@dataclass
class Core:
    """The instructions of one physical core, in program order."""

    names: list[str]
    places: list[tuple[str, int]]
    name_of: np.ndarray
    place_of: np.ndarray
    checksums: np.ndarray
    tiles: list[Tile]

    def name(self, instruction):
        """ "nc_matmul", with its label if it has one."""
        return self.names[self.name_of[instruction]]

    def place(self, instruction):
        """ "kernel.py:12", or "" where it has no line."""
        file, line = self.places[self.place_of[instruction]]
        return f"{file}:{line}" if line else ""


@dataclass
class Kernel:
    """One launch."""

    name: str
    machine: str = ""
    outputs: list[np.ndarray] = field(default_factory=list)
    cores: list[Core] = field(default_factory=list)


def of_launch(launch):
    """The record of a finished launch, that was made with `record_bytes`."""
    return Kernel(
        launch.name,
        launch.machine.name,
        [_host(array) for array in _arrays(launch.outputs)],
        [_core_of(_core.recorded(trace)) for trace in launch.traces],
    )


class Recorder:
    """Records every launch of a process into a file that is written at the end."""

    def __init__(self, path):
        self.path = path
        self.kernels = []

    def __call__(self, launch):
        self.kernels.append(of_launch(launch))

    def finish(self):
        """Writes the file, whole or not at all."""
        save(self.path, self.kernels)


def save(path, kernels):
    """Writes a record."""
    arrays, descriptions = {}, []
    for number, kernel in enumerate(kernels):
        outputs = []
        for i, output in enumerate(kernel.outputs):
            key = kernel.name + (f".{i}" if len(kernel.outputs) > 1 else "")
            while key in arrays or key == "record":
                key += "'"
            arrays[key] = _storable(output)
            outputs.append({"key": key, "dtype": dtypes.name_of(output.dtype)})
        cores = [_describe(core, arrays, f"{number}/{i}") for i, core in enumerate(kernel.cores)]
        descriptions.append(
            {"name": kernel.name, "machine": kernel.machine, "outputs": outputs, "cores": cores}
        )
    text = json.dumps({"version": 1, "kernels": descriptions})
    arrays["record"] = np.frombuffer(text.encode(), np.uint8)
    partial = f"{path}.{os.getpid()}"
    try:
        with open(partial, "wb") as file:
            np.savez(file, **arrays)
        os.replace(partial, path)
    except OSError as error:
        if os.path.exists(partial):
            os.remove(partial)
        _core.refuse("E006", f"cannot write {path}: {error.strerror}")


def load(path):
    """The kernels of a record. Any other .npz or .npy holds the outputs of one kernel."""
    try:
        loaded = np.load(path)
        if isinstance(loaded, np.ndarray):
            return [Kernel("", outputs=[loaded])]
        if "record" not in loaded:
            return [Kernel("", outputs=[loaded[key] for key in loaded.files])]
        record = json.loads(bytes(loaded["record"]))
        return [_kernel(description, loaded) for description in record["kernels"]]
    except OSError as error:
        _core.refuse("E006", f"cannot read {path}: {error.strerror or error}")
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        _core.refuse("E006", f"{path} is neither a record nor arrays of NumPy")


def typed(bits, name):
    """Stored bits as an array of the number format."""
    return bits.view(dtypes.by_name[name].dtype)


def _kernel(description, loaded):
    outputs = [typed(loaded[o["key"]], o["dtype"]) for o in description["outputs"]]
    cores = [_load_core(core, loaded) for core in description["cores"]]
    return Kernel(description["name"], description["machine"], outputs, cores)


def _describe(core, arrays, key):
    """The JSON of a core, whose arrays are added."""
    arrays[f"{key}/instructions"] = np.stack([core.name_of, core.place_of])
    arrays[f"{key}/checksums"] = core.checksums
    arrays[f"{key}/tiles"] = np.concatenate(
        [
            np.empty(0, np.uint8),
            *(_storable(t.values).reshape(-1).view(np.uint8) for t in core.tiles),
        ]
    )
    tiles = [
        [t.instruction, t.operand, dtypes.name_of(t.values.dtype), list(t.values.shape)]
        for t in core.tiles
    ]
    return {"key": key, "names": core.names, "places": core.places, "tiles": tiles}


def _load_core(description, loaded):
    key = description["key"]
    name_of, place_of = loaded[f"{key}/instructions"]
    pool, at, tiles = loaded[f"{key}/tiles"], 0, []
    for instruction, operand, dtype, shape in description["tiles"]:
        size = int(np.prod(shape)) * dtypes.by_name[dtype].dtype.itemsize
        tiles.append(Tile(instruction, operand, typed(pool[at : at + size], dtype).reshape(shape)))
        at += size
    checksums = loaded[f"{key}/checksums"]
    places = [tuple(place) for place in description["places"]]
    return Core(description["names"], places, name_of, place_of, checksums, tiles)


def _core_of(recorded):
    def words(key, dtype):
        return np.frombuffer(recorded[key], dtype)

    tiles = [
        Tile(
            tile["instruction"],
            tile["operand"],
            typed(np.frombuffer(tile["bytes"], np.uint8), tile["dtype"]).reshape(tile["shape"]),
        )
        for tile in recorded["tiles"]
        if tile["bytes"]
    ]
    return Core(
        recorded["names"],
        recorded["places"],
        words("name_of", np.uint32),
        words("place_of", np.uint32),
        words("checksums", np.uint64),
        tiles,
    )


def _arrays(outputs):
    if isinstance(outputs, list | tuple):
        return [array for item in outputs for array in _arrays(item)]
    if isinstance(outputs, dict):
        return _arrays(list(outputs.values()))
    return [outputs] if hasattr(outputs, "shape") and hasattr(outputs, "dtype") else []


def _host(array):
    """A NumPy array of an output, which may be torch's."""
    if isinstance(array, np.ndarray):
        return array
    import torch

    dtype = dtypes.by_name[dtypes.name_of(array.dtype)].dtype
    return array.contiguous().view(torch.uint8).numpy().view(dtype).reshape(tuple(array.shape))


def _storable(array):
    """The array, or its bits where NumPy itself has no such type."""
    array = np.ascontiguousarray(array)
    return array if array.dtype.isbuiltin == 1 else array.view(f"u{array.dtype.itemsize}")

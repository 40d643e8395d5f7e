"""Writes what is made from the descriptions of the instructions: docs/instructions.md,
docs/support.md, and the stub python/trainyard/nki/isa/__init__.pyi that editors and type checkers
read."""

import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import make_support

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build" / "release" / "bin" / "trainyard"

PREAMBLE = '''\
"""nki.isa: the instructions of the NeuronCore.

Made by `make reference` from the descriptions in trainyard/isa; do not edit it.
"""

from collections.abc import Sequence
from typing import Any

from trainyard._core import Error as NkiValidationError
from trainyard._core import NkiInstruction as NkiInstruction
from trainyard._core import NkiTensor as NkiTensor
from trainyard._core import VirtualRegister as VirtualRegister
from trainyard.nki.isa import constants as constants
from trainyard.nki.isa.constants import dge_mode as dge_mode
from trainyard.nki.isa.constants import dma_engine as dma_engine
from trainyard.nki.isa.constants import engine as engine
from trainyard.nki.isa.constants import matmul_perf_mode as matmul_perf_mode
from trainyard.nki.isa.constants import nc_version as nc_version
from trainyard.nki.isa.constants import oob_mode as oob_mode
from trainyard.nki.isa.constants import reduce_cmd as reduce_cmd

tensor_engine: engine
vector_engine: engine
scalar_engine: engine
gpsimd_engine: engine
unknown_engine: engine

def get_nc_version() -> nc_version:
    """The generation of the NeuronCore that the kernel is traced for."""

def get_nc_sub_version() -> int:
    """The silicon revision; 0 on every described machine."""

def register_alloc(x: int | NkiTensor | None = None) -> VirtualRegister:
    """A new register, optionally set to an integer or to the value of a one-element tensor."""
'''
BY_HAND = {"register_alloc"}  # its Python form returns the register

TYPES = {
    "tile": "NkiTensor",
    "list of tiles": "Sequence[NkiTensor]",
    "tile or number": "NkiTensor | float",
    "number": "float",
    "integer": "int",
    "boolean": "bool",
    "operator": "Any",
    "integers": "Sequence[int]",
    "numbers": "Sequence[float]",
    "access pattern": "Sequence[Sequence[int]]",
    "engine": "engine",
    "dge_mode": "dge_mode",
    "oob_mode": "oob_mode",
    "reduce_cmd": "reduce_cmd",
    "dma_engine": "dma_engine",
    "matmul_perf_mode": "matmul_perf_mode",
    "register": "VirtualRegister",
    "register or integer": "VirtualRegister | int",
    "string": "str",
}


def explain(*options: str) -> str:
    command = [PROGRAM, "explain", *options]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def parameter(param: dict) -> str:
    kind = TYPES[param["kind"]]
    if param["none_allowed"] and kind != "Any":
        kind += " | None"
    default = param["default"]
    if param["kind"] == "operator" and default not in ("", "None"):
        default = "..."  # a token of nki.language
    return f"    {param['name']}: {kind}" + (f" = {default}" if default else "") + ",\n"


def function(page: dict) -> str:
    # After an optional parameter all are optional in Python; required ones are refused at the call.
    params, optional = "", False
    for param in page["params"]:
        optional = optional or not param["required"]
        shown = {**param, "default": "..."} if optional and param["required"] else param
        params += parameter(shown)
    doc = page["summary"].replace('"', "'")
    return f'\ndef {page["name"]}(\n{params}) -> NkiInstruction:\n    """{doc}"""\n'


def stub() -> str:
    pages = json.loads(explain("--list", "--json"))
    instructions = [page for page in pages if page.get("module") == "nki.isa"]
    return PREAMBLE + "".join(function(p) for p in instructions if p["name"] not in BY_HAND)


def files() -> dict[Path, str]:
    """Path -> what it should hold."""
    return {
        ROOT / "docs" / "instructions.md": explain("--markdown"),
        ROOT / "docs" / "support.md": make_support.page(explain("--list", "--json")),
        ROOT / "python" / "trainyard" / "nki" / "isa" / "__init__.pyi": stub(),
    }


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text)
        print(f"wrote {path.relative_to(ROOT)}")

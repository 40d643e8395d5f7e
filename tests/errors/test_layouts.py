"""A refusal of a shape draws the operands and what would fit, and says which slice is enough."""

import re

import numpy as np
import pytest
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

import trainyard
from trainyard import nki


def refusal(body):
    """The message, from a kernel that has a tile of any shape at hand."""

    @nki.jit
    def kernel(x):
        def tile(*shape, dtype=nl.float32, buffer=nl.sbuf):
            return nl.ndarray(shape, dtype, buffer=buffer)

        body(tile)
        return x

    with pytest.raises(trainyard.Error) as caught:
        kernel(np.zeros((2, 2), np.float32))
    return str(caught.value)


def boxes(message):
    """Title -> (partitions, other dimensions), read from the drawing."""
    lines = message.split("elements of each to the right:\n")[1].split("\n  fix:")[0].split("\n")
    width = 21
    cells = [[line[4:][i : i + width] for i in range(0, len(line) - 4, width)] for line in lines]
    found = {}
    for i, title in enumerate(cells[0]):
        column = [row[i] if i < len(row) else "" for row in cells[1:]]
        edges = [k for k, cell in enumerate(column) if "+--" in cell]
        inside = column[edges[0] + 1 : edges[1]]
        (partitions,) = re.findall(r"\d+", "".join(cell.split("|")[0] for cell in inside))
        assert len(inside) == min(4, -(-int(partitions) // 32)), "as high as it has quadrants"
        found[title.strip()] = (int(partitions), column[edges[1] + 1].strip())
    return found


def tensor_tensor(dst, data1, data2):
    return lambda tile: nisa.tensor_tensor(tile(*dst), tile(*data1), tile(*data2), nl.add)


@pytest.mark.parametrize(
    ("body", "drawn", "advice"),
    [
        (
            tensor_tensor((128, 512), (128, 512), (64, 512)),
            {"data2": (64, "512"), "dst": (128, "512"), "fits": (128, "512")},
            "dst[0:64]",
        ),
        (
            tensor_tensor((32, 8), (32, 8), (100, 8)),
            {"data2": (100, "8"), "dst": (32, "8"), "fits": (32, "8")},
            "data2[0:32]",
        ),
        (
            tensor_tensor((96, 512), (96, 256), (96, 512)),
            {"data1": (96, "256"), "dst": (96, "512"), "fits": (96, "512")},
            "dst[:, 0:256]",
        ),
        (
            tensor_tensor((1, 512), (1, 1), (1, 512)),
            {"data1": (1, "1"), "dst": (1, "512"), "fits": (1, "512")},
            "data1.broadcast(1, 512)",
        ),
        (
            tensor_tensor((8, 2, 6), (8, 4, 4), (8, 2, 6)),
            {"data1": (8, "4 x 4"), "dst": (8, "2 x 6"), "fits": (8, "12")},
            None,
        ),
        (
            lambda tile: nisa.tensor_scalar(
                tile(128, 8), tile(128, 8), nl.add, tile(128, 3, dtype=nl.float32)
            ),
            {"operand0": (128, "3"), "fits": (128, "1")},
            "operand0[0:128, 0:1]",
        ),
        (
            lambda tile: nisa.nc_matmul(
                tile(128, 512, buffer=nl.psum), tile(128, 129), tile(128, 512)
            ),
            {"stationary": (128, "129"), "fits": (128, "128")},
            None,
        ),
        (  # what would fit cannot be said: any tile of as many elements
            lambda tile: nisa.dma_copy(tile(64, 512), tile(128, 512)),
            {"dst": (64, "512"), "src": (128, "512")},
            None,
        ),
    ],
)
def test_shapes_are_drawn(body, drawn, advice):
    message = refusal(body)
    assert boxes(message) == drawn
    fix = message.split("  fix: ")[1]
    assert ("Here: " in fix) == (advice is not None)
    assert advice is None or fix.endswith(f"Here: {advice}.")


def test_what_is_no_shape_is_not_drawn():
    message = refusal(
        lambda tile: nisa.tensor_tensor(
            tile(8, 8, buffer=nl.psum), tile(8, 8), tile(8, 8, dtype=nl.float8_e5m2_x4), nl.add
        )
    )
    assert "E105" in message and "+--" not in message

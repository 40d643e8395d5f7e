"""t[...]: what NumPy's indexing would give, and refusals with the caller's line."""

import inspect

import numpy as np
import pytest
from inside import inside, refused
from trainyard.nki import language as nl
from trainyard.nki.launch import launch

VALUES = np.arange(4 * 6 * 8, dtype=np.int32).reshape(4, 6, 8)


@pytest.mark.parametrize(
    "key",
    [
        (slice(1, 3),),
        (slice(None), slice(0, 6, 2)),
        (Ellipsis, slice(2, 5)),
        (slice(1, 2), Ellipsis, slice(None, None, 3)),
        (slice(None), 2),
        (slice(None), -1, slice(-3, None)),
        (slice(None), np.int64(3), np.uint8(1)),
        (slice(-2, None),),
        (slice(None), None, slice(1, 4)),
        Ellipsis,
    ],
    ids=str,
)
@pytest.mark.parametrize("place", ["hbm", "sbuf"])
def test_keys_that_numpy_has_too(key, place):
    def body(tensor):
        tensor = tensor if place == "hbm" else nl.load(tensor)
        expected = VALUES[key]
        if expected.ndim == 1 and place == "sbuf":
            expected = expected[:, None]
        assert tensor[key].shape == expected.shape
        np.testing.assert_array_equal(tensor[key].numpy(), expected)

    inside(body, VALUES)


def test_dynamic_slices_are_slices():
    assert nl.ds(3, 4) == slice(3, 7)
    assert inside(lambda t: t[nl.ds(1, 2), :, nl.ds(4, 4)].shape, VALUES) == (2, 6, 4)


def test_an_integer_keeps_the_partition_dimension_on_chip():
    assert inside(lambda t: nl.load(t)[2].shape, VALUES) == (1, 6, 8)
    assert inside(lambda t: nl.load(t)[2, 3, 4].shape, VALUES) == (1, 1)


def test_an_integer_removes_a_dimension_in_hbm_down_to_one():
    assert inside(lambda t: t[2].shape, VALUES) == (6, 8)
    assert inside(lambda t: t[2, 3].shape, VALUES) == (8,)
    assert inside(lambda t: t[2, 3, 4].shape, VALUES) == (1,)


@pytest.mark.parametrize(
    "key",
    [(4,), (-5,), (slice(0, 5),), (slice(2, 2),), (slice(3, 1),), (slice(None), slice(0, 6, -1)),
     (0, 0, 0, 0), (slice(None), 6), ("x",), (1.5,)],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("place", ["hbm", "sbuf"])
def test_keys_outside_the_tensor_are_refused(key, place):
    refused("E120", lambda t: (t if place == "hbm" else nl.load(t))[key], VALUES)


def test_a_refusal_names_the_line_and_the_limit():
    def body(tensor):
        return tensor[:, 0:7]

    error = refused("E120", body, VALUES)
    assert error.file == __file__
    assert error.line == inspect.getsourcelines(body)[1] + 1
    assert error.found == "0:7"
    assert "6" in error.allowed
    assert f"{__file__}:{error.line}" in str(error)


def test_a_refusal_inside_a_helper_names_the_helpers_line():
    def helper(tile):
        return tile.permute((1, 0))

    error = refused("E121", lambda t: helper(nl.load(t[:, 0])), VALUES)
    assert error.line == inspect.getsourcelines(helper)[1] + 1
    assert error.function.endswith("helper")


@pytest.mark.parametrize(
    "view",
    [
        lambda t: t.broadcast(1, 4),  # not of size 1
        lambda t: t.broadcast(0, 4),  # partitions
        lambda t: t.squeeze_dim(1),
        lambda t: t.expand_dim(0),
        lambda t: t.permute((1, 0, 2)),
        lambda t: t.permute((0, 1)),
        lambda t: t.permute((0, 1, 1)),
        lambda t: t.reshape_dim(1, (4, 2)),
        lambda t: t.reshape_dim(0, (2, 2)),
        lambda t: t.flatten_dims(0, 1),
        lambda t: t[:, ::2].flatten_dims(1, 2),
        lambda t: t.permute((0, 2, 1)).flatten_dims(1, 2),
        lambda t: t.reshape((4, 47)),
        lambda t: t.reshape((8, 24)),
        lambda t: t.permute((0, 2, 1)).reshape((4, 48)),
        lambda t: t.permute((0, 2, 1)).view(nl.int8),
        lambda t: t[:, :, ::2].view(nl.int8),
        lambda t: t.rearrange(("p", "a"), ("a", "p")),
        lambda t: t.rearrange(("p", "a", "b"), ("p", "a", "c")),
        lambda t: t.rearrange(("p", ("a", "b"), "c"), ("p", "a", "b", "c")),
    ],
)
def test_views_that_would_move_data_are_refused(view):
    refused("E121", lambda t: view(nl.load(t)), VALUES)


def test_rearrange_splits_orders_and_merges_by_name():
    def body(t):
        tile = nl.load(t)
        split = tile.rearrange(("p", ("a", "b"), "c"), ("p", "b", "a", "c"), {"a": 2})
        np.testing.assert_array_equal(split.numpy(), VALUES.reshape(4, 2, 3, 8).swapaxes(1, 2))
        merged = tile.rearrange(("p", "a", "b"), ("p", ("a", "b")))
        np.testing.assert_array_equal(merged.numpy(), VALUES.reshape(4, 48))

    inside(body, VALUES)


def test_bits_reinterpreted():
    def body(t):
        tile = nl.load(t)
        for array in (tile.view(nl.uint8).numpy(), tile.reinterpret_cast("uint8").numpy()):
            np.testing.assert_array_equal(array, VALUES.view(np.uint8))
        np.testing.assert_array_equal(tile.view(nl.int16).view(nl.float32).view(nl.int32).numpy(),
                                      VALUES)  # fmt: skip

    inside(body, VALUES)


def test_attributes():
    def body(t):
        tile = nl.load(t)
        view = tile[:, 1:5:2, 3]
        assert (view.shape, view.strides, view.offset) == ((4, 2), (48, 16), 11)
        assert (view.ndim, view.size, view.itemsize) == (2, 8, 4)
        assert view.dtype == nl.int32 == np.int32
        assert view.buffer is nl.sbuf
        assert t.buffer is nl.shared_hbm
        assert t.name == "t"
        assert view.get_pattern() == [[48, 4], [16, 2]]
        assert tile.is_contiguous() and not view.is_contiguous()
        assert not view.is_indirect()

    launch(body, (VALUES,), {})


def test_assignment_copies():
    def body(t):
        tile = nl.load(t)
        tile[:, 0] = tile[:, 5]
        tile[:, 1] = 7
        np.testing.assert_array_equal(tile[:, 0].numpy(), VALUES[:, 5])
        assert (tile[:, 1].numpy() == 7).all()
        t[0] = tile[1:2]
        np.testing.assert_array_equal(t[0].numpy()[1], np.full(8, 7))

    inside(body, VALUES.copy())

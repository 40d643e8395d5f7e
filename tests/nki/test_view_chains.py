"""Random chains of views against NumPy: every view method is a rearrangement of elements that
NumPy can make too, so a chain of them must see the same elements in the same order."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from inside import inside
from trainyard.nki import language as nl

SIZES = st.sampled_from([1, 2, 3, 4, 6])


def factors(size):
    return [n for n in range(1, size + 1) if size % n == 0]


class Chain:
    """A tensor and the NumPy view that it must equal, and the steps both can take."""

    def __init__(self, draw, tensor, array, fixed):
        self.draw, self.tensor, self.array, self.fixed = draw, tensor, array, fixed

    def dim(self, first=None):
        first = self.fixed if first is None else first
        dims = range(first, self.array.ndim)
        return self.draw(st.sampled_from(dims)) if dims else None

    def slice(self):
        dim = self.dim(0)
        size = self.array.shape[dim]
        start = self.draw(st.integers(0, size - 1))
        stop = self.draw(st.integers(start + 1, size))
        step = self.draw(st.integers(1, 3))
        key = (slice(None),) * dim + (slice(start, stop, step),)
        if self.draw(st.booleans()):
            return self.tensor.slice(dim, start, stop, step), self.array[key]
        return self.tensor[key], self.array[key]

    def select(self):
        dim = self.dim()
        if dim is None or self.array.ndim - 1 < 1 + self.fixed:
            return None
        index = self.draw(st.integers(-self.array.shape[dim], self.array.shape[dim] - 1))
        key = (slice(None),) * dim + (index,)
        array = self.array[key]  # a view, which keeps its steps
        if self.draw(st.booleans()):
            return self.tensor.select(dim, index), array
        return self.tensor[key], array

    def permute(self):
        free = list(range(self.fixed, self.array.ndim))
        order = [*range(self.fixed), *self.draw(st.permutations(free))]
        return self.tensor.permute(order), self.array.transpose(order)

    def broadcast(self):
        ones = [d for d in range(self.fixed, self.array.ndim) if self.array.shape[d] == 1]
        if not ones:
            return None
        dim, size = self.draw(st.sampled_from(ones)), self.draw(SIZES)
        shape = list(self.array.shape)
        shape[dim] = size
        return self.tensor.broadcast(dim, size), np.broadcast_to(self.array, shape)

    def expand_dim(self):
        dim = self.draw(st.integers(self.fixed, self.array.ndim))
        return self.tensor.expand_dim(dim), np.expand_dims(self.array, dim)

    def squeeze_dim(self):
        ones = [d for d in range(self.fixed, self.array.ndim) if self.array.shape[d] == 1]
        if not ones or self.array.ndim - 1 < 1 + self.fixed:
            return None
        dim = self.draw(st.sampled_from(ones))
        return self.tensor.squeeze_dim(dim), np.squeeze(self.array, dim)

    def reshape_dim(self):
        dim = self.dim()
        if dim is None:
            return None
        size = self.array.shape[dim]
        inner = self.draw(st.sampled_from(factors(size)))
        sizes = (size // inner, inner)
        shape = (*self.array.shape[:dim], *sizes, *self.array.shape[dim + 1 :])
        given_sizes = (-1, inner) if self.draw(st.booleans()) else sizes
        return self.tensor.reshape_dim(dim, given_sizes), self.array.reshape(shape)

    def flatten_dims(self):
        """Only neighbours that lie next to each other: the tensor refuses others."""
        for dim in range(self.fixed, self.array.ndim - 1):
            (outer, inner), (a, b) = self.array.shape[dim : dim + 2], self.steps()[dim : dim + 2]
            if outer == 1 or inner == 1 or a == b * inner:
                shape = (*self.array.shape[:dim], outer * inner, *self.array.shape[dim + 2 :])
                return self.tensor.flatten_dims(dim, dim + 1), self.array.reshape(shape)
        return None

    def steps(self):
        return [step // self.array.itemsize for step in self.array.strides]

    def reshape(self):
        if not self.tensor.is_contiguous():
            return None
        kept = self.array.shape[: self.fixed]
        size = int(np.prod(self.array.shape[self.fixed :]))
        inner = self.draw(st.sampled_from(factors(size)))
        shape = (*kept, size // inner, inner)
        if not self.fixed and not self.array.flags.c_contiguous:
            return None
        return self.tensor.reshape(shape), self.array.reshape(shape)

    def new_axis(self):
        return self.tensor[..., None], self.array[..., None]


STEPS = [name for name in vars(Chain) if name not in ("dim", "steps") and name[0] != "_"]


def follow(draw, tensor, array, fixed):
    chain = Chain(draw, tensor, array, fixed)
    taken = []
    for _ in range(draw(st.integers(1, 6))):
        name = draw(st.sampled_from(STEPS))
        if chain.array.ndim > 5 or (step := getattr(chain, name)()) is None:
            continue
        chain.tensor, chain.array = step
        taken.append(name)
        assert chain.tensor.shape == chain.array.shape, taken
    np.testing.assert_array_equal(chain.tensor.numpy(), chain.array, err_msg=str(taken))
    return chain


@settings(max_examples=150, deadline=None)
@given(st.data(), st.lists(SIZES, min_size=1, max_size=4))
def test_chains_of_views_in_hbm(data, shape):
    values = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    inside(lambda tensor: follow(data.draw, tensor, values, 0), values)


@settings(max_examples=150, deadline=None)
@given(st.data(), st.lists(SIZES, min_size=2, max_size=4))
def test_chains_of_views_on_chip(data, shape):
    values = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    inside(lambda tensor: follow(data.draw, nl.load(tensor), values, 1), values)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.lists(SIZES, min_size=2, max_size=4))
def test_a_pattern_of_a_view_addresses_the_same_elements(data, shape):
    """get_pattern() and offset say it all: .ap() with them is the same view."""
    values = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)

    def body(tensor):
        view = follow(data.draw, nl.load(tensor), values, 1).tensor
        if view.ndim <= 5:
            pattern = view.ap(view.get_pattern())
            np.testing.assert_array_equal(pattern.numpy(), view.numpy())

    inside(body, values)

"""Chains of random instructions against NumPy, bit by bit: what one leaves the next ones read.

`TRAINYARD_FUZZ=1000000 pytest tests/isa/test_fuzz.py` runs as many chains as you like, and
`TRAINYARD_FUZZ_SEED` begins elsewhere. tests/core/instruction_fuzz_test.cc holds every instruction
against itself in other ways of running."""

import os

import numpy as np
import pytest
from harness import dtype, out, result
from oracle import ARITHMETIC, BITS, FLOATS, INTEGERS, cast, operate, random, reduced, wide
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

CHAINS = int(os.environ.get("TRAINYARD_FUZZ", "60"))
FIRST = int(os.environ.get("TRAINYARD_FUZZ_SEED", "0"))
STEPS, BATCH = 16, 20
WIDTH = 24
VECTOR = nisa.engine.vector
REDUCERS = ("add", "multiply", "maximum", "minimum")


def stored(x, target):
    """float32 [P, N] as elements of the type; a NaN becomes 0 in integers."""
    if dtype(target).kind in "iu":
        x = np.nan_to_num(x, nan=0, posinf=np.inf, neginf=-np.inf)
    with np.errstate(all="ignore"):
        return cast(x, target)


class Chain:
    """Random steps, each a call on the chip's tiles and the same on NumPy's."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.partitions = int(self.rng.choice([128, 64, 32, 100, 1]))
        self.machine = str(self.rng.choice(["trn1", "trn2", "trn3"]))
        self.tiles, self.steps = {}, []
        for kind in (*FLOATS, *INTEGERS):
            self.add(kind, random(self.rng, (self.partitions, WIDTH), kind), kind)
        self.add("column", random(self.rng, (self.partitions, 1), "float32"), "float32")
        self.initial = {name: array.copy() for name, array in self.tiles.items()}
        for _ in range(STEPS):
            getattr(self, self.rng.choice(self.KINDS))()

    def add(self, name, array, kind):
        self.tiles[name] = array.astype(dtype(kind))

    def pick(self, options):
        return options[int(self.rng.integers(len(options)))]

    def view(self, columns, kinds=(*FLOATS, *INTEGERS)):
        """A tile's name and a slice of so many of its columns."""
        step = int(self.rng.integers(1, (WIDTH - 1) // max(columns - 1, 1) + 1))
        step = min(step, 3)
        first = int(self.rng.integers(0, WIDTH - step * (columns - 1)))
        return self.pick(kinds), slice(first, first + step * (columns - 1) + 1, step)

    def read(self, view):
        return wide(self.tiles[view[0]][:, view[1]])

    def write(self, view, values):
        self.tiles[view[0]][:, view[1]] = stored(values, view[0])

    def columns(self):
        return int(self.rng.integers(1, 9))

    def number(self):
        return float(self.pick([0.5, 1.5, -2.25, 3.75, -0.25]))

    # --- one method an instruction ---

    def tensor_tensor(self):
        n = self.columns()
        y, a, b = self.view(n), self.view(n), self.view(n)
        op = self.pick(list(ARITHMETIC))
        self.write(y, operate(op, self.read(a), self.read(b)))
        self.steps.append(lambda t: nisa.tensor_tensor(t(y), t(a), t(b), getattr(nl, op), VECTOR))

    def tensor_bits(self):
        kind, n, op = self.pick(INTEGERS), self.columns(), self.pick(list(BITS))
        y, a, b = (self.view(n, [kind]) for _ in range(3))
        first, second = (self.tiles[kind][:, v[1]] for v in (a, b))
        self.tiles[kind][:, y[1]] = BITS[op](first, second)
        self.steps.append(lambda t: nisa.tensor_tensor(t(y), t(a), t(b), getattr(nl, op), VECTOR))

    def tensor_scalar(self):
        n, number = self.columns(), self.number()
        y, x = self.view(n), self.view(n)
        ops, reverse = [self.pick(list(ARITHMETIC)) for _ in range(2)], bool(self.rng.integers(2))
        column = self.tiles["column"]
        sides = (column, self.read(x)) if reverse else (self.read(x), column)
        self.write(y, operate(ops[1], operate(ops[0], *sides), np.float32(number)))
        self.steps.append(
            lambda t: nisa.tensor_scalar(t(y), t(x), getattr(nl, ops[0]), t.column, reverse,
                                         getattr(nl, ops[1]), number, engine=VECTOR))  # fmt: skip

    def scalar_tensor_tensor(self):
        n, number = self.columns(), self.number()
        y, a, b = self.view(n), self.view(n), self.view(n)
        ops = [self.pick(list(ARITHMETIC)) for _ in range(2)]
        first = operate(ops[0], self.read(a), np.float32(number))
        self.write(y, operate(ops[1], first, self.read(b)))
        self.steps.append(
            lambda t: nisa.scalar_tensor_tensor(t(y), t(a), getattr(nl, ops[0]), number,
                                                getattr(nl, ops[1]), t(b)))  # fmt: skip

    def tensor_reduce(self):
        y, x, op = self.view(1), self.view(self.columns()), self.pick(REDUCERS)
        self.write(y, reduced(op, self.read(x)))
        self.steps.append(lambda t: nisa.tensor_reduce(t(y), getattr(nl, op), t(x), axis=1))

    def tensor_scalar_cumulative(self):
        n, number = self.columns(), self.number()
        kinds = [k for k in (*FLOATS, *INTEGERS) if k not in ("int32", "uint32")]
        y, x = self.view(n, kinds), self.view(n, kinds)
        ops = [self.pick(list(ARITHMETIC)), self.pick(REDUCERS)]
        terms, state = operate(ops[0], self.read(x), self.tiles["column"]), np.float32(number)
        results = np.empty_like(terms)
        for i in range(n):
            state = results[:, i] = operate(ops[1], terms[:, i], state)
        self.write(y, results)
        self.steps.append(
            lambda t: nisa.tensor_scalar_cumulative(
                t(y), t(x), *(getattr(nl, op) for op in ops), t.column, number,
                nisa.reduce_cmd.load_reduce))  # fmt: skip

    def tensor_copy(self):
        n = self.columns()
        y, x = self.view(n), self.view(n)
        if y[0] == x[0]:
            self.tiles[y[0]][:, y[1]] = self.tiles[x[0]][:, x[1]].copy()
        else:
            self.write(y, self.read(x))
        self.steps.append(lambda t: nisa.tensor_copy(t(y), t(x), engine=VECTOR))

    def activation(self):
        n, number = self.columns(), self.number()
        y, x, op = self.view(n), self.view(n), self.pick(["copy", "relu", "square", "abs"])
        function = {"copy": lambda v: v, "relu": lambda v: np.fmax(v, 0), "square": np.square,
                    "abs": np.abs}[op]  # fmt: skip
        with np.errstate(all="ignore"):
            scaled = self.read(x) * np.float32(number) + self.tiles["column"]
            self.write(y, function(scaled).astype(np.float32))
        self.steps.append(lambda t: nisa.activation(t(y), getattr(nl, op), t(x), t.column, number))

    KINDS = ("tensor_tensor", "tensor_bits", "tensor_scalar", "scalar_tensor_tensor",
             "tensor_reduce", "tensor_scalar_cumulative", "tensor_copy", "activation")  # fmt: skip

    def check(self):
        """Runs the steps on the chip and compares every tile."""

        class Tiles:
            def __init__(self, tiles):
                self.tiles, self.column = tiles, tiles.column

            def __call__(self, view):
                return getattr(self.tiles, view[0])[:, view[1]]

        def kernel(t):
            for step in self.steps:
                step(Tiles(t))

        names = list(self.initial)
        tiles = {n: out(a.shape, a.dtype.name, initial=a) for n, a in
                 self.initial.items()}  # fmt: skip
        done = result(kernel, self.machine, **tiles)
        for name, actual in zip(names, done.outputs, strict=True):
            expected = self.tiles[name]
            different = ~(
                (wide(actual) == wide(expected)) | (actual != actual) & (expected != expected)
            )
            if expected.dtype.kind in "iu":
                different = np.asarray(actual) != expected
            assert not different.any(), (name, np.argwhere(different)[:5])


@pytest.mark.parametrize("batch", range(-(-CHAINS // BATCH)))
def test_chains_agree_with_numpy(batch):
    for seed in range(FIRST + batch * BATCH, FIRST + min(CHAINS, (batch + 1) * BATCH)):
        try:
            Chain(seed).check()
        except Exception as error:
            error.add_note(f"TRAINYARD_FUZZ_SEED={seed} TRAINYARD_FUZZ=1")
            raise

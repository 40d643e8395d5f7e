"""Where two runs part: the first instruction whose result differs, and the elements that do."""

from dataclasses import dataclass, field

import numpy as np

SHOWN = 5  # elements named of each difference


@dataclass
class Tolerance:
    """Elements are equal if any of the three holds: |a - b| <= atol + rtol |b|, or at most `ulp`
    representable numbers lie between them. NaN equals NaN."""

    rtol: float = 0.0
    atol: float = 0.0
    ulp: int = 0

    @property
    def exact(self):
        """Whether only equal values are equal."""
        return not (self.rtol or self.atol or self.ulp)


@dataclass
class Element:
    """One pair that differs."""

    index: tuple[int, ...]
    a: float
    b: float
    ulp: int


@dataclass
class Difference:
    """How two arrays differ. `reason` is set where they cannot be compared."""

    a: str
    b: str
    reason: str = ""
    count: int = 0
    size: int = 0
    largest: float = 0.0
    largest_relative: float = 0.0
    largest_ulp: int = 0
    elements: list[Element] = field(default_factory=list)


@dataclass
class Step:
    """The first instruction whose result differs. Without `difference`, its values were not kept
    and only the checksums tell."""

    core: int
    instruction: int
    name: str
    place: str
    operand: str = ""
    difference: Difference | None = None


@dataclass
class Comparison:
    """Two launches, A and B."""

    kernel: str
    step: Step | None = None
    outputs: list[Difference | None] = field(default_factory=list)
    compared: int = 0  # instructions
    undecided: int = 0  # differ in bits, values not kept, a tolerance given
    notes: list[str] = field(default_factory=list)

    @property
    def equal(self):
        """Whether nothing that was compared differs."""
        return self.step is None and not any(self.outputs)


def describe(array):
    """ "bfloat16[128, 512]"."""
    return f"{array.dtype.name}{list(array.shape)}"


def compare_arrays(a, b, tolerance):
    """A Difference, or None."""
    b = _as_stored(b, a)
    a = _as_stored(a, b)
    difference = Difference(describe(a), describe(b), size=a.size)
    if a.shape != b.shape:
        difference.reason = "different shapes"
        return difference
    if a.dtype == b.dtype and a.tobytes() == b.tobytes():
        return None
    wide_a, wide_b = a.astype(np.float64), b.astype(np.float64)
    distance = _ulp_distance(a, b)
    with np.errstate(invalid="ignore"):
        gap = np.abs(wide_a - wide_b)
        near = gap <= tolerance.atol + tolerance.rtol * np.abs(wide_b)
    same = (wide_a == wide_b) | (np.isnan(wide_a) & np.isnan(wide_b))
    finite = np.isfinite(wide_a) & np.isfinite(wide_b)
    close = same | (finite & (near | (distance <= tolerance.ulp)))
    differing = np.flatnonzero(~close)
    if not differing.size:
        return None
    difference.count = int(differing.size)
    gaps, scale = gap.reshape(-1)[differing], np.abs(wide_b).reshape(-1)[differing]
    known = np.isfinite(gaps)
    difference.largest = float(gaps[known].max(initial=0.0)) if known.all() else float("inf")
    relative = gaps[known & (scale > 0)] / scale[known & (scale > 0)]
    difference.largest_relative = float(relative.max(initial=0.0))
    difference.largest_ulp = int(distance.reshape(-1)[differing].max())
    for flat in differing[:SHOWN]:
        index = tuple(int(i) for i in np.unravel_index(flat, a.shape))
        difference.elements.append(
            Element(index, float(wide_a[index]), float(wide_b[index]), int(distance[index]))
        )
    return difference


def compare_launches(a, b, tolerance):
    """A Comparison of two records of a kernel."""
    comparison = Comparison(a.name or b.name)
    if a.name and b.name and a.name != b.name:
        comparison.notes.append(f"A is {a.name}, B is {b.name}")
    if len(a.cores) == len(b.cores):
        steps = [_compare_core(i, *pair, tolerance, comparison)
                 for i, pair in enumerate(zip(a.cores, b.cores, strict=True))]  # fmt: skip
        comparison.step = min(filter(None, steps), key=lambda s: s.instruction, default=None)
    elif a.cores and b.cores:
        comparison.notes.append(f"A ran on {len(a.cores)} physical cores, B on {len(b.cores)}")
    if len(a.outputs) != len(b.outputs):
        outputs = f"{len(a.outputs)} outputs", f"{len(b.outputs)} outputs"
        comparison.outputs.append(Difference(*outputs, reason="different numbers of outputs"))
        return comparison
    comparison.outputs = [
        compare_arrays(x, y, tolerance) for x, y in zip(a.outputs, b.outputs, strict=True)
    ]
    return comparison


def _compare_core(number, a, b, tolerance, comparison):
    """The first Step at which a core's instructions wrote different values, or None."""
    shared = min(len(a.checksums), len(b.checksums))
    names_a = np.array(a.names, dtype=object)[a.name_of[:shared]]
    names_b = np.array(b.names, dtype=object)[b.name_of[:shared]]
    parting = np.flatnonzero(names_a != names_b)
    same = int(parting[0]) if parting.size else shared
    if parting.size:
        comparison.notes.append(
            f"the programs part at instruction {same}: A has {a.name(same)} ({a.place(same)}), "
            f"B has {b.name(same)} ({b.place(same)})"
        )
    elif len(a.checksums) != len(b.checksums):
        lengths = f"{len(a.checksums)} instructions in A, {len(b.checksums)} in B"
        comparison.notes.append(f"one program goes on after the other has ended: {lengths}")
    comparison.compared += same
    kept_a, kept_b = _tiles(a), _tiles(b)
    for i in np.flatnonzero(a.checksums[:same] != b.checksums[:same]).tolist():
        step = Step(number, i, a.name(i), a.place(i))
        tiles = list(zip(kept_a.get(i, []), kept_b.get(i, []), strict=False))
        for x, y in tiles:
            if difference := compare_arrays(x.values, y.values, tolerance):
                step.operand, step.difference = x.operand, difference
                return step
        if not tiles and tolerance.exact:
            return step
        comparison.undecided += not tiles
    return None


def _tiles(core):
    found = {}
    for tile in core.tiles:
        found.setdefault(tile.instruction, []).append(tile)
    return found


def _as_stored(array, other):
    """Bits as the number format of `other`, where NumPy had no type to store it in."""
    same_size = array.dtype.itemsize == other.dtype.itemsize
    foreign = array.dtype.kind == "V" and array.dtype.isbuiltin != 2
    bits = array.dtype.kind == "u" and other.dtype.isbuiltin == 2
    return array.view(other.dtype) if same_size and (foreign or bits) else array


def _ulp_distance(a, b):
    """Representable numbers from a to b, in the coarser of the two number formats."""
    dtype = min(a.dtype, b.dtype, key=lambda d: d.itemsize)
    if dtype.kind in "biu":
        return np.abs(a.astype(np.int64) - b.astype(np.int64))

    def steps(array):
        bits = array.astype(dtype).view(f"u{dtype.itemsize}").astype(np.int64)
        if dtype.name == "float8_e8m0fnu":  # exponents only, no sign
            return bits
        sign = 1 << (8 * dtype.itemsize - 1)
        return np.where(bits & sign, sign - bits, bits)

    return np.abs(steps(a) - steps(b))

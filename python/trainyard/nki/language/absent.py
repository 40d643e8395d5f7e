"""Names of nl that need instructions that are not there yet, and names of the older API: each
refuses by name."""

from trainyard import _core


def _absent(name, needs, fix=""):
    def function(*_, **__):
        _core.refuse("U001", f"nl.{name} needs {needs}", fix=fix)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Not there yet: needs {needs}."
    return function


dropout = _absent("dropout", "nisa.dropout")
gather_flattened = _absent("gather_flattened", "nisa.nc_n_gather")
rand = _absent("rand", "the random number instructions", "Pass random numbers as an argument.")
random_seed = _absent("random_seed", "the random number instructions")


class MissingName(_core.Error, AttributeError):
    """A name that nki.language does not have."""


OLDER = {
    "all_reduce": "",
    "arange": "Index with slices, or with tensor.ap(pattern).",
    "atomic_rmw": "Use nisa.dma_compute.",
    "gemm_grid": "",
    "loop_reduce": "Accumulate with nisa.tensor_tensor.",
    "mgrid": "Index with slices, or with tensor.ap(pattern).",
    "nc": "Launch with kernel[2].",
    "par_dim": "The first dimension of a tile is its partition dimension.",
    "spmd_dim": "Launch with kernel[2].",
    "static_cast": "Pass dtype=, or copy with nl.copy(x, dtype).",
}


def missing(name, known):
    """The exception for a name that is not in `known`."""
    if name in OLDER:
        text = f"nl.{name} belongs to the older API (neuronxcc.nki), which is not there yet"
        code, fix = "U001", OLDER[name]
    else:
        text, fix = f"module 'nki.language' has no attribute {name!r}", ""
        if nearest := _core.did_you_mean(name, known):
            fix = f"did you mean {nearest}?"
        return AttributeError(f"{text}. {fix}".rstrip(". ") if fix else text)
    try:
        _core.refuse(code, text, fix=fix)
    except _core.Error as error:
        found = MissingName(str(error))
        found.__dict__.update(error.__dict__)
        return found
    return None

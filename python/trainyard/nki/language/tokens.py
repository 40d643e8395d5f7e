"""Operator tokens: what instructions take as `op`. A function of nl is its own token; NumPy's
functions of the same meaning are accepted too, as older kernels pass them."""

import numpy as np

from trainyard import _core

_NUMPY = {
    np.abs: "abs",
    np.add: "add",
    np.arctan: "arctan",
    np.bitwise_and: "bitwise_and",
    np.bitwise_or: "bitwise_or",
    np.bitwise_xor: "bitwise_xor",
    np.divide: "divide",
    np.equal: "equal",
    np.exp: "exp",
    np.fmod: "fmod",
    np.greater: "greater",
    np.greater_equal: "greater_equal",
    np.invert: "invert",
    np.left_shift: "left_shift",
    np.less: "less",
    np.less_equal: "less_equal",
    np.log: "log",
    np.logical_and: "logical_and",
    np.logical_not: "logical_not",
    np.logical_or: "logical_or",
    np.logical_xor: "logical_xor",
    np.max: "maximum",
    np.maximum: "maximum",
    np.mean: "average",
    np.min: "minimum",
    np.minimum: "minimum",
    np.mod: "mod",
    np.multiply: "multiply",
    np.not_equal: "not_equal",
    np.power: "power",
    np.prod: "multiply",
    np.reciprocal: "reciprocal",
    np.right_shift: "right_shift",
    np.sign: "sign",
    np.sin: "sin",
    np.sqrt: "sqrt",
    np.square: "square",
    np.subtract: "subtract",
    np.sum: "add",
    np.tanh: "tanh",
}

for _function, _name in _NUMPY.items():
    _core.register_operator(_function, _name)


class Token:
    """An operator that is no function: usable as `op` only."""

    def __init__(self, name, doc):
        self.__name__ = name
        self.__doc__ = doc
        _core.register_operator(self, name)

    def __repr__(self):
        return f"nl.{self.__name__}"


average = Token("average", "The mean, in tensor_partition_reduce.")
bypass = Token("bypass", "No operation: the data pass unchanged.")
prelu = Token("prelu", "ReLU with a slope for negative inputs, in activation instructions.")


def register(function, name):
    """Makes a function of nl a token for the operator of that name; returns the function."""
    _core.register_operator(function, name)
    return function

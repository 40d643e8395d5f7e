"""Functions that are documented but not there yet. Modules that import them load; a call is
refused by name (U001)."""

from trainyard import _core


def absent(name, why, fix=""):
    """A function of that name that refuses to be called."""

    def function(*_, **__):
        _core.refuse("U001", f"{name}: {why}", fix=fix)

    function.__name__ = function.__qualname__ = name.rpartition(".")[2]
    function.__doc__ = f"Not there yet: {why}."
    function.absent = True
    return function


def is_absent(value):
    return getattr(value, "absent", False)

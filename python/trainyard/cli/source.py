"""Python files on the command line: scripts, and files of which one kernel is called. Code is
compiled under the path that was typed, which is how messages name it."""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

from trainyard import _core
from trainyard.cli.options import suggestion


def run_script(path, arguments):
    """Runs a script as __main__ until it ends; what it defined."""
    code = _compiled(path)
    main_module = ModuleType("__main__")
    main_module.__file__ = path
    main_module.__builtins__ = __builtins__
    sys.modules["__main__"] = main_module
    sys.argv = [path, *arguments]
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    exec(code, main_module.__dict__)
    return main_module


def run_module(name, arguments):
    """Runs a module as `python -m` does."""
    import runpy

    sys.argv = [name, *arguments]
    sys.path.insert(0, os.getcwd())
    try:
        missing = importlib.util.find_spec(name) is None
    except ModuleNotFoundError as error:
        missing = name.startswith(f"{error.name}.")
        if not missing:
            raise
    if missing:
        _core.refuse("E006", f"-m {name}: no module of that name", fix="Check the name.")
    runpy.run_module(name, run_name="__main__", alter_sys=True)


def kernel_in(target):
    """The function or kernel that FILE::KERNEL names. The file's module is imported as its own
    folder would import it."""
    path, _, name = target.partition("::")
    code = _compiled(path)
    module = ModuleType(Path(path).stem)
    module.__file__ = os.path.abspath(path)
    module.__spec__ = importlib.util.spec_from_loader(module.__name__, None, origin=path)
    sys.path.insert(0, os.path.dirname(module.__file__))
    sys.modules[module.__name__] = module
    exec(code, module.__dict__)
    return _find(module, path, name)


def kernels_of(module):
    """The names of a module's own kernels."""
    from trainyard.nki.kernel import Kernel

    named = {key: value for key, value in vars(module).items() if isinstance(value, Kernel)}
    return [key for key, kernel in named.items() if kernel.__module__ == module.__name__]


def _compiled(path):
    if not path:
        _core.refuse("E001", "trainyard run: no file before ::", fix="Write FILE::KERNEL.")
    try:
        return compile(Path(path).read_bytes(), path, "exec", dont_inherit=True)
    except OSError as error:
        _core.refuse("E006", f"{path}: {error.strerror}")
    except SyntaxError as error:
        if error.lineno is None:  # bytes that are no text: there is no line to show
            _core.refuse("E006", f"{path} is no Python file: {error.msg}")
        raise
    return None


def _find(module, path, name):
    found = getattr(module, name, None)
    if callable(found):
        return found
    kernels = kernels_of(module)
    functions = [
        key
        for key, value in vars(module).items()
        if getattr(value, "__module__", "") == module.__name__
    ]
    defined = f"It defines {', '.join(kernels)}." if kernels else "It defines no kernels."
    fix = suggestion(name, [*kernels, *functions]) or defined
    _core.refuse("E001", f"{path} has no kernel {name!r}", fix=fix)
    return None

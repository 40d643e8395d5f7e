"""nki.compiler.target: which generation a kernel is built for."""

from trainyard.nki.machines import load_machine


def resolve_target(target=None):
    """The name of the machine that `target` means ("gen3", "trainium2", …), or, without one, of
    that which a kernel would run on. E002 if there is none of that name."""
    return load_machine(target).name

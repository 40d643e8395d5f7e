"""What a tile of the older API lies in."""

from trainyard.nki import isa


class Storage:
    """One tensor of the core. `steps`: elements between neighbours of each of its dimensions; on
    chip the first is a partition. `fill`: a number that the tensor holds but that nothing has
    written yet, so that a matmul can start on zeros without writing them first."""

    __slots__ = ("fill", "steps", "tensor")

    def __init__(self, tensor, fill=None):
        self.tensor = tensor
        self.fill = fill
        self.steps = tuple([step for step, _ in tensor.get_pattern()])

    def settle(self):
        """Writes what the tensor holds."""
        value, self.fill = self.fill, None
        isa.memset(self.tensor, value, engine=isa.engine.vector)

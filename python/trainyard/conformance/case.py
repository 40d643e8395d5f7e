"""What one line of a suite is."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

# The largest error that passes, as a fraction of the reference's range, by the least precise type
# that the kernel computes with. They are fixed: a case that needs more has failed.
TOLERANCES = {"exact": 0.0, "float32": 1e-5, "bfloat16": 1e-2}
MACHINES = ("trn2", "trn3", "trn1")


@dataclass(frozen=True)
class Case:
    """A kernel of a suite with inputs. The kernel is `function` of the module that `file` holds."""

    kernel: str  # as the report names it
    file: str
    function: str
    inputs: Callable[[np.random.Generator], tuple]
    reference: Callable[..., np.ndarray]
    size: str
    dtype: str
    precision: str = ""  # a key of TOLERANCES; the input's type if empty
    refused: dict[str, str] = field(default_factory=dict)  # machine -> the code that is right there
    note: str = ""  # what a reader of the result should know

    @property
    def name(self) -> str:
        return f"{self.kernel} {self.size} {self.dtype}"

    @property
    def tolerance(self) -> float:
        return TOLERANCES[self.precision or self.dtype]

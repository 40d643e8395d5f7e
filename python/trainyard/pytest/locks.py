"""Answers of the script that shares NeuronCores of a remote host. It is not published, and nothing
that is simulated asks it; nki-library's tests only import the two classes."""

import json
from dataclasses import asdict, dataclass
from enum import Enum


class LockStatus(Enum):
    """What became of a request, by name; members have an exit code."""

    ALLOCATED = 0
    RELEASED = 1
    NO_CORES = 2
    DRAINING = 3
    DRAINED = 4
    UNDRAINED = 5
    FLOCK_TIMEOUT = 6
    ERROR = 7

    @property
    def exit_code(self):
        """The exit code that stands for it."""
        return self.value

    @classmethod
    def from_exit_code(cls, code):
        """The status of an exit code; ERROR if it is none of ours."""
        return cls(code) if code in cls._value2member_map_ else cls.ERROR


@dataclass
class LockResult:
    """A status, and what came with it."""

    status: LockStatus
    cores: list | None = None
    max_lock_expiry: int | None = None

    def to_json(self):
        """As text; the status by its name."""
        return json.dumps(asdict(self) | {"status": self.status.name})

    @classmethod
    def from_json(cls, text):
        """From what to_json wrote."""
        fields = json.loads(text)
        return cls(**fields | {"status": LockStatus[fields["status"]]})

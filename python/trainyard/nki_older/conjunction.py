"""`mask_a and mask_b` in kernels. The vendor's compiler reads `and` between masks as `&`; Python
asks the left mask for its truth and then takes the right one alone. So a mask that is asked says
yes, and its constraints join the comparison that follows in the same expression. What cannot be
joined so is refused: no constraint is lost."""

import dis
import functools
import sys

from trainyard import _core
from trainyard.nki_older.state import state

_FIX = "Join masks with & and put each comparison in parentheses."


class _Left:
    """The left side of an `and` that waits for its right side, which is bytecode of a frame."""

    __slots__ = ("frame", "mask", "right")

    def __init__(self, mask, frame, right):
        self.mask = mask
        self.frame = frame
        self.right = right


def left(mask):
    """Called for bool(mask), from the mask's __bool__: True on the left of an `and` whose right
    side compares something, else a refusal (E111)."""
    frame = sys._getframe(2)
    right = _right_side(frame.f_code, frame.f_lasti)
    if right is None:
        text = "a mask has no truth value: it differs from element to element"
        _core.refuse("E111", text, whose="mask", fix=_FIX)
    if state.left is not None and state.left.mask is not mask:
        check_used()
    state.left = _Left(mask, frame, right)
    return True


def joined(mask):
    """The mask of a comparison, with the constraints that wait for it on the left of an `and`."""
    waiting = state.left
    if waiting is None:
        return mask
    frame = sys._getframe(3)
    if frame is not waiting.frame or frame.f_lasti not in waiting.right:
        return mask
    forget()
    return waiting.mask & mask


def check_used():
    """Refuses a mask whose left side was lost (E111)."""
    if state.left is not None:
        forget()
        text = "`and` with a mask on the left needs a comparison on the right"
        _core.refuse("E111", text, whose="mask", fix=_FIX)


def forget():
    """Drops what waits: at the start of a kernel."""
    state.left = None


@functools.cache
def _right_side(code, offset):
    """The range of bytecode offsets of the right side if the instruction at `offset` decides an
    `and` expression; None for `if`, `or`, `not` and others."""
    instructions = list(dis.get_instructions(code))
    at = max(i for i, one in enumerate(instructions) if one.offset <= offset)
    while instructions[at].opname in ("TO_BOOL", "CACHE", "EXTENDED_ARG"):  # Python 3.13
        at += 1
    jump = instructions[at]
    kept = jump.opname == "JUMP_IF_FALSE_OR_POP"  # up to Python 3.11
    if jump.opname == "POP_JUMP_IF_FALSE":  # from Python 3.12: COPY 1 before it keeps the value
        before = [one.opname for one in instructions[max(0, at - 2) : at]]
        kept = "COPY" in before
    if not kept:
        return None
    return range(offset + 1, jump.argval)

"""Signatures of the instructions, as `inspect` shows them."""

import inspect

_KINDS = inspect.Parameter


class _Default:
    """A default shown as the text that the documentation gives it."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text


def of(text):
    """The signature written as `name(a, b=1)`; defaults stay text."""
    inside = text[text.index("(") + 1 : text.rindex(")")]
    parameters = []
    depth = 0
    part = ""
    for character in inside + ",":
        if character == "," and depth == 0:
            name, _, default = part.strip().partition("=")
            value = _Default(default) if default else _KINDS.empty
            if name:
                parameters.append(_KINDS(name, _KINDS.POSITIONAL_OR_KEYWORD, default=value))
            part = ""
            continue
        depth += character in "([" or -(character in ")]")
        part += character
    return inspect.Signature(parameters)

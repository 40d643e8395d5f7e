"""What Python commands share: options with our messages, and exit statuses."""

import argparse
import functools
import sys
import traceback

from trainyard import _core


def command(main):
    """A main(arguments) whose refusals print as one message and give 2, and whose Ctrl-C gives
    130. With --debug, refusals show where in Trainyard they come from."""

    @functools.wraps(main)
    def guarded(arguments):
        try:
            return main(arguments)
        except _core.Error as error:
            if "--debug" in arguments:
                traceback.print_exc()
            print(error, file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            return 130

    return guarded


class Parser(argparse.ArgumentParser):
    """argparse, refusing as the rest of Trainyard does: a slip is E001 with a suggestion."""

    def __init__(self, **keywords):
        keywords.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **keywords)

    def error(self, message):
        """Raises E001."""
        _core.refuse("E001", f"{self.prog}: {message}", fix=self.see_help())

    def see_help(self):
        """The advice that ends most refusals."""
        return f"See {self.prog} --help."

    def check_options(self, arguments):
        """Refuses the first unknown option before the first positional argument; what follows
        that one is not looked at. Returns its index."""
        known = self._option_string_actions
        at = 0
        while at < len(arguments):
            word, _, value = arguments[at].partition("=")
            if not word.startswith("-") or word == "-":
                return at
            if word not in known:
                nearest = _core.did_you_mean(word, [name for name in known if name[:2] == "--"])
                fix = f"did you mean {nearest}?" if nearest else self.see_help()
                _core.refuse("E001", f"{self.prog}: no option {word}", fix=fix)
            at += 1
            if known[word].nargs is None and not value:
                at += 1
            if known[word].dest == "module":
                return at
        return len(arguments)


def positive(text):
    """An int of 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1")
    return int(text)

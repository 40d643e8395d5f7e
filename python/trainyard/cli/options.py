"""What Python commands share: options with our messages, and exit statuses."""

import argparse
import functools
import math
import os
import sys
import traceback

from trainyard import _core
from trainyard.output import OutputClosedError, flush_output, write_output

INTERRUPTED = 130  # as shells report Ctrl-C
STOPPED = "E009"  # --break
PIPE_CLOSED = 141  # and a reader that went away, such as `| head -1`


def command(main):
    """A main(arguments) whose refusals print as one message and give 2 (1 where the run stopped
    because it was asked to), whose Ctrl-C gives 130
    and whose reader may go away. With --debug, refusals show where in Trainyard they come from."""

    @functools.wraps(main)
    def guarded(arguments):
        try:
            try:
                return main(arguments)
            finally:
                flush_output()
        except OutputClosedError:
            return PIPE_CLOSED
        except _core.Error as error:
            if "--debug" in arguments:
                traceback.print_exc()
            print(error, file=sys.stderr)
            return 1 if error.code == STOPPED else 2
        except KeyboardInterrupt:
            return INTERRUPTED

    return guarded


class Parser(argparse.ArgumentParser):
    """argparse, refusing as the rest of Trainyard does: a slip is E001 with a suggestion."""

    def __init__(self, **keywords):
        keywords.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **keywords)

    def add_debug(self):
        """--debug, that every command has."""
        text = "show where in Trainyard an error comes from"
        self.add_argument("--debug", action="store_true", help=text)

    def _print_message(self, message, file=None):
        if file in (None, sys.stdout):
            write_output(message)
        else:
            file.write(message)

    def error(self, message):
        """Raises E001."""
        _core.refuse("E001", f"{self.prog}: {message}", fix=self.see_help())

    def see_help(self):
        """The advice that ends most refusals."""
        return f"See {self.prog} --help."

    def refuse_option(self, word):
        """Raises E001 for an option that does not exist."""
        known = [name for name in self._option_string_actions if name[:2] == "--"]
        fix = suggestion(word.partition("=")[0], known) or self.see_help()
        _core.refuse("E001", f"{self.prog}: no option {word}", fix=fix)

    def parse_all(self, arguments):
        """The options, wherever they stand; refuses the first that does not exist."""
        known = self._option_string_actions
        for word in arguments:
            if word == "--":
                break
            if word[:2] == "--" and word.partition("=")[0] not in known:
                self.refuse_option(word)
        return self.parse_args(arguments)

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
                self.refuse_option(word)
            at += 1
            if known[word].nargs is None and not value:
                at += 1
            if known[word].dest == "module":
                return at
        return len(arguments)


def add_strictness(parser):
    """--nki and --lenient."""
    version = "hold the kernel to one version of NKI, 0.2 to 0.7 (default: take spellings of all)"
    parser.add_argument("--nki", metavar="VERSION", type=named, help=version)
    rule = "make a rule's errors notes, e.g. start-partition; may be given several times"
    parser.add_argument("--lenient", metavar="RULE", action="append", default=[], help=rule)


def check_strictness(options):
    """Refuses versions that do not exist and rules that cannot be relaxed (E001), before the
    kernel starts."""
    if options.nki:
        from trainyard.nki import versions

        versions.chosen(options.nki)
    for rule in options.lenient:
        _core.check_relaxable(rule)


def suggestion(word, candidates):
    """ "did you mean …?", or "" if nothing is near."""
    nearest = _core.did_you_mean(word, list(candidates))
    return f"did you mean {nearest}?" if nearest else ""


def positive(text):
    """An int of 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1")
    return int(text)


def natural(text):
    """An int of 0 or more, of 64 bits."""
    if not text.isdecimal() or int(text) >= 1 << 64:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 2**64 - 1")
    return int(text)


def seconds(text):
    """A float above 0."""
    return _number(text, "seconds above 0", lambda x: x > 0)


def above_zero(text):
    """A float above 0 of whatever unit the option says."""
    return _number(text, "a number above 0", lambda x: x > 0)


def tolerance(text):
    """A float of 0 or more."""
    return _number(text, "a number from 0", lambda x: x >= 0)


def _number(text, what, accept):
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and accept(value)):
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
    return value


def one_of(*names):
    """One of these words."""

    def check(text):
        if text in names:
            return text
        hint = suggestion(text, names) or f"choose {', '.join(names[:-1])} or {names[-1]}"
        raise argparse.ArgumentTypeError(f"{text!r}: {hint}")

    return check


def named(text):
    """A name or path, which cannot be empty."""
    if not text:
        raise argparse.ArgumentTypeError("a name is expected, not an empty one")
    return text


def check_output(path):
    """Refuses a file that could not be written (E006), before a long run instead of after it."""
    if path in (None, "-"):
        return
    folder = os.path.dirname(path) or "."
    problem = None
    if os.path.isdir(path):
        problem = "it is a folder"
    elif not os.path.isdir(folder):
        problem = f"there is no folder {folder}"
    elif not os.access(folder, os.W_OK):
        problem = f"the folder {folder} is read-only"
    if problem:
        _core.refuse("E006", f"cannot write {path}: {problem}")

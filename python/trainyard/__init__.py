"""Trainyard: an open software twin of the AWS Trainium family.

The C++ core is `trainyard._core`. An installed package has it beside this file; in a checkout it
stays in the build tree (`build/release`, or the one that TRAINYARD_BUILD names).
"""

import os
from pathlib import Path

_package = Path(__file__).resolve().parent
_checkout = _package.parent.parent

if (_checkout / "CMakePresets.json").exists():
    _build = Path(os.environ.get("TRAINYARD_BUILD", _checkout / "build" / "release"))
    __path__.append(str(_build / "python" / "trainyard"))
else:
    os.environ.setdefault("TRAINYARD_MACHINES", str(_package / "machines"))

__version__ = "0.1.0"

"""nki.dtype: the number formats under their own roof."""

from trainyard.nki.dtypes import aliases as _aliases
from trainyard.nki.dtypes import by_name as _by_name

globals().update(_by_name)
globals().update({_alias: _by_name[_name] for _alias, _name in _aliases.items()})

__all__ = [*_by_name, *_aliases]

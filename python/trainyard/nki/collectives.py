"""nki.collectives: communication between chips. Kernels that import it load; its functions are not
there yet."""

from dataclasses import dataclass

from trainyard.nki.absence import absent


@dataclass(frozen=True)
class ReplicaGroup:
    """Lists of ranks that communicate with each other; no rank is in two of them."""

    groups: tuple | list = ()


_NAMES = """
all_gather all_gather_v all_reduce all_to_all all_to_all_v collective_permute
collective_permute_implicit collective_permute_implicit_current_processing_rank_id
collective_permute_implicit_reduce rank_id reduce_scatter
"""

for _name in _NAMES.split():
    globals()[_name] = absent(f"nki.collectives.{_name}", "collectives are not there yet")

__all__ = ["ReplicaGroup", *_NAMES.split()]

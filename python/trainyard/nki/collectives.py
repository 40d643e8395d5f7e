"""nki.collectives: communication between ranks. A rank is a logical core; trainyard.run(kernel,
ranks=n) runs n of them together. Each physical core of a rank meets those of the same number."""

from dataclasses import dataclass

from trainyard import _core
from trainyard.nki import isa

_calls = _core.collectives


@dataclass(frozen=True)
class ReplicaGroup:
    """Lists of ranks that communicate with each other; no rank is in two of them."""

    groups: tuple | list = ()


def _ranks(replica_group):
    """The list that this rank is in; E111 if there is none, or two."""
    groups = getattr(replica_group, "groups", replica_group)
    rank = _core.current_trace().rank
    found = [list(group) for group in groups if rank in group]
    if len(found) != 1:
        message = f"{replica_group!r}: rank {rank} is in {len(found)} lists"
        _core.refuse("E111", message, str(len(found)), "one", "nki.collectives.ReplicaGroup")
    return found[0]


def all_reduce(srcs, dsts, replica_group, op, priority=None, name=None):
    """dsts[i] = srcs[i] of all ranks of the group, combined by op: nl.add, nl.minimum or
    nl.maximum."""
    return _calls["all_reduce"](srcs, dsts, _ranks(replica_group), op, priority, name)


def all_gather(srcs, dsts, replica_group, collective_dim, priority=None, name=None):
    """dsts[i] = srcs[i] of all ranks of the group, joined along collective_dim."""
    ranks = _ranks(replica_group)
    return _calls["all_gather"](srcs, dsts, ranks, collective_dim, priority, name)


def all_gather_v(
    srcs,
    dsts,
    replica_group,
    metadata_tensor,
    recv_counts_known=False,
    has_rdispls=False,
    priority=None,
    name=None,
):
    """dsts[0] = a part of srcs[0] of each rank of the group, in a slot a rank. The metadata give
    each rank's own count and displacement."""
    call, ranks = _calls["all_gather_v"], _ranks(replica_group)
    return call(srcs, dsts, ranks, metadata_tensor, recv_counts_known, has_rdispls, priority, name)


def reduce_scatter(srcs, dsts, replica_group, collective_dim, op, priority=None, name=None):
    """dsts[i] = this rank's part of srcs[i] of all ranks of the group, combined by op."""
    ranks = _ranks(replica_group)
    return _calls["reduce_scatter"](srcs, dsts, ranks, collective_dim, op, priority, name)


def all_to_all(srcs, dsts, replica_group, collective_dim, priority=None, name=None):
    """dsts[i] = the parts of srcs[i] that each rank of the group has for this one."""
    ranks = _ranks(replica_group)
    return _calls["all_to_all"](srcs, dsts, ranks, collective_dim, priority, name)


def all_to_all_v(
    srcs,
    dsts,
    replica_group,
    metadata_tensor,
    recv_counts_known=False,
    has_rdispls=False,
    priority=None,
    name=None,
):
    """dsts[0] = the part of srcs[0] that each rank of the group has for this one, in a slot a rank.
    The metadata give counts and displacements, rank by rank."""
    call, ranks = _calls["all_to_all_v"], _ranks(replica_group)
    return call(srcs, dsts, ranks, metadata_tensor, recv_counts_known, has_rdispls, priority, name)


def collective_permute(srcs, dsts, source_target_pairs, priority=None, name=None):
    """dsts of each target = srcs of its source."""
    ranks = list(range(_core.current_trace().ranks))
    pairs = [list(pair) for pair in source_target_pairs]
    return _calls["collective_permute"](srcs, dsts, ranks, pairs, priority, name)


def collective_permute_implicit(
    srcs_by_channel, dsts_by_channel, replica_group, channel_ids=[0], priority=None, name=None
):
    """Each rank sends one tensor a channel to the next of its group, the last to the first."""
    call = _calls["collective_permute_implicit"]
    srcs, dsts = _only(srcs_by_channel), _only(dsts_by_channel)
    return call(srcs, dsts, _ranks(replica_group), list(channel_ids), priority, name)


def collective_permute_implicit_reduce(
    srcs0_by_channel,
    srcs1_by_channel,
    dsts_by_channel,
    replica_group,
    op,
    channel_ids=[0],
    priority=None,
    name=None,
):
    """Each rank combines two tensors a channel by op and sends the result to the next of its
    group."""
    call = _calls["collective_permute_implicit_reduce"]
    srcs, dsts = _only(srcs0_by_channel), _only(dsts_by_channel)
    ranks, right = _ranks(replica_group), _only(srcs1_by_channel)
    return call(srcs, dsts, ranks, right, op, list(channel_ids), priority, name)


def _only(by_channel):
    """The tensor of each channel."""
    for tensors in by_channel:
        if len(tensors) != 1:
            message = f"a channel with {len(tensors)} tensors"
            _core.refuse("E111", message, str(len(tensors)), "1", "collective_permute_implicit")
    return [tensors[0] for tensors in by_channel]


def collective_permute_implicit_current_processing_rank_id(
    iteration_id, replica_group, channel_id=0, name=None
):
    """A register with the rank whose data this rank holds after `iteration_id` steps of the ring;
    at 0 its own."""
    ranks = _ranks(replica_group)
    own = ranks.index(_core.current_trace().rank)
    return isa.register_alloc(ranks[(own - iteration_id) % len(ranks)])


def rank_id(name=None):
    """A register with the number of this rank."""
    return isa.register_alloc(_core.current_trace().rank)


__all__ = [
    "ReplicaGroup",
    "all_gather",
    "all_gather_v",
    "all_reduce",
    "all_to_all",
    "all_to_all_v",
    "collective_permute",
    "collective_permute_implicit",
    "collective_permute_implicit_current_processing_rank_id",
    "collective_permute_implicit_reduce",
    "rank_id",
    "reduce_scatter",
]

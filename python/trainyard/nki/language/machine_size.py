"""nl.tile_size: the sizes of tiles on the machine that the kernel runs on."""

import os

from trainyard.nki.machines import current_machine


class TileSize:
    """Sizes as plain ints. Inside a kernel they are those of its machine; at import time those of
    the machine that a kernel would run on."""

    @property
    def pmax(self):
        """Partitions of a tile."""
        return current_machine().partitions

    @property
    def psum_fmax(self):
        """float32 elements per partition of a PSUM bank; older name of psum_bank_fmax."""
        return self.psum_bank_fmax

    @property
    def psum_bank_fmax(self):
        """float32 elements per partition of a PSUM bank."""
        return self.psum_bank_fmax_bytes // 4

    @property
    def psum_bank_fmax_bytes(self):
        """Bytes per partition of a PSUM bank."""
        return current_machine().psum_bank_bytes

    @property
    def psum_num_banks(self):
        """PSUM banks that a kernel can use: one less where the environment reserves one for
        transposes (NKI_DMA_TRANSPOSE_AS_PE_TRANSPOSE, from NeuronCore-v3)."""
        machine = current_machine()
        banks = machine.psum_partition_bytes // machine.psum_bank_bytes
        wanted = os.environ.get("NKI_DMA_TRANSPOSE_AS_PE_TRANSPOSE", "").lower() in ("1", "true")
        return banks - 1 if wanted and machine.version >= 3 else banks

    @property
    def gemm_stationary_fmax(self):
        """Free elements of the stationary tile of a matmul."""
        return current_machine().stationary_free_max

    @property
    def gemm_moving_fmax(self):
        """Free elements of the moving tile of a matmul whose float32 result fits one PSUM bank."""
        return min(current_machine().moving_free_max, self.psum_bank_fmax)

    @property
    def bn_stats_fmax(self):
        """Free elements of a bn_stats input."""
        return current_machine().bn_stats_free_max

    @property
    def psum_min_align(self):
        """Bytes that a PSUM address within a partition is a multiple of."""
        return 4

    @property
    def sbuf_min_align(self):
        """Bytes that an SBUF address within a partition is a multiple of."""
        return 1

    @property
    def sbuf_size_bytes(self):
        """Bytes of SBUF, all partitions together."""
        machine = current_machine()
        return machine.partitions * machine.sbuf_total_partition_bytes

    @property
    def sbuf_fmax(self):
        """float32 elements per partition that a kernel can use in SBUF."""
        return self.sbuf_fmax_bytes // 4

    @property
    def sbuf_fmax_bytes(self):
        """Bytes per partition that a kernel can use in SBUF."""
        return current_machine().sbuf_partition_bytes

    @property
    def total_available_sbuf_size(self):
        """Older name of sbuf_fmax_bytes: per partition, despite it."""
        return self.sbuf_fmax_bytes


tile_size = TileSize()

"""neuronxcc.nki.language.constants, as far as public kernels import it."""

from trainyard.nki_older import number_formats


def sizeinbytes(dtype):
    """Bytes of an element."""
    return number_formats.kind(dtype).itemsize

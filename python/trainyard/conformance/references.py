"""NumPy references in float64, written from the definitions of the operations."""

import numpy as np


def wide(arrays):
    return (np.asarray(array, np.float64) for array in arrays)


def add(a, b):
    a, b = wide((a, b))
    return a + b


def transpose_rows(a, shape):
    """Each row of `a` is a flattened matrix of that shape; each is transposed."""
    return np.asarray(a).reshape(-1, *shape).swapaxes(1, 2).reshape(a.shape)


def average_pool(image, window):
    channels, height, width = image.shape
    (image,) = wide((image,))
    windows = image.reshape(channels, height // window, window, width // window, window)
    return windows.mean(axis=(2, 4))


def matmul(left_t, right):
    left_t, right = wide((left_t, right))
    return left_t.T @ right


def selective_scan(delta, u, a, b, c):
    """The recurrence of Mamba over [batch, channels, steps], with a: [channels, states] and
    b, c: [batch, states, steps].

    What the kernels keep in tiles of the inputs' type is rounded to it here as well: their sums
    over the states in bfloat16 are further from exact ones than the tolerance."""

    def stored(array):
        return np.asarray(array, delta.dtype).astype(np.float64)

    step, u64, a64, b64, c64 = wide((delta, u, a, b, c))
    inputs, y = stored(step * u64), np.zeros(delta.shape)
    for s in range(a.shape[1]):
        decay = stored(np.exp(step * a64[:, s, None]))
        added = stored(inputs * b64[:, s, None])
        states, hidden = np.empty(delta.shape), np.zeros(delta.shape[:2])
        for t in range(delta.shape[2]):
            hidden = decay[:, :, t] * hidden + added[:, :, t]
            states[:, :, t] = hidden
        y = stored(y + stored(stored(states) * c64[:, s, None]))
    return y


def attention(q, k, v):
    """softmax(q.T @ k) @ v.T for [d, length] each, without a scale."""
    q, k, v = wide((q, k, v))
    scores = q.T @ k
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True) @ v.T

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
    b, c: [batch, states, steps]."""
    delta, u, a, b, c = wide((delta, u, a, b, c))
    hidden, y = np.zeros((delta.shape[0], *a.shape)), np.empty(delta.shape)
    for t in range(delta.shape[2]):
        step = delta[:, :, t, None]
        hidden = np.exp(step * a) * hidden + step * u[:, :, t, None] * b[:, None, :, t]
        y[:, :, t] = np.einsum("bcs,bs->bc", hidden, c[:, :, t])
    return y


def attention(q, k, v):
    """softmax(q.T @ k) @ v.T for [d, length] each, without a scale."""
    q, k, v = wide((q, k, v))
    scores = q.T @ k
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True) @ v.T

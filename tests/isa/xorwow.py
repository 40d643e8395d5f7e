"""Marsaglia's XORWOW in NumPy, a generator a lane and more."""

import numpy as np


class Xorwow:
    """Generators from states [lanes, 6 * generators]: x, y, z, w, v and d of each."""

    def __init__(self, states):
        states = np.array(states, np.uint32)
        self.states = states.reshape(len(states), -1, 6)

    def words(self, n):
        """The next n words of each lane, generator i % generators drawing word i."""
        out = np.empty((len(self.states), n), np.uint32)
        generators = self.states.shape[1]
        for i in range(n):
            s = self.states[:, i % generators]
            x, v = s[:, 0].copy(), s[:, 4].copy()
            t = x ^ (x >> 2)
            s[:, :4] = s[:, 1:5]
            s[:, 4] = (v ^ (v << 4)) ^ (t ^ (t << 1))
            s[:, 5] += np.uint32(362437)
            out[:, i] = s[:, 4] + s[:, 5]
        return out

    def flat_states(self):
        return self.states.reshape(len(self.states), -1)


def uniform(words):
    """From 0 up to, but not including, 1."""
    return (words >> 8).astype(np.float32) * np.float32(2**-24)


def random_states(rng, lanes, words):
    return rng.integers(0, 2**32, (lanes, words)).astype(np.uint32)

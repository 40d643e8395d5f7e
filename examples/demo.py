"""Cleans a noisy photograph with attention.py, on a simulated Trainium2. `make demo` runs it.

Each patch of the photograph becomes a weighted mean of all patches, and those that look alike weigh
most: exp(-|p - q|^2 / h^2). Multiplied out this is a softmax over dot products, that is, attention
with the patches as queries, keys and values ("non-local means").
"""

import sys
import time
from pathlib import Path

import ml_dtypes
import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_image

import trainyard

trainyard.activate()  # from here on, `import nki` means the simulated machine

from attention import attention, reference  # noqa: E402
from compare import TOLERANCES, largest_error  # noqa: E402

BUILD = Path(__file__).resolve().parent.parent / "build"
PATCH = 4  # pixels a side
NOISE = 0.1  # standard deviation; pixels lie between 0 and 1
STRENGTH = 0.6 * 3 * PATCH**2 * NOISE**2  # h^2 above, in units of the noise of a patch


def photograph() -> np.ndarray:
    """A sample photograph of scikit-learn at half size, [height, width, 3] between 0 and 1."""
    pixels = load_sample_image("china.jpg") / 255.0
    height, width = (size // (2 * PATCH) * PATCH for size in pixels.shape[:2])
    return pixels[: 2 * height, : 2 * width].reshape(height, 2, width, 2, 3).mean(axis=(1, 3))


def to_patches(image: np.ndarray) -> np.ndarray:
    """[patches, numbers in a patch]"""
    rows, columns = image.shape[0] // PATCH, image.shape[1] // PATCH
    tiles = image.reshape(rows, PATCH, columns, PATCH, 3).swapaxes(1, 2)
    return tiles.reshape(rows * columns, -1)


def from_patches(patches: np.ndarray, shape: tuple) -> np.ndarray:
    tiles = patches.reshape(shape[0] // PATCH, shape[1] // PATCH, PATCH, PATCH, 3)
    return tiles.swapaxes(1, 2).reshape(shape)


def attention_inputs(patches: np.ndarray) -> list[np.ndarray]:
    """q_t, k_t, v in bfloat16 with softmax(q @ k.T / sqrt(d)) = the weights of the means.

    2 p.q / h^2 - |q|^2 / h^2 has the same softmax as -|p - q|^2 / h^2; the second term becomes one
    more number of each key, which a query multiplies by 1."""
    centred = patches - patches.mean(axis=0)
    squares = (centred**2).sum(axis=1, keepdims=True)
    q = np.hstack([centred, np.ones_like(squares)])
    k = np.hstack([2 * centred, -squares]) / STRENGTH * np.sqrt(q.shape[1])
    return [np.ascontiguousarray(a, ml_dtypes.bfloat16) for a in (q.T, k.T, patches)]


def decibels(image: np.ndarray, original: np.ndarray) -> float:
    """Peak signal to noise."""
    return -10 * np.log10(np.mean((image - original) ** 2))


def numpy_attention(q_t, k_t, v) -> np.ndarray:
    """The reference, some queries at a time to save memory."""
    parts = [reference(q_t[:, i : i + 512], k_t, v) for i in range(0, q_t.shape[1], 512)]
    return np.concatenate(parts)


def save_pictures(path: Path, *images: np.ndarray):
    side_by_side = np.hstack([np.clip(255 * image, 0, 255).astype(np.uint8) for image in images])
    Image.fromarray(side_by_side).save(path)


def main() -> int:
    original = photograph()
    noisy = original + NOISE * np.random.default_rng(0).standard_normal(original.shape)
    q_t, k_t, v = attention_inputs(to_patches(noisy))
    height, width, _ = original.shape
    print("Cleaning a photograph with an attention kernel, on a simulated Trainium2\n")
    print(f"photograph     china.jpg of scikit-learn, {width} x {height} pixels")
    print(f"tokens         {len(v)} patches of {PATCH} x {PATCH} pixels, in bfloat16")

    start = time.perf_counter()
    timeline = BUILD / "demo.trace.json"
    run = trainyard.run(attention, q_t, k_t, v, machine="trn2", trace=timeline)
    host_seconds = time.perf_counter() - start
    cleaned = from_patches(np.asarray(run.outputs, np.float64), original.shape)
    before, after = decibels(noisy, original), decibels(cleaned, original)
    print(f"signal/noise   {before:.1f} dB before, {after:.1f} dB after")

    error, most = largest_error(run.outputs, numpy_attention(q_t, k_t, v)), TOLERANCES["bfloat16"]
    verdict = "equal" if error <= most else "DIFFERENT"
    print(f"against NumPy  {verdict}: largest error {error:.1e} of the range (at most {most:.0e})")

    print(f"\n{run.summary.to_text()}")
    save_pictures(BUILD / "demo.png", original, noisy, cleaned)
    print("pictures       build/demo.png (photograph, with noise, cleaned)")
    print("timeline       build/demo.trace.json (open it at https://ui.perfetto.dev)")
    print(f"host           {host_seconds:.1f} s on this computer")
    return 0 if error <= most else 1


if __name__ == "__main__":
    sys.exit(main())

"""Makes test/formats/fixtures with NumPy: python3 packages/data/scripts/make-format-fixtures.py

Made with NumPy 1.24.2. The values are what the tests expect; they are small, so that the files are.
"""

import gzip
import io
import struct
from pathlib import Path

import numpy as np

out = Path(__file__).resolve().parent.parent / "test" / "formats" / "fixtures"
out.mkdir(parents=True, exist_ok=True)

grid = np.arange(6).reshape(2, 3)
floats = np.array([0.0, -0.0, 1.5, -2.25, np.inf, -np.inf, np.nan, 65504.0, 6e-08, 6.1e-05])

arrays = {
    "c-order-f4": (grid / 4).astype("<f4"),
    "fortran-order-f8": np.asfortranarray(grid / 4),
    "big-endian-f4": (grid / 4).astype(">f4"),
    "big-endian-i2": (grid - 3).astype(">i2"),
    "f2": floats.astype("<f2"),
    "i1": (grid - 3).astype("i1"),
    "u1": (grid + 250).astype("u1"),
    "i4": (grid - 3).astype("<i4"),
    "u4": (grid + 2**32 - 6).astype("<u4"),
    "i8": np.array([-(2**31), -1, 0, 2**31 - 1], dtype="<i8"),
    "i8-too-big": np.array([1, 2**31], dtype="<i8"),
    "u8": np.array([0, 2**32 - 1], dtype="<u8"),
    "bool": np.array([[True, False], [False, True]]),
    "scalar": np.array(2.5),
    "empty": np.zeros((0, 3), dtype="<f4"),
    "complex": np.array([1j]),
    "text": np.array(["abc"]),
    "record": np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]),
}
for name, array in arrays.items():
    np.save(out / f"{name}.npy", array)
np.save(out / "object.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
for version in [(1, 0), (2, 0), (3, 0)]:
    with open(out / f"version-{version[0]}.npy", "wb") as file:
        np.lib.format.write_array(file, grid.astype("<i4"), version=version)

np.savez(out / "stored.npz", grid.astype("<f4"), labels=np.array([1, 0, 2]))
np.savez_compressed(out / "deflated.npz", zeros=np.zeros((50, 40), dtype="<f4"), grid=grid)

images = (np.arange(2 * 3 * 4) * 10).astype("u1").reshape(2, 3, 4)
idx = b"\0\0\x08\x03" + struct.pack(">3I", *images.shape) + images.tobytes()
(out / "images.idx").write_bytes(idx)
packed = io.BytesIO()
with gzip.GzipFile(filename="images.idx", fileobj=packed, mode="wb", mtime=0) as file:
    file.write(idx)
(out / "images.idx.gz").write_bytes(packed.getvalue())
doubles = (grid / 8).astype(">f8")
(out / "doubles.idx").write_bytes(b"\0\0\x0e\x02" + struct.pack(">2I", 2, 3) + doubles.tobytes())

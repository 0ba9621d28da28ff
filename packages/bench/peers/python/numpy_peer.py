"""Products of matrices with numpy."""

import numpy as np

version = f"numpy {np.__version__}, 1 thread"


def array(buffer, dtype, shape):
    return np.frombuffer(buffer, dtype=dtype).reshape(shape)


def matmul(arrays, settings):
    a, b = arrays["a"], arrays["b"]
    a = a.T if settings["form"] == "tn" else a
    b = b.T if settings["form"] == "nt" else b
    product = np.empty((a.shape[0], b.shape[1]), dtype=a.dtype)

    def step(_index):
        np.matmul(a, b, out=product)
        return 0

    def result():
        np.matmul(a, b, out=product)
        return [float(product[at]) for at in ((0, 0), (0, -1), (-1, -1))]

    return step, result

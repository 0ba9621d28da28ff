"""Products of matrices with numpy."""

import numpy as np

version = f"numpy {np.__version__}, 1 thread"


def array(buffer, dtype, shape):
    return np.frombuffer(buffer, dtype=dtype).reshape(shape)


def matmul(arrays, _settings):
    a, b = arrays["a"], arrays["b"]

    def step(_index):
        a @ b
        return 0

    def result():
        product = a @ b
        return [float(product[0, 0]), float(product[-1, -1])]

    return step, result

import numpy as np


def backward(cache, params, y):
    """Only what was kept is known here: nothing goes forward."""
    x, z1, a1, z2, a2 = cache
    N = x.shape[0]
    dz2 = a2 - y
    dW2 = a1.T @ dz2 / N
    db2 = dz2.sum(axis=0) / N
    da1 = dz2 @ params['W2'].T
    dz1 = da1 * a1 * (1 - a1)
    dW1 = x.T @ dz1 / N
    db1 = dz1.sum(axis=0) / N
    return dW1, db1, dW2, db2

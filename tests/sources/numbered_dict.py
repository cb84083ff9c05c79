import numpy as np


def L_model_backward(params, cache, X, Y, L=3):
    """Gradients of an L layer network, samples are columns."""
    grads = {}
    m = X.shape[1]
    cache["A0"] = X
    dZ = cache["A" + str(L)] - Y
    for l in range(L, 0, -1):
        grads["dW" + str(l)] = np.dot(dZ, cache["A" + str(l - 1)].T) / m
        grads["db" + str(l)] = np.sum(dZ, axis=1, keepdims=True) / m
        if l > 1:
            dA = np.dot(params["W" + str(l)].T, dZ)
            dZ = dA * (1 - np.square(cache["A" + str(l - 1)]))
    return grads

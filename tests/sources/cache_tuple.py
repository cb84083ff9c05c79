from collections import namedtuple

import numpy as np

Grads = namedtuple("Grads", "W1 b1 W2 b2")


def forward(params, x):
    W1, b1, W2, b2 = params
    z1 = x @ W1 + b1
    h = np.tanh(z1)
    z2 = h @ W2 + b2
    cache = (x, z1, h, z2)
    return z2, cache


def backward(params, cache, y):
    W1, b1, W2, b2 = params
    x, z1, h, out = cache
    n = len(x)
    dout = 2.0 * (out - y) / out.size
    dW2 = h.T @ dout
    db2 = dout.sum(0)
    dh = dout @ W2.T
    dz1 = dh * (1 - np.tanh(z1) ** 2)
    dW1 = x.T @ dz1
    db1 = dz1.sum(0)
    return Grads(W1=dW1, b1=db1, W2=dW2, b2=db2)

import numpy as np


def affine_backward(dout, cache):
    x, w, b = cache
    dx = dout.dot(w.T)
    dw = x.T.dot(dout)
    db = np.sum(dout, axis=0)
    return dx, dw, db


def relu_backward(dout, z):
    dz = dout.copy()
    dz[z <= 0] = 0
    return dz


def backward(params, X, Y):
    W1, b1 = params['W1'], params['b1']
    W2, b2 = params['W2'], params['b2']
    z1 = X.dot(W1) + b1
    h1 = np.maximum(z1, 0)
    scores = h1.dot(W2) + b2
    p = np.exp(scores)
    p /= np.sum(p, axis=1, keepdims=True)

    dscores = (p - Y) / X.shape[0]
    dh1, dW2, db2 = affine_backward(dscores, (h1, W2, b2))
    dz1 = relu_backward(dh1, z1)
    dX, dW1, db1 = affine_backward(dz1, (X, W1, b1))
    return {'W1': dW1, 'b1': db1, 'W2': dW2, 'b2': db2}

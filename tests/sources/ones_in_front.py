import numpy as np


def sigmoid(t):
    return 1 / (1 + np.exp(-t))


def softmax(t):
    e = np.exp(t - t.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def gradients(W1, W2, W3, x, y):
    ones = np.ones((x.shape[0], 1))
    X = np.hstack([ones, x])
    H1 = sigmoid(X @ W1)
    H1b = np.hstack([ones, H1])
    H2 = sigmoid(H1b @ W2)
    H2b = np.hstack([ones, H2])
    yhat = softmax(H2b @ W3)

    d3 = (yhat - y) / len(x)
    dW3 = H2b.T @ d3
    d2 = (d3 @ W3[1:].T) * H2 * (1 - H2)
    dW2 = H1b.T @ d2
    d1 = (d2 @ W2[1:].T) * H1 * (1 - H1)
    dW1 = X.T @ d1
    return dW1, dW2, dW3

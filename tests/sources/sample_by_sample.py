import numpy as np


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def batch_gradients(X, Y, W1, b1, W2, b2):
    N = X.shape[0]
    A1 = sigmoid(X @ W1 + b1)
    A2 = sigmoid(A1 @ W2 + b2)
    D2 = A2 - Y
    D1 = D2 @ W2.T * A1 * (1 - A1)
    dW1 = np.zeros_like(W1)
    dW2 = np.zeros_like(W2)
    db1 = np.zeros_like(b1)
    db2 = np.zeros_like(b2)
    for i in range(N):
        dW2 += np.outer(A1[i], D2[i])
        dW1 += np.outer(X[i], D1[i])
        db2 += D2[i]
        db1 += D1[i]
    return dW1 / N, db1 / N, dW2 / N, db2 / N

import numpy as np


def softmax(z):
    z = z - z.max(axis=1, keepdims=True)
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def gradient_step(X, Y, W, b, learning_rate=0.1):
    n_samples = X.shape[0]
    probabilities = softmax(np.dot(X, W) + b)
    error = probabilities - Y
    W = W - learning_rate * np.dot(X.T, error) / n_samples
    b = b - learning_rate * np.mean(error, axis=0)
    return W, b

import numpy as np


def relu(z):
    return np.maximum(0, z)


def relu_derivative(z):
    return (z > 0).astype(float)


def softmax(z):
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


class MLP:
    """A three layer perceptron from scratch."""

    def __init__(self, n_in, n_h1, n_h2, n_out, lr=0.1):
        rng = np.random.default_rng(0)
        self.lr = lr
        self.W1 = rng.normal(size=(n_in, n_h1)) * np.sqrt(2 / n_in)
        self.b1 = np.zeros((1, n_h1))
        self.W2 = rng.normal(size=(n_h1, n_h2)) * np.sqrt(2 / n_h1)
        self.b2 = np.zeros((1, n_h2))
        self.W3 = rng.normal(size=(n_h2, n_out)) * np.sqrt(2 / n_h2)
        self.b3 = np.zeros((1, n_out))

    def forward(self, X):
        self.X = X
        self.z1 = X @ self.W1 + self.b1
        self.a1 = relu(self.z1)
        self.z2 = self.a1 @ self.W2 + self.b2
        self.a2 = relu(self.z2)
        self.z3 = self.a2 @ self.W3 + self.b3
        self.out = softmax(self.z3)
        return self.out

    def backward(self, y):
        m = y.shape[0]
        dz3 = (self.out - y) / m
        self.dW3 = self.a2.T @ dz3
        self.db3 = dz3.sum(axis=0, keepdims=True)
        dz2 = (dz3 @ self.W3.T) * relu_derivative(self.z2)
        self.dW2 = self.a1.T @ dz2
        self.db2 = dz2.sum(axis=0, keepdims=True)
        dz1 = (dz2 @ self.W2.T) * relu_derivative(self.z1)
        self.dW1 = self.X.T @ dz1
        self.db1 = dz1.sum(axis=0, keepdims=True)

    def step(self):
        self.W1 -= self.lr * self.dW1
        self.b1 -= self.lr * self.db1
        self.W2 -= self.lr * self.dW2
        self.b2 -= self.lr * self.db2
        self.W3 -= self.lr * self.dW3
        self.b3 -= self.lr * self.db3

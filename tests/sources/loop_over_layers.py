import numpy as np


class DeepNet:
    def __init__(self, sizes):
        self.sizes = sizes
        self.W = [np.random.randn(a, b) * 0.1 for a, b in zip(sizes[:-1], sizes[1:])]
        self.b = [np.zeros(n) for n in sizes[1:]]

    def backward(self, x, y):
        acts = [x]
        a = x
        for W, b in zip(self.W, self.b):
            a = 1.0 / (1.0 + np.exp(-(a @ W + b)))
            acts.append(a)

        n = x.shape[0]
        dW = [None] * len(self.W)
        db = [None] * len(self.b)
        delta = (acts[-1] - y) / n
        for l in reversed(range(len(self.W))):
            dW[l] = acts[l].T @ delta
            db[l] = delta.sum(axis=0)
            if l > 0:
                delta = (delta @ self.W[l].T) * acts[l] * (1 - acts[l])
        return dW, db

"""An epoch by PyTorch: nn.Linear, autograd, torch.optim.SGD; batches by indexing, no DataLoader."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from bench.recipe import right, work
from bench.report import Options
from codegen.schedule import rate


class Epoch:
    """A run of one epoch from the first weights."""

    def __init__(self, options: Options) -> None:
        self.work, self.clock = work(options), options.clock
        learn, test = self.work.learn(), self.work.test()
        self.x, self.digits = torch.from_numpy(learn.x), torch.tensor(learn.digits.astype(np.int64))
        self.shown, self.named = torch.from_numpy(test.x), test.digits
        self.accuracy = 0.0

    def model(self) -> torch.nn.Sequential:
        """The network with the first weights."""
        layers: list[torch.nn.Module] = []
        for w in self.work.weights().values():
            linear = torch.nn.Linear(len(w) - 1, w.shape[1])
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(np.ascontiguousarray(w[1:].T)))
                linear.bias.copy_(torch.from_numpy(w[0]))
            layers += [linear, torch.nn.Sigmoid()]
        return torch.nn.Sequential(*layers[:-1])

    def turn(self) -> float:
        """Seconds of the epoch."""
        settings, steps, model = self.work.settings, self.work.steps, self.model()
        params = list(model.parameters())
        optimizer = torch.optim.SGD(params, lr=settings.lr, momentum=settings.momentum)
        order = torch.from_numpy(self.work.order())
        start = self.clock()
        for step, index in enumerate(order):
            lr = optimizer.param_groups[0]["lr"] = rate(settings, step, steps)
            optimizer.zero_grad(set_to_none=True)
            F.cross_entropy(model(self.x[index]), self.digits[index]).backward()
            with torch.no_grad():
                torch._foreach_mul_(params, 1 - lr * settings.weight_decay)
            optimizer.step()
        seconds = self.clock() - start
        with torch.no_grad():
            self.accuracy = right(model(self.shown).numpy(), self.named)
        return seconds

    def reached(self) -> tuple[int, str, float]:
        """How many images, of which data, and the test accuracy of the last run."""
        return self.work.images, self.work.data.description, self.accuracy

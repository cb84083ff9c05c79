"""What the main job shows of training: the run on MNIST, or why there is none."""

from __future__ import annotations

import argparse
import sys
from types import ModuleType

import codegen
from codegen.mnist import find, misfit
from codegen.mnist import load as load_mnist
from codegen.schedule import Settings
from codegen.training import History, Stopped
from codegen.training import train as descend
from derive.commands.job import Job
from derive.dense import Stack

CODINGS = {"distribution": "one-hot", "unit": "one-hot", "real": "one-hot", "sign": "signs"}


def find_data(arguments: argparse.Namespace, stack: Stack) -> None:
    """Refuses to begin where a stack will train and the data are not there."""
    if why_not(stack) is None:
        find(arguments.data)


def train(job: Job, arguments: argparse.Namespace, settings: Settings, module: ModuleType) -> int:
    """Trains the module that was checked; the exit code."""
    reason = why_not(job.stack)
    if reason is not None:
        job.paper.heading("Not trained", "")
        job.paper.line(f"  {reason}")
        job.data["training"] = {"trained": False, "reason": reason}
        return 0
    mnist = load_mnist(arguments.data)
    job.paper.heading("Training", mnist.description)
    try:
        with codegen.drawing(settings, len(mnist.train_labels)) as drawn:
            history = descend(
                module,
                mnist,
                settings,
                target_coding=CODINGS[job.stack.loss.target],
                reduction=job.stack.reduction,
                on_step=None if arguments.json else drawn.step,
                on_epoch=None if arguments.json else drawn.epoch,
                checkpoint=arguments.save,
            )
    except Stopped as stopped:
        print(f"derive: {stopped}", file=sys.stderr)
        return 130
    return _report(job, arguments, history)


def why_not(stack: Stack) -> str | None:
    """Why a stack does not train on MNIST, or None."""
    if stack.single:
        return "a stack for one sample is not trained on MNIST: leave out --single"
    return misfit(stack.sizes, CODINGS[stack.loss.target])


def _report(job: Job, arguments: argparse.Namespace, history: History) -> int:
    accuracy = history.test_accuracy
    job.paper.line(f"  test accuracy {100 * accuracy:.2f} %: {history.data}", "bold")
    if arguments.save is not None:
        job.paper.line(f"  weights: {arguments.save}")
    if arguments.plot is not None:
        codegen.draw(history, arguments.plot)
        job.paper.line(f"  picture: {arguments.plot}")
    job.data["training"] = {"trained": True, "test_accuracy": accuracy, **history.to_dict()}
    return 0

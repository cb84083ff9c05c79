"""Draws a training run in the terminal: a bar while it runs, and a line for each epoch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from codegen.schedule import Settings
from codegen.training import Epoch, Step

REFRESH = 0.1
"""Seconds between two updates of the bar."""


@dataclass
class Drawing:
    """The callbacks that `train` takes; `epoch` writes a line that stays."""

    progress: Progress
    task: TaskID
    epochs: int
    count: int
    accuracy: str = "–"
    started: float = field(default_factory=time.monotonic)
    drawn: float = 0.0

    def step(self, step: Step) -> None:
        """Moves the bar, a few times a second."""
        now = time.monotonic()
        if now - self.drawn < REFRESH:
            return
        self.drawn = now
        self.progress.update(
            self.task,
            completed=step.images,
            epoch=step.epoch,
            loss=f"{step.loss:.4f}",
            speed=f"{step.images / (now - self.started):,.0f}",
        )

    def epoch(self, epoch: Epoch) -> None:
        """Writes the line of an epoch above the bar."""
        self.accuracy = f"{100 * epoch.test_accuracy:.2f} %"
        done = epoch.number * epoch.images
        self.progress.update(self.task, completed=done, accuracy=self.accuracy)
        self.progress.console.print(line(epoch, self.epochs), highlight=False)


def line(epoch: Epoch, epochs: int) -> str:
    """What one epoch gave, in one line.

    >>> line(Epoch(3, 0.1234, 0.97, 0.9655, 0.3, 60000), 30)
    'epoch  3/30   loss 0.1234   test accuracy 96.55 %   0.30 s, 200,000 images/s'
    """
    width = len(str(epochs))
    return (
        f"epoch {epoch.number:{width}}/{epochs}   loss {epoch.loss:.4f}   "
        f"test accuracy {100 * epoch.test_accuracy:.2f} %   "
        f"{epoch.seconds:.2f} s, {epoch.images_per_second:,.0f} images/s"
    )


@contextmanager
def drawing(settings: Settings, images: int, console: Console | None = None) -> Iterator[Drawing]:
    """A bar for a run over `images` training images an epoch; it goes when the block ends.

    Where the console is not a terminal, only the lines of the epochs are written.
    """
    console = console or Console()
    progress = Progress(
        TextColumn(f"epoch {{task.fields[epoch]}}/{settings.epochs}"),
        BarColumn(bar_width=None),
        TextColumn("loss {task.fields[loss]}"),
        TextColumn("test {task.fields[accuracy]}"),
        TextColumn("{task.fields[speed]} images/s"),
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    total = settings.epochs * images
    task = progress.add_task("", total=total, epoch=1, loss="–", accuracy="–", speed="–")
    with progress:
        yield Drawing(progress, task, settings.epochs, images)

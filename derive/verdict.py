"""The outcome for each claim of a text: a verdict, what it rests on, and what is right."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from derive.diagnostic import Diagnostic, Span
from derive.faces.face import written
from derive.formula import Formula, Line, Step
from derive.mistakes import MISTAKES
from derive.numbers_text import Array, as_numbers, assignments, shortened

CONFIRMED = "equal at every point tried; not a proof"
"""What is told of a claim that no proof was found of."""

GOOD = ("proved", "confirmed")

FRACTIONS, IMAGES, ROUNDED = "fractions", "images modulo primes", "50 digits"
"""What shows that two values differ; the first two are exact, of the last the rounding is bounded
by nothing but the number of digits."""

SCHEMA = "derive-report/1"
"""The form of `Report.to_dict`; another number is another form."""


@dataclass(frozen=True)
class Witness:
    """Numbers on which claim and gradient differ: the sizes, the entry, both values, the inputs.

    The values are fractions where they are `exact`, and else have 50 digits. An input is nested
    rows of fractions. Of a factor of the chain rule, `upstream` is what it is multiplied with.
    `decided_by` says what shows that the values differ: values that are no fractions are rounded,
    their images modulo primes are not (`derive.modular`).
    """

    sizes: Mapping[str, int]
    entry: tuple[int, ...]
    claimed: str
    true: str
    inputs: Mapping[str, Array] = field(default_factory=dict)
    exact: bool = True
    decided_by: str = FRACTIONS

    def __str__(self) -> str:
        sizes = ", ".join(f"{name}={size}" for name, size in self.sizes.items())
        place = f"entry [{', '.join(map(str, self.entry))}]" if self.entry else ""
        where = ", ".join(filter(None, (sizes, place)))
        claimed, true = shortened(self.claimed, self.true)
        digits = "" if self.exact else " (to 50 digits, rounded here)"
        return f"{f'at {where}: ' if where else ''}claimed {claimed}, true {true}{digits}"

    @property
    def assignments(self) -> tuple[str, ...]:
        """The inputs as lines of NumPy."""
        return assignments(self.inputs)

    def to_dict(self) -> dict[str, Any]:
        """The witness as plain data; its inputs are numbers that JSON holds exactly."""
        inputs = {name: as_numbers(array) for name, array in self.inputs.items()}
        told = {"text": str(self), "assignments": list(self.assignments)}
        return {**vars(self), "sizes": dict(self.sizes), "inputs": inputs, **told}


@dataclass(frozen=True)
class Claim:
    """One judged claim.

    `layout`: "same" (the shape of the name), "transposed" or "jacobian". `repair` is a right
    formula in the notation of the text, `repair_numpy` the same for NumPy, `mistake` the code of
    the page on what was wrong, `edits` what was changed. `line` and `column` count from 1.

    `written` is the text that was judged, or of which the part at `place` was judged. `formula` is
    that part as it was understood, with shapes and the factors at fault; `repaired` is the repair
    with what is new in it; `steps` are how the derivative comes about, where the claim is wrong.
    """

    name: str
    verdict: str
    read_as: str | None = None
    facts: tuple[str, ...] = ()
    layout: str | None = None
    repair: str | None = None
    repair_numpy: str | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    witness: Witness | None = None
    mistake: str | None = None
    edits: tuple[str, ...] = ()
    note: str | None = None
    line: int | None = None
    column: int | None = None
    written: str = ""
    place: Span | None = None
    formula: Formula | None = None
    repaired: Formula | None = None
    steps: tuple[Step, ...] = ()

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.verdict}"]
        if self.read_as:
            lines.append(f"  read as  {self.read_as}")
        if self.facts:
            lines.append(f"  given    {', '.join(self.facts)}")
        if self.witness:
            lines.append(f"  witness  {self.witness}")
            lines += [f"           {line}" for line in self.witness.assignments]
        for diagnostic in self.diagnostics:
            lines += [f"  {line}" for line in diagnostic.render().split("\n")]
        if self.repair:
            lines.append(f"  repair   {self.repair}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return Report((self,))._repr_html_()

    def _repr_latex_(self) -> str:
        return Report((self,))._repr_latex_()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


@dataclass(frozen=True)
class Report:
    """The claims of one text, each with its verdict; `notes` on lines that were not understood.

    `network` has what the text is about: its symbols and forward equations. `name` is that of the
    text. Every `to_...` is one face of the same report, and none knows more than the others.
    """

    claims: tuple[Claim, ...] = field(default_factory=tuple)
    notes: tuple[Diagnostic, ...] = ()
    network: tuple[Line, ...] = ()
    name: str = ""

    @property
    def ok(self) -> bool:
        """Whether there are claims, and every one is proved or confirmed."""
        return bool(self.claims) and all(claim.verdict in GOOD for claim in self.claims)

    @property
    def exit_code(self) -> int:
        """0 all well, 1 something wrong, 2 something unreadable, 3 something undecided."""
        verdicts = {claim.verdict for claim in self.claims} or {"unreadable"}
        if verdicts & {"refuted", "ill-shaped"}:
            return 1
        if "unreadable" in verdicts:
            return 2
        return 3 if "undecided" in verdicts else 0

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data, as `derive/faces/report.schema.json` says."""
        return {
            "schema": SCHEMA,
            "name": self.name,
            "ok": self.ok,
            "claims": [_claim_data(claim) for claim in self.claims],
            "notes": [note.to_dict() for note in self.notes],
            "network": [line.to_dict() for line in self.network],
        }

    def to_json(self) -> str:
        """The report as JSON."""
        return as_json(self.to_dict())

    def to_html(self) -> str:
        """The report as one page that needs nothing else: no script, no link to the outside."""
        return written("html", [self])

    def to_markdown(self) -> str:
        """The report as Markdown."""
        return written("markdown", [self])

    def to_latex(self) -> str:
        """The report as an article in LaTeX."""
        return written("latex", [self])

    def to_junit(self) -> str:
        """The report as JUnit XML: a claim is a test."""
        return written("junit", [self])

    def to_sarif(self) -> str:
        """The report in SARIF 2.1.0, for code hosts and editors."""
        return written("sarif", [self])

    def to_gradescope(self) -> str:
        """The report as the `results.json` of Gradescope: a claim is a test, worth one point."""
        return written("gradescope", [self])

    def _repr_html_(self) -> str:
        return written("notebook", [self])

    def _repr_latex_(self) -> str:
        return written("notebook_latex", [self])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def __str__(self) -> str:
        return "\n".join(map(str, self.claims))


def as_json(data: dict[str, Any]) -> str:
    """Plain data as JSON that every file can hold: half a character of UTF-16 as an escape."""
    text = json.dumps(data, ensure_ascii=False, indent=2)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _claim_data(claim: Claim) -> dict[str, Any]:
    data = dict(vars(claim))
    data["diagnostics"] = [d.to_dict() for d in claim.diagnostics]
    data["witness"] = claim.witness.to_dict() if claim.witness else None
    kind = MISTAKES.get(claim.mistake or "")
    data["mistake_title"] = kind.title if kind else None
    data["place"] = [claim.place.start, claim.place.end] if claim.place else None
    data["formula"] = claim.formula.to_dict() if claim.formula else None
    data["repaired"] = claim.repaired.to_dict() if claim.repaired else None
    data["steps"] = [step.to_dict() for step in claim.steps]
    return data

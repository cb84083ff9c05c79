"""What a report tells of a function: verdicts in its own words, and its own lines repaired."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from derive.diagnostic import DeriveError, Diagnostic, Place, Span
from derive.mistakes import MISTAKES
from derive.notation import write
from derive.source.astray import astray
from derive.source.judging import Function, Judged
from derive.source.listing import Listing
from derive.source.natural import natural
from derive.source.patch import Patch, Patcher, applied
from derive.source.reading import Best
from derive.source.speech import Speech, is_word, stored_names
from derive.term import const
from derive.verdict import GOOD, Claim, Report, Witness

WRONG = ("refuted", "ill-shaped")
Again = Callable[[str], Best]
"""Reads the function in a changed text."""


@dataclass
class Teller:
    """Tells of one function; `again` judges it anew with a line changed."""

    best: Best
    again: Again
    limit: float
    prefix: str = ""

    @property
    def function(self) -> Function:
        """The function under its best reading."""
        return self.best.function

    @property
    def listing(self) -> Listing:
        """The file."""
        return self.function.scene.listing

    def report(self) -> Report:
        """All that is told."""
        self.speech = Speech(self.function)
        if not all(one.good for one in self.function.judged) and (found := astray(self.function)):
            return self.lost(found)
        told = [(one, one.outcome.told(self.limit)) for one in self.function.judged]
        patches = self.patches(told)
        claims = [
            self.claim(one, claim, patches.get(place)) for place, (one, claim) in enumerate(told)
        ]
        notes = (self.reading(),) if claims else ()
        return Report(tuple(claims), notes)

    def lost(self, found: Diagnostic) -> Report:
        """The report on code that is not of this network: what is wrong is not judged by it."""
        claims = [self.claim(one, one.outcome.claim, None) for one in self.function.judged]
        place = self.located(self.named(found))
        unread = Claim("", "unreadable", diagnostics=(place,))
        told = [
            one if one.verdict in GOOD else replace(unread, name=one.name, line=one.line)
            for one in claims
        ]
        return Report(tuple(told), (self.reading(),))

    # ------------------------------------------------------------------------ repairs

    def patches(self, told: Sequence[tuple[Judged, Claim]]) -> dict[int, Patch]:
        """The repaired lines: each judged again where it stands, with the others or alone."""
        wrong = [place for place, (_, claim) in enumerate(told) if claim.verdict in WRONG]
        found: dict[int, Patch] = {}
        for tries in self.tries(told, wrong):
            new = {place: one for place, one in tries.items() if place not in found}
            if not new:
                continue
            if self.is_right({**found, **new}, told):
                return {**found, **new}
            found |= {k: one for k, one in new.items() if self.is_right({k: one}, told)}
        return found

    def tries(
        self, told: Sequence[tuple[Judged, Claim]], wrong: Sequence[int]
    ) -> Iterator[dict[int, Patch]]:
        """Lines that may be right: those of small changes, those by the step before, others."""
        patcher = Patcher(self.speech)
        near, whole = dict[int, Patch](), dict[int, Patch]()
        steps = dict[int, Patch]()
        for place in wrong:
            one, claim = told[place]
            step = natural(self.function, one)
            for text, kind in ((claim.repair_numpy, None), (step, steps)):
                patch = None if text is None else patcher.patch(one, text)
                if patch is not None:
                    kind = (whole if "whole" in claim.edits else near) if kind is None else kind
                    kind[place] = patch
        yield near
        yield steps
        yield whole

    def is_right(self, patches: dict[int, Patch], told: Sequence[tuple[Judged, Claim]]) -> bool:
        """Whether nothing is wrong any more but what was left as it was."""
        text = applied(patches.values(), self.listing.text)
        try:
            again = self.again(text).function.judged
        except DeriveError:
            return False
        before = sum(claim.verdict not in GOOD for _, claim in told)
        after = sum(not one.good for one in again)
        return bool(again) and after <= before - len(patches)

    # ------------------------------------------------------------------------ claims

    def claim(self, one: Judged, claim: Claim, patch: Patch | None) -> Claim:
        """A verdict in the words of the text."""
        facts = claim.facts
        if claim.verdict in (*GOOD, "undecided"):
            facts = (*facts, *self.best.notes, *self.penalties())
        wrong = claim.verdict not in (*GOOD, "undecided", "unreadable")
        found = claim.diagnostics or ((self.pointed(one, claim),) if wrong else ())
        return replace(
            claim,
            name=f"{self.prefix}{claim.name}",
            read_as=self.speech.spoken(claim.read_as, claim.line or 0, one.final.step),
            facts=facts,
            note="; ".join([*([claim.note] if claim.note else []), *self.remarks(one)]) or None,
            repair=patch.line if patch else None,
            repair_numpy=None
            if patch or not wrong
            else self.speech.spoken(claim.repair_numpy, claim.line or 0, one.final.step),
            diagnostics=tuple(self.located(self.named(d)) for d in found),
            witness=_plain(claim.witness),
        )

    def penalties(self) -> Iterator[str]:
        """What is said of penalties that the loss has not."""
        used = sorted(self.function.scene.penalties)
        if used:
            yield f"{', '.join(used)} = 0: the loss has no penalty, and none is judged"

    def remarks(self, one: Judged) -> Iterator[str]:
        """What the verdict rests on."""
        if one.scale != const(1):
            yield f"judged for {write(one.scale, 'plain')} times the loss, as what follows has it"
        if one.behind:
            lines = ", ".join(map(str, one.behind))
            yield f"judged as if line {lines} were right"

    def pointed(self, one: Judged, claim: Claim) -> Diagnostic:
        """A caret under what is wrong."""
        mistake = MISTAKES.get(claim.mistake or "")
        what = f"this is not {claim.name}"
        if stale := self.function.stale(one):
            message = f"{what}: it uses {stale[0]} after line {stale[1]} has changed it"
            help = "find all gradients first, and change the parameters then"
            return Diagnostic("D324", message, self.listing.text, one.final.span, (), help)
        message = f"{what}: {mistake.title}" if mistake else what
        return Diagnostic("D139", message, self.listing.text, one.final.span)

    def named(self, found: Diagnostic) -> Diagnostic:
        """A finding in the words of the text."""
        holder = self.function.scene.code.chosen.holder or "self"
        return replace(found, message=shown(found.message, holder))

    def located(self, found: Diagnostic) -> Diagnostic:
        """A finding with its line of the file alone."""
        return located(found, self.listing)

    def reading(self) -> Diagnostic:
        """What the words of the text were taken for."""
        scene = self.function.scene
        holder = scene.code.chosen.holder or "self"
        stored = stored_names(scene.code.body)
        taken = {shown(w, holder): n for w, n in scene.taken.items() if w not in stored}
        for step in self.function.tracer.steps:
            known = self.function.meanings.forward.get(step.name)
            if known is not None and step.node is not None and not step.inner:
                text = self.listing.written(step.node)
                taken |= {text: known} if is_word(text) else {}
        judged = {one.final.wrt for one in self.function.judged}
        missing = [name for name in self.function.finder.params if name not in judged]
        unjudged = [f"no gradient by {', '.join(missing)} was found"] if missing else []
        said = [f"`{word}` is {name}" for word, name in taken.items() if word != name]
        text = "; ".join([*self.best.notes, *([", ".join(said)] if said else []), *unjudged])
        message = f"`{scene.code.chosen.name}` was read so: {text or 'names as in the network'}"
        return Diagnostic("D140", message)


def located(found: Diagnostic, listing: Listing) -> Diagnostic:
    """A finding with its line of the file alone, and where that is."""
    if found.span is None or found.text != listing.text:
        return found
    text, start = listing.text, found.span.start
    head = text.rfind("\n", 0, start) + 1
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    span = Span(start - head, max(min(found.span.end, end) - head, start - head + 1))
    place = Place(listing.name, listing.line(start), start - head + 1)
    return replace(found, text=text[head:end], span=span, place=place)


def shown(text: str, holder: str = "self") -> str:
    """A text with attributes as they are written."""
    return re.sub(r"ˑ\d+", "", text.replace("selfˑ", f"{holder}."))


def _plain(witness: Witness | None) -> Witness | None:
    """A witness without the names that only the checker has."""
    if witness is None:
        return None
    return replace(witness, inputs={n: v for n, v in witness.inputs.items() if "·" not in n})

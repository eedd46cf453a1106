"""Responses composed from planted parts."""

import re
from collections.abc import Callable, Sequence
from random import Random

from clinical_r1.judging.bench import templates as texts
from clinical_r1.judging.bench.cases import Case, bare
from clinical_r1.judging.bench.medicine import UNVERIFIABLE
from clinical_r1.judging.bench.pieces import JUDGEMENT, Kind, Piece, argued, filled, left_open, marked, span, steps_of
from clinical_r1.judging.bench.stock import Stock
from clinical_r1.judging.bench.templates import ByLevel, Level
from clinical_r1.judging.instances import Citation, Claim, Label, Rejection

REASONS = frozenset({"case_fact", "medical_fact", "false", "bare", "unknown"})


class Composer:
    """Makes the parts of one response; each fact, option and statement is used once, so that nothing is said twice.

    Every method gives a piece, or None where the case has nothing left for it.
    """

    def __init__(self, random: Random, case: Case, level: Level, choice: str) -> None:
        """Start a response.

        Args:
            random: Of all choices.
            case: The question.
            level: Of difficulty.
            choice: Letter that the response answers.
        """
        self.stock = Stock(random, case, level, choice)

    # --- citations ----------------------------------------------------------------------------------------------------
    def mention(self) -> Piece | None:
        """Facts cited for no option."""
        return self._with_facts(texts.MENTION, None, "mention")

    def support(self) -> Piece | None:
        """Facts cited for the chosen option."""
        piece = self._with_facts(texts.SUPPORT, self.stock.choice, "support", T=self.stock.name(self.stock.choice))
        return piece and left_open(piece, ("claims", JUDGEMENT), ("steps", frozenset({"backward_chaining"})))

    # --- rejections ---------------------------------------------------------------------------------------------------
    def reject_for_fact(self) -> Piece | None:
        """A distractor rejected for a fact of the case."""
        picked = self.stock.fact_against()
        if picked is None:
            return None
        number, letter = picked
        unexplained = self.stock.case.facts[number].hallmark_of is not None and self.stock.random.random() < 0.6
        template = self.stock.pick(texts.REJECT_UNEXPLAINED if unexplained else texts.REJECT)
        letters = self._also(template, letter, self.stock.against_too(number))
        piece = self._cite(template, [number], letter, "reject_case_fact", **self.stock.names(letters))
        return argued(piece, letters, "case_fact") if piece else None

    def reject_for_medicine(self) -> Piece | None:
        """A distractor rejected for a true medical statement."""
        for letter in self.stock.rejectable():
            for statement in self.stock.true_against(letter):
                if letter != self.stock.case.target and self.stock.fresh(statement):
                    self.stock.letters.remove(letter)
                    piece = self._state(texts.REJECT_MEDICAL, statement, "supported", letter, "reject_medical_fact")
                    return argued(piece, [letter], "medical_fact")
        return None

    def reject_falsely(self) -> Piece | None:
        """An option rejected for something that is not so."""
        letters = self.stock.rejectable()
        if not letters:
            return None
        letter = letters[0]
        wrong = self.stock.wrong_finding() if self.stock.case.facts and self.stock.random.random() < 0.7 else None
        if wrong is None:
            fresh = [text for text in self.stock.case.conditions[letter].false if self.stock.fresh(text)]
            if not fresh:
                return None
            piece = self._state(texts.REJECT_MEDICAL, fresh[0], "medically_false", letter, "reject_false")
        else:
            phrase, label = wrong
            slots = {**self.stock.names([letter]), "f0": f"[x {phrase}]"}
            piece = self._marked(self.stock.pick(texts.REJECT), slots, f"reject_false_{label}", claims={"x": label})
        self.stock.letters.remove(letter)
        return argued(piece, [letter], "false")

    def reject_barely(self) -> Piece | None:
        """Options rejected without a reason, in a paragraph that holds nothing that could be taken for one."""
        if not self.stock.letters:
            return None
        template = self.stock.pick(texts.REJECT_BARE)
        letter = self.stock.letters.pop(0)
        letters = self._also(template, letter, list(self.stock.letters))
        before, after = self.stock.random.sample(texts.FILLER, 2)
        text, _ = marked(f"{before} {filled(self._whole(template, letters), self.stock.names(letters))} {after}")
        place = span(text, len(before) + 1, len(text) - len(after) - 1)
        rejections = tuple(Rejection(place, one, "bare") for one in letters)
        piece = Piece(text, rejections=rejections, alone=True, tags=("reject_bare",))
        return left_open(piece, ("claims", JUDGEMENT))

    # --- claims -------------------------------------------------------------------------------------------------------
    def contradict(self) -> Piece | None:
        """A finding of the case turned into its opposite, or another value."""
        if not self.stock.facts:
            return None
        fact = self.stock.case.facts[self.stock.facts[0]]
        denied = not fact.names[0].startswith("the absence") and fact.against[0].startswith("the absence")
        if denied and self.stock.random.random() < 0.5:
            del self.stock.facts[0]
            text, _ = marked(filled(self.stock.pick(texts.DENY), {"x": bare(self.stock.said(fact))}))
            return Piece(text, claims=(Claim(span(text, 0, len(text)), "contradicts"),), tags=("contradicts",))
        return self._assert(texts.ASSERT, self.stock.contradiction(), "contradicts")

    def invent(self) -> Piece | None:
        """A patient fact that the case does not have."""
        return self._assert(texts.INVENT, self.stock.invention(), "invented") if self.stock.case.facts else None

    def medical(self) -> Piece | None:
        """A true medical statement."""
        return self._any_statement([text for one in self.stock.topics() for text in one.true], "supported")

    def medically_false(self) -> Piece | None:
        """A false medical statement."""
        return self._any_statement([text for one in self.stock.topics() for text in one.false], "medically_false")

    def unverifiable(self) -> Piece | None:
        """A statement that cannot be decided."""
        return self._any_statement(UNVERIFIABLE, "unverifiable") if self.stock.case.facts else None

    # --- behaviours ---------------------------------------------------------------------------------------------------
    def backtrack(self) -> Piece | None:
        """A line of thought dropped for another, with a fact or without a reason."""
        behaviour = "backtracking"
        free = frozenset({"verification", "backward_chaining"})
        picked = self.stock.fact_against() if self.stock.random.random() < 0.6 else None
        if picked:
            number, letter = picked
            names = {**self.stock.names([letter]), "T": self.stock.name(self.stock.choice)}
            piece = self._cite(self.stock.pick(texts.BACKTRACK), [number], letter, behaviour, **names)
            return (
                left_open(argued(piece, [letter], "case_fact"), ("steps", free), ("rejections", REASONS))
                if piece
                else None
            )
        letters = self.stock.rejectable()
        if not letters:
            return None
        self.stock.letters.remove(letters[0])
        names = {**self.stock.names(letters[:1]), "T": self.stock.name(self.stock.choice)}
        piece = self._marked(self.stock.pick(texts.BACKTRACK_PLAIN), names, behaviour)
        return left_open(piece, ("claims", JUDGEMENT), ("rejections", REASONS), ("steps", free))

    def verify(self) -> Piece | None:
        """The proposed answer checked against a fact, or against the question."""
        slots = {"T": self.stock.name(self.stock.choice)}
        if self.stock.facts:
            piece = self._with_facts(texts.VERIFY, self.stock.choice, "verification", **slots)
        else:
            piece = self._marked(self.stock.pick(texts.VERIFY_PLAIN), slots, "verification")
        return piece and left_open(piece, ("claims", JUDGEMENT), ("steps", frozenset({"backward_chaining"})))

    def subgoal(self) -> Piece | None:
        """One goal announced."""
        goal = self.stock.goals(1)
        return self._marked(self.stock.pick(texts.SUBGOAL), {"g": goal[0]}, "subgoal_setting") if goal else None

    def plan(self) -> Piece | None:
        """Several goals announced in a numbered list."""
        goals = self.stock.goals(self.stock.random.randint(2, 4))
        steps = "; ".join(f"({number}) [s {goal}]" for number, goal in enumerate(goals, start=1))
        lines = "".join(f"\n{number}. [s {goal}]." for number, goal in enumerate(goals, start=1))
        slots = {"steps": steps, "lines": lines}
        return self._marked(self.stock.pick(texts.PLAN), slots, "subgoal_setting") if goals else None

    def chain_backward(self) -> Piece | None:
        """A candidate stated, and what it predicts tested."""
        free: tuple[tuple[Kind, frozenset[str]], ...]
        free = ("claims", JUDGEMENT), ("steps", frozenset({"verification"})), ("rejections", REASONS)
        chosen = self.stock.case.conditions.get(self.stock.choice)
        for number in self.stock.facts:
            if chosen and self.stock.case.facts[number].hallmark_of == chosen.name and self.stock.random.random() < 0.6:
                slots = {"T": self.stock.name(self.stock.choice)}
                piece = self._cite(
                    self.stock.pick(texts.BACKWARD), [number], self.stock.choice, "backward_chaining", **slots
                )
                return piece and left_open(piece, *free)
        picked = self.stock.fact_against()
        if picked is None:
            return None
        slots = self.stock.names([picked[1]])
        piece = self._cite(
            self.stock.pick(texts.BACKWARD_AGAINST), [picked[0]], picked[1], "backward_chaining", **slots
        )
        return piece and left_open(piece, *free)

    # --- nothing ------------------------------------------------------------------------------------------------------
    def near_miss(self) -> Piece:
        """Cue words or a heading without the behaviour, in a paragraph of its own."""
        said = self.stock.pick(texts.NEAR_MISS)
        join = "\n\n" if said.startswith("##") else " "
        return Piece(f"{said}{join}{self.stock.random.choice(texts.FILLER)}", alone=True, tags=("near_miss",))

    def decoy(self) -> Piece | None:
        """Cue words of rejections, or a finding that nobody claims."""
        kind = self.stock.random.random() if self.stock.case.facts else 1
        letters = self.stock.rejectable()
        if kind < 0.4 and letters:
            text, _ = marked(
                filled(self.stock.random.choice(texts.DECOY), self.stock.names([self.stock.random.choice(letters)]))
            )
            return left_open(Piece(text, alone=True, tags=("decoy",)), ("claims", JUDGEMENT))
        if kind < 0.7:
            finding = self.stock.invention()
            text, _ = (
                marked(filled(self.stock.random.choice(texts.HYPOTHETICAL), {"a": finding[0]})) if finding else ("", ())
            )
            return Piece(text, tags=("decoy",)) if text else None
        return Piece(self.stock.random.choice(texts.IDLE), alone=True, tags=("decoy",))

    def filler(self) -> Piece:
        """A sentence about nothing."""
        return Piece(self.stock.random.choice(texts.FILLER), tags=("filler",))

    def conclusion(self) -> Piece:
        """The answer."""
        slots = {"T": self.stock.name(self.stock.choice), "letter": self.stock.choice}
        text, _ = marked(filled(self.stock.pick(texts.CONCLUSION), slots))
        return left_open(Piece(text, alone=True, tags=("conclusion",)), ("claims", JUDGEMENT))

    # --- writing ------------------------------------------------------------------------------------------------------
    def _also(self, template: str, letter: str, others: Sequence[str]) -> list[str]:
        """The letters that a template rejects: two if it names two and there is another one."""
        if "{E}" not in template or not others:
            return [letter]
        self.stock.letters.remove(others[0])
        return [letter, others[0]]

    def _whole(self, template: str, letters: Sequence[str]) -> str:
        """A template for two options, said of one where there is no second."""
        if len(letters) == 2:
            return template
        one = template.replace("Neither {D} nor {E} would", "{D} would not").replace("{D} or {E}", "{D}")
        return one.replace("{D} and {E} are", "{D} is")

    def _with_facts(self, table: ByLevel, letter: str | None, tag: str, **slots: str) -> Piece | None:
        template = self.stock.pick(table)
        number = len(set(re.findall(r"\{[fq]\d\}", template)))
        if letter:  # for an option, findings come before vital signs and background; the sort keeps the random order
            self.stock.facts.sort(
                key=lambda at: not (self.stock.case.facts[at].hallmark_of or self.stock.case.facts[at].absent_of)
            )
        return (
            self._cite(template, self.stock.facts[:number], letter, tag, **slots)
            if len(self.stock.facts) >= number
            else None
        )

    def _cite(self, template: str, numbers: Sequence[int], letter: str | None, tag: str, **slots: str) -> Piece | None:
        """A piece that cites facts for or against an option; they are used from now on."""
        for at, number in enumerate(numbers):
            fact = self.stock.case.facts[number]
            slots |= {f"f{at}": f"[c{at} {self.stock.said(fact)}]", f"q{at}": f"[c{at} {fact.text}]"}
            self.stock.facts.remove(number)
        one = "D" in slots and "E" not in slots
        return self._marked(self._whole(template, "D" if one else "DE"), slots, tag, numbers, letter)

    def _marked(
        self,
        template: str,
        slots: dict[str, str],
        tag: str,
        facts: Sequence[int] = (),
        letter: str | None = None,
        claims: dict[str, Label] | None = None,
    ) -> Piece:
        """A piece from a template: `c0` … are citations of facts, `s` and `t` the places of a step."""
        text, marks = marked(filled(template, slots))
        places = {mark.name: span(text, mark.start, mark.end) for mark in marks}
        cited = [(places[f"c{at}"], number + 1) for at, number in enumerate(facts)]
        labels: list[tuple[str, Label]] = [
            *((f"c{at}", "supported") for at in range(len(facts))),
            *(claims or {}).items(),
        ]
        return Piece(
            text,
            citations=tuple(Citation(place, number, letter) for place, number in cited),
            claims=tuple(Claim(places[name], label) for name, label in labels),
            steps=steps_of(text, marks, tag),
            tags=(tag,),
        )

    def _state(self, table: ByLevel, statement: str, label: Label, letter: str, tag: str) -> Piece:
        slots = {**self.stock.names([letter]), "m": f"[m {statement}]"}
        return self._marked(self.stock.pick(table), slots, tag, claims={"m": label})

    def _any_statement(self, statements: Sequence[str], label: Label) -> Piece | None:
        fresh = [text for text in statements if text not in self.stock.used]
        if not fresh:
            return None
        statement = self.stock.random.choice(fresh)
        self.stock.used.add(statement)
        return self._marked(self.stock.pick(texts.STATEMENT), {"m": f"[m {statement}]"}, label, claims={"m": label})

    def _assert(self, table: ByLevel, wrong: tuple[str, Label] | None, tag: str) -> Piece | None:
        if wrong is None:
            return None
        return self._marked(self.stock.pick(table), {"x": f"[x {wrong[0]}]"}, tag, claims={"x": wrong[1]})


Maker = Callable[[Composer], Piece | None]
"""A method of `Composer`."""

"""Synthetic responses composed of segments with planted instances."""

import re
from collections.abc import Callable, Sequence
from random import Random

from clinical_r1.judging.bench.cases import NONE_OF_THESE, Case, Fact, bare
from clinical_r1.judging.bench.content import Condition, Level, medicine, sentences
from clinical_r1.judging.bench.pieces import FITS, JUDGEMENT, Piece, argued, filled, left_open, marked, span, steps_of
from clinical_r1.judging.instances import Citation, Claim, Kind, Rejection
from clinical_r1.metrics import ClaimLabel

PARAPHRASED = {"easy": 0.0, "medium": 0.25, "hard": 0.75}
"""Share of citations in other words than the case's, where there are some."""

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
        self.random, self.case, self.level, self.choice = random, case, level, choice
        self.facts = list(range(len(case.facts)))
        self.letters = [letter for letter in case.options if letter != choice]
        self.used: set[str] = set()
        random.shuffle(self.facts)
        random.shuffle(self.letters)

    # --- citations ----------------------------------------------------------------------------------------------------
    def mention(self) -> Piece | None:
        """Facts cited for no option."""
        return self._with_facts("mention", None, "mention")

    def support(self) -> Piece | None:
        """Facts cited for the chosen option."""
        piece = self._with_facts("support", self.choice, "support", T=self.name(self.choice))
        return piece and left_open(piece, *FITS)

    # --- rejections ---------------------------------------------------------------------------------------------------
    def reject_for_fact(self) -> Piece | None:
        """A distractor rejected for a fact of the case."""
        picked = self.fact_against()
        if picked is None:
            return None
        number, letter = picked
        fact = self.case.facts[number]
        unexplained = fact.hallmark_of is not None and self.random.random() < 0.6
        template = self.pick("reject_unexplained" if unexplained else "reject")
        # a hallmark of the patient's diagnosis speaks against every other option
        others = [one for one in self.rejectable() if one != self.case.target] if fact.hallmark_of else []
        letters = self._also(template, letter, others)
        piece = self._cite(template, [number], letter, "reject_case_fact", **self.names(letters))
        return argued(piece, letters, "case_fact")

    def reject_for_medicine(self) -> Piece | None:
        """A distractor rejected for a true medical statement."""
        for letter in self.rejectable():
            for statement in self.true_against(letter):
                if letter != self.case.target and self.fresh(statement):
                    self.letters.remove(letter)
                    piece = self._state(statement, "supported", letter, "reject_medical_fact")
                    return argued(piece, [letter], "medical_fact")
        return None

    def reject_falsely(self) -> Piece | None:
        """An option rejected for something that is not so."""
        letters = self.rejectable()
        if not letters:
            return None
        letter = letters[0]
        wrong = None
        if self.case.facts and self.random.random() < 0.7:
            wrong = self.contradiction() if self.random.random() < 0.5 else self.invention()
        if wrong is None:
            fresh = [text for text in self.case.conditions[letter].incorrect if self.fresh(text)]
            if not fresh:
                return None
            piece = self._state(fresh[0], "medically_false", letter, "reject_false")
        else:
            phrase, label = wrong
            slots = {**self.names([letter]), "f0": f"[x {phrase}]"}
            piece = self._marked(self.pick("reject"), slots, f"reject_false_{label}", claims={"x": label})
        self.letters.remove(letter)
        return argued(piece, [letter], "false")

    def reject_barely(self) -> Piece | None:
        """Options rejected without a reason, in a paragraph that holds nothing that could be taken for one."""
        if not self.letters:
            return None
        template = self.pick("reject_bare")
        letter = self.letters.pop(0)
        letters = self._also(template, letter, list(self.letters))
        before, after = self.random.sample(sentences("filler", self.level), 2)
        text, _ = marked(f"{before} {filled(self._whole(template, letters), self.names(letters))} {after}")
        place = span(text, len(before) + 1, len(text) - len(after) - 1)
        rejections = tuple(Rejection(place, one, "bare") for one in letters)
        piece = Piece(text, rejections=rejections, alone=True, tags=("reject_bare",))
        return left_open(piece, ("claims", JUDGEMENT))

    # --- claims -------------------------------------------------------------------------------------------------------
    def contradict(self) -> Piece | None:
        """A finding of the case turned into its opposite, or another value."""
        if not self.facts:
            return None
        fact = self.case.facts[self.facts[0]]
        denied = not fact.names[0].startswith("the absence") and fact.against[0].startswith("the absence")
        if denied and self.random.random() < 0.5:
            del self.facts[0]
            text, _ = marked(filled(self.pick("deny"), {"x": bare(self.said(fact))}))
            return Piece(text, claims=(Claim(span(text, 0, len(text)), "contradicts"),), tags=("contradicts",))
        return self._assert("assert", self.contradiction())

    def invent(self) -> Piece | None:
        """A patient fact that the case does not have."""
        return self._assert("invent", self.invention()) if self.case.facts else None

    def medical(self) -> Piece | None:
        """A true medical statement."""
        return self._any_statement([text for one in self.topics() for text in one.correct], "supported")

    def medically_false(self) -> Piece | None:
        """A false medical statement."""
        return self._any_statement([text for one in self.topics() for text in one.incorrect], "medically_false")

    def unverifiable(self) -> Piece | None:
        """A statement that cannot be decided."""
        return self._any_statement(medicine().unverifiable, "unverifiable") if self.case.facts else None

    # --- behaviours ---------------------------------------------------------------------------------------------------
    def backtrack(self) -> Piece | None:
        """A line of thought dropped for another, with a fact or without a reason."""
        free: tuple[tuple[Kind, frozenset[str]], ...]
        free = ("rejections", REASONS), ("steps", frozenset({"verification", "backward_chaining"}))
        number, letter = (self.fact_against() if self.random.random() < 0.6 else None) or (None, None)
        if letter is None and self.rejectable():
            letter = self.rejectable()[0]
            self.letters.remove(letter)
        if letter is None:
            return None
        names = {**self.names([letter]), "T": self.name(self.choice)}
        if number is None:
            piece = self._marked(self.pick("backtrack_plain"), names, "backtracking")
            return left_open(piece, ("claims", JUDGEMENT), *free)
        piece = self._cite(self.pick("backtrack"), [number], letter, "backtracking", **names)
        return left_open(argued(piece, [letter], "case_fact"), *free)

    def verify(self) -> Piece | None:
        """The proposed answer checked against a fact, or against the question."""
        option, behaviour = self.name(self.choice), "verification"
        if self.facts:
            piece = self._with_facts("verify", self.choice, behaviour, T=option)
        else:
            piece = self._marked(self.pick("verify_plain"), {"T": option}, behaviour)
        return piece and left_open(piece, *FITS)

    def subgoal(self) -> Piece | None:
        """One goal announced."""
        goal = self.goals(1)
        return self._marked(self.pick("subgoal"), {"g": goal[0]}, "subgoal_setting") if goal else None

    def plan(self) -> Piece | None:
        """Several goals announced in a numbered list."""
        goals = self.goals(self.random.randint(2, 4))
        steps = "; ".join(f"({number}) [s {goal}]" for number, goal in enumerate(goals, start=1))
        lines = "".join(f"\n{number}. [s {goal}]." for number, goal in enumerate(goals, start=1))
        slots = {"steps": steps, "lines": lines}
        return self._marked(self.pick("plan"), slots, "subgoal_setting") if goals else None

    def chain_backward(self) -> Piece | None:
        """A candidate stated, and what it predicts tested."""
        free: tuple[tuple[Kind, frozenset[str]], ...]
        free = ("claims", JUDGEMENT), ("steps", frozenset({"verification"})), ("rejections", REASONS)
        chosen = self.case.conditions.get(self.choice)
        for number in self.facts:
            if chosen and self.case.facts[number].hallmark_of == chosen.name and self.random.random() < 0.6:
                slots = {"T": self.name(self.choice)}
                piece = self._cite(self.pick("backward"), [number], self.choice, "backward_chaining", **slots)
                return left_open(piece, *free)
        picked = self.fact_against()
        if picked is None:
            return None
        slots = self.names([picked[1]])
        piece = self._cite(self.pick("backward_against"), [picked[0]], picked[1], "backward_chaining", **slots)
        return left_open(piece, *free)

    # --- nothing ------------------------------------------------------------------------------------------------------
    def near_miss(self) -> Piece:
        """Cue words or a heading without the behaviour, in a paragraph of its own."""
        said = self.pick("near_miss")
        join = "\n\n" if said.startswith("##") else " "
        return Piece(f"{said}{join}{self.pick('filler')}", alone=True, tags=("near_miss",))

    def decoy(self) -> Piece | None:
        """Cue words of rejections, or a finding that nobody claims."""
        kind = self.random.random() if self.case.facts else 1
        letters = self.rejectable()
        if kind < 0.4 and letters:
            text, _ = marked(filled(self.pick("decoy"), self.names([self.random.choice(letters)])))
            return left_open(Piece(text, alone=True, tags=("decoy",)), ("claims", JUDGEMENT))
        if kind < 0.7:
            finding = self.invention()
            text, _ = marked(filled(self.pick("hypothetical"), {"a": finding[0]})) if finding else ("", ())
            return Piece(text, tags=("decoy",)) if text else None
        return Piece(self.pick("idle"), alone=True, tags=("decoy",))

    def filler(self) -> Piece:
        """A sentence about nothing."""
        return Piece(self.pick("filler"), tags=("filler",))

    def conclusion(self) -> Piece:
        """The answer, at the end."""
        slots = {"T": self.name(self.choice), "letter": self.choice}
        text, _ = marked(filled(self.pick("conclusion"), slots))
        return left_open(Piece(text, alone=True, tags=("conclusion",)), ("claims", JUDGEMENT))

    # --- what may still be used --------------------------------------------------------------------------------------
    def pick(self, name: str) -> str:
        """One of the texts of a name for the level."""
        return self.random.choice(sentences(name, self.level))

    def fresh(self, text: str) -> bool:
        """Whether a text was not used yet; from now on it is."""
        known = text in self.used
        self.used.add(text)
        return not known

    def name(self, letter: str) -> str:
        """How an option is called: by letter and text, or one of them."""
        condition = self.case.conditions.get(letter)
        shown = self.case.options[letter]
        name = condition.name if condition and self.case.asks == "case" else shown[0].lower() + shown[1:]
        if self.case.options[letter] == NONE_OF_THESE:
            name = f'"{NONE_OF_THESE.lower()}"'
        if self.level == "easy":
            return f"option {letter} ({name})"
        return self.random.choice([name, name, f"option {letter}"] if self.level == "medium" else [name] * 4 + [letter])

    def names(self, letters: Sequence[str]) -> dict[str, str]:
        """Slots `D` and `E`."""
        return dict(zip("DE", map(self.name, letters), strict=False))

    def rejectable(self) -> list[str]:
        """Letters not rejected so far whose option is no catch-all."""
        return [letter for letter in self.letters if letter in self.case.conditions]

    def fact_against(self) -> tuple[int, str] | None:
        """An unused fact and a distractor that it speaks against; both are used from now on."""
        for number in self.facts:
            fact = self.case.facts[number]
            for letter in self.rejectable():
                name = self.case.conditions[letter].name
                if letter != self.case.target and (fact.absent_of == name or fact.hallmark_of is not None):
                    self.letters.remove(letter)
                    return number, letter
        return None

    def true_against(self, letter: str) -> list[str]:
        """A true statement that speaks against an option, if one is left."""
        condition = self.case.conditions[letter]
        if self.case.asks != "case":
            finding = self.case.options[letter]
            return [f"{condition.name} is known for {finding[0].lower()}{finding[1:]}"]
        missing = [f for f in condition.hallmarks if not self.in_stem(f) and f not in self.used]
        self.random.shuffle(missing)
        self.used.update(missing[:1])  # nobody may claim it of the patient any more
        return [f"{condition.name} usually comes with {text}" for text in missing[:1]]

    def in_stem(self, finding: str) -> bool:
        """Whether the stem has a finding, as present or absent."""
        return bare(finding) in self.case.stem

    def topics(self) -> list[Condition]:
        """The diagnoses of the question, in random order."""
        topics = list({one.name: one for one in (self.case.topic, *self.case.conditions.values())}.values())
        self.random.shuffle(topics)
        return topics

    def said(self, fact: Fact) -> str:
        """A phrase for a fact, in other words more often at harder levels."""
        others = fact.others and self.random.random() < PARAPHRASED[self.level]
        return self.random.choice(fact.others if others else fact.names)

    def contradiction(self) -> tuple[str, ClaimLabel] | None:
        """A phrase that contradicts an unused fact, which is used from now on."""
        if not self.facts:
            return None
        return self.random.choice(self.case.facts[self.facts.pop(0)].against), "contradicts"

    def invention(self) -> tuple[str, ClaimLabel] | None:
        """A finding that the case does not have."""
        rivals = [f for one in self.topics() for f in one.hallmarks if not self.in_stem(f) and "intolerance" not in f]
        phrases = rivals if self.random.random() < 0.4 else list(medicine().invented)
        self.random.shuffle(phrases)
        fresh = next((phrase for phrase in phrases if phrase not in self.used), None)
        if fresh is None:
            return None
        self.used.add(fresh)
        return fresh, "invented"

    def goals(self, number: int) -> list[str]:
        """Goals not announced so far."""
        known = sentences("goals" if self.case.facts else "recall_goals", self.level)
        goals = [goal for goal in known if goal not in self.used]
        chosen = self.random.sample(goals, min(number, len(goals)))
        self.used.update(chosen)
        return chosen

    # --- writing ------------------------------------------------------------------------------------------------------
    def _also(self, template: str, letter: str, others: Sequence[str]) -> list[str]:
        """The letters that a template rejects: two if it names two and there is another one."""
        if "{E}" not in template or not others:
            return [letter]
        self.letters.remove(others[0])
        return [letter, others[0]]

    def _whole(self, template: str, letters: Sequence[str]) -> str:
        """A template for two options, said of one where there is no second."""
        if len(letters) == 2:
            return template
        one = template.replace("Neither {D} nor {E} would", "{D} would not").replace("{D} or {E}", "{D}")
        return one.replace("{D} and {E} are", "{D} is")

    def _with_facts(self, name: str, letter: str | None, tag: str, **slots: str) -> Piece | None:
        template = self.pick(name)
        number = len(set(re.findall(r"\{[fq]\d\}", template)))
        if letter:  # for an option, findings come before vital signs and background; the sort keeps the random order
            self.facts.sort(key=lambda at: not (self.case.facts[at].hallmark_of or self.case.facts[at].absent_of))
        return self._cite(template, self.facts[:number], letter, tag, **slots) if len(self.facts) >= number else None

    def _cite(self, template: str, numbers: Sequence[int], letter: str | None, tag: str, **slots: str) -> Piece:
        """A piece that cites facts for or against an option; they are used from now on."""
        for at, number in enumerate(numbers):
            fact = self.case.facts[number]
            slots |= {f"f{at}": f"[c{at} {self.said(fact)}]", f"q{at}": f"[c{at} {fact.text}]"}
            self.facts.remove(number)
        one = "D" in slots and "E" not in slots
        return self._marked(self._whole(template, "D" if one else "DE"), slots, tag, numbers, letter)

    def _marked(
        self,
        template: str,
        slots: dict[str, str],
        tag: str,
        facts: Sequence[int] = (),
        letter: str | None = None,
        claims: dict[str, ClaimLabel] | None = None,
    ) -> Piece:
        """A piece from a template: `c0` … are citations of facts, `s` and `t` the places of a step."""
        text, marks = marked(filled(template, slots))
        places = {mark.name: span(text, mark.start, mark.end) for mark in marks}
        cited = {places[f"c{at}"]: number + 1 for at, number in enumerate(facts)}
        stated = [Claim(places[name], label) for name, label in (claims or {}).items()]
        return Piece(
            text,
            citations=tuple(Citation(place, number, letter) for place, number in cited.items()),
            claims=(*(Claim(place, "supported") for place in cited), *stated),
            steps=steps_of(text, marks, tag),
            tags=(tag,),
        )

    def _state(self, statement: str, label: ClaimLabel, letter: str, tag: str) -> Piece:
        slots = {**self.names([letter]), "m": f"[m {statement}]"}
        return self._marked(self.pick("reject_medical"), slots, tag, claims={"m": label})

    def _any_statement(self, statements: Sequence[str], label: ClaimLabel) -> Piece | None:
        fresh = [text for text in statements if text not in self.used]
        if not fresh:
            return None
        statement = self.random.choice(fresh)
        self.used.add(statement)
        return self._marked(self.pick("statement"), {"m": f"[m {statement}]"}, label, claims={"m": label})

    def _assert(self, name: str, wrong: tuple[str, ClaimLabel] | None) -> Piece | None:
        if wrong is None:
            return None
        return self._marked(self.pick(name), {"x": f"[x {wrong[0]}]"}, wrong[1], claims={"x": wrong[1]})


Maker = Callable[[Composer], Piece | None]
"""A method of `Composer`."""

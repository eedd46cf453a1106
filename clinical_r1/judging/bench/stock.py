"""What a response may still use: facts, options and statements, each once, so that nothing is said twice."""

from collections.abc import Sequence
from random import Random

from clinical_r1.judging.bench import templates as texts
from clinical_r1.judging.bench.cases import NONE_OF_THESE, Case, Fact, bare
from clinical_r1.judging.bench.medicine import INVENTED, Condition, Finding
from clinical_r1.judging.bench.templates import ByLevel, Level
from clinical_r1.judging.instances import Label

PARAPHRASED = {"easy": 0.0, "medium": 0.25, "hard": 0.75}
"""Share of citations in other words than the case's, where there are some."""


class Stock:
    """The material of one response, and the choice among it."""

    def __init__(self, random: Random, case: Case, level: Level, choice: str) -> None:
        """Start with all of it; the arguments are those of `Composer`."""
        self.random, self.case, self.level, self.choice = random, case, level, choice
        self.facts = list(range(len(case.facts)))
        self.letters = [letter for letter in case.options if letter != choice]
        self.used: set[str] = set()
        random.shuffle(self.facts)
        random.shuffle(self.letters)

    def pick(self, table: ByLevel) -> str:
        """One of a table's texts for the level."""
        return self.random.choice(table[self.level])

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

    def against_too(self, number: int) -> list[str]:
        """Other options that a hallmark of the patient's diagnosis speaks against."""
        if self.case.facts[number].hallmark_of is None:
            return []
        return [letter for letter in self.rejectable() if letter != self.case.target]

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
        missing = [f.text for f in condition.hallmarks if not self.in_stem(f) and f.text not in self.used]
        self.random.shuffle(missing)
        self.used.update(missing[:1])  # nobody may claim it of the patient any more
        return [f"{condition.name} usually comes with {text}" for text in missing[:1]]

    def in_stem(self, finding: Finding) -> bool:
        """Whether the stem has a finding, as present or as absent."""
        return bare(finding.text) in self.case.stem

    def topics(self) -> list[Condition]:
        """The diagnoses of the question, in random order."""
        topics = list({one.name: one for one in (self.case.topic, *self.case.conditions.values())}.values())
        self.random.shuffle(topics)
        return topics

    def said(self, fact: Fact) -> str:
        """A phrase for a fact, in other words more often at harder levels."""
        others = fact.others and self.random.random() < PARAPHRASED[self.level]
        return self.random.choice(fact.others if others else fact.names)

    def contradiction(self) -> tuple[str, Label] | None:
        """A phrase that contradicts an unused fact, which is used from now on."""
        if not self.facts:
            return None
        return self.random.choice(self.case.facts[self.facts.pop(0)].against), "contradicts"

    def invention(self) -> tuple[str, Label] | None:
        """A finding that the case does not have."""
        rivals = [
            f for one in self.topics() for f in one.hallmarks if not self.in_stem(f) and "intolerance" not in f.text
        ]
        phrases = [finding.text for finding in rivals] if self.random.random() < 0.4 else list(INVENTED)
        self.random.shuffle(phrases)
        fresh = next((phrase for phrase in phrases if phrase not in self.used), None)
        if fresh is None:
            return None
        self.used.add(fresh)
        return fresh, "invented"

    def wrong_finding(self) -> tuple[str, Label] | None:
        """Either a contradiction or an invention."""
        return self.contradiction() if self.random.random() < 0.5 else self.invention()

    def goals(self, number: int) -> list[str]:
        """Goals not announced so far."""
        goals = [goal for goal in (texts.GOALS if self.case.facts else texts.RECALL_GOALS) if goal not in self.used]
        chosen = self.random.sample(goals, min(number, len(goals)))
        self.used.update(chosen)
        return chosen

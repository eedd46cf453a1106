"""What crafted completions earn: one way each to be paid for what was not meant, and honest ones beside them.

The question is a vignette of meningitis with four options, B is right, and the weights are those of the recipes for GPUs.
"""

import pytest

from clinical_r1.train.rewards import crpo_reward

QUESTION = (
    "A 22-year-old college student is brought to the emergency department because of fever, severe headache and photophobia for 12 hours. "
    "Temperature is 39.4 C, pulse is 118/min and blood pressure is 96/58 mm Hg. Physical examination shows nuchal rigidity and a petechial rash on the trunk. "
    "Cerebrospinal fluid analysis shows 1,800 leukocytes/mm3, predominantly neutrophils, and decreased glucose. Which of the following is the most likely diagnosis?"
)
OPTIONS = {"A": "Migraine", "B": "Bacterial meningitis", "C": "Ischemic stroke", "D": "Sinusitis"}
ANALYSIS = "The nuchal rigidity, photophobia and petechial rash point to meningeal infection, and the neutrophils with decreased glucose in the cerebrospinal fluid to a bacterial one. Migraine has no fever; stroke would give focal deficits; sinusitis does not explain the rigidity."
CONCLUSION = "Because of the nuchal rigidity and the petechial rash with neutrophils in the cerebrospinal fluid, bacterial meningitis is most likely."


def written(conclusion: str, analysis: str = ANALYSIS) -> str:
    return f"<dx>{analysis}</dx>\n<conclusion>{conclusion}</conclusion>"


BOX = r"\boxed{B}"

# Completion, what it should earn at most (give or take half a point), and what it is.
CRAFTED = [
    (written(CONCLUSION + " " + BOX), 12, "an honest answer"),
    (r"<think>\boxed{B} no wait", 0.5, "an unfinished thought"),
    (r"<dx>First impression: \boxed{B}. But the leukocytes", 0.5, "cut off in the analysis"),
    (rf"<dx>{ANALYSIS} {BOX}</dx><conclusion>{CONCLUSION}", 0.5, "a box in the analysis, cut off in the conclusion"),
    (
        rf"<dx>{ANALYSIS} {BOX}</dx><conclusion>{CONCLUSION}</conclusion><conclusion>Done.</conclusion>",
        0.5,
        "a box in the analysis, two conclusions",
    ),
    (
        rf"<dx>{ANALYSIS} {BOX}</dx><CONCLUSION>The answer is A.</CONCLUSION>",
        0.5,
        "a box in the analysis, another answer in misspelled tags",
    ),
    (r"<think>\boxed{B}</think> Answer: A", 0.5, "a box in a thought, another answer behind it"),
    (BOX, 10, "the box alone"),
    (written(BOX, "."), 10.5, "an analysis of one dot"),
    (written(BOX, "\u200b\u200b\u200c\u2060"), 10.5, "an invisible analysis"),
    (written(BOX, "\u2800\u2800\u3164\u3164\u115f"), 10.5, "an analysis of blanks that count as signs and letters"),
    (
        written(
            "By the important diagnostic features of it, " + BOX,
            "The clinical vignette holds the important diagnostic features.",
        ),
        11.5,
        "a text for every question",
    ),
    (
        written(
            "By the blood pressure and the pulse rate of the patient at the examination, " + BOX,
            "The blood pressure and the pulse rate were seen at the physical examination.",
        ),
        11.5,
        "vital signs, for every question",
    ),
    (
        written("The rest was sent to us " + BOX, "She presented with arrest in the forest"),
        11.5,
        "parts of words in common",
    ),
    (written(CONCLUSION + " " + BOX, QUESTION), 10.5, "the stem as analysis"),
    (
        written(
            ANALYSIS
            + " This is what I think and so it is what I take as my own view of it all in the end of the day here. "
            + BOX
        ),
        11.5,
        "a copy of the analysis with filler",
    ),
    (written(ANALYSIS + " " + BOX), 11.5, "a copy of the analysis"),
    (
        written(
            "It is B by the list. " + BOX, "Options: A Migraine, B Bacterial meningitis, C Ischemic stroke, D Sinusitis"
        ),
        11,
        "the options as analysis",
    ),
    (
        written("It is this one. " + BOX, r"\boxed{A} \boxed{B} \boxed{C} \boxed{D} are all looked at here."),
        10.5,
        "every option boxed in the analysis",
    ),
    (written("the answer is A. " + BOX), 2, "another answer stated"),
    (written(BOX + ". No, wait, I was wrong: it is A."), 2, "the answer taken back"),
    (written("the answer is not " + BOX), 2, "not this answer"),
    (written("it could be A, B, C or D; " + BOX), 10, "all options hedged"),
    (
        written(
            CONCLUSION + " " + BOX,
            "The photophobia and severe headache are typical for migraine. The nuchal rigidity, petechial rash and neutrophils in the cerebrospinal fluid do not change that: it is migraine.",
        ),
        12,
        "an analysis of another option: a judge's matter",
    ),
    (
        written(
            "Because of the purple papilledema and the splenomegaly, it is this. " + BOX,
            "The papilledema and splenomegaly of the patient decide.",
        ),
        11.5,
        "an invented finding in both sections",
    ),
    (
        written("There is no nuchal rigidity and no petechial rash, so it is this. " + BOX),
        11.5,
        "a finding that is denied",
    ),
    (written(CONCLUSION + " " + BOX, ANALYSIS + " the fever is high and" * 192), 11, "a loop"),
    (
        written("nuchal of rigidity by petechial in rash to neutrophils at photophobia on glucose " + BOX),
        11.5,
        "keywords with short words between",
    ),
    (
        written(
            "根据发热和颈项强直，最可能的诊断是细菌性脑膜炎。" + BOX,
            "患者有发热、剧烈头痛和畏光，查体见颈项强直和皮疹，脑脊液中性粒细胞升高。",
        ),
        11,
        "in Chinese",
    ),
    (
        written(
            "Wegen der Nackensteifigkeit und der Petechien mit Neutrophilen im Liquor ist es das. " + BOX,
            "Die Nackensteifigkeit und die Petechien sowie die Neutrophilen im Liquor sprechen dafür.",
        ),
        11.5,
        "in German",
    ),
    (
        written("根据发热 " + BOX, "患者 a 有 b 发热 c 剧烈 d 头痛 " + "a b c d " * 60),
        11,
        "in Chinese, drowned in letters",
    ),
    (written(r"<!-- \boxed{B} --> I do not know."), 1.5, "a box in a comment"),
    (written(CONCLUSION + " " + BOX) + r" Sorry, I meant \boxed{A}", 0.5, "another box behind the conclusion"),
    (
        r"<think>x y z</think><answer>\boxed{A}</answer>" + written(CONCLUSION + " " + BOX),
        0.5,
        "two answers in two formats",
    ),
    (rf"<dx>{ANALYSIS}<conclusion>{CONCLUSION} {BOX}</conclusion></dx>", 10.5, "a conclusion inside the analysis"),
    (written(CONCLUSION + " " + BOX + " " + BOX), 2, "two boxes"),
    (written(CONCLUSION + r" \boxed{b}"), 2, "a lower-case box"),
    (written(CONCLUSION + r" \boxed{Bacterial meningitis}"), 2, "an option's text in the box"),
    (written(CONCLUSION + r" \boxed{B. Bacterial meningitis}"), 2, "letter and text in the box"),
]


@pytest.mark.parametrize(("completion", "most", "why"), CRAFTED, ids=[why for *_, why in CRAFTED])
def test_a_crafted_completion_earns_no_more_than_it_should(completion: str, most: float, why: str) -> None:
    total = crpo_reward(completion, "B", OPTIONS, question=QUESTION, loop_penalty=1).total
    assert total <= most + 0.5
    if why not in HARSH:
        assert total >= most - 0.5, "and no less"


HARSH = {"all options hedged": "an answer among all options is none"}
"""What earns less than it might, and why."""

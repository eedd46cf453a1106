"""How often `verify` accepts quotes that it must refuse, and refuses quotes that it must accept, on real stems.

Each quote is a run of words of a stem, then changed in one way. A changed quote that happens to stand in the stem is
drawn again. The time is that of one quote on a response of 6,500 characters (stems in a row) that has been seen
before; the first quote on a response, which makes it ready, stands beside it. The table goes to standard error.

    python benchmarks/spans.py --data ../shared/data
"""

import json
import os
import re
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from statistics import median, quantiles
from string import ascii_lowercase
from time import perf_counter
from typing import NamedTuple

from _report import arguments, report

from clinical_r1.judging.spans import verify

MILLISECONDS = 0.5
LENGTH = 6_500
"""Characters of a response of about 1,300 tokens."""
LOOKALIKES = """
hypertension/hypotension hypertensive/hypotensive hyperkalemia/hypokalemia hyperkalemia/hypercalcemia
hyponatremia/hypernatremia hyperglycemia/hypoglycemia hyperthyroidism/hypothyroidism hypertrophy/hypotrophy
increased/decreased increase/increased increases/increased febrile/afebrile typical/atypical abduction/adduction
abductor/adductor ureteral/urethral ureter/urethra ureters/urethras systolic/diastolic left/right mg/mcg mL/L cm/mm
perineal/peroneal peroneal/peritoneal perineum/peritoneum perirectal/pararectal paraplegia/paraparesis
hemiplegia/hemiparesis prenatal/perinatal dysphagia/dysphasia dysphonia/dysphagia aphasia/aphagia ileum/ilium
anterior/posterior medial/lateral proximal/distal superior/inferior unilateral/bilateral palpable/palpated
macrocytic/microcytic leukocytosis/leukopenia thrombocytosis/thrombocytopenia lymphocytosis/lymphocytopenia
neutrophilia/neutropenia tachycardia/bradycardia tachypnea/bradypnea prednisone/prednisolone hydralazine/hydroxyzine
vinblastine/vincristine chlorpropamide/chlorpromazine cefotaxime/cefoxitin ceftazidime/cefotetan cefazolin/cephalexin
clonidine/clonazepam metformin/metronidazole metoprolol/metoclopramide dopamine/dobutamine amlodipine/amiloride
quinine/quinidine glipizide/glyburide lorazepam/alprazolam losartan/valsartan sulfadiazine/sulfasalazine
colostomy/colectomy cystostomy/cystectomy gastrostomy/gastrectomy tracheostomy/tracheotomy
arteriosclerosis/atherosclerosis arterial/arteriolar arteritis/arthritis bronchitis/bronchiolitis carpal/tarsal
cervical/cortical dorsal/dural endogenous/exogenous intramuscular/intravascular intravenous/intravascular
intercostal/intracostal interstitial/intestinal afferent/efferent osteomalacia/osteomyelitis menorrhagia/metrorrhagia
mucous/mucus myelitis/myositis nephritis/neuritis palpation/palpitation pleural/plural prostate/prostrate
radical/radial sclera/scleral stricture/structure viral/visual vagus/valgus varus/valgus inhibits/inhibited
elevated/elevate positive/positing negative/negation conscious/unconscious responsive/unresponsive
reactive/nonreactive tender/nontender distended/nondistended present/prevent before/after above/below under/over
more/less always/never within/without acute/chronic
""".split()
_WORD = re.compile(r"[^\W\d_]{5,}")
_ARTICLE = re.compile(r"\b(?:[Aa]n?|[Tt]he)\s+(?=[a-z])")
_NEGATED = re.compile(
    r"\b(?:[Dd]enies|[Nn]o|[Ww]ithout|[Nn]ot|[Nn]ever|[Nn]egative for|[Nn]o (?:evidence|history|signs?) of|doesn't"
    r"|[Aa]bsence of) (?:an? |the )?((?:[a-z]+ ){0,3}[a-z]+)"
)


class Trial(NamedTuple):
    """A quote and the text it is looked for in."""

    quote: str
    source: str


class Kind(NamedTuple):
    """One way to change a quote."""

    change: Callable[[Random, str, str], Trial | None]
    """From a stem and a run of its words; None if it cannot be changed in this way."""
    aim: float
    """Share that must be right at least."""
    right: Callable[[Trial], bool]
    """Whether `verify` does the right thing."""


def refused(trial: Trial) -> bool:
    """The quote is not found."""
    return verify(*trial) is None


def accepted(trial: Trial) -> bool:
    """The quote is found."""
    return verify(*trial) is not None


def not_as_it_stands(trial: Trial) -> bool:
    """The quote is refused, or marked as negated."""
    span = verify(*trial)
    return span is None or span.negated_context


def changed_number(rng: Random, source: str, quote: str) -> Trial | None:
    """One digit is another."""
    digits = [match.start() for match in re.finditer(r"[0-9]", quote)]
    if not digits:
        return None
    place = rng.choice(digits)
    other = rng.choice([digit for digit in "0123456789" if digit != quote[place]])
    return Trial(f"{quote[:place]}{other}{quote[place + 1 :]}", source)


def inserted_negation(rng: Random, source: str, quote: str) -> Trial:
    """A negation stands before one of the words."""
    words = quote.split()
    words.insert(rng.randrange(len(words)), rng.choice(["no", "not", "without", "denies", "never"]))
    return Trial(" ".join(words), source)


def swapped_word(rng: Random, source: str, quote: str, vocabulary: list[str]) -> Trial:
    """One of the words is another word."""
    words = quote.split()
    place = rng.randrange(len(words))
    words[place] = rng.choice(vocabulary)
    return Trial(" ".join(words), source)


def look_alike(rng: Random, source: str, quote: str) -> Trial:
    """One of the words has become a clinical look-alike of what the source says in its place."""
    pair = rng.choice(LOOKALIKES).split("/")
    said, other = rng.sample(pair, 2)
    words = quote.split()
    place = rng.randrange(len(words))
    true, false = ([*words[:place], word, *words[place + 1 :]] for word in (said, other))
    return Trial(" ".join(false), source.replace(quote, " ".join(true), 1))


def dropped_negation(rng: Random, source: str, quote: str) -> Trial | None:
    """What a negation denies, quoted without it."""
    denied = list(_NEGATED.finditer(source))
    if not denied:
        return None
    text = rng.choice(denied)[1]
    return None if len(re.findall(rf"\b{re.escape(text)}\b", source, re.I)) > 1 else Trial(text, source)


def verbatim(rng: Random, source: str, quote: str) -> Trial:
    """As it is."""
    return Trial(quote, source)


def other_case(rng: Random, source: str, quote: str) -> Trial:
    """In other letters."""
    return Trial(rng.choice([str.upper, str.lower, str.title, str.swapcase])(quote), source)


def other_space(rng: Random, source: str, quote: str) -> Trial:
    """With other white space."""
    return Trial(re.sub(r"\s+", lambda _: rng.choice(["  ", "\n", "\t", "\u00a0", " \r\n ", "\u2009"]), quote), source)


def other_marks(rng: Random, source: str, quote: str) -> Trial:
    """With other quote marks and dashes, and in quotes."""
    for marks in ("'’‘`´", '"“”„«', "-–—−‑"):
        quote = "".join(rng.choice(marks) if character in marks else character for character in quote)
    return Trial(rng.choice(["“{}”", '"{}"', "‘{}’", "{}."]).format(quote), source)


def dropped_articles(rng: Random, source: str, quote: str) -> Trial | None:
    """Without its articles."""
    plain = _ARTICLE.sub("", quote)
    return Trial(plain, source) if plain != quote else None


def misspelling(rng: Random, source: str, quote: str) -> Trial | None:
    """One edit of one word behind its fourth letter."""
    words = list(_WORD.finditer(quote))
    if not words:
        return None
    word = rng.choice(words)
    place = rng.randrange(word.start() + 4, word.end())
    letter = rng.choice(ascii_lowercase)
    edited = rng.choice(
        [
            quote[:place] + quote[place + 1 :],
            quote[:place] + letter + quote[place:],
            quote[:place] + letter + quote[place + 1 :],
            quote[:place] + quote[place + 1 : word.end()][:1] + quote[place] + quote[place + 2 :]
            if place + 1 < word.end()
            else quote[:place] + letter + quote[place:],
        ]
    )
    return Trial(edited, source) if edited != quote else None


def kinds(vocabulary: list[str]) -> dict[str, Kind]:
    """Name -> a way to change a quote."""
    return {
        "changed number": Kind(changed_number, 1.0, refused),
        "inserted negation": Kind(inserted_negation, 1.0, refused),
        "swapped word": Kind(lambda rng, source, quote: swapped_word(rng, source, quote, vocabulary), 1.0, refused),
        "clinical look-alike": Kind(look_alike, 1.0, refused),
        "dropped leading negation": Kind(dropped_negation, 1.0, not_as_it_stands),
        "verbatim": Kind(verbatim, 1.0, accepted),
        "case": Kind(other_case, 1.0, accepted),
        "white space": Kind(other_space, 1.0, accepted),
        "quote marks and dashes": Kind(other_marks, 1.0, accepted),
        "dropped articles": Kind(dropped_articles, 0.97, accepted),
        "misspelling": Kind(misspelling, 0.85, accepted),
    }


def trials(rng: Random, stems: list[str], kind: Kind, n: int) -> Iterator[Trial]:
    """Changed quotes that do not stand in their source by chance."""
    made = 0
    while made < n:
        stem = rng.choice(stems)
        words = stem.split(" ")
        size = rng.randint(3, 12)
        first = rng.randrange(max(1, len(words) - size))
        quote = " ".join(words[first : first + size])
        trial = kind.change(rng, stem, quote) if any(map(str.isalnum, quote)) else None
        by_chance = trial and kind.right is refused and _plain(trial.quote) in _plain(trial.source)
        if trial and not by_chance:
            made += 1
            yield trial


def _plain(text: str) -> str:
    words = " ".join(re.findall(r"[^\s,;:!?()]+", text.casefold())).strip(".")
    return f" {words} "


def stems_in(folder: Path) -> list[str]:
    """Stems of the records in a folder, those with a case to quote."""
    rows = (json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.open(encoding="utf-8"))
    return sorted({row["question"] for row in rows if len(row["question"].split()) > 40})


def timed(rng: Random, stems: list[str], every: dict[str, Kind], n: int) -> tuple[list[float], list[float]]:
    """Milliseconds of quotes on responses seen before, and of the first on each."""
    warm: list[float] = []
    cold: list[float] = []
    verify("meningtis", "meningitis")  # loads the list of words
    for _ in range(n // 20):
        response = ""
        while len(response) < LENGTH:
            response = f"{response} {rng.choice(stems)}"
        response = response[:LENGTH]
        cold.append(milliseconds(f"fever {len(cold)}", response))
        kind = every[rng.choice(list(every))]
        warm += [milliseconds(trial.quote, response) for trial in trials(rng, [response], kind, 20)]
    return warm, cold


def milliseconds(quote: str, source: str) -> float:
    """Time of one call."""
    start = perf_counter()
    verify(quote, source)
    return 1_000 * (perf_counter() - start)


def main(args: Namespace) -> None:
    """Measure and report."""
    rng, stems = Random(args.seed), stems_in(args.data)
    if not stems:
        sys.exit(f"{args.data}: no records with stems of more than 40 words (*.jsonl with the key question)")
    every = kinds(sorted({word for stem in stems for word in re.findall(r"[A-Za-z]{3,}", stem)}))
    table = {}
    for name, kind in every.items():
        wrong = [trial for trial in trials(rng, stems, kind, args.quotes) if not kind.right(trial)]
        right = 1 - len(wrong) / args.quotes
        table[name] = {"n": args.quotes, "wrong": len(wrong), "right": round(right, 4), "met": right >= kind.aim}
        sys.stderr.write(f"{name:26} {len(wrong):5} wrong of {args.quotes}\n")
        for trial in wrong[: args.show]:
            sys.stderr.write(f"    {trial.quote!r}\n")
    warm, cold = timed(rng, stems, {name: every[name] for name in every if "look" not in name}, args.quotes)
    report(
        args.output,
        figure="time to verify a quote on a response of 6,500 characters",
        value=median(warm),
        unit="ms",
        aim=f"under {MILLISECONDS}; nothing accepted that must be refused",
        met=median(warm) < MILLISECONDS and all(row["met"] for row in table.values()),
        n=len(warm),
        percentile_95=round(quantiles(warm, n=20)[-1], 4),
        first_quote_on_a_response=round(median(cold), 3),
        by_kind=table,
        stems=len(stems),
    )


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument(
        "--data",
        type=Path,
        default=os.environ.get("CLINICAL_R1_DATA") or Path(__file__).parents[2] / "shared" / "data",
        help="a folder with benchmark records (CLINICAL_R1_DATA, or ../shared/data)",
    )
    parser.add_argument("--quotes", type=int, default=1_000, help="quotes of each kind (1000)")
    parser.add_argument("--seed", type=int, default=0, help="of the draws (0)")
    parser.add_argument("--show", type=int, default=0, help="wrong ones shown of each kind (0)")
    main(parser.parse_args())

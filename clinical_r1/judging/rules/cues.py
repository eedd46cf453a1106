"""Words that dismiss an option, and those that only seem to. All patterns are for lower-case text."""

import re
from collections.abc import Iterator
from functools import lru_cache

from clinical_r1.judging.rules.lines import Line
from clinical_r1.judging.rules.vocabulary import key

_ADVERB = (
    r"(?:(?:\w+ly|thus|also|therefore|best|very|far|much|now|already|all|both|safely|most|quite|rather|"
    r"more|somewhat) ){0,2}"
)
_BE = rf"(?:is|are|was|were|be|been|being|seems?|appears?|looks?|becomes?|remains?|makes?)\s+{_ADVERB}"
_OUT = r"(?:ruled out|excluded|eliminated|rejected|dismissed|discarded|discounted|set aside|out of the question)"
# Cues whose option stands in front of them ("A is unlikely").
_BEHIND_OPTION = (
    rf"{_BE}(?:{_OUT}|out(?! of))|can be (?:\w+ly )?{_OUT}|{_OUT}(?= (?:by|because|since|as|due|on|here|given))|"
    r"(?:highly |very |rather |quite |most )?unlikely|improbable|implausible|incorrect|\bwrong|"
    r"not (?:the )?(?:answer|best|right|correct)|"
    r"is false|are false|inappropriate|contraindicated|inconsistent(?! with)|incompatible(?! with)|"
    r"less (?:likely|plausible|probable|consistent|appropriate|suitable|fitting|common|typical|compatible)|"
    r"can be (?:crossed|struck) (?:off|out)|out of place|"
    r"not (?:indicated|appropriate|recommended|applicable|relevant|suitable|supported|compatible|plausible)"
)
_WEAK_BEHIND_OPTION = (
    r"(?:is|are|was|were|does|do|did|would|can|could|should|has|have)(?: not|n't)|cannot|lacks?|fails? to|"
    rf"would (?!(?:be )?(?:not|n't)){_ADVERB}(?:also |instead |usually )?(?:be expected to |be associated with |"
    rf"be characterized by )?"
    r"(?:present|cause|show|have|produce|grow|require|manifest|lead|give|expect|feature|involve|need|see|affect|"
    r"demonstrate|reveal)|"
    r"which (?:\w+ ){0,3}?(?:absent|lacks?|lacking|missing|denies|not)"
)
# Cues whose option stands behind them ("argues against A").
_BEFORE_OPTION = (
    r"argu(?:es?|ed|ing) (?:\w+ly )?against|speaks? against|goes against|go against|against|rul(?:es?|ed|ing) out|"
    r"(?:exclud|eliminat)(?:es?|ed|ing)|(?:reject|dismiss|discard|discount|refut)\w{0,4}|"
    r"inconsistent with|incompatible with|rather than|instead of|as opposed to|"
    r"(?:without|no) (?:\w+ )?(?:evidence|signs?|features?|indication|suggestion|support|sign) (?:of|for)|"
    r"nothing (?:\w+ ){0,4}?(?:suggest|support|point|favor|indicat)\w*|"
    r"only (?:[\w-]+,? ){1,12}?(?:suggest|support|point|favor|indicat)\w*|"
    r"(?:does|do|did|would|can)(?: not|n't) (?:\w+ly )?(?:support|suggest|favou?r|point to|fit|match|indicate|mean)|"
    r"cannot be|neither|nor|not(?! (?:only|all|yet|present|seen|until|"
    r"uncommon)\b)(?: (?:\w+ ){0,3}?(?:consistent with|due to|typical of|"
    r"characteristic of|suggestive of|compatible with|caused by|explained by))?"
)
_BEFORE = re.compile(rf"(?<![\w-])(?:{_BEFORE_OPTION})(?![\w-])")
_BEHIND = re.compile(rf"(?<![\w-])(?:(?P<strong>{_BEHIND_OPTION})|(?P<weak>{_WEAK_BEHIND_OPTION}))(?![\w-])|[✗✘❌]")
_WEAK_BEFORE = ("cannot", "not ", "does", "no ", "without")
WORDS = frozenset(
    "against rule rules ruled ruling exclude excludes excluded excluding eliminate eliminates eliminated "
    "eliminating reject "
    "rejects rejected rejecting dismiss dismissed discard discarded discounted set inconsistent incompatible "
    "rather instead "
    "opposed no without nothing only not neither nor cannot unlikely improbable implausible incorrect wrong false "
    "inappropriate "
    "contraindicated less lacks lack fails would can't doesn't isn't don't didn't wouldn't aren't wasn't which "
    "refutes refuted refute out speaks speak argues fails ✗ ✘ ❌".split()
)
# "Cannot be ruled out", "not unlikely", "is not excluded": no rejection.
_KEPT = re.compile(
    r"(?:\bnot|n't|\bcannot|\bnever|\bnor|\bhard to|\bdifficult to|\bwithout|\bno reason to|\bunable to|"
    r"\bfails? to)\b(?:\s+(?!because|but|since|so\b|and\b)[\w']+){0,4}?\s+"
    r"(?:rul(?:es?|ed|ing) out|exclud\w+|eliminat\w+|unlikely|incorrect|wrong|implausible|improbable|impossible|"
    r"dismiss\w*|"
    r"discount\w*|reject\w*|argu\w+ against|inconsistent|inappropriate|contraindicated|incompatible|less likely|"
    r"refut\w*|against)"
    r"|\bnot (?:only|just|surprising|uncommon|necessarily|yet|to mention)\b|\b(?:whether|why|if|"
    r"unless)\b[^,;.]{0,40}?\b(?:not|unlikely|wrong|incorrect)\b"
    r"|\b(?:no|without) (?:a )?(?:doubt|question)\b|\b(?:prophylaxis|protects?|active|activity|effective|"
    r"immuni[sz]ed|vaccine|immunity|antibod(?:y|ies)|directed|guard|works?|used|coverage|defen[cs]e) against"
    r"|\b(?:check|verif|compar|weigh|test|match)\w* (?:\w+ ){0,4}?against\b"
    r"|\b(?:to|must|should|need to|helps?|first|before) (?:be )?(?:rul(?:e|ed|ing) out|exclud(?:e|ed|"
    r"ing))\b(?! \(?[a-j]\))"
)
_EXCLUDED_BY = re.compile(
    r"\b(?:we|i|can|could) (?:can |also |therefore |thus |safely )?(?:be )?(?:rul(?:e|ed) out|exclude[d]?)"
)
# What is said to be expected is there: the option is supported.
_MATCHES = re.compile(
    r"\b(?:which|as|and|that|exactly|just|all of which|both of which)\b(?: \w+){0,4}? (?:(?:this|the|"
    r"our) (?:patient|case|man|woman|boy|girl|child) "
    r"(?:has|had|shows|presents|reports|exhibits)|he has|she has|is present|are present|match\w*|fits?|is what|"
    r"are seen here|is seen here|here|we see|in this)\b"
    r"|\b(?:consistent with (?:this|the)|as (?:seen|in|here))\b"
)

# A question for the option that does not hold is answered by dismissing those that do.
_KIND = (
    r"feature|cause|sign|symptom|finding|complication|characteristic|manifestation|component|example|indication|effect|"
    r"factor|criterion|branch|part|function|contraindication|property|derivative|member|content|treatment|action|"
    r"statement|fact"
)
_HOLDS = re.compile(
    r"(?<![\w-])(?:(?:is|are|was|were|can be|may be)\s+(?:(?:\w+ly|indeed|also|all|both|in fact|well|a|an|the|"
    r"one of the)\s+){0,3}"
    rf"(?:true|correct|accurate|valid|right|(?:\w+ ){{0,2}}?(?:{_KIND})s?|seen|found|associated|included|"
    rf"recogni[sz]ed|known|common|"
    r"typical|present|used|indicated|involved|caused|increased|decreased|raised|observed|described)|holds?|occurs?|"
    r"applies|"
    r"does (?!not)\w+|can (?:cause|occur)|may (?:cause|occur)|not the (?:answer|exception|odd one|false)|✓|✔)(?![\w-])"
)
_HOLDS_NOT = re.compile(
    r"(?:correct|right|true) (?:answer|option|choice|one)|\bnot (?:true|correct|a|an|seen|found|associated|"
    r"the (?:case|false|right|correct))\b|"
    r"\b(?:false|incorrect|exception|except|untrue)\b|\bwhich (?:is|are) (?:not|false)|\bif\b"
)
HOLDING_WORDS = frozenset("is are was were holds hold occurs occur applies does can may not true correct".split())


# Where such a word begins, or within it with "n't".
_KEEPS = frozenset(
    "not cannot never nor hard difficult without no unable fail fails whether why if unless prophylaxis protect "
    "protects active activity effective immunised immunized vaccine immunity antibody antibodies directed guard work "
    "works used coverage defence defense to must should need help helps first before".split()
)
_KEEPS_STEMS = ("check", "verif", "compar", "weigh", "test", "match")


_FIRST = frozenset(
    "is are was were be been being seem seems appear appears look looks become becomes remain remains make makes "
    "can set out "
    "highly very rather quite most unlikely improbable implausible incorrect wrong not inappropriate contraindicated "
    "inconsistent incompatible less does do did would could should has have cannot lack lacks fail fails which "
    "argue argues "
    "argued arguing speak speaks goes go against rule rules ruled ruling instead as without no nothing only "
    "neither nor "
    "✗ ✘ ❌".split()
)
_STEMS = ("exclud", "eliminat", "reject", "dismiss", "discard", "discount", "refut")


@lru_cache(maxsize=1 << 14)
def _begins(word: str) -> bool:
    """Whether a cue may begin with a word."""
    return word in _FIRST or word[-3:] == "n't" or word.startswith(_STEMS)


@lru_cache(maxsize=1 << 14)
def _may_keep(word: str) -> int:
    """Where in a word something may begin that keeps an option: 0 nowhere, else the place from 1."""
    if word[-3:] == "n't":
        return len(word) - 2
    return int(word in _KEEPS or word.startswith(_KEEPS_STEMS))


def _kept(line: Line) -> list[tuple[int, int]]:
    """Parts of a line that only seem to dismiss: what `_KEPT.finditer` finds, looked for where it can begin."""
    found: list[tuple[int, int]] = []
    behind = 0
    for place, within in enumerate(map(_may_keep, line.words)):
        if within:
            start = line.starts[place] - line.start + within - 1
            match = _KEPT.match(line.low, start) if start >= behind else None
            if match:
                behind = match.end()
                found.append(match.span())
    return found


def find(line: Line, negated: bool) -> Iterator[tuple[int, int, bool, bool]]:
    """Every cue of a sentence.

    Args:
        line: The sentence.
        negated: Whether the question asks for the option that does not hold.

    Yields:
        Start, end, whether its option stands in front of it, and whether it is weak: not believed of the option that
        the response answers with.
    """
    low = line.low
    if negated:
        if _HOLDS_NOT.search(low) is None or "not the " in low:
            for holds in _HOLDS.finditer(low):
                yield holds.start(), holds.end(), True, False
        return
    found: list[tuple[int, int, bool, bool]] = []
    matches = "would" in low and _MATCHES.search(low)
    for number, begins in enumerate(map(_begins, line.words)):
        if not begins:
            continue
        place = line.starts[number] - line.start
        if match := _BEHIND.match(low, place):
            weak = match.lastgroup == "weak"
            if not (weak and matches and match[0].startswith("would")):
                found.append((*match.span(), True, weak))
        if match := _BEFORE.match(low, place):
            found.append((*match.span(), False, match[0].startswith(_WEAK_BEFORE)))
    if not found:
        return
    kept = _kept(line)
    taken: list[tuple[int, int]] = []
    found.sort(key=lambda one: (one[0], one[3], -one[1]))
    for cue in found:
        if any(cue[0] < end and start < cue[1] for start, end in (*kept[-50:], *taken[-50:])):
            continue
        taken.append(cue[:2])
        yield cue


BREAK = re.compile(
    r";|\b(?:but|whereas|while|although|however|supports?|supporting|favou?rs?|favou?ring|suggests?|suggesting|"
    r"points? to|"
    r"making|leaving|therefore|thus|hence|is the|are the|remains)\b|\bso\b(?! not)|\. "
)
"""Between a cue and its option, this shows that they do not belong together."""
PART = re.compile(r"; ?|,? (?:but|while|whereas|although)\b|, (?:and|so|or)\b|\. |\n")
LOOSE_PART = re.compile(r",| and\b")
ANAPHORA = re.compile(
    r"\W*(?:however,? |but |yet |so |also |thus,? |therefore,? )?(?:it|this|that|these|they|both|unlikely|"
    r"incorrect|ruled out|excluded|not)\b"
)
TIED = re.compile(
    r"\W*(?:this is |that is |it is )?(?:because|since|given|as (?!for|well|a result)|due to|owing to|for one|"
    r"the reason)\b"
)
FOLLOWS = re.compile(r"\W*(?:and |but )?(?:this|these|that|which|so|therefore|thus|hence|accordingly|both)\b")
REASON = re.compile(
    r"\b(?:because|since|given|due to|owing to|as (?!well|for)|would|typically|usually|commonly|requires?|"
    r"characteri[sz]\w+|"
    r"associated|causes?|presents?|treats?|used|affects?|occurs?|involves?|which|nothing|only|in contrast|unlike)\b"
)
OPENS_REASON = frozenset("because since as given , ; : and but so therefore thus for".split())
"""Words at which a clause begins that may give a reason."""
PERSONAL = frozenset("patient patient's he she his her him there here we i it this case stem vignette".split())
"""Words with which a clause speaks of this patient."""
NO_FINDING = frozenset(
    key(word)
    for word in "role effect indication benefit need reason evidence relation relationship association activity "
    "use doubt data way "
    "cure option answer support suggestion coverage impact place basis mention information indicated risk link bearing "
    "consistent likely diagnosis choice fit".split()
)
"""Words that follow a "no" without naming a finding."""
NO_REASON = frozenset(
    key(word)
    for word in "option choice answer argue against exclude rule out eliminate suggest reject fit match set "
    "aside consider conclude leave wait actually think".split()
)

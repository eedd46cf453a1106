"""What a question's wording says about it: patient case or knowledge, negated or not, options tied to their order.

Judgements from the text alone, by short patterns tuned on real MedQA, MedMCQA and MedXpertQA records. `has_case` and
`negated` are strata: they split results into groups and never change a score. `letters_cited` and `stays_last` say what
may not move when options are shuffled, and lean to yes: an order kept by mistake costs nothing, a row shuffled by
mistake asks another question ("Both A and C" no longer means what it meant).
"""

import re
from collections.abc import Mapping

_SENTENCE_END = re.compile(r"(?<=[.?!:])\s+(?=[\"“(]?[A-Z0-9])|\n+(?=[\"“(]?[A-Z0-9])")

# --- patient case -----------------------------------------------------------------------------------------------------
_PERSON = (
    r"(?:patients?|pt|man|woman|boy|girl|child|toddler|infant|neonate|newborn|baby|male|female|lady|gentleman|adult"
    r"|teenager|adolescent|primigravida|primi|multipara|gravida|smoker|alcoholic|diabetic|person|individual|worker"
    r"|farmer|student|driver|player|athlete|employee|couple|mother|victim)"
)
_UNIT = r"(?:years?|yrs?|months?|mos?|weeks?|wks?|days?|hours?)"
_AGE = re.compile(
    rf"\b(?:\d{{1,3}}|one|two|three|four|five|six|seven|eight|nine|ten)[\s–-]*{_UNIT}[\s–-]*(?:old\b|{_PERSON}\b)"
    rf"|\baged? (?:of )?\d{{1,3}}\b|\b\d{{1,3}}[\s-]*y/?o\b",
    re.IGNORECASE,
)
_TOLD = (
    r"(?:present(?:s|ed|ing)?|complain(?:s|ed|ing|ts?)|comes|came|brought|visits|visited|consults|consulted|reports"
    r"|reported|develops|developed|sustain(?:s|ed)|suffer(?:s|ed|ing)|undergoes|underwent|diagnosed|admitted"
    r"|hospitali[sz]ed|referred|examined|has|had|having|was|loses|lost|acquires|acquired"
    r"|history of|found to have|known case|fell|met with"
    r"|shows|showed|treated|given|administered|went into|experiences?|experienced|intubated|counsel+ed|born"
    r"|delivered|claiming|evaluated|investigated|noticed|positive|believes?|unable)"
)
# One person, and what happened to that person in the same sentence: "a child with ..., developed ...".
_TOLD_OF_ONE = re.compile(
    rf"(?:\b(?:a|an|the|this|one|your|my|another)\s+(?:[\w+/.()-]+,?\s+){{0,5}}?|^\W*(?:[\w+/.-]+\s+){{0,3}}?)"
    rf"{_PERSON}\b[^.?!]{{0,400}}?\b{_TOLD}\b",
    re.IGNORECASE,
)
_STUDY = re.compile(
    r"^\W*(?:\w+\W+){0,4}?(?:researchers?|investigators?|scientists?|study|trial|epidemiologists?|experiment)\b", re.I
)
_GIVEN_WITH = re.compile(rf"\b(?:with|who|whose|of|taking|{_TOLD})\b", re.IGNORECASE)


def has_case(stem: str) -> bool:
    """Whether the stem describes one patient (age, complaint, history, finding) and not a disease or a study.

    Examples:
        >>> has_case("A 29-year-old woman presents with fever and a rash. What is the diagnosis?")
        True
        >>> has_case("Treatment of choice for a rash in children is")
        False
    """
    if _STUDY.search(stem):
        return False
    age = _AGE.search(stem)
    if age and _GIVEN_WITH.search(stem, age.end()):
        return True
    return any(_TOLD_OF_ONE.search(sentence) for sentence in _SENTENCE_END.split(stem))


# --- negated question -------------------------------------------------------------------------------------------------
_TABLE_LINE = re.compile(r"^\|.*$", re.MULTILINE)
_EXCEPT = re.compile(r"\bexcept(?:ing)?\b(?!\s+for)(?:\W*\b\w+\b){0,3}\W*$", re.IGNORECASE)
_FALSE = re.compile(
    r"\bfalse\b(?![\s-]+(?:positiv|negativ|vocal|cord|aneurysm|lumen|memor|pelvi|labou?r|rib|passage|neurotrans|teeth"
    r"|tooth|joint))|\bincorrect(?:ly)?\b|\b(?:untrue|inaccurate)\b|\b(?:is|are|statement) (?:wrong|inappropriate)\b"
    r"|\b(?:should|must|to) be avoided\b"
    r"|\bleast\s+(?:likely|probabl[ey]|commonly|true|correct|accurate|appropriate|useful|helpful|important|associated"
    r"|consistent|characteristic|suggestive|relevant|effective|suitable|desirable|preferred|beneficial|reliable"
    r"|expected|indicated|responsible|compatible|valid)\b",
    re.IGNORECASE,
)
_NOT = r"(?:\b(?:not|never|cannot)\b|n[’']t\b)"
_NEGATION = re.compile(_NOT, re.IGNORECASE)
# A "not" after one of these tells of the patient or the condition: it does not turn the question round.
_ASIDE = re.compile(
    r"\b(?:who|whom|whose|if|when|where|why|how|till|because|since|although|though|but|unless|until|whether|or|as"
    rf"|despite|(?:due|owing) to|patients? that|that (?:this|the|his|her|she|he)|not only)\b[^;?]{{0,200}}?{_NOT}"
    r"|\bnot (?:only|yet|passing|sexually|responding|want)\b",
    re.IGNORECASE,
)
# Quoted speech and longer remarks in brackets, such as "(figure was not provided)".
_REMARK = re.compile(r"\"[^\"]*\"|“[^”]*”|\((?:[^()\s]+\s+){2,}[^()]*\)")
_ASKING = re.compile(
    r"\b(?:which|what|who|how|when|all|following|true|false|except|not|most|best|likely)\b|[?:–-]\s*$", re.I
)


def negated(stem: str) -> bool:
    """Whether the question asks for the option that is NOT so (NOT, EXCEPT, false, incorrect, least likely).

    Judged on the sentence that asks, so a "does not smoke" in the case does not count.

    Examples:
        >>> negated("All of the following are seen in scurvy EXCEPT:")
        True
        >>> negated("A man who does not smoke has a cough. What is the next step?")
        False
    """
    sentences = [sentence for sentence in _SENTENCE_END.split(_TABLE_LINE.sub("", stem)) if sentence.strip()]
    asks = len(sentences) < 2 or _ASKING.search(sentences[-1])
    asking = _REMARK.sub(" ", " ".join(sentences[-1:] if asks else sentences[-2:]))
    if _EXCEPT.search(asking) or _FALSE.search(asking):
        return True
    return _NEGATION.search(asking) is not None and _NEGATION.search(_ASIDE.sub(" ", asking)) is not None


# --- options that may not move ----------------------------------------------------------------------------------------
_SEPARATOR = r"\s*(?:,\s*(?:and|or|&)?|and|or|nor|&|\+|/)\s*"
_KEYWORD = r"(?:both|either|neither|only|all of|none of|options?|choices?|statements?)"
# The whole option is a reference: "B", "Both A and C", "A, B, and D", "A only", "Both BC", "a, c are true, b is false".
_REFERENCE = re.compile(
    rf"(?P<keyword>(?:{_KEYWORD}\s+)*)(?P<letters>\(?[a-z]\)?(?:{_SEPARATOR}\(?[a-z]\)?)*|[a-z]{{2,6}})"
    r"(?P<claim>\s*(?:only|alone|both|together"
    r"|(?:is|are)(?: both| all| also)? (?:true|false|correct|incorrect|right|wrong)\b[^.]*))?[\s.]*",
    re.IGNORECASE,
)
_PLACES = re.compile(
    rf"(?:both |either |neither |only )?\(?[1-9]\)?{_SEPARATOR}\(?[1-9]\)?(?: only)?[\s.]*", re.IGNORECASE
)
_LABEL = re.compile(r"\(?([A-Za-z])\)|([a-z])\.\s*\w")
_MENTION = re.compile(
    r"\b(?:options?|choices?|answers?|alternatives?) \(?[A-Z]\)?(?![\w’'-])"
    r"|\b(?:both|either|neither) \(?[A-Z]\)? (?:and|or|nor|&) \(?[A-Z]\)?(?![\w’'-])"
)
_MENTIONS_HOLD = ("option", "choice", "answer", "alternative", "both", "either")


def letters_cited(stem: str, options: Mapping[str, str]) -> bool:
    """Whether the stem or an option names options by letter or place, so that their order carries meaning.

    Letters that belong to a term (vitamin A and C, hepatitis B, type A, factor B) do not count. A whole option that is
    one bare letter does: beside the letters of the options it reads as a reference.

    Examples:
        >>> letters_cited("Seen in rickets:", {"A": "Craniotabes", "B": "Genu varum", "C": "Both A and B"})
        True
        >>> letters_cited("Antioxidants are:", {"A": "Vitamin A and C", "B": "Hepatitis B", "C": "Iron"})
        False
    """
    texts = list(options.values())
    if sum(_is_run(text, options) for text in texts) > 1 or any(_is_reference(text, options) for text in texts):
        return True
    # A text that repeats its own letter: "a) Zone of decay", "d. Filter" (but "E. coli" is a name).
    labels = ((letter, _LABEL.match(text)) for letter, text in options.items())
    if any(label and (label[1] or label[2]).upper() == letter for letter, label in labels):
        return True
    # A look for a word of a mention is far faster, and finds none in nearly all texts.
    held = (text for text in (stem, *texts) if any(word in text for word in _MENTIONS_HOLD))
    mentions = (mention[0] for text in held for mention in _MENTION.finditer(text))
    if any(letter in options for mention in mentions for letter in re.findall(r"\b[A-Z]\b", mention)):
        return True
    # "Both 1 and 2" counts option places only where the stem numbers nothing itself.
    return not re.search(r"\d", stem) and any(_PLACES.fullmatch(text.strip()) for text in texts)


def stays_last(text: str) -> bool:
    """Whether an option speaks of the ones above it ("All of the above", "None", "Both", "Any of these").

    Examples:
        >>> stays_last("None of the above."), stays_last("Both arms"), stays_last("All nucleated cells")
        (True, False, False)
    """
    return _OF_THE_OTHERS.fullmatch(text.strip()) is not None


_QUANTITY = r"(?:all|none|both|any|any one|either|neither|some|one|more than one|two or more)"
_OTHERS = (
    r"(?:(?:of )?(?:the |these |those )?(?:above|options?|choices?|answers?|statements?|these|those|them|two)"
    r"(?: (?:given|listed|mentioned|options?|choices?|answers?|statements?))?(?: above)?)"
)
_OF_THE_OTHERS = re.compile(
    rf"(?:(?:can be|may be) )?(?:{_QUANTITY} {_OTHERS}|(?:all|none|both|any|neither|either|nil))"
    r"(?: (?:is|are|of them are) (?:true|false|correct|incorrect|right|wrong|possible|equal|the same|same))?[\s.!]*",
    re.IGNORECASE,
)


def _is_reference(text: str, options: Mapping[str, str]) -> bool:
    match = _REFERENCE.fullmatch(text.strip())
    if match is None:
        return False
    letters = match["letters"]
    # "AD" alone is an abbreviation, "both AD" is not.
    if letters.isalpha() and len(letters) > 1 and not match["keyword"]:
        return False
    named = letters.upper() if letters.isalpha() else re.findall(r"\b[A-Z]\b", letters.upper())
    return all(letter in options for letter in named)


def _is_run(text: str, options: Mapping[str, str]) -> bool:
    """A rising run of option letters and nothing else: "bc", "ABD"."""
    letters = text.strip(" .").upper()
    return 0 < len(letters) <= len(options) and list(letters) == sorted({*letters} & {*options})

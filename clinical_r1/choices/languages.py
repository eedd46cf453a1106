"""Answer sentences in other languages than English.

Spanish, French, German, Portuguese, Italian and Russian are tables of words, as regular expressions in lower case. The
sentences of Chinese, Japanese and Korean sets have no spaces, so they have patterns of their own.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from clinical_r1.choices.letters import LETTER, OPENERS, Force, Found
from clinical_r1.choices.marks import Reading

# Nouns for an answer or an option, in each language (ISO 639-1).
_ANSWER = "|".join(
    (
        r"respuesta|opci[óo]n|alternativa|inciso|soluci[óo]n",  # es
        r"r[ée]ponse|proposition|option|choix|solution",  # fr
        r"antwort(?:m[öo]glichkeit|option)?|l[öo]sung|option|auswahl",  # de
        r"resposta|alternativa|op[çc][ãa]o|gabarito|letra",  # pt
        r"risposta|opzione|alternativa|scelta|soluzione",  # it
        r"ответ|вариант(?: ответа)?|решение",  # ru
    )
)
# "is" and its like.
_COPULA = "|".join(
    (
        r"es|ser[íi]a|corresponde a",  # es
        r"est|serait",  # fr
        r"ist|w[äa]re|lautet|lauten",  # de
        r"é|seria|está",  # pt
        r"è|e'|sarebbe",  # it
        r"это|является|будет",  # ru
    )
)
# "right", "correct".
_RIGHT_WORD = "|".join(
    (
        r"correcta|adecuada|verdadera|la respuesta|la m[áa]s \w+",  # es
        r"correcte|exacte|juste|vraie|bonne|la bonne|la plus \w+",  # fr
        r"richtig|korrekt|zutreffend|die richtige|die korrekte|am \w+sten",  # de
        r"correta|certa|verdadeira|adequada|a correta|a mais \w+",  # pt
        r"corretta|esatta|giusta|vera|quella corretta|la più \w+",  # it
        r"верен|верный|правильный|правилен|подходит",  # ru
    )
)
# What may stand between the copula and the letter.
_BETWEEN = "|".join(
    (
        r"la|el|letra|opci[óo]n|respuesta|alternativa|correcta|por tanto|entonces",  # es
        r"la|le|l'|donc|lettre|r[ée]ponse|proposition|option|bonne|correcte|exacte",  # fr
        r"die|der|das|daher|somit|also|demnach|antwort|option|buchstabe|richtige|korrekte",  # de
        r"a|o|letra|alternativa|op[çc][ãa]o|resposta|portanto|correta|certa",  # pt
        r"la|il|l'|lettera|opzione|risposta|alternativa|quindi|dunque|corretta|esatta",  # it
        r"буква|вариант|ответ|под|это",  # ru
    )
)
# "not", "wrong".
_NEGATION = "|".join(
    (
        r"no|ni|nunca|falsa|incorrecta|err[óo]nea",  # es
        r"pas|non|ni|jamais|faux|fausse|incorrecte|inexacte|n'est",  # fr
        r"nicht|kein\w*|falsch|nie|weder",  # de
        r"n[ãa]o|nem|nunca|falsa|incorreta|errada",  # pt
        r"non|n[ée]|mai|falsa|errata|sbagliata",  # it
        r"не|нет|неверно|неверен|неправильный",  # ru
    )
)

_NEGATED = re.compile(rf"(?<!\w)(?:{_NEGATION})(?!\w)", re.IGNORECASE)
_WORD = r"(?:[ \t]+(?!(?:is|are|was)\b)[\w'’()-]+)"
_STATED = re.compile(
    rf"(?:{_ANSWER})(?!\w){_WORD}{{0,5}}?[ \t]*(?:[:=–—-]|(?<!\w)(?:{_COPULA})(?!\w))[ \t:]*"
    rf"(?:(?:{_BETWEEN})[\s:]*(?<=[\s:'])){{0,4}}{OPENERS}{LETTER}",
    re.IGNORECASE,
)
_RIGHT = re.compile(
    rf"(?:{_ANSWER})[ \t]+{OPENERS}{LETTER}[)\]\"']*[ \t]+"
    rf"(?:(?:{_COPULA})[ \t]+)?(?:{_RIGHT_WORD})(?!\w)",
    re.IGNORECASE,
)
_RIGHT_FIRST = re.compile(
    rf"(?:{_RIGHT_WORD})[ \t]+(?:{_COPULA})[ \t]+(?:(?:{_BETWEEN})[ \t]+){{0,3}}{OPENERS}{LETTER}",
    re.IGNORECASE,
)
_IT_IS = re.compile(
    rf"(?:agit|se trata|trata-se|si tratta|"
    rf"handelt)[ \t]+(?:[\w']+[ \t]+){{0,4}}?(?:{_ANSWER})[ \t]+{OPENERS}{LETTER}",
    re.IGNORECASE,
)
_CHOSEN = re.compile(
    rf"(?:me quedo con|elijo|escojo|escolho|scelgo|choisis|retiens|wähle|nehme)[ \t]+"
    rf"(?:(?:{_BETWEEN})[ \t]*(?<=[ ']))*{OPENERS}{LETTER}",
    re.IGNORECASE,
)
_NOUNS = (
    "respuesta opción opcion alternativa inciso soluci réponse reponse proposition choix antwort lösung auswahl "
    "resposta opção opcao gabarito letra risposta opzione scelta soluzione ответ вариант"
).split()
_CUES: tuple[tuple[re.Pattern[str], Sequence[str]], ...] = (
    (_STATED, _NOUNS),
    (_RIGHT, [*_NOUNS, "option"]),
    (_RIGHT_FIRST, "richtig korrekt correct corret exact juste esatt".split()),
    (_IT_IS, ["agit", "se trata", "trata-se", "si tratta", "handelt"]),
    (_CHOSEN, ["me quedo", *"elijo escojo escolho scelgo choisis retiens wähle nehme".split()]),
)
_CJK = re.compile("[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
_LETTERS = (
    r"(?P<letters>(?<![A-Za-z])[A-Z](?:\s*(?:[、,，/]|和|与|及|と|및|와|과|或|または|또는)?\s*[A-Z](?![A-Za-z]))*)"
)
# "A型" (type A), "B超" (ultrasound) and "C反应" are words that begin with a letter.
_ENDS = (
    r"(?=[)\]\"'*]*\s*(?:\Z|[^\w]|项|項|选|選|です|だ|で|に|が|は|を|と(?=な|い|考|思|判)|の(?=[二2三3])|입니다|이다|이며|이고|번|를|을|가|로|으로|最|是|正|"
    r"符|为|為|故|因|，|。))"
    r"(?![)\]]*\s*(?:ではな|じゃな|でな|는 아니|가 아니|이 아니|은 아니|는 정답이 아니))"
)
_CJK_STATED = re.compile(
    r"(?<![不非勿未])(?:(?:正确|正確|参考|最佳|最终|標準|标准)?答案|正确选项|正確選項|应选|應選|故选|故選|选择|選擇|选|選ぶ|選|即选项|即|正解|正答|答え|解答|정답|해답|답|"
    r"最も[^。\n]{0,14}のは)"
    r"(?:[는은は：:\s]*[A-Z]ではなく[、,]?)?"
    r"(?:应该|應該|应当|應當|应|應)?(?:是|为|為|는|은|は|选项|選項|選択肢|선택지|보기|[：:\s】\]])*"
    + OPENERS
    + _LETTERS
    + _ENDS
)
_CJK_RIGHT = re.compile(
    r"(?:选项|選項|選択肢|선택지|보기)?\s*" + OPENERS + _LETTERS + r"[)\]]*\s*(?:选项|選項|项|項|番|번)?\s*"
    r"(?:最为|最為|最|是|为|為|がもっとも|が最も|がもっと|が|이|가|는|은|は|이 가장|\s)*"
    r"(?:正确|正確|符合|合适|合適|恰当|适合|妥当|適切|適当|正しい|正解|正答|가장 적절|가장 적합|적절|정답|맞)"
    r"(?!이 아니|은 아니|では|でな|하지 않|くな)"
)
_CJK_NEGATED = re.compile(r"[不非勿未][^\s,，.。;；、]{0,2}\Z")
_CLAUSE = re.compile(r"[.!?\n;,]|\b(?:y|et|und|e|и|pero|sino|mais|aber|mas|ma)\b")
_WINDOW = 160
"""How far after its cue a statement may reach."""
_LONG = 600
"""Characters from which a text without one accent is taken for English, so that it is read faster."""


def foreign_statements(reading: Reading) -> Iterator[Found]:
    """Answers that a text states in another language than English."""
    text, options = reading.text, reading.options
    if not text.isascii() and _CJK.search(text):
        yield from _east_asian(text, options)
    if len(text) > _LONG and text.isascii():
        return  # a long text in any of them has accents
    for pattern, cues in _CUES:
        for place in chain.from_iterable(map(reading.places, cues)):
            match = pattern.match(text, place, place + _WINDOW)
            if match and (claim := _claim(text, match, options)):
                yield claim


def _claim(text: str, match: re.Match[str], options: Mapping[str, str]) -> Found | None:
    place = match.start("letter")
    letter = text[place].upper()
    before = _CLAUSE.split(text[max(0, match.start() - 60) : match.start()])[-1]
    ends = re.match(r"[)\]\"'*]*\s*(?:[.,;:!)–—-]|\Z|\n|\w)", text[place + 1 : place + 8])
    if (
        letter not in options
        or text[place].islower()
        or not ends
        or _NEGATED.search(before)
        or _NEGATED.search(text, match.start(), place)
    ):
        return None
    more = re.match(r"[)\]]?\s*(?:,|/|[eyou]|et|und|oder|и|или)\s+[(\[]?([A-Z])(?!\w)", text[place + 1 : place + 12])
    if more and more[1] in options and more[1] != letter:
        return Found(None, match.start(), match.end(), Force.STATED, frozenset({letter, more[1]}))
    return Found(letter, match.start(), place + 1, Force.STATED)


def _east_asian(text: str, options: Mapping[str, str]) -> Iterator[Found]:
    for pattern, force in ((_CJK_STATED, Force.STATED), (_CJK_RIGHT, Force.JUDGED)):
        for match in pattern.finditer(text):
            letters = frozenset(re.findall("[A-Z]", match["letters"]))
            if not letters <= options.keys() or _CJK_NEGATED.search(text[max(0, match.start() - 4) : match.start()]):
                continue
            several = letters if len(letters) > 1 else frozenset()
            yield Found(None if several else min(letters), match.start(), match.end(), force, several)

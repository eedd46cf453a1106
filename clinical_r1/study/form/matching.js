// Which facts and options some words name, so that a rater need not look for them. What is found is proposed, and the
// rater decides.

const SMALL = new Set(
  (
    "a an the of in on at to for with and or is are was were be been has have had her hers his he she it its their " +
    "they this that these those who which there by from as patient year years old yo y o but also so"
  ).split(" "),
);
const DENIAL = /^(?:no|not|nor|none|never|without|denie[sd]|deny|absent|negative|lacks?|lacking)$/;
const ANY_NUMBER = /^\d/;
const AHEAD = 2; // words before a phrase in which a denial counts

// "39,4" and "39.4" are one number, and "14,200" is 14200; "fainted" and "faints" are one word.
function tokensOf(words) {
  return [...words.toLowerCase().matchAll(/\d+(?:[.,]\d+)*|\p{L}[\p{L}\p{M}]*/gu)]
    .map(([token]) =>
      ANY_NUMBER.test(token)
        ? token.replace(/,(?=\d{3}(?!\d))/g, "").replace(/,/g, ".")
        : SMALL.has(token) || DENIAL.test(token)
          ? token
          : token.replace(/(?<=.{4})(?:ing|ed|es|e|s)$/, ""),
    )
    .filter((token) => !SMALL.has(token));
}

class Named {
  // `deniable`: whether words that deny one of them do not name it, as of facts; options are named to be denied.
  constructor(texts, deniable) {
    this.deniable = deniable;
    this.each = texts.map((words) => new Set(tokensOf(words)));
    this.often = new Map();
    for (const each of this.each) for (const token of each) this.often.set(token, (this.often.get(token) ?? 0) + 1);
  }

  // A word that several of them have tells less.
  weight(tokens) {
    let sum = 0;
    for (const token of tokens) sum += 1 / (this.often.get(token) ?? 1);
    return sum;
  }

  // How much of one of them some words say, and how much of the words is of it, 0 to 1 each; null if they are at odds.
  match(place, words) {
    const [said, own] = [new Set(tokensOf(words)), this.each[place]];
    const both = [...said].filter((token) => own.has(token));
    const denied = (tokens) => [...tokens].some((token) => DENIAL.test(token));
    const numbers = (tokens) => [...tokens].filter((token) => ANY_NUMBER.test(token));
    const within = (some, others) => some.every((token) => others.has(token));
    if (!both.length || (this.deniable && denied(said) !== denied(own))) return null;
    if (numbers(said).length && !within(numbers(said), own) && !within(numbers(own), said)) return null;
    return { covered: this.weight(both) / this.weight(own), about: this.weight(both) / this.weight(said) };
  }

  // { place, covered, about } of those that some words have to do with.
  near(words) {
    return this.each.map((_, place) => ({ place, ...this.match(place, words) })).filter((one) => one.covered);
  }

  // Places of those that some words name: all that they say most of, else the one that most of the words are about.
  in(words) {
    const found = this.near(words);
    const said = found.filter((one) => one.covered >= 0.6);
    if (said.length) return said.map((one) => one.place);
    found.sort((one, other) => other.covered + other.about - one.covered - one.about);
    const [best, next] = found;
    const alone = best && (!next || best.covered + best.about > next.covered + next.about + 1e-9);
    return alone && best.about >= 0.5 ? [best.place] : [];
  }

  // The phrase around a place of a text that names one of them: { stretch, place, worth }, or null.
  phrase(text, unit) {
    const sentence = text.sentences.find(([start, end]) => start <= unit && unit < end);
    if (!sentence) return null;
    const words = text.words.filter(([start, end]) => start >= sentence[0] && end <= sentence[1]);
    const clicked = words.findIndex(([start, end]) => start <= unit && unit <= end);
    let best = null;
    this.each.forEach((own, place) => {
      const has = words.map((word) => tokensOf(text.raw.slice(...word)).some((token) => own.has(token)));
      if (!has[clicked]) return;
      const reach = (by) => {
        let [last, at] = [clicked, clicked + by];
        for (; words[at] && Math.abs(at - last) <= 2; at += by) if (has[at]) last = at;
        return last;
      };
      const [first, last] = [reach(-1), reach(1)];
      const stretch = [words[first][0], words[last][1]];
      const before = text.raw.slice((words[first - AHEAD] ?? words[0])[0], stretch[0]);
      const denied = tokensOf(before).some((token) => DENIAL.test(token)) && !has[first - 1];
      const found = denied ? null : this.match(place, text.raw.slice(...stretch));
      const worth = found ? found.covered + found.about : 0;
      if (worth >= 1 && found.covered >= 0.4 && worth > (best?.worth ?? 0)) best = { stretch, place, worth };
    });
    return best;
  }

  // Place -> the phrase that names it in a part of one sentence, as `phrase` returns it. Of a longer stretch there are
  // none: whoever marks a whole response at once has not looked for each.
  within(text, [from, to]) {
    const found = new Map();
    const one = text.sentences.some(([start, end]) => start <= from && to <= end);
    for (const [start] of text.words.filter(([start, end]) => one && from <= start && end <= to)) {
      const named = this.phrase(text, start);
      const inside = named && from <= named.stretch[0] && named.stretch[1] <= to;
      if (inside && named.worth > (found.get(named.place)?.worth ?? 0)) found.set(named.place, named);
    }
    return found;
  }
}

// The option that some words name, by its letter or its text; null if none, or several.
function optionNamed(words, options, named) {
  const letters = new Set(options.map(([letter]) => letter));
  const by =
    /\b(?:options?|choice|answer)\s+\(?([A-Z])\b|\(([A-Z])\)|\b([B-HJ-Z])\b|\bA(?=\s+(?:is|can|was|does|would)\b)/gi;
  const said = [...words.matchAll(by)]
    .map(([all, ...groups]) => groups.find(Boolean) ?? all)
    .filter((letter) => letters.has(letter));
  const told = named.near(words).filter((one) => one.covered >= 0.5); // half of an option's words are enough
  const found = new Set([...said, ...told.map((one) => options[one.place][0])]);
  return found.size === 1 ? [...found][0] : null;
}

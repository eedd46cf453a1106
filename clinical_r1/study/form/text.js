// A response: its characters, words and sentences, and how it is put on the page and read back from there.
//
// Offsets that come in or go out are Unicode code points, as Python counts them. In here they are UTF-16 units, as the
// browser counts them, and the page shows signs in place of characters that would be obeyed or not be seen.

const WORD = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]|[^\s\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]+/gu;
const BEFORE = /^["'“‘«(\[{*_]+/;
const BEHIND = /["'”’»)\]}*_.,;:!?…]+$/;

class Text {
  constructor(item) {
    this.raw = item.text;
    this.points = new Uint32Array(this.raw.length + 1);
    const units = [];
    for (let unit = 0; unit < this.raw.length;) {
      const size = this.raw.codePointAt(unit) > 0xffff ? 2 : 1;
      this.points.fill(units.length, unit, unit + size);
      units.push(unit);
      unit += size;
    }
    this.points[this.raw.length] = units.length;
    this.units = Uint32Array.from([...units, this.raw.length]);
    const place = ([start, end, ...more]) => [this.units[start], this.units[end], ...more];
    this.signs = item.signs.map(place);
    this.sentences = item.sentences.map(place);
    this.headings = item.headings.map(([at, heading]) => [this.units[at], heading]);
    this.words = [...this.raw.matchAll(WORD)].map(({ 0: word, index }) => {
      const from = word.length - word.replace(BEFORE, "").length;
      const core = word.slice(from).replace(BEHIND, "");
      return core ? [index + from, index + from + core.length] : [index, index + word.length];
    });
  }

  // [start, end] in code points -> in units, and back; the text between two code points.
  inside({ start, end }) {
    return [this.units[start], this.units[end]];
  }
  outside([start, end]) {
    return { start: this.points[start], end: this.points[end], text: this.raw.slice(start, end) };
  }
  has({ start, end, text }) {
    const fits =
      Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start < end && end < this.units.length;
    return fits && this.raw.slice(...this.inside({ start, end })) === text;
  }

  // A stretch without white space around it that cuts no character and no sign in two; null if nothing is left.
  whole([start, end]) {
    while (start < end && /\s/.test(this.raw[start])) start += 1;
    while (start < end && /\s/.test(this.raw[end - 1])) end -= 1;
    if (start >= end) return null;
    for (const [from, to] of this.signs) {
      if (from < end && to > start) [start, end] = [Math.min(start, from), Math.max(end, to)];
    }
    if (this.points[start] === this.points[start - 1]) start -= 1;
    if (this.points[end] === this.points[end - 1]) end += 1;
    return [start, end];
  }

  // The stretch as the page shows it.
  shown([start, end]) {
    let made = "";
    for (const [from, to, sign] of this.signs) {
      if (to <= start || from >= end) continue;
      made += this.raw.slice(start, from) + sign;
      start = to;
    }
    return made + this.raw.slice(start, Math.max(start, end));
  }

  // The text cut at all ends of marks, signs and parts: [start, end, sign, marks over it, whether it is an answer's
  // box]. `marks` are [start, end, …].
  pieces(marks) {
    const edges = new Set([0, this.raw.length, ...this.headings.map(([at]) => at)]);
    for (const [start, end] of [...this.signs, ...marks]) edges.add(start).add(end);
    const sorted = [...edges].sort((one, other) => one - other);
    const signs = new Map(this.signs.map((sign) => [sign[0], sign]));
    const made = [];
    for (let at = 0, covered = 0; at < sorted.length - 1; at += 1) {
      const start = sorted[at];
      if (start < covered) continue; // an end of a mark inside a sign
      const sign = signs.get(start);
      covered = sign ? sign[1] : sorted[at + 1];
      const over = marks.filter(([from, to]) => from < covered && to > start);
      made.push([start, covered, sign ? sign[2] : null, over, sign?.[3]]);
    }
    return made;
  }
}

// What a selection with the keyboard is: a word or sentence where it began, and the place up to which it was extended.
class Cursor {
  constructor(text) {
    this.text = text;
    this.at([0, 0]);
  }

  at(range) {
    this.anchor = range;
    this.head = range[1];
  }

  get range() {
    const [start, end] = this.anchor;
    return this.head >= end ? [start, this.head] : [Math.min(this.head, start), end];
  }

  // by: 1 or -1; units: words or sentences. False if there is nothing further that way.
  step(units, by) {
    const [start, end] = this.range;
    const sentences = units === this.text.sentences;
    const ahead = ([from]) => (sentences && start < end ? from > start : from >= end);
    const back = ([from, to]) => (sentences ? from < start : to <= start);
    const next = by > 0 ? units.find(ahead) : units.findLast(back);
    if (!next) return false;
    this.at(next);
    if (sentences) {
      // begins at a word, so that the end of the sentence can be taken back word by word
      const first = this.text.words.find(([from, to]) => from >= next[0] && to <= next[1]);
      this.anchor = [next[0], first ? first[1] : next[1]];
    }
    return true;
  }

  extend(units, by) {
    const [start, end] = this.anchor;
    if (start === end) return this.step(units, by);
    const behind = this.head >= end;
    let to;
    if (by > 0) {
      to = behind ? units.find((unit) => unit[1] > this.head)?.[1] : units.find(([from]) => from > this.head)?.[0];
      if (!behind && (to === undefined || to >= start)) to = end;
    } else {
      to =
        behind && this.head > end
          ? Math.max(end, units.findLast((unit) => unit[1] < this.head)?.[1] ?? end)
          : units.findLast(([from]) => from < (behind ? start : this.head))?.[0];
    }
    if (to === undefined) return false;
    this.head = to;
    return true;
  }
}

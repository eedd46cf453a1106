// The page: making elements, showing a response with its marks, and reading back from it what is selected.

const $ = (id) => document.getElementById(id);

// Texts become text: nothing is read as HTML.
function el(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made && key !== "list") made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

const button = (text, click, properties = {}) => el("button", { type: "button", onclick: click, ...properties }, text);
const unseen = (text) => el("span", { className: "unseen" }, text);
const wellFormed = (text) => text.toWellFormed?.() ?? text; // no half of a character, which no file can hold
const plural = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
const short = (text, most = 140) => (text.length > most ? `${text.slice(0, most).trimEnd()} …` : text);

// Says a sentence to whoever listens to the page.
function say(sentence) {
  $("said").textContent = "";
  setTimeout(() => {
    $("said").textContent = sentence;
  }, 30);
}

class ResponseView {
  constructor(box) {
    this.box = box;
    this.highlight = self.Highlight && CSS.highlights ? new Highlight() : null;
    if (this.highlight) CSS.highlights.set("pending", this.highlight);
  }

  // marks: [start, end, tag], in the order of the list that numbers them.
  paint(text, marks) {
    this.text = text;
    this.nodes = [];
    const lanes = lanesOf(marks);
    const headings = new Map(text.headings);
    const parts = [];
    for (const [start, end, sign, over, boxed] of text.pieces(marks)) {
      if (headings.has(start)) parts.push(el("span", { className: "heading" }, headings.get(start)));
      const node = document.createTextNode(sign ?? text.raw.slice(start, end));
      this.nodes.push({ node, start, end, sign });
      for (const mark of over) {
        if (mark[0] === start) parts.push(el("i", { className: "tag", "aria-hidden": "true", "data-tag": mark[2] }));
      }
      const shown = sign && sign !== "\n" ? el("span", { className: boxed ? "sign boxed" : "sign" }, node) : node;
      const lane = (mark) => `lane-${lanes.get(mark)}`;
      parts.push(over.length ? el("mark", { className: over.map(lane).join(" ") }, shown) : shown);
    }
    this.places = new Map(this.nodes.map((place) => [place.node, place]));
    this.box.replaceChildren(...parts);
    if (!text.raw) this.box.append(el("span", { className: "hint" }, "(empty: the model wrote nothing)"));
  }

  // The selection of the browser as [start, end], if it began in the response; null otherwise.
  selected() {
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed || !this.box.contains(selection.anchorNode)) return null;
    const range = selection.getRangeAt(0);
    const start = this.box.contains(range.startContainer) ? this.unit(range.startContainer, range.startOffset) : 0;
    const end = this.box.contains(range.endContainer)
      ? this.unit(range.endContainer, range.endOffset, true)
      : this.text.raw.length;
    return this.text.whole([start, end]);
  }

  // Where a place of the document is in the text; `end` says to which side of a sign it belongs.
  unit(node, offset, end = false) {
    const place = this.places.get(node);
    if (place?.sign) return end ? (offset ? place.end : place.start) : offset >= node.length ? place.end : place.start;
    if (place) return place.start + offset;
    const point = document.createRange();
    point.setStart(node, offset);
    let [low, high] = [0, this.nodes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (point.comparePoint(this.nodes[middle].node, 0) < 0) low = middle + 1;
      else high = middle;
    }
    return low < this.nodes.length ? this.nodes[low].start : this.text.raw.length;
  }

  // Where in the text a click or a tap went.
  unitUnder({ clientX, clientY }) {
    const place = document.caretPositionFromPoint?.(clientX, clientY);
    const range = place ? null : document.caretRangeFromPoint?.(clientX, clientY);
    const [node, offset] = place
      ? [place.offsetNode, place.offset]
      : range
        ? [range.startContainer, range.startOffset]
        : [null, 0];
    return node && this.box.contains(node) ? this.unit(node, offset) : 0;
  }

  range([start, end]) {
    const range = document.createRange();
    const first = this.nodes.find((place) => place.end > start);
    const last = this.nodes.findLast((place) => place.start < end);
    range.setStart(first.node, first.sign ? 0 : start - first.start);
    range.setEnd(last.node, last.sign ? last.node.length : end - last.start);
    return range;
  }

  // Shows what is selected, also while the focus is elsewhere.
  select(stretch) {
    this.highlight?.clear();
    if (!stretch) {
      if (this.box.contains(getSelection().anchorNode)) getSelection().removeAllRanges();
      return;
    }
    const range = this.range(stretch);
    this.highlight?.add(range);
    const said = this.selected();
    if (document.activeElement === this.box && String(said) !== String(stretch)) {
      getSelection().setBaseAndExtent(range.startContainer, range.startOffset, range.endContainer, range.endOffset);
    }
  }

  // Scrolls so far that a stretch stands between what covers the edges of its frame.
  reveal(stretch) {
    const work = this.box.closest(".work");
    const ask = document.querySelector(".ask");
    const inner = getComputedStyle(work).overflowY === "auto";
    const frame = inner ? work.getBoundingClientRect() : { top: 0, bottom: innerHeight };
    const top = frame.top + (!inner && getComputedStyle(ask).position === "sticky" ? ask.offsetHeight : 0) + 12;
    const bottom = frame.bottom - ($("bar").hidden ? 0 : $("bar").offsetHeight) - 12;
    const box = this.range(stretch).getBoundingClientRect();
    const by = box.top < top ? box.top - top : box.bottom > bottom ? Math.min(box.bottom - bottom, box.top - top) : 0;
    if (by) (inner ? work : document.scrollingElement).scrollBy(0, by);
  }
}

// Marks that overlap are underlined on different lines, of which there are four.
function lanesOf(marks) {
  const ends = [0, 0, 0, 0];
  const sorted = [...marks].sort((one, other) => one[0] - other[0]);
  return new Map(
    sorted.map((mark) => {
      const free = ends.findIndex((end) => end <= mark[0]);
      const lane = free < 0 ? 3 : free;
      ends[lane] = Math.max(ends[lane], mark[1]);
      return [mark, lane + 1];
    }),
  );
}

// Selecting words, and saying what they are.

function pend(stretch) {
  const fresh = { facts: new Set(), option: null, choice: null, harm: null, edits: null, typed: "", proposed: true };
  pending = { ...fresh, ...pending, stretch };
  if (pending.proposed && pending.edits === null && question()) Object.assign(pending, proposal(stretch));
  pending.first = new Set(pending.facts);
  paintBar();
  view.select(stretch);
}

// What the selected words name, which Enter confirms and any choice of the rater's takes the place of.
function proposal(stretch) {
  const words = text().raw.slice(...stretch);
  const { options } = item();
  if (key === "cecd") return { facts: new Set(factsNamed().in(words).map((place) => place + 1)) };
  if (key !== "drc") return {};
  const around = text().sentences.find(([start, end]) => start <= stretch[0] && stretch[0] < end) ?? stretch;
  const named = (some) => optionNamed(some, options, optionsNamed());
  return { option: named(words) ?? named(text().raw.slice(...around)) };
}

const cached = (make) => {
  const made = new Map();
  return () => made.get(item().id) ?? made.set(item().id, make(item())).get(item().id);
};
const factsNamed = cached(({ facts }) => new Named(facts, true));
const optionsNamed = cached(({ options }) => new Named(options.map(([, words]) => words), false));

function drop() {
  pending = null;
  view.select(null);
  paintBar();
}

const toggle = (label, name, on, click, more = {}) =>
  button(el("span", {}, el("kbd", {}, label), " ", name), click, { "aria-pressed": String(on), ...more });

// An option is for or against whatever is marked; chosen again, it is none.
function pickOption(letter) {
  pending.option = pending.option === letter && !(key === "drc" && pending.proposed) ? null : letter;
  pending.proposed = false;
}

// A reason or a label marks at once where nothing else is to be said.
function pickChoice(value) {
  const whole = key === "claims" ? !needsHarm(data, value) : pending.option;
  if (whole && pending.edits === null) return mark(value);
  return choose(() => {
    pending.choice = pending.choice === value ? null : value;
    if (!needsHarm(data, pending.choice)) pending.harm = null;
  });
}

// The harm of a wrong claim, which is the last thing to say of it.
const asksHarm = () => key === "claims" && needsHarm(data, pending.choice);
function pickHarm(value, label = pending.choice) {
  Object.assign(pending, { choice: label, harm: value });
  return mark();
}

function choices() {
  const options = (title) =>
    group(
      title,
      item().options.map(([letter, words]) =>
        toggle(letter, short(words, 40), pending.option === letter, () => choose(() => pickOption(letter))),
      ),
    );
  const kind = ([value, label], place) =>
    toggle(place + 1, label, pending.choice === value, () => pickChoice(value));
  const kinds = (title) => group(title, question().choices.map(kind));
  // of a wrong claim label and harm are one click, and two keys
  const harmed = ([value, label], place) => {
    const harms = data.harms.map(([harm, letter]) => {
      const on = pending.choice === value && pending.harm === harm;
      return toggle(letter, harm, on, () => pickHarm(harm, value), { "aria-label": `${label}, harm: ${harm}` });
    });
    const className = `chips harms${pending.choice === value ? " on" : ""}`;
    return el("span", { className }, kind([value, label], place), ...harms);
  };
  const claims = (title) =>
    group(
      title,
      question().choices.map((one, place) => (needsHarm(data, one[0]) ? harmed(one, place) : kind(one, place))),
    );
  if (key === "cecd") {
    // what is proposed or chosen stands first
    const numbers = item().facts.map((_, place) => place + 1);
    const first = numbers.filter((fact) => pending.first.has(fact));
    const facts = [...first, ...numbers.filter((fact) => !pending.first.has(fact))].map((fact) =>
      toggle(
        `F${fact}`,
        short(item().facts[fact - 1], 36),
        pending.facts.has(fact),
        () => choose(() => flip(fact)),
        lights(fact),
      ),
    );
    return [
      group("Which fact does it name? (one or several)", facts),
      options("Used for or against an option? (none: only mentioned)"),
    ];
  }
  return key === "drc"
    ? [options("Which option is rejected?"), kinds("For what reason?")]
    : key === "claims"
      ? [claims(`What is it?${data.harms.length ? " If it is wrong: how much harm if somebody acted on it?" : ""}`)]
      : [];
}

const group = (title, buttons) =>
  el("fieldset", {}, el("legend", {}, title), el("div", { className: "chips" }, ...buttons));

// Takes a fact, or takes it back; the first choice of a rater takes the place of what was proposed.
function flip(fact) {
  if (pending.proposed) pending.facts.clear();
  pending.proposed = false;
  return pending.facts.delete(fact) || pending.facts.add(fact);
}

// A choice that was made in the bar: the focus stays, and what was chosen by a key comes into view.
function choose(act) {
  const chips = () => [...$("bar-choices").querySelectorAll("button")];
  const isOn = (chip) => chip.getAttribute("aria-pressed") === "true";
  const [before, place, down] = [
    chips().map(isOn),
    chips().indexOf(document.activeElement),
    $("bar-choices").scrollTop,
  ];
  act();
  paintBar();
  $("bar-choices").scrollTop = down;
  const fresh = chips().find((chip, at) => isOn(chip) && !before[at]);
  if (place >= 0) chips()[place].focus();
  else fresh?.scrollIntoView({ block: "nearest" });
  const chosen = chips()
    .filter(isOn)
    .map((chip) => chip.textContent);
  say(chosen.join(", ") || "Nothing chosen.");
}

function paintBar() {
  paintFacts();
  $("bar").hidden = !pending || !question();
  if ($("bar").hidden) return;
  $("bar-does").textContent = pending.edits === null ? "Mark" : `Change mark ${pending.edits + 1}`;
  $("bar-quote").textContent = short(text().shown(pending.stretch), 120);
  $("bar-problem").textContent = "";
  $("bar-choices").replaceChildren(...choices());
  $("mark").hidden = pending.edits === null && (key === "claims" || (key === "drc" && Boolean(pending.option)));
}

function refuse(problem) {
  $("bar-problem").textContent = problem;
}

// The marks that the choices in the bar make.
function made() {
  const place = text().outside(pending.stretch);
  const { option, choice } = pending;
  if (key === "cecd") {
    // several facts in a part of a sentence are marked each at its own words, where these can be told
    const several = pending.facts.size > 1 && pending.edits === null;
    const own = several ? factsNamed().within(text(), pending.stretch) : new Map();
    const at = (fact) => (own.has(fact - 1) ? text().outside(own.get(fact - 1).stretch) : place);
    return [...pending.facts].map((fact) => ({ ...at(fact), fact, option }));
  }
  if (key === "drc") return option && choice ? [{ ...place, option, reason: choice }] : [];
  if (key === "claims" && asksHarm()) return pending.harm ? [{ ...place, label: choice, harm: pending.harm }] : [];
  if (key === "claims") return choice ? [{ ...place, label: choice }] : [];
  return [place];
}

function mark(choice) {
  if (!pending || !question()) return;
  if (choice) pending.choice = choice;
  const fresh = made();
  if (!fresh.length)
    return refuse(
      {
        cecd: "Choose the fact that these words name.",
        drc: "Choose the option that is rejected, and the reason.",
        claims: pending.choice ? "Say how much harm it could do." : "Choose what it is.",
      }[key],
    );
  const others = marks().filter((_, place) => place !== pending.edits);
  const same = (one) =>
    others.find((other) =>
      key === "claims"
        ? one.start === other.start && one.end === other.end
        : target(one) === target(other) && overlap(one, other),
    );
  const twice = fresh.find(same);
  if (twice) return refuse(`That is mark ${marks().indexOf(same(twice)) + 1} already. Change or remove that one.`);
  if (others.length + fresh.length > data.limits.marks)
    return refuse("These are more marks than one response can have.");
  const [, end] = pending.stretch;
  change((answer) => {
    answer.marks[key] = [...others, ...fresh].sort(inOrder);
    answer.none = answer.none.filter((metric) => !question().metrics.includes(metric));
  });
  cursor.at([end, end]);
  finishEdit(`Marked. ${question().name}: ${sum()}.`);
}

function finishEdit(sentence) {
  pending = null;
  save();
  paint();
  if (document.activeElement === document.body || $("bar").contains(document.activeElement))
    $("response").focus({ preventScroll: true });
  say(sentence);
}

function edit(place) {
  const { fact, option, reason, label, harm } = marks()[place];
  pending = {
    edits: place,
    facts: new Set(fact ? [fact] : []),
    option: option ?? null,
    choice: reason ?? label ?? null,
    harm: harm ?? null,
    typed: "",
    proposed: false,
    stretch: stretchOf(marks()[place]),
  };
  cursor.at(pending.stretch);
  $("response").focus({ preventScroll: true });
  pend(pending.stretch);
  view.reveal(pending.stretch);
}

function remove(place) {
  change((answer) => {
    answer.marks[key] = marks().filter((_, other) => other !== place);
  });
  finishEdit(`Mark ${place + 1} removed. ${question().name}: ${sum()}.`);
}

// The shortest mark at a place of the text.
function markAt(unit) {
  const length = (place) => marks()[place].end - marks()[place].start;
  const holds = (place) => {
    const [start, end] = stretchOf(marks()[place]);
    return start <= unit && unit < end;
  };
  return (
    marks()
      .map((_, place) => place)
      .filter(holds)
      .sort((one, other) => length(one) - length(other))[0] ?? -1
  );
}

// A fact chosen from the list beside the response: what the selected words name.
function takeFact(fact) {
  if (key !== "cecd" || !pending) return say(item().facts[fact - 1]);
  if (pending.edits !== null) return choose(() => flip(fact));
  Object.assign(pending, { facts: new Set([fact]), proposed: false });
  return mark();
}

// A double click: a phrase that is a fact is marked, elsewhere the sentence is selected; a behaviour needs no more.
function markPhrase(unit) {
  if (key === "cecd") {
    const found = factsNamed().phrase(text(), unit);
    if (!found) return;
    pending = null;
    pend(found.stretch);
    Object.assign(pending, { facts: new Set([found.place + 1]), proposed: false });
    return mark();
  }
  const sentence = text().sentences.find(([start, end]) => start <= unit && unit < end);
  if (!sentence) return;
  pending = null;
  cursor.at(sentence);
  pend(text().whole(sentence));
  if (key === "claims" && question().choices[0][0] === "supported") mark("supported");
  else if (key !== "claims" && key !== "drc") mark();
}

// `last`: whether the answer finishes the item where nothing else is missing.
function setAccept(value, last = false) {
  change((answer) => {
    answer.accept = value;
  });
  save();
  paint();
  say(`Acceptable: ${value} of ${data.accept.length}.`);
  if (last && !item().practice && !missing().length && record().status === "open") finish();
}

function setNone(on) {
  if (!question() || marks().length) return;
  const { metrics, name } = question();
  change((answer) => {
    answer.none = [...answer.none.filter((metric) => !metrics.includes(metric)), ...(on ? metrics : [])];
  });
  save();
  paint();
  say(on ? `${name}: none.` : `${name}: not answered.`);
}

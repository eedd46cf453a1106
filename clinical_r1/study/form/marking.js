// Selecting words, and saying what they are.

function pend(stretch) {
  pending = { facts: new Set(), option: null, choice: null, edits: null, typed: "", ...pending, stretch };
  paintBar();
  view.select(stretch);
}

function drop() {
  pending = null;
  view.select(null);
  paintBar();
}

const toggle = (label, name, on, click) =>
  button(el("span", {}, el("kbd", {}, label), " ", name), click, { "aria-pressed": String(on) });

function choices() {
  const pick = (field, value) => () =>
    choose(() => {
      pending[field] = pending[field] === value ? null : value;
    });
  const options = (title) =>
    group(
      title,
      item().options.map(([letter, words]) =>
        toggle(letter, short(words, 40), pending.option === letter, pick("option", letter)),
      ),
    );
  const kinds = (title) =>
    group(
      title,
      question().choices.map(([value, label], place) =>
        toggle(
          place + 1,
          label,
          pending.choice === value,
          key === "claims" ? () => mark(value) : pick("choice", value),
        ),
      ),
    );
  if (key === "cecd") {
    const facts = item().facts.map((fact, place) =>
      toggle(`F${place + 1}`, short(fact, 36), pending.facts.has(place + 1), () => choose(() => flip(place + 1))),
    );
    return [
      group("Which fact does it name? (one or several)", facts),
      options("Used for or against an option? (none: only mentioned)"),
    ];
  }
  return key === "drc"
    ? [options("Which option is rejected?"), kinds("For what reason?")]
    : key === "claims"
      ? [kinds("What is it?")]
      : [];
}

const group = (title, buttons) =>
  el("fieldset", {}, el("legend", {}, title), el("div", { className: "chips" }, ...buttons));
const flip = (fact) => pending.facts.delete(fact) || pending.facts.add(fact);

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
  $("bar").hidden = !pending || !question();
  if ($("bar").hidden) return;
  $("bar-does").textContent = pending.edits === null ? "Mark" : `Change mark ${pending.edits + 1}`;
  $("bar-quote").textContent = short(text().shown(pending.stretch), 120);
  $("bar-problem").textContent = "";
  $("bar-choices").replaceChildren(...choices());
  $("mark").hidden = key === "claims" && pending.edits === null;
}

function refuse(problem) {
  $("bar-problem").textContent = problem;
}

// The marks that the choices in the bar make.
function made() {
  const place = text().outside(pending.stretch);
  const { option, choice } = pending;
  if (key === "cecd") return [...pending.facts].map((fact) => ({ ...place, fact, option }));
  if (key === "drc") return option && choice ? [{ ...place, option, reason: choice }] : [];
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
        claims: "Choose what it is.",
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
  const { fact, option, reason, label } = marks()[place];
  pending = {
    edits: place,
    facts: new Set(fact ? [fact] : []),
    option: option ?? null,
    choice: reason ?? label ?? null,
    typed: "",
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

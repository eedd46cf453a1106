// Putting on the page what the form knows.

const tagOf = (mark) => (mark.fact ? `F${mark.fact}` : mark.option ? `not ${mark.option}` : labelOf(mark));
const labelOf = (mark) =>
  data.questions.flatMap((one) => one.choices).find(([value]) => value === (mark.reason ?? mark.label))?.[1] ?? "";

function describe(mark) {
  if (mark.fact) {
    const use = mark.option ? `for or against option ${mark.option}` : "only mentioned";
    return `F${mark.fact} ${short(item().facts[mark.fact - 1], 60)}: ${use}`;
  }
  const harm = mark.harm ? `, harm: ${mark.harm}` : "";
  return mark.reason ? `option ${mark.option} rejected: ${labelOf(mark)}` : labelOf(mark) + harm;
}

const stretchOf = (mark) => text().inside(mark);

function paint() {
  paintItem();
  paintTabs();
  paintResponse();
  paintOthers();
  paintMarks();
  paintRest();
  paintProgress();
  paintBar();
}

function paintItem() {
  const { id, question: stem, options, facts, negated, truncated } = item();
  if ($("item").dataset.id !== id) {
    $("item").dataset.id = id;
    $("stem").textContent = stem;
    const lettered = (name, words) => el("li", {}, el("b", {}, name), el("span", { dir: "auto" }, words));
    $("options").replaceChildren(...options.map(([letter, words]) => lettered(letter, words)));
    $("facts").replaceChildren(
      ...facts.map((fact, place) => {
        const says = el("span", {}, el("b", {}, `F${place + 1}`), el("span", { dir: "auto" }, fact));
        return el("li", {}, button(says, () => takeFact(place + 1), lights(place + 1)));
      }),
    );
    $("inventory").hidden = !facts.length;
    $("negated").hidden = !negated;
    $("cut").hidden = !truncated;
    $("notes").value = record().notes;
    $("reason").value = record().reason;
  }
  const state = el("span", { className: `state ${stateOf(id)}` }, STATES[stateOf(id)]);
  const before = data.items.length - real.length;
  const place = isPractice(id) ? `Practice ${at + 1} of ${before} ` : `Item ${at + 1 - before} of ${real.length} `;
  $("item").replaceChildren(place, ...(isPractice(id) ? [] : [state]));
  if ($("practice")) $("practice").hidden = !isPractice(id);
}

// While a fact has the pointer or the focus it is highlighted where the case says it.
const lit = self.Highlight && CSS.highlights ? new Highlight() : null;
if (lit) CSS.highlights.set("fact", lit);

function light(fact) {
  lit?.clear();
  const node = $("stem").firstChild;
  const words = item().facts[fact - 1]?.split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const found = words && node ? new RegExp(words.join("\\s+"), "i").exec(node.data) : null;
  if (!found) return;
  const range = document.createRange();
  range.setStart(node, found.index);
  range.setEnd(node, found.index + found[0].length);
  lit?.add(range);
}

const lights = (fact) => {
  const [on, off] = [() => light(fact), () => light(0)];
  return { onmouseenter: on, onmouseleave: off, onfocus: on, onblur: off };
};

// Which facts are cited already, and which the selected words are said to name.
function paintFacts() {
  const cited = new Set(marksOf(record(), "cecd").map((mark) => mark.fact));
  [...$("facts").querySelectorAll("button")].forEach((one, place) => {
    one.classList.toggle("cited", cited.has(place + 1));
    one.setAttribute("aria-pressed", String(Boolean(key === "cecd" && pending?.facts.has(place + 1))));
  });
}

const BY_DOUBLE_CLICK = {
  cecd: "marks a phrase that names a fact",
  drc: "selects a sentence",
  claims: data.questions.some((one) => one.choices[0]?.[0] === "supported")
    ? "marks a sentence as supported"
    : "selects a sentence",
};

function paintTabs() {
  for (const tab of $("tabs").children) {
    const one = asked().find((each) => each.key === tab.dataset.key);
    tab.hidden = !one;
    if (!one) continue;
    const chosen = one.key === key;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    const number = marksOf(record(), one.key).length;
    const count = tab.querySelector(".count");
    const judged = isJudged(record(), one);
    count.replaceChildren(
      judged ? String(number) : el("span", { "aria-hidden": "true" }, "–"),
      unseen(judged ? " marked" : "not answered"),
    );
    count.classList.toggle("judged", judged);
    tab.querySelector(".place")?.remove();
    tab.prepend(el("kbd", { className: "place", "aria-hidden": "true" }, String(asked().indexOf(one) + 1)));
  }
  $("double").textContent = BY_DOUBLE_CLICK[key] ?? "marks a sentence";
  $("asks").textContent = question()?.asks ?? "Nothing is asked about this item: the case has no facts.";
  for (const rule of document.querySelectorAll(".rule")) rule.hidden = rule.dataset.key !== key;
}

function paintResponse() {
  view.paint(
    text(),
    question()
      ? marks().map((mark, place) => [...stretchOf(mark), [place + 1, tagOf(mark)].filter(Boolean).join(" ")])
      : [],
  );
  view.select(pending?.stretch ?? null);
}

// "5: 3 supported, 2 against the case", in the order of the choices.
function sum() {
  const number = marks().length;
  const kinds = (question()?.choices ?? []).map(([value, label]) => [
    marks().filter((mark) => (mark.reason ?? mark.label) === value).length,
    label,
  ]);
  const parts = kinds.filter(([times]) => times).map(([times, label]) => `${times} ${label}`);
  if (key === "cecd" && number)
    parts.push(`${plural(new Set(marks().map((mark) => mark.fact)).size, "fact")} of ${item().facts.length}`);
  if (number) return parts.length ? `${number}: ${parts.join(", ")}` : String(number);
  return question() && isNone(record(), question()) ? "none" : "not answered yet";
}

function paintMarks() {
  $("sum").textContent = sum();
  $("marks").replaceChildren(
    ...marks().map((mark, place) => {
      const quote = short(text().shown(stretchOf(mark)));
      const about = unseen(` mark ${place + 1}: ${short(quote, 40)}`);
      return el(
        "li",
        {},
        button(el("q", { dir: "auto" }, quote), () => view.reveal(stretchOf(mark)), {
          className: "quote",
          title: "Show in the response",
        }),
        el("span", { className: "what" }, describe(mark)),
        el(
          "span",
          { className: "row" },
          button(el("span", {}, "Change", about), () => edit(place)),
          button(el("span", {}, "Remove", about), () => remove(place)),
        ),
      );
    }),
  );
  $("none").checked = Boolean(question() && isNone(record(), question()));
  $("none").disabled = !question() || marks().length > 0;
  $("none-says").textContent = question() ? `None: nothing to mark under “${question().name}”` : "Nothing is asked";
}

const ACCEPT = { key: "accept", name: "whether you would accept the reasoning" };

function missing() {
  const lacks = data.accept.length && !item().practice && (record().accept ?? null) === null ? [ACCEPT] : [];
  return [...asked().filter((one) => !isJudged(record(), one)), ...lacks];
}

function paintRest() {
  const aside = record().status === "cannot_judge";
  for (const one of document.querySelectorAll("#accept input")) one.checked = Number(one.value) === record().accept;
  $("set-aside").hidden = !aside;
  $("set-aside").querySelector("span").textContent = record().reason;
  $("cannot").hidden = aside;
  $("finish").hidden = aside;
  $("missing").textContent = "";
  $("undo").disabled = !undone.length;
}

// ", about 48 min left", from the items that are finished: their median, so that a long break does not count.
function timeLeft() {
  const took = real.filter(({ id }) => isFinished(id)).map(({ id }) => records[id].seconds);
  const minutes = Math.round((median(took) * (real.length - took.length)) / 60);
  if (took.length < 3 || minutes < 1) return "";
  return `, about ${minutes < 90 ? `${minutes} min` : `${Math.round(minutes / 60)} h`} left`;
}

const median = (numbers) => [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)];

function paintProgress() {
  const finished = real.filter(({ id }) => isFinished(id)).length;
  $("finished").textContent = `${finished} of ${real.length} items finished${timeLeft()}`;
  $("progress").value = finished;
  $("previous").disabled = at === 0;
  $("next").disabled = at === data.items.length - 1;
  $("unfinished").disabled = nextUnfinished() < 0;
  data.items.forEach(({ id }, place) => {
    const number = place + 1 - (data.items.length - real.length);
    const says = isPractice(id) ? `practice ${place + 1}` : `${number} ${STATES[stateOf(id)]}`;
    $("jump").options[place].textContent = says;
  });
  $("jump").value = String(at);
}

function paintKept() {
  const changed = unsaved();
  $("kept").textContent = changed
    ? `${plural(changed, "item")} not exported yet`
    : begun()
      ? "all exported"
      : "nothing to export yet";
  const trouble =
    keep.trouble &&
    `${keep.trouble} Do not close it before you have exported your answers to a file, and export often.`;
  if ($("trouble").textContent !== trouble) $("trouble").textContent = trouble;
  $("trouble").hidden = !trouble;
}

function show(sentence, ...more) {
  $("message").firstElementChild.replaceChildren(
    el("p", {}, sentence),
    ...(more.length ? [el("ul", {}, ...more.map((one) => el("li", {}, one)))] : []),
  );
  $("message").hidden = false;
}

// From question to question and from item to item.

function go(place, { focus = false } = {}) {
  if (!data.items[place]) return;
  spend();
  at = place;
  key = (asked().find((one) => one.key === key) ?? missing().find((one) => one !== ACCEPT) ?? asked()[0])?.key ?? "";
  pending = null;
  cursor = new Cursor(text());
  paint();
  for (const part of document.querySelectorAll(".case, .work, .side, #inventory")) part.scrollTop = 0;
  if (focus) $("item").focus();
  saveSoon();
}

function ask(other) {
  if (!asked().some((one) => one.key === other)) return;
  key = other;
  pending = null;
  paint();
  saveSoon();
  say(`${question().asks} ${sum()}`);
}

function nextUnfinished() {
  const places = data.items.map((_, place) => (at + 1 + place) % data.items.length);
  const open = (place) => place !== at && !isFinished(data.items[place].id) && !isPractice(data.items[place].id);
  return places.find(open) ?? -1;
}

function finish() {
  if (record().status === "cannot_judge") return;
  const [first] = missing();
  if (first) {
    ask(first.key);
    if (first === ACCEPT) HERE.w();
    const names = missing().map((one) => one.name);
    const mend = first === ACCEPT ? "" : " Mark something, or tick “None”.";
    $("missing").textContent = `Not answered yet: ${names.join(", ")}.${mend}`;
    return;
  }
  if (item().practice) return showFeedback();
  if (record().status !== "done")
    change((answer) => {
      answer.status = "done";
    });
  save();
  settle("finished");
}

function settle(what) {
  const left = nextUnfinished();
  if (left >= 0) go(left, { focus: true });
  else {
    paint();
    show(
      real.every(({ id }) => isFinished(id))
        ? "All items are finished. Export your answers and send the file."
        : `This item is ${what}.`,
    );
  }
}

function setAside() {
  const reason = wellFormed($("reason").value.trim());
  if (!reason) {
    $("reason").focus();
    $("missing").textContent = "Say why the item cannot be judged.";
    return;
  }
  change((answer) => Object.assign(answer, { status: "cannot_judge", reason }));
  save();
  settle("set aside");
}

// Practice: what a rater marked in an item of which it is known what there is to mark.

const isPractice = (id) => Boolean(items.get(id)?.practice);

// What to say of one question: { name, found, all, lines }.
function feedbackOn(question, given, truth) {
  const named = (mark) => `F${mark.fact} (${short(item().facts[mark.fact - 1], 40)})`;
  const what = (mark) => (mark.fact ? named(mark) : describe(mark) || `one of “${question.name}”`);
  const verb = question.key === "cecd" ? "names" : "is";
  const quote = (mark) => `“${short(textOf(item().id).shown(stretchOf(mark)), 60)}”`;
  const about = (mark) => truth.filter((one) => overlap(one, mark));
  const right = (one) => given.some((mark) => overlap(one, mark) && target(one) === target(mark));
  const needed = truth.filter((one) => !one.may);
  const missed = needed.filter((one) => !right(one));
  const beside = given.filter((mark) => !about(mark).some((one) => target(one) === target(mark)));
  const lines = missed.map((one) => {
    const said = beside.find((mark) => overlap(one, mark));
    return `${quote(one)} ${verb} ${what(one)}${said ? `; you said ${what(said)}` : ""}`;
  });
  for (const mark of beside) {
    if (!missed.some((one) => overlap(one, mark)) && mark.label !== "supported")
      lines.push(`${quote(mark)} ${verb === "is" ? "is not" : "does not name"} ${what(mark)}`);
  }
  return { name: question.name, found: needed.length - missed.length, all: needed.length, lines };
}

function showFeedback() {
  const told = asked().map((one) => feedbackOn(one, marksOf(record(), one.key), item().truth[one.key]));
  $("feedback-says").replaceChildren(
    ...told.flatMap(({ name, found, all, lines }) => [
      el("p", {}, el("b", {}, `${name}: `), all ? `you marked ${found} of ${all}.` : "there is nothing to mark."),
      ...(lines.length ? [el("ul", {}, ...lines.map((line) => el("li", {}, `${line}.`)))] : []),
    ]),
  );
  $("onward").textContent = data.items[at + 1]?.practice ? "Next practice item" : "Begin with item 1";
  $("feedback").showModal();
}

function leavePractice() {
  if ($("feedback").open) $("feedback").close();
  go(data.items.indexOf(real[0]), { focus: true });
}

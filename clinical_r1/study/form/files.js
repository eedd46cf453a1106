// Answers out to a file, and back from one.

const fileName = () => `answers-${data.study}-${data.rater}.json`.replace(/[^\w.-]+/g, "_");

function openExport() {
  spend();
  save();
  const file = answersFile(data, records, new Date().toISOString());
  const states = Object.values(file.items).map((one) => one.status);
  const count = (state) => states.filter((one) => one === state).length;
  const done = `${count("done")} finished, ${count("cannot_judge")} set aside, ${count("open")} begun`;
  const rest = `${real.length - states.length} untouched`;
  $("exported-what").textContent = `${done}, ${rest}. The file is called ${fileName()}.`;
  $("exported-says").textContent = "";
  $("exported-text").value = `${JSON.stringify(file, null, 1)}\n`;
  $("exported").showModal();
}

function handedOver(sentence) {
  for (const [id, one] of Object.entries(JSON.parse($("exported-text").value).items)) handed[id] = one.exported;
  $("exported-says").textContent = sentence;
  save();
}

function download() {
  const address = URL.createObjectURL(new Blob([$("exported-text").value], { type: "application/json" }));
  el("a", { href: address, download: fileName() }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  handedOver("The file was given to the browser: look among its downloads.");
}

async function copy() {
  const box = $("exported-text");
  try {
    await navigator.clipboard.writeText(box.value);
  } catch {
    box.closest("details").open = true;
    box.select();
    if (!document.execCommand("copy")) {
      $("exported-says").textContent =
        "This browser does not let the form copy. The text below is selected: copy it yourself.";
      return;
    }
  }
  handedOver("Copied. Paste it into a text file whose name ends in .json.");
}

async function load(chosen) {
  const refused = (...problems) =>
    show(
      `${chosen.name} was not loaded; nothing has changed.`,
      ...problems.slice(0, 5),
      ...(problems.length > 5 ? [`and ${problems.length - 5} more`] : []),
    );
  let file;
  try {
    if (chosen.size > 50_000_000) return refused("It is too big.");
    file = JSON.parse((await chosen.text()).replace(/^\ufeff/, ""));
  } catch {
    return refused("It is not a file of answers.");
  }
  const problems = problemsOf(file, data, textOf);
  if (problems.length) return refused(...problems);
  undone = [];
  const theirs = Object.fromEntries(Object.entries(file.items).map(([id, one]) => [id, tidy(one, file.exported)]));
  const { taken, kept } = merge(records, theirs);
  for (const [id, one] of Object.entries(theirs)) if (records[id].exported === one.exported) handed[id] = one.exported;
  delete $("item").dataset.id;
  go(item().practice && begun() ? data.items.indexOf(real[0]) : at); // who has begun need not practise
  save();
  const newer = kept ? ` ${plural(kept, "item")} ${kept === 1 ? "is" : "are"} newer here and stay as they are.` : "";
  show(
    taken
      ? `${plural(taken, "item")} taken from ${chosen.name}.${newer}`
      : `Everything in ${chosen.name} is here already.${newer}`,
  );
}

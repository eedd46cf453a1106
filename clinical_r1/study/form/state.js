// What the form knows, how it is kept, and how an answer changes.

const data = JSON.parse($("data").textContent);
const keep = new Keep(`clinical-r1:${data.study}:${data.rater}`);
const view = new ResponseView($("response"));
const items = new Map(data.items.map((item) => [item.id, item]));
const texts = new Map();
const real = data.items.filter((item) => !item.practice); // what counts
const textOf = (id) => texts.get(id) ?? texts.set(id, new Text(items.get(id))).get(id);

let records = {}; // id -> answer
let handed = {}; // id -> which version of its answer is in a file that was made or loaded
let at = 0; // place of the item shown
let key = ""; // question shown
let pending = null; // what is selected: { stretch, facts, option, choice, harm, edits }
let cursor = null;
let undone = []; // what Undo goes back to: [id, question, answer as JSON]

const item = () => data.items[at];
const text = () => textOf(item().id);
const record = () => (records[item().id] ??= begunAnswer(item()));
const asked = () => data.questions.filter((question) => item().asked.includes(question.key));
const question = () => asked().find((one) => one.key === key) ?? null;
const marks = () => marksOf(record(), key);
const stateOf = (id) => records[id]?.status ?? "open";
const isFinished = (id) => stateOf(id) !== "open";
const unsaved = () => real.filter(({ id }) => records[id]?.exported && handed[id] !== records[id].exported).length;
const begun = () => real.some(({ id }) => records[id]?.exported);

let waiting = 0;

function save() {
  clearTimeout(waiting);
  waiting = 0;
  if (adopt(keep.news())) refresh();
  keep.write({ ...answersFile(data, records, new Date().toISOString()), handed, at: item().id, key });
  paintKept();
}

function saveSoon() {
  if (!waiting) waiting = setTimeout(save, 300);
}

// Takes over what the browser kept, or another tab wrote; false if there was nothing.
function adopt(kept) {
  if (!kept) return false;
  if (kept.damaged !== undefined || problemsOf(kept, data, textOf).length) {
    keep.aside(kept.damaged ?? JSON.stringify(kept));
    show("What this browser had kept for this form cannot be read. It is set aside; load your last export to go on.");
    return false;
  }
  merge(records, Object.fromEntries(Object.entries(kept.items).map(([id, one]) => [id, tidy(one, null)])));
  handed = { ...handed, ...kept.handed };
  return kept;
}

// After the answers changed by other hands than those on this page.
function refresh() {
  if (!document.activeElement?.matches("textarea")) delete $("item").dataset.id;
  paint();
}

// Every change of an answer goes through here. What was there before can be had back.
function change(edit, { reversible = true } = {}) {
  if (reversible) undone = [...undone.slice(-200), [item().id, key, JSON.stringify(record())]];
  edit(record());
  if (record().status === "done" && missing().length) record().status = "open";
  stamp();
}

function stamp() {
  spend();
  record().seconds = Math.round(10 * (record().seconds + (spent.get(item().id) ?? 0))) / 10;
  spent.delete(item().id);
  record().exported = later(record());
}

function undo() {
  const last = undone.pop();
  if (!last) return say("Nothing to undo.");
  const [id, before, json] = last;
  const place = data.items.findIndex((one) => one.id === id);
  if (place !== at) go(place);
  const { status, reason, marks, none, accept } = JSON.parse(json);
  Object.assign(record(), { status, reason, marks, none, accept });
  stamp();
  key = before;
  drop();
  save();
  paint();
  say("Undone.");
}

// Time counts while something happens at least once a minute. It becomes part of an answer when that changes.
const spent = new Map();
let active = Date.now();
let worked = 0; // since the last break, in ms
const [REST, STRETCH] = [5 * 60_000, 45 * 60_000];
function spend() {
  const passed = Date.now() - active;
  active += passed;
  if (passed >= REST) worked = 0;
  if (passed >= 60_000 || document.hidden) return;
  spent.set(item().id, (spent.get(item().id) ?? 0) + passed / 1000);
  worked += passed;
  if (worked < STRETCH) return;
  worked = 0;
  show("You have worked for 45 minutes. A break of some minutes keeps judgement even; your answers are kept.");
}

// After the page was hidden.
function resume() {
  if (Date.now() - active >= REST) worked = 0;
  active = Date.now();
}

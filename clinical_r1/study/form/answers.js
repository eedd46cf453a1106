// What a rater said: its parts, its checks, and how two versions of it become one. No page in here.

const STATES = { open: "open", done: "finished", cannot_judge: "set aside" };

const blank = () => ({
  status: "open",
  reason: "",
  notes: "",
  marks: {},
  none: [],
  accept: null,
  seconds: 0,
  exported: null,
});
const marksOf = (record, key) => record.marks[key] ?? [];
const isNone = (record, question) => question.metrics.every((metric) => record.none.includes(metric));
const isJudged = (record, question) => marksOf(record, question.key).length > 0 || isNone(record, question);

// Only wrong claims have a degree of harm.
// What a mark points to: two marks in the same place that point to the same thing are one.
const isWrong = (data, label) => data.wrong.includes(label);
const needsHarm = (data, label) => data.harms.length > 0 && isWrong(data, label);
const target = (mark) => [mark.fact ?? mark.option, mark.reason, mark.label].join("|");
const overlap = (one, other) => one.start < other.end && other.start < one.end;
const inOrder = (one, other) => one.start - other.start || one.end - other.end || (one.fact ?? 0) - (other.fact ?? 0);

// When an answer changed: later than all that it has seen, also on a computer whose clock was put back. Two versions of
// an answer with the same time are the same.
function later(record) {
  const before = record.exported ? Date.parse(record.exported) + 1 : 0;
  return new Date(Math.max(Date.now(), before)).toISOString();
}

// The file that goes to whoever runs the study.
function answersFile(data, records, now) {
  const items = {};
  for (const { id, practice } of data.items) {
    const record = records[id];
    if (record?.exported && !practice) items[id] = record;
  }
  return { study: data.study, schema: data.schema, rater: data.rater, exported: now, items };
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isTime = (value) => typeof value === "string" && !Number.isNaN(Date.parse(value));

// What is wrong with a file of answers, in sentences; all of the file or nothing of it is taken.
function problemsOf(file, data, texts) {
  if (!isObject(file)) return ["It does not hold answers."];
  if (file.study !== data.study) return [`It belongs to another study (${clip(file.study)}), not to ${data.study}.`];
  if (file.schema !== data.schema)
    return [`It has version ${clip(file.schema)} of the format; this form reads version ${data.schema}.`];
  if (file.rater !== data.rater)
    return [`It holds the answers of rater ${clip(file.rater)}; this is the form of ${data.rater}.`];
  if (!isTime(file.exported)) return ["It does not say when it was exported."];
  if (!isObject(file.items)) return ["It has no items."];
  const items = new Map(data.items.filter((item) => !item.practice).map((item) => [item.id, item]));
  return Object.entries(file.items).flatMap(([id, record]) => {
    if (!items.has(id)) return [`Item ${clip(id)} is not one of this form.`];
    return wrongIn(record, items.get(id), data, texts(id)).map((problem) => `Item ${id}: ${problem}.`);
  });
}

function* wrong(record, item, data, text) {
  if (!isObject(record)) return yield "no answer";
  if (!Object.hasOwn(STATES, record.status)) yield `status ${clip(record.status)}`;
  for (const field of ["reason", "notes"]) {
    if (typeof record[field] !== "string" || record[field].length > data.limits.note)
      yield `${field} is no text, or too long`;
  }
  if (!Number.isFinite(record.seconds) || record.seconds < 0) yield "time spent";
  if (record.exported !== null && record.exported !== undefined && !isTime(record.exported)) yield "time of change";
  const metrics = data.questions.flatMap((question) => question.metrics);
  if (!Array.isArray(record.none) || !record.none.every((metric) => metrics.includes(metric)))
    yield "metrics without an instance";
  if ((record.accept ?? null) !== null && !data.accept.includes(record.accept)) yield "whether it is acceptable";
  if (!isObject(record.marks)) return yield "marks";
  for (const [key, marks] of Object.entries(record.marks)) {
    const question = data.questions.find((one) => one.key === key);
    if (!Array.isArray(marks) || marks.length > data.limits.marks) yield `marks of ${clip(key)}`;
    else if (marks.length && !question) yield `marks of ${clip(key)}, which is not asked here`;
    else {
      const fits = (mark) => isObject(mark) && text.has(mark) && pointsWell(mark, question, item, data);
      const bad = marks.findIndex((mark) => !fits(mark));
      if (bad >= 0) yield `mark ${bad + 1} of ${key} does not fit the text, the facts or the options`;
    }
  }
}

const wrongIn = (...about) => [...wrong(...about)];

function pointsWell(mark, question, item, data) {
  const option = item.options.some(([letter]) => letter === mark.option);
  const chosen = question.choices.some(([value]) => value === (mark.reason ?? mark.label));
  if (question.key === "cecd")
    return (
      Number.isInteger(mark.fact) &&
      mark.fact >= 1 &&
      mark.fact <= item.facts.length &&
      (option || (mark.option ?? null) === null)
    );
  const degree = data.harms.some(([one]) => one === mark.harm);
  const harm = (mark.harm ?? null) === null || (needsHarm(data, mark.label) && degree);
  return question.key === "drc" ? option && chosen : question.key === "claims" ? chosen && harm : true;
}

const clip = (value) =>
  String(value ?? "none")
    .replace(/[^ -~]/g, "?")
    .slice(0, 40);

// Only what belongs to an answer, with every field.
function tidy(record, exported) {
  const { status, reason, notes, none, seconds, accept = null } = record;
  const kept = (mark) =>
    Object.fromEntries(
      ["start", "end", "text", "fact", "option", "reason", "label", "harm"]
        .filter((field) => mark[field] !== undefined)
        .map((field) => [field, mark[field]]),
    );
  const marks = Object.fromEntries(
    Object.entries(record.marks).map(([key, list]) => [key, list.map(kept).sort(inOrder)]),
  );
  return { status, reason, notes, marks, none: [...none], accept, seconds, exported: record.exported ?? exported };
}

// Takes over what is newer; returns how many items that were, and how many are newer here.
function merge(mine, theirs) {
  const count = { taken: 0, kept: 0 };
  for (const [id, record] of Object.entries(theirs)) {
    const [here, there] = [mine[id]?.exported, record.exported].map((time) => (time ? Date.parse(time) : 0));
    if (there > here) mine[id] = record;
    count.taken += there > here;
    count.kept += there < here;
  }
  return count;
}

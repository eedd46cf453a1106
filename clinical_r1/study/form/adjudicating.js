// Adjudication: what raters A, B, … marked stands beside the adjudicator's own marks, and can be taken over.

const othersOn = (one) => one.others ?? [];
const alike = (one, other) =>
  target(one) === target(other) && (one.harm ?? null) === (other.harm ?? null) && overlap(one, other);

// Whether all raters gave a question the same answer.
function agreed(one, question) {
  const [first, ...rest] = othersOn(one);
  const given = (rater) => marksOf(rater, question.key);
  const within = (some, many) => given(some).every((mark) => given(many).some((other) => alike(mark, other)));
  const judged = othersOn(one).every((other) => isJudged(other, question));
  return judged && rest.every((other) => within(first, other) && within(other, first));
}

// An answer as it begins: empty, or where raters agree, as they have it.
function begunAnswer(one) {
  const made = blank();
  const [first, ...rest] = othersOn(one);
  if (!first) return made;
  for (const question of data.questions.filter(({ key }) => one.asked.includes(key))) {
    if (!agreed(one, question)) continue;
    made.marks[question.key] = [...marksOf(first, question.key)];
    if (!made.marks[question.key].length) made.none.push(...question.metrics);
  }
  if (rest.every(({ accept }) => accept === first.accept)) made.accept = first.accept ?? null;
  return made;
}

function takeOver(fresh) {
  const place = ({ start, end }) => (key === "claims" ? `${start} ${end}` : "");
  const same = (own, mark) => target(own) === target(mark) || (place(own) && place(own) === place(mark));
  const clash = (own, mark) => overlap(own, mark) && same(own, mark);
  const rest = marks().filter((own) => !fresh.some((mark) => clash(own, mark)));
  change((answer) => {
    answer.marks[key] = [...rest, ...fresh].sort(inOrder);
    answer.none = fresh.length ? answer.none.filter((metric) => !question().metrics.includes(metric)) : answer.none;
  });
  if (!fresh.length && !marks().length) setNone(true);
  finishEdit(`Taken over. ${question().name}: ${sum()}.`);
}

function paintOthers() {
  const all = othersOn(item());
  $("others").hidden = !all.length || !question();
  if ($("others").hidden) return;
  const said = agreed(item(), question()) ? "Raters agree here." : "Raters differ here.";
  const accepted = all.map(({ name, accept }) => `${name} ${accept ?? "–"}`).join(", ");
  $("others").replaceChildren(
    el("h3", {}, "What raters marked"),
    el("p", { className: "hint" }, said, ...(data.accept.length ? [` Acceptable, 1 to 5: ${accepted}.`] : [])),
    ...all.map((one) => {
      const given = marksOf(one, key);
      const list = given.map((mark) =>
        el(
          "li",
          {},
          button(el("q", { dir: "auto" }, short(text().shown(stretchOf(mark)))), () => view.reveal(stretchOf(mark)), {
            className: "quote",
          }),
          el("span", { className: "what" }, describe(mark)),
          button(el("span", {}, "Take", unseen(` mark of ${one.name}`)), () => takeOver([mark])),
        ),
      );
      const take = button(el("span", {}, `Take all of ${one.name}`), () => takeOver(given));
      const none = isJudged(one, question()) ? "nothing to mark" : "not answered";
      const head = el("p", { className: "row" }, el("b", {}, one.name), given.length ? "" : none, take);
      return el("section", {}, head, el("ol", {}, ...list));
    }),
  );
}

// Keys, clicks and touches, and how the form begins. The last of its scripts.

let pointed = false; // whether a mouse or finger acted last: arrow keys pass over answers that are not meant
let awaited = false; // whether the next digit says how acceptable the response is, and not which question to go to

const HERE = {
  r: () => $("response").focus(),
  n: () => go(at + 1, { focus: true }),
  p: () => go(at - 1, { focus: true }),
  u: () => go(nextUnfinished(), { focus: true }),
  z: undo,
  e: openExport,
  w: () => {
    const own = $("accept")?.querySelector(":checked") ?? $("accept")?.querySelector("input");
    own?.focus();
    awaited = Boolean(own);
  },
  "?": () => $("guide").showModal(),
  0: () => setNone(!$("none").checked),
};

// A key with words selected; facts from 10 on are typed digit by digit.
function pick(pressed) {
  const letter = pressed.toUpperCase();
  if (asksHarm() && pending.edits === null) {
    const harm = data.harms.find(([, one], place) => one === pressed.toLowerCase() || String(place + 1) === pressed);
    return harm ? pickHarm(harm[0]) : undefined;
  }
  if (/^\d$/.test(pressed)) {
    if (key === "cecd") return choose(() => typeFact(pressed));
    const choice = question().choices[Number(pressed) - 1]?.[0];
    return choice ? pickChoice(choice) : undefined;
  }
  pending.typed = "";
  if ((key === "cecd" || key === "drc") && item().options.some(([one]) => one === letter))
    choose(() => pickOption(letter));
  return undefined;
}

function typeFact(digit) {
  const most = item().facts.length;
  const [before, longer] = [Number(pending.typed), Number(pending.typed + digit)];
  if (pending.typed && longer <= most) {
    flip(before);
    flip(longer);
    pending.typed += digit;
  } else if (Number(digit) >= 1 && Number(digit) <= most) {
    flip(Number(digit));
    pending.typed = digit;
  } else pending.typed = "";
  if (Number(pending.typed) * 10 > most) pending.typed = "";
}

const STEP = {
  ArrowRight: ["words", 1],
  ArrowLeft: ["words", -1],
  ArrowDown: ["sentences", 1],
  ArrowUp: ["sentences", -1],
};

// A key in the response; true if it meant something there.
function inResponse(event) {
  const units = STEP[event.key];
  if (units || event.key === "Home" || event.key === "End") {
    if (!text().words.length) return true;
    if (pending && String(cursor.range) !== String(pending.stretch)) cursor.at(pending.stretch);
    if (!units) cursor.at(event.key === "Home" ? text().words[0] : text().words.at(-1));
    else if (!cursor[event.shiftKey ? "extend" : "step"](text()[units[0]], units[1]) && !pending)
      cursor.at(text()[units[0]].at(units[1] > 0 ? -1 : 0));
    pend(text().whole(cursor.range));
    view.reveal(pending.stretch);
    say(short(text().shown(pending.stretch), 200));
    return true;
  }
  if (event.key === "Delete" || event.key === "Backspace") {
    const place = pending?.edits ?? markAt(pending ? pending.stretch[0] : Math.max(0, cursor.range[0] - 1));
    if (place >= 0) remove(place);
    return true;
  }
  return false;
}

function onKey(event) {
  if (event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
  const typing = event.target.closest("textarea, select, input:not([type=checkbox], [type=radio])");
  const accept = awaited && data.accept.includes(Number(event.key)) ? Number(event.key) : null;
  awaited &&= event.key.length > 1 && event.target.closest("#accept"); // until another key
  const control = event.ctrlKey || event.metaKey;
  const respond = (act) => {
    event.preventDefault();
    act();
  };
  if (control && event.key === "Enter") return respond(finish);
  if (typing) return;
  if (accept && !control) return respond(() => setAccept(accept));
  if (control) return void (event.key.toLowerCase() === "z" && !event.shiftKey && respond(undo));
  if (event.key === "Escape" && pending)
    return respond(() => {
      drop();
      $("response").focus({ preventScroll: true });
    });
  const within = event.target === $("response");
  if (within && inResponse(event)) return event.preventDefault();
  if (event.key === "Enter" && pending && (within || event.target === document.body)) return respond(() => mark());
  if (event.key.length > 1 || event.key === " " || !(within || $("single").checked)) return;
  if (pending) return respond(() => pick(event.key));
  if (/^[1-9]$/.test(event.key)) return void (asked()[event.key - 1] && respond(() => ask(asked()[event.key - 1].key)));
  const act = HERE[event.key.toLowerCase()];
  if (act) respond(act);
}

function listen() {
  const on = (id, act) => $(id).addEventListener("click", act);
  on("previous", () => go(at - 1));
  on("next", () => go(at + 1));
  on("unfinished", () => go(nextUnfinished()));
  on("undo", undo);
  on("help", () => $("guide").showModal());
  on("begin", () => $("guide").close());
  on("export", openExport);
  on("download", download);
  on("copy", copy);
  on("leave", () => $("exported").close());
  on("load", () => $("file").click());
  on("mark", () => mark());
  on("cancel", () => {
    drop();
    $("response").focus({ preventScroll: true });
  });
  on("finish", finish);
  on("aside", setAside);
  if ($("practice")) {
    on("skip-practice", leavePractice);
    on("again", () => $("feedback").close());
    on("onward", () => {
      $("feedback").close();
      go(at + 1, { focus: true });
    });
  }
  $("set-aside")
    .querySelector("button")
    .addEventListener("click", () => {
      change((answer) => {
        answer.status = "open";
      });
      save();
      paint();
    });
  $("message")
    .querySelector("button")
    .addEventListener("click", () => {
      $("message").hidden = true;
    });
  $("jump").addEventListener("change", () => go(Number($("jump").value)));
  $("none").addEventListener("change", () => setNone($("none").checked));
  for (const one of document.querySelectorAll("#accept input"))
    one.addEventListener("change", () => setAccept(Number(one.value), pointed));
  $("file").addEventListener("change", async () => {
    if ($("file").files.length) await load($("file").files[0]);
    $("file").value = "";
  });
  $("notes").addEventListener("input", () => {
    change(
      (answer) => {
        answer.notes = wellFormed($("notes").value);
      },
      { reversible: false },
    );
    saveSoon();
  });
  for (const tab of $("tabs").children) tab.addEventListener("click", () => ask(tab.dataset.key));
  $("tabs").addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const keys = asked().map((one) => one.key);
    ask(keys[(keys.indexOf(key) + by + keys.length) % keys.length]);
    $(`tab-${key}`).focus();
  });
  let settled = 0;
  document.addEventListener("selectionchange", () => {
    const stretch = question() && view.selected();
    if (!stretch || String(stretch) === String(pending?.stretch)) return;
    clearTimeout(settled);
    settled = setTimeout(() => {
      if (String(view.selected()) === String(stretch)) {
        cursor.at(stretch);
        pend(stretch);
      }
    }, 60);
  });
  $("response").addEventListener("click", (event) => {
    if (!getSelection().isCollapsed) return;
    if (pending) drop();
    const unit = view.unitUnder(event);
    cursor.at([unit, unit]);
    const place = question() && event.target.closest("mark") ? markAt(unit) : -1;
    if (place >= 0) edit(place);
  });
  $("response").addEventListener("dblclick", (event) => {
    clearTimeout(settled);
    if (question() && !event.target.closest("mark")) markPhrase(view.unitUnder(event));
  });
  addEventListener("keydown", onKey);
  addEventListener("keydown", () => (pointed = false), { capture: true });
  addEventListener("pointerdown", () => (pointed = true), { capture: true });
  for (const sign of ["keydown", "pointerdown", "pointermove", "scroll"])
    addEventListener(sign, spend, { capture: true, passive: true });
  document.addEventListener("visibilitychange", () => (document.hidden ? save() : resume()));
  addEventListener("pagehide", save);
  addEventListener("storage", (event) => {
    if (event.key === keep.name && adopt(keep.news())) {
      refresh();
      paintKept();
    }
  });
  addEventListener("beforeunload", (event) => {
    if (unsaved()) {
      event.preventDefault();
      event.returnValue = "";
    }
  });
}

function tastes() {
  const liked = taste.read();
  $("single").checked = liked.single !== false;
  const rules = [...document.querySelectorAll(".rule")];
  const tell = () => taste.write({ single: $("single").checked, rules: rules[0]?.open });
  $("single").addEventListener("change", tell);
  // Opening or closing the rules of one question does so for all of them.
  for (const rule of rules)
    rule.querySelector("summary").addEventListener("click", () =>
      setTimeout(() => {
        for (const one of rules) one.open = rule.open;
        tell();
      }),
    );
  // On a phone there is no room beside the response: the facts are chosen from where words were selected.
  $("inventory").querySelector("details").open = matchMedia("(min-width: 40rem)").matches;
  const wide = matchMedia("(min-width: 75rem) and (min-height: 34rem)");
  for (const rule of rules) rule.open = liked.rules ?? wide.matches;
  const place = () => $(wide.matches ? "rules-side" : "rules-here").append($("rules"));
  wide.addEventListener("change", place);
  place();
}

function begin() {
  $("jump").append(...data.items.map((_, place) => el("option", { value: String(place) })));
  const kept = adopt(keep.news());
  listen();
  tastes();
  key = kept ? kept.key : "";
  go(
    Math.max(
      0,
      data.items.findIndex(({ id }) => id === kept?.at),
    ),
  );
  paintKept();
  if (!kept) $("guide").showModal();
}

begin();

"use strict";
document.documentElement.classList.add("js");

// On paper everything is open.
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details.more:not([open])")) {
    details.open = true;
    details.dataset.opened = "";
  }
});
addEventListener("afterprint", () => {
  for (const details of document.querySelectorAll("details[data-opened]")) {
    details.open = false;
    delete details.dataset.opened;
  }
});

addEventListener("DOMContentLoaded", () => {
  const reader = document.querySelector(".reader");
  if (!reader) return;
  const all = (selector) => [...reader.querySelectorAll(selector)];
  const one = (selector) => reader.querySelector(selector);
  const cards = all(".sample");
  const rows = all(".list li");
  const jump = one("[name=jump]");
  const benchmark = one("[name=benchmark]");
  const boxes = all(".legend input");
  const texts = new Map();
  let at = 0;
  let found = cards.map((_, place) => place);

  // Of a response there is the text of a frame, in which all that a model wrote is escaped. Only the sample that is shown
  // has its frames. They are closed to this script, so that a change of what is marked in them makes new ones.
  function frame(noscript) {
    const template = document.createElement("template");
    template.innerHTML = noscript.textContent;
    return template.content.firstElementChild;
  }

  function paint(card) {
    const off = boxes.filter((box) => !box.checked).map((box) => "off-" + box.value).join(" ");
    for (const noscript of card.querySelectorAll(".response")) {
      const fresh = frame(noscript);
      fresh.srcdoc = fresh.srcdoc.replace('<body class="">', `<body class="${off}">`);
      noscript.parentElement.querySelector("iframe")?.remove();
      noscript.after(fresh);
    }
  }

  function show(place) {
    at = place;
    reader.querySelectorAll("iframe").forEach((old) => old.remove());
    cards.forEach((card, other) => card.classList.toggle("current", other === place));
    rows.forEach((row, other) => {
      if (other === place) row.firstElementChild.setAttribute("aria-current", "true");
      else row.firstElementChild.removeAttribute("aria-current");
    });
    paint(cards[place]);
    jump.value = String(place);
    state();
  }

  function state() {
    const place = found.indexOf(at);
    one(".place").textContent = found.length ? `${place + 1} of ${found.length}` : "";
    one("[name=previous]").disabled = place <= 0;
    one("[name=next]").disabled = place < 0 || place === found.length - 1;
    one(".shelf").hidden = !found.length;
    one(".nothing").hidden = found.length > 0;
  }

  function go(place) {
    if (place === undefined || place === at) return;
    show(place);
    history.replaceState(null, "", "#" + cards[place].id);
    const list = one(".list");
    const row = rows[place];
    if (row.offsetTop < list.scrollTop || row.offsetTop + row.offsetHeight > list.scrollTop + list.clientHeight) {
      list.scrollTop = row.offsetTop - list.clientHeight / 3;
    }
    if (cards[place].getBoundingClientRect().top < 0) cards[place].scrollIntoView();
  }

  const step = (by) => go(found[found.indexOf(at) + by]);

  // The words of a frame's document: what is left without tags, which are the only things in it that have a "<".
  function spoken(html) {
    const text = html.replace(/^.*?<body[^>]*>/s, "").replace(/<[^>]*>/g, "");
    const signs = { "&lt;": "<", "&gt;": ">", "&#34;": '"', "&#39;": "'", "&amp;": "&" };
    return text.replace(/&(lt|gt|#34|#39|amp);/g, (sign) => signs[sign]);
  }

  function said(card) {
    const copy = card.cloneNode(true);
    copy.querySelectorAll(".response, iframe").forEach((part) => part.remove());
    return copy.textContent;
  }

  function words(place) {
    if (!texts.has(place)) {
      const responses = [...cards[place].querySelectorAll(".response")].map((noscript) => spoken(frame(noscript).srcdoc));
      texts.set(place, [said(cards[place]), ...responses].join("\n").toLowerCase());
    }
    return texts.get(place);
  }

  function filter() {
    const wanted = one("[name=find]").value.trim().toLowerCase();
    const from = benchmark ? benchmark.value : "";
    found = [];
    rows.forEach((row, place) => {
      const fits = (!from || row.dataset.benchmark === from) && (!wanted || words(place).includes(wanted));
      row.hidden = !fits;
      jump.options[place].hidden = !fits;
      if (fits) found.push(place);
    });
    if (found.length && !found.includes(at)) show(found[0]);
    else state();
  }

  const named = () => cards.findIndex((card) => "#" + card.id === location.hash);
  rows.forEach((row, place) => row.firstElementChild.addEventListener("click", (event) => {
    event.preventDefault();
    go(place);
  }));
  one("[name=previous]").addEventListener("click", () => step(-1));
  one("[name=next]").addEventListener("click", () => step(1));
  jump.addEventListener("change", () => go(Number(jump.value)));
  one("[name=find]").addEventListener("input", filter);
  if (benchmark) benchmark.addEventListener("change", filter);
  boxes.forEach((box) => box.addEventListener("change", () => paint(cards[at])));
  addEventListener("hashchange", () => named() >= 0 && go(named()));
  addEventListener("keydown", (event) => {
    const by = { j: 1, ArrowRight: 1, k: -1, ArrowLeft: -1 }[event.key];
    const box = reader.getBoundingClientRect();
    const seen = box.top < innerHeight && box.bottom > 0;
    if (!by || !seen || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea, .report")) return;
    event.preventDefault();
    step(by);
  });
  show(Math.max(0, named()));
  if (named() >= 0) cards[at].scrollIntoView();
});

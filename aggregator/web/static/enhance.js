// Small things that make reading easier. No page needs them: without this file everything is there and can be reached.
// Texts are put in by textContent alone, so that nothing of a publisher's can become markup here.
"use strict";

(() => {
  const MINUTE = 60_000;
  const find = (selector, within = document) => [...within.querySelectorAll(selector)];

  // --- Times: "3 hours ago", with the whole time as title ---

  const UNITS = [["day", 1440], ["hour", 60], ["minute", 1]];
  const OLDEST = 7 * 1440;  // minutes; from then on a date says more
  const ago = new Intl.RelativeTimeFormat("en", {numeric: "auto"});
  // In lists of news alone: an article and a timeline say when.
  const times = find("main :is(.card, .row, .reports) time[datetime]").map(
    node => ({node, at: Date.parse(node.dateTime), whole: node.textContent})
  );

  const relative = at => {
    const minutes = Math.trunc((at - Date.now()) / MINUTE);
    if (!(Math.abs(minutes) < OLDEST)) return null;
    const [unit, size] = UNITS.find(([, least]) => Math.abs(minutes) >= least) ?? ["minute", 1];
    return minutes === 0 ? "just now" : ago.format(Math.trunc(minutes / size), unit);
  };
  const tellTimes = () => times.forEach(({node, at, whole}) => {
    const told = relative(at);
    node.textContent = told ?? whole;
    if (told) node.title = whole;
  });
  tellTimes();
  setInterval(() => document.hidden || tellTimes(), MINUTE);
  addEventListener("beforeprint", () => times.forEach(({node, whole}) => { node.textContent = whole; }));
  addEventListener("afterprint", tellTimes);

  // --- How many stories are new: one number, asked for every two minutes while somebody looks ---

  const EVERY = 2 * MINUTE;
  const MOST = 50;  // the server counts no further
  const SLOWEST = 16;
  const fresh = document.querySelector(".fresh");

  const tellCount = count => {
    if (!count) return;
    const told = `${count >= MOST ? `${MOST} or more` : count} new or changed ${count === 1 ? "story" : "stories"}`;
    if (fresh.textContent === told) return;  // or a screen reader would say it again
    const link = document.createElement("a");
    link.href = location.pathname + location.search;
    link.textContent = told;
    fresh.replaceChildren(link);
  };
  let slower = 1;
  let asked = Date.now();
  const ask = async () => {
    if (document.hidden || Date.now() - asked < EVERY * slower) return;
    asked = Date.now();
    try {
      const answer = await fetch(`${fresh.dataset.count}?at=${encodeURIComponent(fresh.dataset.since)}`);
      if (!answer.ok) throw new Error(answer.statusText);
      tellCount(Number(await answer.json()));
      slower = 1;
    } catch {
      slower = Math.min(2 * slower, SLOWEST);  // who does not answer has enough to do
    }
  };
  if (fresh) {
    setInterval(ask, MINUTE / 2);
    document.addEventListener("visibilitychange", ask);
  }

  // --- Pictures that can't be had leave no hole ---

  find(".picture img").forEach(image => {
    const hide = () => { image.closest(".picture").hidden = true; };
    if (image.complete && image.naturalWidth === 0 && image.currentSrc) hide();
    image.addEventListener("error", hide);
  });

  // --- Keys ---

  const SWITCH = "single-key shortcuts";
  const stored = () => { try { return localStorage.getItem(SWITCH); } catch { return null; } };
  const store = value => { try { localStorage.setItem(SWITCH, value); } catch { /* a browser that keeps nothing */ } };
  // WCAG 2.2, 2.1.4: shortcuts of a single letter can be turned off, for people who speak to their computer.
  let active = stored() !== "off";

  const headlines = find("main .headline a");
  const step = by => {
    const here = headlines.findIndex(link => link === document.activeElement);
    const next = here < 0 ? nearest(by) : headlines[here + by];
    next?.focus();
    next?.scrollIntoView({block: "nearest"});
  };
  const nearest = by => by > 0 ? headlines.find(link => link.getBoundingClientRect().top >= 0) ?? headlines[0]
    : headlines.findLast(link => link.getBoundingClientRect().top < 0);
  const open = () => {
    const chosen = headlines.includes(document.activeElement) ? document.activeElement : document.querySelector("a.original");
    chosen?.click();
  };

  const search = document.getElementById("q");
  const KEYS = [
    ["j", "Next headline", () => step(1)],
    ["k", "Previous headline", () => step(-1)],
    ["o", "Open the headline; in an article, the original", open],
    ...(search ? [["s", "Search", () => search.focus()]] : []),  // a copy as files has none
    ["?", "This help", () => help.showModal()],
  ];

  const made = (tag, values = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), values);
    node.append(...children);
    return node;
  };
  const switching = made("input", {type: "checkbox", checked: active});
  switching.addEventListener("change", () => { active = switching.checked; store(active ? "on" : "off"); });
  const help = made("dialog", {className: "help"},
    made("h2", {id: "help-title", textContent: "Keyboard"}),
    made("dl", {}, ...KEYS.map(([key, does]) => made("div", {}, made("dt", {}, made("kbd", {textContent: key})), made("dd", {textContent: does})))),
    made("p", {}, made("label", {}, switching, " Shortcuts of a single key")),
    made("form", {method: "dialog"}, made("button", {textContent: "Close"})),
  );
  help.setAttribute("aria-labelledby", "help-title");
  const button = made("button", {type: "button", className: "keys", textContent: "Keyboard shortcuts"});
  button.addEventListener("click", () => help.showModal());
  document.querySelector(".foot")?.append(made("p", {}, button));
  document.body.append(help);

  document.addEventListener("keydown", event => {
    if (!active || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help.open) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    const found = KEYS.find(([key]) => key === event.key);
    if (!found) return;
    event.preventDefault();
    found[2]();
  });
})();

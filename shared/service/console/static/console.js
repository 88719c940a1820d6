// Pages work without this. With it: what is live stays so, events arrive by themselves, the theme can be chosen.
"use strict";

const all = (what, where = document) => [...where.querySelectorAll(what)];
const one = (what) => document.querySelector(what);
let live = true;

// --- dark or light: the server reads the cookie, so that the next page begins in the right one
const theme = one("[data-theme-toggle]");
theme.hidden = false;
theme.addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `fleet_theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax${secure}`;
});

// --- live parts: the page is asked for again, and what differs is put in its place
const parts = all("[data-live]");
const toggle = one("[data-live-toggle]");
if (toggle && (parts.length || one("[data-stream]"))) {
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    live = !live;
    toggle.setAttribute("aria-pressed", String(live));
    one("[data-live-word]").textContent = live ? "Live" : "Paused";
    if (live) flush();
  });
}

const refresh = async () => {
  if (!live || document.hidden) return;
  const answer = await fetch(location.href, { headers: { "x-live": "1" } });
  if (answer.redirected) return location.reload();
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of parts) {
    const fresh = page.querySelector(`[data-live="${part.dataset.live}"]`);
    if (fresh && fresh.innerHTML !== part.innerHTML) replace(part, fresh);
  }
};

const replace = (part, fresh) => {
  // A reader who is inside keeps the place: the part waits until the focus has left it.
  if (part.contains(document.activeElement)) return;
  const status = part.querySelector("[role=status]");
  const told = fresh.querySelector("[role=status]");
  if (status && told) {
    if (status.textContent !== told.textContent) status.textContent = told.textContent;
    told.replaceWith(status); // the same element stays, or its change would not be announced
  }
  part.replaceChildren(...fresh.childNodes);
};

if (parts.length) {
  const again = () => refresh().catch(() => {}).finally(() => setTimeout(again, 2000));
  setTimeout(again, 2000);
}

// --- events: rows come from the server, escaped there
const table = one("[data-stream]");
const state = one("[data-stream-state]");
const MOST = 200;
let held = [];

const say = (text) => { if (state && state.textContent !== text) state.textContent = text; };

const show = (row) => {
  const body = table.tBodies[0];
  const parsed = new DOMParser().parseFromString(`<table>${row}</table>`, "text/html").querySelector("tr");
  parsed.classList.add("fresh");
  body.prepend(parsed);
  while (body.rows.length > MOST) body.rows[MOST].remove();
  const empty = one("[data-stream-empty]");
  if (empty) empty.hidden = true;
};

const flush = () => { held.forEach(show); held = []; if (table) say("New events appear on top as they are published."); };

if (table) {
  const source = new EventSource(table.dataset.stream);
  source.onopen = () => say("New events appear on top as they are published.");
  source.onmessage = (event) => {
    if (live) return show(event.data);
    held = [...held, event.data].slice(-MOST);
    say(`Paused; ${held.length} newer wait.`);
  };
  source.addEventListener("trouble", (event) => say(event.data));
  source.onerror = () => say(source.readyState === EventSource.CLOSED
    ? "The stream has ended; reload the page to go on." : "The fleet does not answer; trying again.");
  addEventListener("pagehide", () => source.close());
}

// --- copy a link
for (const button of all("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(one("[data-copied]").textContent);
    button.textContent = "Copied";
  });
}

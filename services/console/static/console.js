// What every page can do: keys, lists that refresh, cases that tell when they changed.
// Pages work without it. Trusted Types forbid turning strings into markup; nothing here does.

const root = document.documentElement;
root.classList.add("js");

// --------------------------------------------------------------------------- filters
for (const form of document.querySelectorAll("form.filters")) {
  form.addEventListener("change", (event) => {
    if (event.target.name !== "q") form.requestSubmit();
  });
  form.addEventListener("submit", () => {
    // An address holds only what was chosen.
    for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
  });
}
addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("form.filters :disabled")) field.disabled = false;
});

const fold = document.querySelector("button.fold");
fold?.addEventListener("click", () => {
  const open = fold.getAttribute("aria-expanded") === "false";
  fold.setAttribute("aria-expanded", String(open));
});

// --------------------------------------------------------------------------- lists that refresh
function load(address) {
  // The browser parses the answer; scripts in it do not run.
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", address);
    request.responseType = "document";
    request.timeout = 8000;
    request.onload = () => (request.status === 200 ? resolve(request.response) : reject(request.status));
    request.onerror = request.ontimeout = () => reject(0);
    request.send();
  });
}

function stale(isSo, status) {
  // What is shown is old, and whoever works by it must know; a session that is over comes not back.
  document.getElementById("stale").hidden = !isSo || status === 401;
  document.getElementById("signed-out").hidden = !isSo || status !== 401;
}

async function refresh() {
  const fresh = await load(location.href);
  if (!fresh.querySelector("[data-live]")) throw new Error("signed out");
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    if (!next) continue;
    const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    part.replaceChildren(...document.adoptNode(next).childNodes);
    if (focused) [...part.querySelectorAll("a")].find((a) => a.getAttribute("href") === focused)?.focus();
  }
}

function remember(list) {
  // Cases have their neighbours of the list that was looked at last.
  const cases = [...document.querySelectorAll(".of-case a")].map((link) => link.getAttribute("href"));
  sessionStorage.setItem("list", list);
  sessionStorage.setItem("cases", JSON.stringify(cases));
}

const live = document.querySelector("[data-refresh]");
if (live) {
  const list = location.pathname + location.search;
  const isOfCases = location.pathname === "/cases";
  if (isOfCases) remember(list);
  setInterval(() => {
    // Not while somebody marks text, chooses from a list, or looks elsewhere.
    const busy = document.hidden || String(getSelection()) || document.activeElement?.closest("form.filters");
    if (busy) return;
    refresh().then(() => { stale(false); if (isOfCases) remember(list); }, (status) => stale(true, status));
  }, 1000 * Number(live.dataset.refresh));
}

// --------------------------------------------------------------------------- one case
const pending = document.querySelector("[data-pending]") !== null;

function keepDrafts(part, page) {
  // What somebody types outlives another page, a reload and a session that is over, in this tab.
  // It is his: who takes the desk over after him does not send his words.
  const name = (field) => `draft ${document.body.dataset.clerk} ${page} ${field.id}`;
  const sent = sessionStorage.getItem("sent");
  if (!pending) {
    if (sent && document.getElementById("done")) sessionStorage.removeItem(sent);
    sessionStorage.removeItem("sent");
  }
  for (const field of part.querySelectorAll("textarea")) {
    // What is on its way is not offered again before it is known to have been refused.
    const kept = pending && sent === name(field) ? null : sessionStorage.getItem(name(field));
    const action = field.closest("details");
    if (kept && !field.value) {
      field.value = kept;
      if (!document.querySelector("details.action[open]")) {
        action.dataset.kept = "";
        action.open = true;
      }
    }
    field.addEventListener("input", () => sessionStorage.setItem(name(field), field.value));
    field.form.addEventListener("submit", () => sessionStorage.setItem("sent", name(field)));
  }
}
document.querySelector("form[action='/sign-out']")?.addEventListener("submit", () => sessionStorage.clear());

function enter(action) {
  if (action.querySelector("form").contains(document.activeElement)) return;
  action.querySelector("textarea, input:not([type=hidden]), button.primary").focus();
}

const shown = document.querySelector("[data-watch]");
if (shown) {
  document.getElementById("back").href = sessionStorage.getItem("list") ?? "/cases";
  const cases = JSON.parse(sessionStorage.getItem("cases") ?? "[]");
  const here = cases.indexOf(shown.dataset.watch.replace(/\/seq$/, ""));
  for (const [name, address] of [["previous", cases[here - 1]], ["next", cases[here + 1]]]) {
    if (here >= 0 && address) document.getElementById(name).href = address;
    else document.getElementById(name).remove();
  }
  document.querySelector(".neighbours").hidden = here < 0;
  const changed = document.getElementById("changed");
  const timer = setInterval(async () => {
    if (document.hidden) return;
    try {
      const address = shown.dataset.watch + (pending ? location.search : "");
      const answer = await fetch(address, { signal: AbortSignal.timeout(8000) });
      if (answer.status === 401) throw answer.status;
      const { seq, settled, time } = await answer.json();
      stale(false);
      if (time) {
        // A page may stand open for hours; how much time is left does not stand.
        const left = document.querySelector(".case-heading .time");
        left.textContent = time.text;
        left.className = `time time-${time.tone}`;
      }
      if (answer.ok && settled) {
        // How it ended is shown at once, unless somebody is in the middle of the next thing.
        document.getElementById("show-changed").href = location.href;
        if (!document.activeElement?.closest(".action form, .clock form")) location.reload();
      }
      if (answer.ok && (settled || seq > Number(shown.dataset.seq))) {
        changed.hidden = false;
        clearInterval(timer);
      }
    } catch (status) { stale(true, status); }
  }, pending ? 2000 : 5000);
  keepDrafts(document.querySelector(".columns"), shown.dataset.watch);
}

// A reload must not say again that something was done.
if (location.search.includes("done=") && !pending) history.replaceState(null, "", location.pathname);
const drafted = document.querySelector("[data-drafts]");
if (drafted) keepDrafts(drafted, drafted.dataset.drafts);
for (const form of document.querySelectorAll(".action form")) {
  form.addEventListener("submit", (event) => event.submitter?.setAttribute("aria-busy", "true"));
}
for (const action of document.querySelectorAll(".action")) {
  action.addEventListener("toggle", () => {
    if (action.open && !action.dataset.kept) enter(action);
    delete action.dataset.kept;
  });
}
// What was refused for one field begins there, with the reason in sight.
(document.querySelector("[aria-invalid]") ?? document.querySelector(".action[open] textarea"))?.focus();
document.querySelector(".why-not")?.scrollIntoView({ block: "center" });

document.getElementById("done")?.focus();

// --------------------------------------------------------------------------- keys
const dialog = document.getElementById("keys");
const wished = document.getElementById("keys-on");
wished.checked = localStorage.getItem("keys") !== "off";
document.getElementById("keys-open").hidden = false;
document.getElementById("keys-open").addEventListener("click", () => dialog.showModal());
function rememberKeys() {
  root.classList.toggle("keys", wished.checked);
  localStorage.setItem("keys", wished.checked ? "on" : "off");
}
wished.addEventListener("change", rememberKeys);
rememberKeys();

function step(by) {
  document.getElementById(by > 0 ? "next" : "previous")?.click();
  const links = [...document.querySelectorAll(".of-case a")];
  const now = links.indexOf(document.activeElement);
  links[Math.min(links.length - 1, Math.max(0, now + by))]?.focus();
}
const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  l: () => location.assign((location.pathname !== "/cases" && sessionStorage.getItem("list")) || "/cases"),
  p: () => location.assign("/pipeline"),
  1: () => location.assign("/incidents"),
  "?": () => dialog.showModal(),
  "/": () => {
    const search = document.querySelector("input[type=search]");
    if (search) search.select();
    else location.assign("/cases");
  },
};
addEventListener("keydown", (event) => {
  const inField = event.target.closest("input, textarea, select, dialog[open]");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    // As Enter does: by the first button, which may say what is meant.
    const form = event.target.closest("input, textarea, select")?.form;
    form?.requestSubmit(form.querySelector("button:not([type=button])"));
    return;
  }
  if (event.key === "Escape") event.target.closest("details.action")?.querySelector("summary").focus();
  if (inField || event.ctrlKey || event.metaKey || event.altKey || !wished.checked) return;
  const action = document.querySelector(`details.action[data-key="${CSS.escape(event.key)}"]`);
  if (!action && !KEYS[event.key]) return;
  event.preventDefault();
  if (action) {
    action.open = true;
    enter(action); // at once: what is typed next is meant for it
    action.scrollIntoView({ block: "nearest" });
  } else KEYS[event.key]();
});

// Keys pressed before this line would have been lost: who drives the page can wait for it.
root.dataset.ready = "";

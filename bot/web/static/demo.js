// The demo's page: it looks at the state every two seconds, moves the clock, and shows which phone has something new.

const EVERY = 2000;
const GLANCE = 5000;
const [clock, story, jumps, phones, tabs, refusal] = ["clock", "story", "jumps", "phones", "tabs", "refusal"].map((id) => document.getElementById(id));
const wide = matchMedia("(min-width: 1024px)");
const shown = {};

function show(state) {
  for (const [place, name] of [[clock, "clock"], [story, "story"]]) {
    if (shown[name] === state[name]) continue;
    shown[name] = state[name];
    place.innerHTML = state[name];
  }
}

async function call(path, options = {}) {
  try {
    const answer = await fetch(path, { ...options, headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.statusText);
    show(await answer.json());
    refusal.hidden = true;
  } catch {
    refusal.textContent = refusal.dataset.words;
    refusal.hidden = false;
  }
}

async function watch() {
  if (!document.hidden) await call("/demo/state");
  setTimeout(watch, EVERY);
}

jumps.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.submitter;
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  await call("/demo/jump", { method: "POST", body: new URLSearchParams({ kind: button.value }) });
  button.removeAttribute("aria-busy");
});

const phone = (key) => document.getElementById(`phone-${key}`);
const tab = (key) => document.getElementById(`tab-${key}`);

function select(key) {
  phones.dataset.current = key;
  for (const each of tabs.children) {
    const chosen = each.dataset.key === key;
    each.setAttribute("aria-selected", String(chosen));
    each.tabIndex = chosen ? 0 : -1;
    if (chosen) each.querySelector(".dot").hidden = true;
  }
}

tabs.addEventListener("click", (event) => {
  const chosen = event.target.closest("[role=tab]");
  if (chosen) select(chosen.dataset.key);
});

tabs.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const all = [...tabs.children];
  const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
  select(next.dataset.key);
  next.focus();
});

window.addEventListener("message", (event) => {
  const frame = [...document.querySelectorAll("iframe")].find((one) => one.contentWindow === event.source);
  if (event.origin !== window.location.origin || !frame) return;
  const { key } = frame.closest(".phone").dataset;
  if (!wide.matches && phones.dataset.current !== key) tab(key).querySelector(".dot").hidden = false;
  const fresh = phone(key).querySelector(".fresh");
  fresh.hidden = document.activeElement === frame;
  setTimeout(() => { fresh.hidden = true; }, GLANCE);
});

watch();

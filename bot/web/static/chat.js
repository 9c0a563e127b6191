// The browser chat's page. The server renders every bubble; this script only sends without reloading, puts what comes
// in its place, and keeps what could not be sent. Nothing personal but unsent lines is stored in the browser.

const root = document.getElementById("chat");
const [log, lines, composer, text, pill] = ["log", "lines", "composer", "text", "pill"].map((id) => document.getElementById(id));
const { base } = root.dataset;
const UNSENT = `unsent ${base}`;
const SLOW = 400;
const PATIENCE = 10_000;
const NEAR_END = 80;
let last = Number(root.dataset.last);

// --- Where the reader is -------------------------------------------------------------------------------------------

const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END;

function toEnd() {
  log.scrollTop = log.scrollHeight;
  pill.hidden = true;
}

/** Put a line at the end; a reader who looks back stays where they are and is told. */
function append(line, { follow = atEnd() } = {}) {
  document.getElementById("empty")?.remove();
  lines.insertBefore(line, lines.querySelector(":scope > .typing"));
  markDay(line);
  if (follow && line.offsetHeight < log.clientHeight) toEnd();
  else {
    if (follow) toTopOf(line);
    pill.dataset.tells = follow ? "more" : "news";
    pill.hidden = line.classList.contains("mine") || atEnd();
  }
}

/** A long line is read from its beginning. (`scrollIntoView` would move the page around a framed chat, too.) */
function toTopOf(line) {
  log.scrollTop += line.getBoundingClientRect().top - log.getBoundingClientRect().top;
}

/** A separator before the first line of another day. */
function markDay(line) {
  if (!line.dataset.day) return;
  let before = line.previousElementSibling;
  while (before && !before.dataset.day) before = before.previousElementSibling;
  if (before?.dataset.day === line.dataset.day) return;
  const separator = fromTemplate("day");
  separator.firstElementChild.textContent = line.dataset.dayWords;
  line.before(separator);
}

const fromTemplate = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

// --- What comes in -------------------------------------------------------------------------------------------------

function receive(id, html) {
  if (id <= last) return;
  last = id;
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const line = holder.content.firstElementChild;
  if (line.classList.contains("mine")) return receiveOwn(line);
  stopTyping();
  if (line.querySelector(".chips")) lines.querySelectorAll(".chips").forEach((chips) => chips.classList.add("spent"));
  append(line);
  count();
  if (window.parent !== window) window.parent.postMessage("line", window.location.origin);
}

/** One of the member's own lines from the server: usually it stands here already. */
function receiveOwn(line) {
  const said = plain(line.dataset.text);
  const waiting = [...lines.querySelectorAll("[data-state]")].find((own) => plain(own.dataset.text) === said);
  if (waiting) {
    waiting.replaceWith(line);
    return;
  }
  if (!said.startsWith("/start") && !choose(said)) append(line);
}

const plain = (said) => said.normalize("NFC").replace(/\r\n?/g, "\n").trim();

/** Mark the choice these words name; true when they are its label, so that no bubble need repeat it. */
function choose(said) {
  const chips = [...lines.querySelectorAll(".chips")].at(-1);
  const byNumber = !chips?.closest(".line").dataset.limit; // where a long text is asked for, a number is just a text
  const names = (one) => [one.dataset.label, byNumber && one.querySelector(".number")?.textContent];
  const chip = [...(chips?.querySelectorAll(".chip") ?? [])].find((one) => names(one).includes(said));
  if (!chip) return false;
  mark(chip);
  return said === chip.dataset.label;
}

function mark(chip) {
  chip.form.classList.add("spent");
  chip.form.querySelectorAll("[aria-pressed]").forEach((other) => other.removeAttribute("aria-pressed"));
  chip.setAttribute("aria-pressed", "true");
}

// --- What goes out -------------------------------------------------------------------------------------------------

function stored() {
  try {
    return JSON.parse(localStorage.getItem(UNSENT) ?? "[]");
  } catch { // storage is forbidden here, or spoilt
    return [];
  }
}

function store(outgoing) {
  try {
    localStorage.setItem(UNSENT, JSON.stringify(outgoing));
  } catch { /* then an unsent line lives as long as its page */ }
}

const forget = (id) => store(stored().filter((one) => one.id !== id));
let queue = Promise.resolve();

/** An outgoing line: `id`, and `text` or `press`; `label` is what it is called when a press could not be sent. */
class Outgoing {
  constructor(fields, { label = fields.text, chip = null, kept = true } = {}) {
    Object.assign(this, { fields, label, chip, kept, line: null });
  }

  show(state) {
    if (!this.line) {
      this.line = fromTemplate("own");
      this.line.dataset.text = this.label;
      this.line.querySelector(".text").textContent = this.label;
      this.line.querySelector(".retry").addEventListener("click", () => this.send());
      append(this.line, { follow: true });
    }
    this.line.dataset.state = state;
    if (state === "failed") toEnd();
  }

  send() {
    forget(this.fields.id);
    if (this.kept) store([...stored(), { ...this.fields, label: this.label }]);
    if (this.line) this.show("sending");
    this.chip?.setAttribute("aria-busy", "true");
    queue = queue.then(() => this.deliver());
  }

  async deliver() {
    startTyping();
    try {
      const { time, day, day_words: dayWords } = await post(this.fields);
      forget(this.fields.id);
      refuse("");
      if (pollTimer !== null) {
        pause = OFTEN;
        pollSoon(500);
      }
      if (this.line) this.settle(time, day, dayWords);
    } catch (trouble) {
      stopTyping();
      this.show("failed");
      refuse(trouble instanceof Refusal ? trouble.message : "");
    } finally {
      this.chip?.removeAttribute("aria-busy");
    }
  }

  settle(time, day, dayWords) {
    this.line.querySelector("time").textContent = time;
    Object.assign(this.line.dataset, { day, dayWords, state: "sent" });
    if (this.line.isConnected) markDay(this.line);
  }
}

class Refusal extends Error {}

async function post(fields) {
  const answer = await fetch(`${base}/send`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(fields),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Refusal(said.message);
  return said;
}

function refuse(words) {
  const place = document.getElementById("refusal");
  place.textContent = words;
  place.hidden = !words;
}

/** An id of 128 random bits; `crypto.randomUUID` exists only under https. */
function newId() {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function say() {
  const said = text.value;
  if (!said.trim()) return;
  text.value = "";
  grow();
  count();
  const outgoing = new Outgoing({ id: newId(), text: said, last });
  choose(plain(said));
  outgoing.show("sending");
  outgoing.send();
  text.focus();
}

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  say();
});

lines.addEventListener("submit", (event) => {
  event.preventDefault();
  const chip = event.submitter;
  if (!chip || chip.getAttribute("aria-busy") === "true") return;
  mark(chip);
  new Outgoing({ id: newId(), press: chip.value }, { label: chip.dataset.label, chip }).send();
});

// --- Writing -------------------------------------------------------------------------------------------------------

const onGlass = matchMedia("(pointer: coarse)");
text.enterKeyHint = onGlass.matches ? "enter" : "send";

text.addEventListener("keydown", (event) => {
  const composing = event.isComposing || event.keyCode === 229; // an accent is still being typed
  if (event.key !== "Enter" || event.shiftKey || composing || onGlass.matches) return;
  event.preventDefault();
  say();
});

text.addEventListener("input", () => {
  grow();
  count();
});

function grow() {
  if (CSS.supports("field-sizing", "content")) return;
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight + 2}px`;
}

/** As the server counts: NFC, without invisible characters, ends stripped, at most one empty line in a row. */
function length(said) {
  const clean = said.normalize("NFC").replace(/\r\n?/g, "\n").replace(/[\u200b\u200c\ufeff\u00ad]/g, "").trim();
  return [...clean.replace(/\n{3,}/g, "\n\n")].length;
}

const number = new Intl.NumberFormat("vi-VN");

function count() {
  const asking = [...lines.querySelectorAll(".theirs:not(.typing)")].at(-1);
  const limit = Number(asking?.dataset.limit ?? 0);
  const counter = document.getElementById("counter");
  counter.hidden = !limit;
  if (!limit) return;
  const written = length(text.value);
  const all = written ? Number(asking.dataset.used) + written : Math.max(0, Number(asking.dataset.used) - 1);
  const level = all > limit ? "over" : all >= limit * 0.9 ? "near" : "fine";
  const figures = { count: all, limit, room: limit - all, excess: all - limit };
  for (const [id, figure] of Object.entries(figures)) document.getElementById(id).textContent = number.format(figure);
  const crossed = counter.dataset.level !== level;
  counter.dataset.level = level;
  if (crossed && level !== "fine") announce(counter.innerText);
}

/** Say something to who cannot see the page. */
function announce(words) {
  document.getElementById("announce").textContent = words;
}

// --- Waiting -------------------------------------------------------------------------------------------------------

let typingTimers = [];

function startTyping() {
  stopTyping();
  typingTimers = [
    setTimeout(() => {
      const follow = atEnd();
      lines.append(fromTemplate("typing"));
      if (follow) toEnd();
    }, SLOW),
    setTimeout(stopTyping, PATIENCE),
  ];
}

function stopTyping() {
  typingTimers.forEach(clearTimeout);
  lines.querySelectorAll(":scope > .typing").forEach((dots) => dots.remove());
}

// --- The connection ------------------------------------------------------------------------------------------------

let source = null;
let offlineTimer;

function online(is) {
  clearTimeout(offlineTimer);
  const banner = document.getElementById("offline");
  if (is) banner.hidden = true;
  else offlineTimer = setTimeout(() => { banner.hidden = false; }, navigator.onLine ? 3000 : 0);
}

function listen() {
  source = new EventSource(`${base}/stream?after=${last}`);
  source.addEventListener("line", (event) => receive(Number(event.lastEventId), event.data));
  source.addEventListener("open", () => online(true));
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) pollSoon(500);
    else online(false);
  });
}

const OFTEN = 4000;
const SELDOM = 15_000;
const STREAM_AGAIN = 5 * 60_000;
let pollTimer = null; // while there is one, there is no stream
let pause = OFTEN;
let pollingSince = 0;

function pollSoon(wait = pause) {
  pollingSince ||= Date.now();
  clearTimeout(pollTimer);
  pollTimer = setTimeout(poll, wait);
}

/** Without a stream (a proxy that forbids it, too many pages): ask now and then, less often while nothing comes. */
async function poll() {
  const before = last;
  try {
    const answer = await fetch(`${base}/lines?after=${last}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.statusText);
    for (const { id, html } of (await answer.json()).lines) receive(id, html);
    online(true);
  } catch {
    online(false);
  }
  pause = last === before ? Math.min(SELDOM, pause * 1.3) : OFTEN;
  if (Date.now() - pollingSince < STREAM_AGAIN) pollSoon();
  else {
    pollTimer = null;
    pollingSince = 0;
    listen();
  }
}

window.addEventListener("offline", () => online(false));
window.addEventListener("online", () => online(source?.readyState === EventSource.OPEN));
window.addEventListener("pagehide", () => source?.close());
window.addEventListener("pageshow", (event) => { if (event.persisted && pollTimer === null) listen(); });

// --- Small comforts ------------------------------------------------------------------------------------------------

async function copy(button) {
  if (navigator.clipboard) await navigator.clipboard.writeText(button.dataset.copy);
  else {
    getSelection().selectAllChildren(button.previousElementSibling);
    document.execCommand("copy");
  }
  const copied = button.querySelector(".copied");
  copied.hidden = false;
  announce(copied.textContent);
  setTimeout(() => { copied.hidden = true; }, 2000);
}

lines.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.classList.contains("copy")) copy(button);
  else if (!button) event.target.closest(".line")?.classList.toggle("shown");
});
pill.addEventListener("click", toEnd);
let followed = true;
log.addEventListener("scroll", () => {
  followed = atEnd();
  if (followed) pill.hidden = true;
});
new ResizeObserver(() => { if (followed) toEnd(); }).observe(log); // the composer grew, the keyboard came up

// --- Begin ---------------------------------------------------------------------------------------------------------

for (const { label, ...fields } of stored()) new Outgoing(fields, { label }).show("failed");
toEnd();
count();
listen();
if (root.dataset.start) {
  new Outgoing({ id: newId(), text: root.dataset.start }, { label: root.dataset.startLabel, kept: false }).send();
  history.replaceState(null, "", base);
}

// The list of threads: the count in the title, news on the desktop, ticks that outlive an update,
// and the keys of the inbox. Elements with data-key="a" are what the key `a` goes to.
const PAUSE_MS = 1000;
const heading = document.title;
const ticked = new Set();
let unread = list()?.dataset.unread ?? "0";
let pressedG = 0;

function list() {
  return document.getElementById("threads");
}

// News

function showCount() {
  const count = Number(list()?.dataset.unread ?? 0);
  document.title = count ? `(${count > 99 ? "99+" : count}) ${heading}` : heading;
  if (count > Number(unread)) notify();
  unread = String(count);
}

function notify() {
  if (!document.hidden || !("Notification" in window) || Notification.permission !== "granted") return;
  const newest = list().querySelector(".thread.unread");
  if (!newest) return;
  const words = (part) => newest.querySelector(part)?.textContent ?? "";
  const note = new Notification(words(".who"), { body: words(".line"), tag: newest.id });
  note.addEventListener("click", () => { window.focus(); location.assign(newest.href); });
}

function offerNotices() {
  for (const button of document.querySelectorAll("[data-notices]")) {
    button.hidden = !("Notification" in window) || Notification.permission !== "default";
  }
}

// Ticks stay as they are when the list is drawn anew.

function keepTicks() {
  for (const tick of document.querySelectorAll("#threads .tick")) tick.checked = ticked.has(tick.id);
  countTicks();
}

// A conversation that a search found twice, by its name and by a text, is one.
function countTicks() {
  const words = document.querySelector("[data-chosen]");
  if (!words) return;
  const ids = [...document.querySelectorAll("#threads .tick:checked")].map(({ value }) => value);
  words.textContent = `${new Set(ids).size} chosen`;
  document.querySelector("[data-choose-none]").hidden = false;
}

document.addEventListener("change", (event) => {
  if (!event.target.matches(".tick")) return;
  if (event.target.checked) ticked.add(event.target.id);
  else ticked.delete(event.target.id);
  countTicks();
});
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-choose-none]")) return;
  ticked.clear();
  keepTicks();
});
document.body.addEventListener("htmx:afterSettle", () => {
  keepTicks();
  showCount();
  offerNotices();
});
document.addEventListener("click", async (event) => {
  if (!event.target.closest("[data-notices]")) return;
  await Notification.requestPermission();
  offerNotices();
});

// Keys

function go(key) {
  const named = [...document.querySelectorAll(`[data-key="${key}"]`)];
  // Where the pane about the contact is a screen of its own, the key leads there.
  const element = named.find((each) => each.checkVisibility()) ?? (named.length ? document.querySelector(".to-contact") : null);
  if (!element) return false;
  if (element.matches("button, summary, a")) element.click();
  else element.focus();
  return true;
}

function reply() {
  const field = document.getElementById("reply-body");
  field?.focus();
  return Boolean(field);
}

function tick() {
  const box = document.activeElement?.closest(".thread-row")?.querySelector(".tick");
  box?.click();
  return Boolean(box);
}

const KEYS = { r: reply, a: () => go("a"), n: () => go("n"), u: () => go("u"), e: () => go("e"), x: tick };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("input:not(.tick), textarea, select, [contenteditable], dialog")) return;
  const afterG = pressedG > 0 && event.timeStamp - pressedG < PAUSE_MS;
  pressedG = event.key === "g" ? event.timeStamp : 0;
  if (!afterG && KEYS[event.key]?.()) event.preventDefault();
});

const more = document.getElementById("inbox-keys");
if (more) document.querySelector("#keys .keys")?.append(more.content.cloneNode(true));
showCount();
offerNotices();

// Server-sent events become htmx triggers: an element with `data-live="/…/stream/?since=…"` opens the
// stream while it is on the page, and each message fires its event name ("changed" without one) on
// the body, with the message's data in `event.detail.data`. A stream that the browser gave up is
// opened again, from the last event that came.
//
// A browser keeps six connections to a host, so a page that nobody sees has no stream: it takes up
// where it was once it is seen. Meanwhile what has `data-fresh="hidden"` is asked for now and then.
//
// What is to follow carries `data-fresh`, an id, and `hx-trigger="refresh"`: it is asked for again
// after each "changed", one request at a time. What changes during a request is asked for after it,
// and a request whose answer did not get onto the page is tried again. An element with
// `data-pending` within it is worth another look after three seconds. What somebody is busy with (a
// field that has the focus, a fold that is open and has fields) waits until it is left, and what was
// sent from it until it is answered; other folds with an id stay open, and fields with an id keep
// what was typed. A select whose form goes with each choice (`hx-trigger="change"`) is busy only
// while somebody chooses.
const SOONEST_MS = 2000;
const LATEST_MS = 30_000;
const PENDING_MS = 3000;
const SETTLED_MS = 200;
const HIDDEN_MS = 30_000;
const TOLD_AFTER = 3;
const TROUBLE = { text: "This page is behind: the server does not answer. It tries again by itself.", tone: "danger" };

// Half of a pause that doubles with each failure is certain; the other half spreads many pages.
function pauseAfter(failures) {
  const ceiling = Math.min(LATEST_MS, SOONEST_MS * 2 ** (failures - 1));
  return ceiling / 2 + (ceiling / 2) * Math.random();
}

// Streams

const streams = new Map();

function open(element, stream) {
  const address = new URL(element.dataset.live, location.href);
  if (stream.last) address.searchParams.set("since", stream.last);
  const source = new EventSource(address);
  const names = (element.dataset.liveEvents ?? "").split(" ").filter(Boolean);
  const fire = (name) => (message) => {
    stream.last = message.lastEventId || stream.last;
    window.htmx.trigger(document.body, name, { data: message.data });
  };
  source.addEventListener("message", fire("changed"));
  for (const name of names) source.addEventListener(name, fire(name));
  source.addEventListener("open", () => { stream.failures = 0; });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) openLater(element, stream);
  });
  stream.source = source;
}

function openLater(element, stream) {
  stream.failures += 1;
  stream.timer = setTimeout(() => {
    if (element.isConnected) open(element, stream);
  }, pauseAfter(stream.failures));
}

function close(stream) {
  stream.source?.close();
  clearTimeout(stream.timer);
  stream.source = null;
}

function closeAll() {
  for (const stream of streams.values()) close(stream);
}

function settle() {
  for (const [element, stream] of streams) {
    if (element.isConnected) continue;
    close(stream);
    streams.delete(element);
  }
  if (document.hidden) return;
  for (const element of document.querySelectorAll("[data-live]")) {
    if (!streams.has(element)) streams.set(element, { failures: 0, last: "", source: null, timer: 0 });
    const stream = streams.get(element);
    if (!stream.source) open(element, stream);
  }
}

function showOrHide() {
  if (document.hidden) closeAll();
  else settle();
}

function lookWhileHidden() {
  if (!document.hidden) return;
  for (const element of document.querySelectorAll("[data-fresh=hidden]")) refresh(element.id);
}

// What follows. A place is known by its id, because each answer puts a new element there.

const places = new Map();
const held = new Set();
const FIELDS = ":is(input:not(.tick, [type=hidden]), select, textarea)";
const GOES_BY_ITSELF = "form[hx-trigger=change] select";
let choosing = null;

function placeOf(id) {
  if (!places.has(id)) places.set(id, { asking: null, isStale: false, failures: 0, timer: 0, kept: null });
  return places.get(id);
}

function refresh(id) {
  const place = placeOf(id);
  clearTimeout(place.timer);
  const element = document.getElementById(id);
  if (place.asking) place.isStale = true;
  else if (!element?.matches("[data-fresh]")) return;
  else if (isBusy(element)) held.add(id);
  else window.htmx.trigger(element, "refresh");
}

function isBusy(element) {
  const { activeElement } = document;
  const isDone = activeElement.matches(GOES_BY_ITSELF) && activeElement !== choosing;
  if (!isDone && element.contains(activeElement) && activeElement.matches(FIELDS)) return true;
  return Boolean(element.querySelector(`details[open] ${FIELDS}, form.htmx-request`));
}

function beginToChoose({ target, key }) {
  if (key !== "Tab" && target.matches?.("select")) choosing = target;
}

function letGo() {
  for (const id of held) {
    const element = document.getElementById(id);
    if (element && isBusy(element)) continue;
    held.delete(id);
    refresh(id);
  }
}

function refreshLater(id, pause) {
  const place = placeOf(id);
  clearTimeout(place.timer);
  place.timer = setTimeout(() => refresh(id), pause);
}

function refreshAll() {
  for (const element of document.querySelectorAll("[data-fresh]")) refresh(element.id);
}

// The request itself is watched, because htmx tells nothing of one whose element has left the page.
// An answer is on the page when it has settled: before that, the new element hears of nothing.
function watch({ elt, xhr }) {
  if (!elt.matches("[data-fresh]")) return;
  const place = placeOf(elt.id);
  place.asking = xhr;
  place.isStale = false;
  xhr.addEventListener("loadend", () => setTimeout(() => {
    if (place.asking === xhr) lose(elt.id, place);
  }, SETTLED_MS));
}

function askedBy(xhr) {
  return [...places].filter(([, place]) => place.asking === xhr);
}

// Somebody may have begun something in the place while it was asked for.
function keep(swap) {
  for (const [id, place] of askedBy(swap.xhr)) {
    const element = document.getElementById(id);
    if (!element || !swap.shouldSwap) continue;
    if (isBusy(element)) {
      swap.shouldSwap = false;
      place.asking = null;
      held.add(id);
    }
    const typed = [...element.querySelectorAll(":is(input, textarea)[id]")].filter((field) => field.value !== field.defaultValue);
    place.kept = {
      open: [...element.querySelectorAll("details[id][open]")].map((fold) => fold.id),
      typed: typed.map((field) => [field.id, field.value]),
    };
  }
}

function putBack({ xhr }) {
  for (const [, place] of askedBy(xhr)) {
    for (const id of place.kept?.open ?? []) document.getElementById(id)?.setAttribute("open", "");
    for (const [id, value] of place.kept?.typed ?? []) {
      const field = document.getElementById(id);
      if (field) field.value = value;
    }
    place.kept = null;
  }
}

function land({ xhr }) {
  for (const [id, place] of askedBy(xhr)) {
    place.asking = null;
    place.failures = 0;
    if (place.isStale) refresh(id);
  }
  lookForPending();
}

function lose(id, place) {
  place.asking = null;
  place.failures += 1;
  refreshLater(id, pauseAfter(place.failures));
  if (place.failures === TOLD_AFTER) window.htmx.trigger(document.body, "toast", TROUBLE);
}

function lookForPending() {
  for (const pending of document.querySelectorAll("[data-fresh] [data-pending]")) {
    const { id } = pending.closest("[data-fresh]");
    if (!placeOf(id).asking) refreshLater(id, PENDING_MS);
  }
}

// Not before htmx has read the page (it asked first for this event): until then nothing hears
// "refresh", and what the stream told would be told once and lost.
document.addEventListener("DOMContentLoaded", () => {
  settle();
  lookForPending();
});
document.body.addEventListener("changed", refreshAll);
document.body.addEventListener("htmx:beforeSend", (event) => watch(event.detail));
document.body.addEventListener("htmx:afterSettle", (event) => {
  land(event.detail);
  settle();
});
document.body.addEventListener("htmx:beforeSwap", (event) => keep(event.detail));
document.body.addEventListener("htmx:afterSwap", (event) => putBack(event.detail));
document.body.addEventListener("htmx:afterRequest", () => setTimeout(letGo));
for (const each of ["pointerdown", "keydown"]) document.addEventListener(each, beginToChoose);
for (const each of ["change", "focusout"]) {
  document.addEventListener(each, ({ target }) => {
    if (target === choosing) choosing = null;
    setTimeout(letGo);
  });
}
document.addEventListener("toggle", () => setTimeout(letGo), true);
document.addEventListener("visibilitychange", showOrHide);
setInterval(lookWhileHidden, HIDDEN_MS);
window.addEventListener("online", refreshAll);
window.addEventListener("pagehide", closeAll);
window.addEventListener("pageshow", (event) => { if (event.persisted) settle(); });

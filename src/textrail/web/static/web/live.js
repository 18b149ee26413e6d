// Server-sent events become htmx triggers: an element with `data-live="/…/stream/?since=…"` opens the
// stream while it is on the page, and each message fires its event name ("changed" without one) on
// the body, with the message's data in `event.detail.data`. A stream that the browser gave up is
// opened again, from the last event that came.
//
// What is to follow carries `data-fresh`, an id, and `hx-trigger="refresh"`: it is asked for again
// after each "changed", one request at a time. What changes during a request is asked for after it,
// and a request whose answer did not get onto the page is tried again. An element with
// `data-pending` within it is worth another look after three seconds.
const SOONEST_MS = 2000;
const LATEST_MS = 30_000;
const PENDING_MS = 3000;
const SETTLED_MS = 200;
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

function close(element) {
  const { source, timer } = streams.get(element);
  source.close();
  clearTimeout(timer);
  streams.delete(element);
}

function settle() {
  for (const element of streams.keys()) if (!element.isConnected) close(element);
  for (const element of document.querySelectorAll("[data-live]")) {
    if (streams.has(element)) continue;
    const stream = { failures: 0, last: "" };
    streams.set(element, stream);
    open(element, stream);
  }
}

// What follows. A place is known by its id, because each answer puts a new element there.

const places = new Map();

function placeOf(id) {
  if (!places.has(id)) places.set(id, { asking: null, isStale: false, failures: 0, timer: 0 });
  return places.get(id);
}

function refresh(id) {
  const place = placeOf(id);
  clearTimeout(place.timer);
  const element = document.getElementById(id);
  if (place.asking) place.isStale = true;
  else if (element?.matches("[data-fresh]")) window.htmx.trigger(element, "refresh");
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

function land({ xhr }) {
  for (const [id, place] of places) {
    if (place.asking !== xhr) continue;
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

settle();
lookForPending();
document.body.addEventListener("changed", refreshAll);
document.body.addEventListener("htmx:beforeSend", (event) => watch(event.detail));
document.body.addEventListener("htmx:afterSettle", (event) => {
  land(event.detail);
  settle();
});
window.addEventListener("online", refreshAll);
window.addEventListener("pagehide", () => {
  for (const element of [...streams.keys()]) close(element);
});
window.addEventListener("pageshow", (event) => { if (event.persisted) settle(); });

// The handset: who holds it, which screen is up, and a look at the carrier every second.

import * as carrier from "./carrier.js";
import { startCall } from "./call.js";
import * as paint from "./paint.js";
import { pictures } from "./pictures.js";

const LOOK_EVERY = 1000;
const GAP = 60 * 60 * 1000;
const AREAS = [206, 212, 303, 305, 312, 415, 512, 602, 617, 702, 713, 813];
const by = (id) => document.getElementById(id);
const state = { me: localStorage.getItem("me") ?? "", thread: "", view: "list", seen: "", screen: null, switching: null };
const leaving = [];
let unsent = [];

function show(view) {
  state.view = view;
  document.body.dataset.view = view;
  const screen = view === "people" ? "list" : view;
  for (const section of document.querySelectorAll(".view")) section.hidden = section.id !== `view-${screen}`;
  const first = { thread: "body", new: "to", people: "me" }[view];
  if (first) by(first).focus({ preventScroll: true });
}

function problem(id, error) {
  by(id).hidden = !error;
  by(id).textContent = error ? error.message : "";
}

// Whoever moved on to another screen meanwhile stays there, what they write meanwhile stays written,
// and the last choice wins.
async function become(phone) {
  const from = state.view;
  by("me").value = phone;
  const switching = carrier.switchOn(phone);
  state.switching = switching;
  await switching;
  if (state.switching !== switching) return;
  state.me = phone;
  state.seen = "";
  localStorage.setItem("me", phone);
  if (state.view === from) {
    state.thread = "";
    show("list");
  }
  await refresh();
}

function open(number) {
  state.thread = number;
  state.seen = "";
  by("items").replaceChildren();
  const known = [...(state.screen?.threads ?? []), ...(state.screen?.numbers ?? [])].find((one) => (one.number ?? one.phone) === number);
  by("thread-title").textContent = known?.shown ?? number;
  show("thread");
  putBack();
  refresh();
}

async function refresh() {
  if (!state.me) return;
  const { me, thread } = state;
  try {
    const screen = await carrier.look(me, thread);
    by("lost").hidden = true;
    if (me !== state.me || thread !== state.thread) return;
    const seen = JSON.stringify(screen);
    if (seen !== state.seen) draw(screen);
    state.seen = seen;
    const current = screen.threads.find((one) => one.number === thread);
    if (state.view === "thread" && current?.unread && !document.hidden) await carrier.markRead(me, thread);
  } catch (error) {
    by("lost").hidden = !(error instanceof TypeError);
  }
}

function draw(screen) {
  state.screen = screen;
  by("mine").textContent = screen.shown;
  by("previews").checked = screen.previews;
  by("platform").textContent = `Taps as ${screen.platform === "iphone" ? "Safari on an iPhone" : "Chrome on Android"}.`;
  drawMishap(screen.mishap);
  by("no-threads").hidden = screen.threads.length > 0;
  by("no-numbers").hidden = screen.numbers.length > 0;
  const keyed = (rows, name) => rows.map((row) => ({ ...row, key: row[name] }));
  paint.reconcile(by("threads"), keyed(screen.threads, "number"), (row) => paint.threadRow(row, open));
  paint.reconcile(by("numbers"), screen.numbers.map((held) => ({ key: held.phone, number: held.phone, shown: held.shown, line: "Tracking number" })), (row) => paint.threadRow(row, open));
  paint.reconcile(by("identities"), screen.identities.map((one) => ({ ...one, key: one.phone, current: screen.phone })), (row) =>
    paint.identityRow(row, row.current, become));
  drawItems(screen.items);
}

// Whoever is choosing is left alone.
function drawMishap({ name, share }) {
  if (["mishap", "share"].includes(document.activeElement.id)) return;
  by("mishap").value = name;
  by("share").value = String(share || 1);
  if (name) by("mishaps").open = true;
  showShare();
}

function showShare() {
  by("share").hidden = !by("mishap").value;
}

function drawItems(items) {
  const log = by("log");
  const wasAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  const lastMine = items.findLast((item) => item.kind === "text" && item.mine);
  const rows = [];
  let before = 0;
  for (const item of items) {
    if (item.at - before > GAP) rows.push({ kind: "day", key: `d${item.at}`, label: `${paint.dayOf(item.at)} ${paint.timeOf(item.at)}` });
    before = item.at;
    rows.push({ ...item, key: item.id, note: note(item, item === lastMine) });
  }
  paint.reconcile(by("items"), rows, paint.itemRow);
  if (wasAtEnd) log.scrollTop = log.scrollHeight;
}

function note(item, isLast) {
  if (!item.mine) return "";
  if (item.state === "failed") return `Not delivered. ${item.error}`;
  if (!isLast) return "";
  return item.state === "sending" ? "Sending…" : "✓ Delivered";
}

// Texts leave one after the other, as they were written: each empties the field at once and waits for
// those before it. Who sends it is who is switched on when Send is pressed.
function send(event) {
  event.preventDefault();
  const body = by("body");
  const content = { body: body.value.trim(), ...pictures.all() };
  if (!content.body && !content.pictures.length && !content.samples.length) return;
  const sender = Promise.resolve(state.switching).catch(() => null).then(() => state.me);
  leaving.push({ sender, recipient: state.thread, content, taken: pictures.take() });
  body.value = "";
  problem("composer-problem", null);
  body.focus();
  if (leaving.length === 1) sendAll();
}

async function sendAll() {
  while (leaving.length) {
    const { sender, recipient, content } = leaving[0];
    try {
      await carrier.sendText({ sender: await sender, recipient, ...content });
      leaving.shift();
      by("log").scrollTop = by("log").scrollHeight;
    } catch (error) {
      for (const text of leaving.splice(0)) unsent.push({ ...text, sender: await text.sender, error });
      putBack();
    }
  }
  await refresh();
}

// What could not leave, and what waited behind it, stands before what was written since, in the thread
// that it was for: at once or as soon as that one is opened.
function putBack() {
  const here = unsent.filter((text) => text.sender === state.me && text.recipient === state.thread);
  if (!here.length) return;
  unsent = unsent.filter((text) => !here.includes(text));
  const body = by("body");
  body.value = [...here.map((text) => text.content.body), body.value].filter(Boolean).join("\n");
  pictures.putBack(here.flatMap((text) => text.taken));
  problem("composer-problem", here[0].error);
}

function someone() {
  const [area, line] = crypto.getRandomValues(new Uint32Array(2));
  return `+1${AREAS[area % AREAS.length]}55501${String(line % 100).padStart(2, "0")}`;
}

const tidy = (text) => text.replace(/[\s().-]/g, "");

by("identity").addEventListener("submit", async (event) => {
  event.preventDefault();
  problem("identity-problem", null);
  await become(tidy(by("me").value)).catch((error) => problem("identity-problem", error));
});
by("someone").addEventListener("click", () => become(someone()).catch((error) => problem("identity-problem", error)));
by("previews").addEventListener("change", async (event) => {
  await carrier.switchOn(state.me, { previews: event.target.checked });
  await refresh();
});
for (const choice of ["mishap", "share"]) {
  by(choice).addEventListener("change", async () => {
    showShare();
    await carrier.misbehave({ name: by("mishap").value, share: Number(by("share").value) });
    await refresh();
  });
}
by("recipient").addEventListener("submit", (event) => {
  event.preventDefault();
  const number = tidy(by("to").value);
  const isNumber = /^\+[1-9][0-9]{6,14}$/.test(number);
  problem("to-problem", isNumber ? null : new Error("Write the number with a plus and the country code, such as +14155550100."));
  if (isNumber) open(number);
});
by("composer").addEventListener("submit", send);
by("body").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
});
by("dial").addEventListener("click", async () => {
  show("call");
  await state.switching?.catch(() => null);
  startCall(state.me, state.thread, by("thread-title").textContent);
});
for (const button of document.querySelectorAll("[data-go]")) {
  button.addEventListener("click", () => {
    show(button.dataset.go);
    refresh();
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (by("attach").open) by("attach").open = false;
  else if (state.view === "thread" || state.view === "new" || state.view === "people") show("list");
});

function tick() {
  by("clock").textContent = paint.timeOf(Date.now()).replace(/\s?[AP]M$/i, "");
}

tick();
setInterval(tick, 5000);
show("list");
await become(state.me || someone()).catch(() => become(someone()));
setInterval(() => document.hidden || refresh(), LOOK_EVERY);
document.addEventListener("visibilitychange", () => document.hidden || refresh());

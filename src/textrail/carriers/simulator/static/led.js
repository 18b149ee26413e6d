// A call that the business leads: what is heard, the keys, the phones that ring, the beep.

import { act, leaveCall } from "./carrier.js";
import { make } from "./paint.js";

const by = (id) => document.getElementById(id);
const STATES = {
  menu: "Listening",
  ringing: "Ringing…",
  talking: "Connected",
  voicemail: "Voicemail",
  over: "Call ended.",
};
let call = null;
let began = 0;
let isOver = true;

function button(words, deed, kind = "") {
  const made = make("button", { type: "button", class: kind }, words);
  made.addEventListener("click", () => go(deed));
  return made;
}

function deeds(talk) {
  if (talk.state === "menu") {
    const keys = [...talk.keys].map((key) => button(key, { do: "press", digits: key }, "key"));
    return [make("div", { class: "keypad", role: "group", "aria-label": "Keys" }, ...keys), button("Press nothing", { do: "press" }, "quiet")];
  }
  if (talk.state === "ringing") {
    const phones = talk.phones.map((one) => button(`Pick up as ${one.shown}`, { do: "pick_up", phone: one.phone }, "pick-up"));
    return [...phones, button("Let it ring", { do: "let_ring" }, "quiet")];
  }
  if (talk.state === "talking" && talk.recorded) return [make("p", { class: "muted" }, "This talk is recorded.")];
  return [];
}

function draw(talk) {
  isOver = talk.state === "over";
  by("call-state").textContent = STATES[talk.state];
  by("call-heard").replaceChildren(...talk.heard.map((words) => make("li", {}, words)));
  by("call-heard").lastElementChild?.scrollIntoView({ block: "nearest" });
  by("call-deeds").replaceChildren(...deeds(talk));
  by("call-beep").hidden = talk.state !== "voicemail";
  by("call-end").hidden = talk.state === "over";
  by("call-over").hidden = talk.state !== "over";
  if (talk.state === "voicemail") began = Date.now();
  const next = talk.state === "over" ? by("call-over") : talk.state === "voicemail" ? by("call-beep") : by("call-led");
  next.querySelector("textarea, .deeds button, button")?.focus();
}

async function go(deed) {
  by("call-problem").hidden = true;
  try {
    draw((await act(call, deed)).talk);
  } catch (error) {
    by("call-problem").textContent = error.message;
    by("call-problem").hidden = false;
  }
}

export function follow(id, talk) {
  call = id;
  by("call-problem").hidden = true;
  by("beep").value = "";
  draw(talk);
}

by("call-beep").addEventListener("submit", (event) => {
  event.preventDefault();
  go({ do: "leave", words: by("beep").value, seconds: Math.round((Date.now() - began) / 1000) });
});
by("call-end").addEventListener("click", () => go({ do: "hang_up" }));
// Whoever closes the page has hung up.
addEventListener("pagehide", () => isOver || leaveCall(call));

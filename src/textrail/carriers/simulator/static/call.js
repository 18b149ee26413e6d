// The call screen: rings at once, and lets the person say how it went.

import { endCall, ring } from "./carrier.js";
import { follow } from "./led.js";
import { duration } from "./paint.js";

const by = (id) => document.getElementById(id);
const PANELS = ["call-ringing", "call-led", "call-voicemail", "call-talking", "call-over"];
let call = null;

function panel(id, sentence) {
  for (const other of PANELS) by(other).hidden = other !== id;
  by("call-state").textContent = sentence;
  by(id).querySelector("textarea, button").focus();
}

export async function startCall(me, number, name) {
  stopTimer();
  by("call-title").textContent = name;
  by("voicemail").value = "";
  // How it goes can be said when there is a call.
  const ways = by("call-ringing").querySelectorAll("button");
  for (const way of ways) way.disabled = true;
  panel("call-ringing", "Calling…");
  try {
    call = await ring(me, number);
    for (const way of ways) way.disabled = false;
    if (call.in_service && !call.talk) ways[0].focus();
    if (!call.in_service) panel("call-over", "This number is not in service.");
    else if (call.talk) {
      panel("call-led", "Connected");
      follow(call.id, call.talk);
    }
  } catch (error) {
    panel("call-over", error.message);
  }
}

function stopTimer() {
  clearInterval(call?.timer);
  by("call-timer").textContent = "";
}

async function end(outcome, sentence, voicemail = "") {
  const seconds = call?.since ? Math.round((Date.now() - call.since) / 1000) : 0;
  stopTimer();
  panel("call-over", sentence);
  try {
    await endCall(call.id, { outcome, seconds, voicemail });
  } catch (error) {
    by("call-state").textContent = error.message;
  }
}

function talk() {
  call.since = Date.now();
  panel("call-talking", "Connected");
  const tick = () => (by("call-timer").textContent = duration(Math.round((Date.now() - call.since) / 1000)));
  tick();
  call.timer = setInterval(tick, 500);
}

const choices = {
  answered: talk,
  missed: () => end("missed", "Nobody answered."),
  voicemail: () => {
    call.since = Date.now();
    panel("call-voicemail", "Voicemail");
  },
  "hang-up": () => end("answered", "Call ended."),
};

for (const button of document.querySelectorAll("[data-call]")) {
  button.addEventListener("click", () => call && choices[button.dataset.call]());
}
by("call-voicemail").addEventListener("submit", (event) => {
  event.preventDefault();
  end("voicemail", "Message left.", by("voicemail").value);
});

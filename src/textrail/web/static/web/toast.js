// Short remarks in the corner: from the server's `HX-Trigger: {"toast": {...}}`, or from
// `document.body.dispatchEvent(new CustomEvent("toast", { detail: { text, tone } }))`.
const SHOWN_MS = 6000;
const place = document.getElementById("toasts");

function dismissLater(element) {
  setTimeout(() => element.remove(), SHOWN_MS);
}

function show({ text, tone = "" }) {
  const element = document.createElement("div");
  element.className = `toast ${tone}`;
  element.textContent = text;
  place.append(element);
  dismissLater(element);
}

for (const element of place.children) dismissLater(element);
document.body.addEventListener("toast", (event) => show(event.detail));
// What follows by itself is tried again by live.js, which says so when that goes on for long.
const isFollowing = ({ elt }) => elt.matches?.("[data-fresh]");
document.body.addEventListener("htmx:sendError", (event) => {
  if (isFollowing(event.detail)) return;
  show({ text: "The server did not answer. Check the connection and try again.", tone: "danger" });
});
document.body.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.getResponseHeader("HX-Trigger") || isFollowing(event.detail)) return;
  const text =
    event.detail.xhr.status === 403
      ? "You are signed out, or may not do this. Reload the page."
      : "That did not work. Reload the page and try again.";
  show({ text, tone: "danger" });
});

// Server-sent events become htmx triggers: an element with `data-live="/…/stream/"` opens the stream
// while it is on the page, and each message fires its event name ("changed" without one) on the
// body, with the message's data in `event.detail.data`. Use `hx-trigger="changed from:body"`.
const streams = new Map();

function open(element) {
  const source = new EventSource(element.dataset.live);
  const names = (element.dataset.liveEvents ?? "").split(" ").filter(Boolean);
  const fire = (name) => (message) => window.htmx.trigger(document.body, name, { data: message.data });
  source.addEventListener("message", fire("changed"));
  for (const name of names) source.addEventListener(name, fire(name));
  streams.set(element, source);
}

function settle() {
  for (const [element, source] of streams) {
    if (element.isConnected) continue;
    source.close();
    streams.delete(element);
  }
  for (const element of document.querySelectorAll("[data-live]")) {
    if (!streams.has(element)) open(element);
  }
}

settle();
document.body.addEventListener("htmx:afterSettle", settle);
window.addEventListener("pagehide", () => {
  for (const source of streams.values()) source.close();
  streams.clear();
});
window.addEventListener("pageshow", (event) => { if (event.persisted) settle(); });

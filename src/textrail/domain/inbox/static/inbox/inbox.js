// Marks read what is before somebody's eyes, and adds tags. What writing needs is in talk.js.
function readIfSeen() {
  const pane = document.querySelector("[data-read]");
  if (!pane || !document.hasFocus()) return;
  window.htmx.ajax("POST", pane.dataset.read, { source: pane, swap: "none" });
}

// Only the stream's news: a reply's own refresh was read by who wrote it.
document.body.addEventListener("changed", (event) => {
  if (event.detail?.data) readIfSeen();
});
window.addEventListener("focus", readIfSeen);

// A tag that waits for the one before it keeps its word, and the field is free for the next.
document.body.addEventListener("htmx:confirm", ({ detail: { elt, etc } }) => {
  if (!elt.matches(".tag-add") || etc.values) return;
  const field = elt.elements.add;
  etc.values = { add: field.value };
  field.value = "";
});
document.body.addEventListener("htmx:afterRequest", ({ detail: { elt, etc, successful } }) => {
  if (elt.matches(".tag-add") && !successful) elt.elements.add.value ||= etc.values.add;
});

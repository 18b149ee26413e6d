// Marks read what is before somebody's eyes. What writing needs is in talk.js.
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

// What a form cannot do alone: count segments while typing, send by key, mark read what is before
// somebody's eyes. Everything works without it; the server's count is the one that is billed.
import { countWords } from "./segments.js";

function count(field) {
  const line = document.querySelector(`[data-counts="${CSS.escape(field.id)}"]`);
  if (!line) return;
  line.textContent = countWords(field.value, line.dataset.basic, line.dataset.extended);
  line.classList.toggle("over", [...field.value].length > Number(line.dataset.longest));
}

function readIfSeen() {
  const pane = document.querySelector("[data-read]");
  if (!pane || !document.hasFocus()) return;
  window.htmx.ajax("POST", pane.dataset.read, { source: pane, swap: "none" });
}

document.addEventListener("input", (event) => {
  if (event.target.matches("textarea")) count(event.target);
});
document.addEventListener("change", (event) => {
  if (!event.target.matches(".attach input[type=file]")) return;
  const label = event.target.parentElement.querySelector("[data-attached]");
  label.textContent = event.target.files[0]?.name ?? "Attach";
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  if (event.target.matches("#reply-body")) event.target.form.requestSubmit();
});
// Only the stream's news: a reply's own refresh was read by who wrote it.
document.body.addEventListener("changed", (event) => {
  if (event.detail?.data) readIfSeen();
});
window.addEventListener("focus", readIfSeen);

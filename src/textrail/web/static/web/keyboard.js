// `/` searches, `g` and a letter goes to a place, `?` lists the keys, `j` and `k` move among rows;
// the arrows do so too once a row has the focus, and scroll the page before.
const PAUSE_MS = 1000;
let pressedG = 0;

function isTyping(target) {
  return target.closest("input, textarea, select, [contenteditable]") !== null;
}

function focusSearch() {
  const field = document.querySelector("[data-search]");
  field?.focus();
  field?.select();
  return Boolean(field);
}

function goTo(letter) {
  const link = document.querySelector(`.rail [data-keys="${CSS.escape(letter)}"]`);
  if (link) location.assign(link.href);
  return Boolean(link);
}

function moveRow(step, { begins = false } = {}) {
  const rows = [...document.querySelectorAll(".table tbody tr, [data-rows] > *")]
    .map((row) => (row.matches("a, button") ? row : row.querySelector("a, button")))
    .filter(Boolean);
  const row = document.activeElement?.closest("tbody tr, [data-rows] > *");
  const from = rows.findIndex((link) => link === document.activeElement || row?.contains(link));
  if (from < 0 && !begins) return false;
  rows[from < 0 ? 0 : from + step]?.focus();
  return true;
}

const KEYS = {
  "/": focusSearch,
  "?": () => {
    document.getElementById("keys")?.showModal();
    return true;
  },
  j: () => moveRow(1, { begins: true }),
  k: () => moveRow(-1, { begins: true }),
  ArrowDown: () => moveRow(1),
  ArrowUp: () => moveRow(-1),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const afterG = event.timeStamp - pressedG < PAUSE_MS && pressedG > 0;
  pressedG = event.key === "g" ? event.timeStamp : 0;
  const handled = afterG && event.key !== "g" ? goTo(event.key) : KEYS[event.key]?.();
  if (handled) event.preventDefault();
});

// What the reply and the new message do beyond their forms: count and price while typing, say what
// makes a text Unicode and replace it, show files before they are sent, offer quick replies, keep a
// draft. Everything works without it; the server counts and prices again.
import { LONGEST } from "./segments-table.js";
import { countWords, hasPlain, inPlain, nameOf, segment, tooMany } from "./segments.js";

const MICROS = 1_000_000;
const composerOf = (element) => element.closest("[data-composer]");
const fieldOf = (counter) => document.getElementById(counter.dataset.counter);
const bodyOf = (composer) => composer?.querySelector("textarea[name=body]");

function setText(field, text, caret = text.length) {
  field.value = text;
  field.setSelectionRange(caret, caret);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

// Counter and price

function money(micros, symbol) {
  const whole = Math.floor(micros / MICROS);
  const rest = String(micros % MICROS).padStart(6, "0").replace(/0{1,4}$/, "");
  return `${symbol}${whole.toLocaleString("en-US")}.${rest}`;
}

function priceOf(counter, text, files) {
  const known = composerOf(counter)?.querySelector("[data-known]") ?? counter;
  const { segmentMicros, mediaMicros, symbol } = known.dataset;
  if (!segmentMicros || (!text && !files)) return "";
  if (files) return ` · ${money(Number(mediaMicros), symbol)} with files`;
  const { segments } = segment(text);
  const each = segments > 1 ? ` (${segments} × ${money(Number(segmentMicros), symbol)})` : "";
  return ` · ${money(Number(segmentMicros) * segments, symbol)}${each}`;
}

function count(counter) {
  const field = fieldOf(counter);
  if (!field) return;
  const text = field.value;
  const files = filesOf(composerOf(counter)).length;
  explain(counter, text);
  const explained = !counter.querySelector("[data-foreign]").hidden;
  const words = countWords(text);
  counter.querySelector("[data-count]").textContent = explained ? words.split(" · Unicode because")[0] : words;
  counter.querySelector("[data-price]").textContent = priceOf(counter, text, files);
  const over = tooMany(text);
  counter.firstElementChild.classList.toggle("over", over > 0);
  field.setCustomValidity(over ? `A text has at most ${LONGEST.toLocaleString("en-US")} characters. Take ${over.toLocaleString("en-US")} away, or send two texts.` : "");
}

function explain(counter, text) {
  const box = counter.querySelector("[data-foreign]");
  const { foreign, segments } = segment(text);
  const replaced = inPlain(text);
  const gains = segment(replaced);
  box.hidden = !foreign.some(({ character }) => hasPlain(character));
  if (box.hidden) return;
  const first = foreign.find(({ character }) => hasPlain(character));
  const saved = segments - gains.segments;
  const rest = gains.foreign.length ? `; ${gains.foreign[0].character} keeps it Unicode` : "";
  box.querySelector("[data-foreign-words]").textContent =
    `The ${nameOf(first.character)} at ${first.at} makes this Unicode` +
    (saved > 0 ? `: ${segments} segments instead of ${gains.segments}${rest}.` : `, with room for 70 characters instead of 160${rest}.`);
  const many = [...text].filter(hasPlain).length;
  const button = box.querySelector("[data-replace]");
  button.textContent = many === 1 ? "Write it plainly" : `Write ${many} characters plainly`;
  box.querySelector("[data-preview]").textContent = changes(text);
  box.querySelector("[data-preview]").hidden = false;
}

function changes(text) {
  const kinds = new Map([...text].filter(hasPlain).map((c) => [c, inPlain(c)]));
  const shown = [...kinds].slice(0, 6).map(([from, to]) => `${visible(from)} → ${visible(to)}`);
  return shown.join("   ") + (kinds.size > shown.length ? "   …" : "");
}

const visible = (text) => (text === "" ? "nothing" : text.trim() === "" ? (text === " " ? "space" : nameOf(text)) : text);

function countAll(root = document) {
  for (const counter of root.querySelectorAll("[data-counter]")) count(counter);
}

// Files

const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

// A file that cannot go stays shown, and nothing is sent until it is removed or others are chosen.
function showFiles(input) {
  const list = composerOf(input)?.querySelector("[data-picked]");
  if (!list) return;
  const files = [...input.files];
  const limit = Number(list.dataset.largest);
  const without = (index) => keepAndShow(input, files.filter((_, at) => at !== index));
  const wrong = problemOf(files, limit, Number(list.dataset.most));
  list.replaceChildren(...files.map((file, index) => chip(file, file.size > limit, () => without(index))));
  if (wrong) list.append(problem(wrong));
  input.setCustomValidity(wrong);
  countAll(composerOf(input));
}

function problemOf(files, limit, most) {
  const large = files.filter((file) => file.size > limit);
  const largest = `${Math.floor(limit / 2 ** 20)} MB`;
  if (large.length === 1) return `${large[0].name} is larger than ${largest}. Remove it, or choose a smaller one.`;
  if (large.length) return `${large.length} files are larger than ${largest} each. Remove them, or choose smaller ones.`;
  return files.length > most ? `A text carries at most ${most} files; these are ${files.length}. Remove ${files.length - most}.` : "";
}

const filesOf = (composer) => [...(composer?.querySelector("input[type=file]")?.files ?? [])];

function keepFiles(input, files) {
  const transfer = new DataTransfer();
  for (const file of files) transfer.items.add(file);
  input.files = transfer.files;
}

function keepAndShow(input, files) {
  keepFiles(input, files);
  showFiles(input);
}

function chip(file, isTooLarge, remove) {
  const item = document.createElement("li");
  item.classList.toggle("error", isTooLarge);
  if (file.type.startsWith("image/") && !isTooLarge) item.append(thumbnail(file));
  const words = document.createElement("span");
  words.textContent = `${file.name} · ${size(file.size)}`;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button quiet small";
  button.textContent = "Remove";
  button.setAttribute("aria-label", `Remove ${file.name}`);
  button.addEventListener("click", remove);
  item.append(words, button);
  return item;
}

function thumbnail(file) {
  const picture = document.createElement("img");
  picture.alt = "";
  const reader = new FileReader();
  reader.addEventListener("load", () => { picture.src = reader.result; });
  reader.addEventListener("error", () => picture.remove());
  picture.addEventListener("error", () => picture.remove());
  reader.readAsDataURL(file);
  return picture;
}

function problem(words) {
  const item = document.createElement("li");
  item.className = "error";
  item.textContent = words;
  return item;
}

// Quick replies

const pickerOf = (composer) => composer?.querySelector("[data-quick]");

function filterQuick(picker, term) {
  const wanted = term.trim().toLowerCase();
  const buttons = [...picker.querySelectorAll("[data-insert]")];
  const named = buttons.filter((button) => button.dataset.name.toLowerCase().includes(wanted));
  const fitting = named.length ? named : buttons.filter((button) => button.dataset.insert.toLowerCase().includes(wanted));
  for (const button of buttons) button.parentElement.hidden = !fitting.includes(button);
  const none = picker.querySelector("[data-quick-none]");
  if (none) none.hidden = fitting.length > 0;
}

function insert(button) {
  const composer = composerOf(button);
  const field = bodyOf(composer);
  const typed = field.value;
  const slash = /^\/\S*$/.test(typed);
  const start = slash ? 0 : field.selectionStart;
  const before = slash ? "" : typed.slice(0, start);
  const after = slash ? "" : typed.slice(field.selectionEnd);
  const space = before && !/\s$/.test(before) ? " " : "";
  setText(field, `${before}${space}${button.dataset.insert}${after}`, (before + space + button.dataset.insert).length);
  pickerOf(composer).open = false;
}

function slashed(field) {
  const picker = pickerOf(composerOf(field));
  if (!picker || !field.closest("form.reply, form.composer")) return;
  const slash = /^\/(\S*)$/.exec(field.value);
  if (slash) {
    if (!picker.open) picker.open = true;
    picker.dataset.slash = slash[1];
    filterQuick(picker, slash[1]);
  } else if (picker.dataset.slash !== undefined) {
    delete picker.dataset.slash;
    picker.open = false;
  }
}

// Who sends: the number that they talk with, else the first, until somebody chooses one by hand. The
// form says so itself, so that a choice outlasts a refusal, and what was only offered does not.

function offerSender(composer) {
  const { number, recipient, chosen } = composer.elements;
  const known = composer.querySelector("[data-known]");
  if (!recipient || !known || chosen.value) return;
  const able = [...number.options].filter((option) => !option.disabled);
  const theirs = able.find(({ value }) => value === known.dataset.sender) ?? able[0];
  if (theirs) number.value = theirs.value;
}

function noteChoice(composer) {
  const { chosen } = composer.elements;
  if (chosen) chosen.value = "1";
}

// Drafts

const draftKey = (composer) => (composer?.dataset.draft ? `textrail draft ${composer.dataset.draft}` : "");
const onceKey = (key) => key.replace("textrail draft", "textrail once");
const newToken = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function store(key, text) {
  try {
    if (text) localStorage.setItem(key, text);
    else localStorage.removeItem(key);
  } catch {
    // A browser that keeps nothing keeps no drafts.
  }
}

function kept(key) {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

// A draft has one token in all tabs, and the server sends one text for a token: Send that is pressed
// in two tabs within a moment sends once.
function keep(composer, text) {
  const key = draftKey(composer);
  if (!key) return;
  store(key, text);
  if (!text) store(onceKey(key), "");
  else if (!kept(onceKey(key))) store(onceKey(key), newToken());
  takeToken(composer);
}

function takeToken(composer) {
  const once = composer.elements.once;
  if (once) once.value = kept(onceKey(draftKey(composer))) || once.value;
}

// What stands in the field is what is kept, in whichever tab it was written: where one tab sent it,
// the others have nothing left to send again.
function restore(composer) {
  const key = draftKey(composer);
  const field = bodyOf(composer);
  if (!key || !field) return;
  if (field.value) keep(composer, field.value);
  else field.value = kept(key);
  takeToken(composer);
}

// The button says whether it sends now; beside it no second one need say the same.
function sayWhen(composer) {
  const label = composer.querySelector("button[data-send] > span");
  if (!["Send", "Schedule"].includes(label?.textContent)) return;
  const isLater = Boolean(composer.elements.leaves_at?.value);
  label.textContent = isLater ? "Schedule" : "Send";
  const second = composer.querySelector(".later-field [name=later]");
  if (second) second.hidden = isLater;
}

function follow(composer) {
  const key = draftKey(composer);
  if (!key) return;
  bodyOf(composer).value = kept(key);
  if (composer.elements.once) composer.elements.once.value = kept(onceKey(key)) || newToken();
  countAll(composer);
}

function followAll(changed = null) {
  for (const composer of document.querySelectorAll("[data-composer]")) {
    const key = draftKey(composer);
    if (changed === null || changed === key || changed === onceKey(key)) follow(composer);
  }
}

function begin(root = document) {
  for (const composer of root.querySelectorAll("[data-composer]")) {
    restore(composer);
    sayWhen(composer);
  }
  countAll(root);
}

document.addEventListener("input", (event) => {
  const { target } = event;
  if (target.matches("[data-quick-search]")) filterQuick(pickerOf(composerOf(target)), target.value);
  if (!target.matches("textarea[name=body]")) return;
  for (const counter of document.querySelectorAll(`[data-counter="${CSS.escape(target.id)}"]`)) count(counter);
  keep(composerOf(target), target.value);
  slashed(target);
});

document.addEventListener("change", (event) => {
  const { target } = event;
  if (target.matches("[data-composer] input[type=file]")) showFiles(target);
  if (target.matches("[data-composer] [name=leaves_at]")) sayWhen(target.form);
  if (target.matches("[data-composer] [name=number]")) noteChoice(target.form);
  if (target.dataset?.refills) window.htmx.trigger(document.getElementById(target.dataset.refills), "refill");
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-replace], [data-insert], [data-fill], [data-put]");
  if (!button) return;
  const { fill, insert: words, put, into } = button.dataset;
  if (words !== undefined) insert(button);
  else if (fill !== undefined) refill(button, fill);
  else if (put !== undefined) putInto(document.getElementById(into), put);
  else plainly(button.closest("[data-counter]"));
});

function plainly(counter) {
  const field = fieldOf(counter);
  setText(field, inPlain(field.value));
}

function refill(button, phone) {
  const field = composerOf(button).querySelector("input[name=recipient]");
  field.value = phone;
  field.focus();
  window.htmx.trigger(field, "refill");
}

function putInto(field, words) {
  const { selectionStart: start, selectionEnd: end, value } = field;
  setText(field, value.slice(0, start) + words + value.slice(end), start + words.length);
}

document.addEventListener("keydown", (event) => {
  const composer = composerOf(event.target);
  const picker = pickerOf(composer);
  const picking = picker?.open && (picker.dataset.slash !== undefined || event.target.matches("[data-quick-search]"));
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea[name=body]")) {
    event.preventDefault();
    composer.requestSubmit(composer.querySelector("button[data-send]") ?? undefined);
  } else if (picking && event.key === "Enter") {
    event.preventDefault();
    const first = [...picker.querySelectorAll("[data-insert]")].find((button) => !button.parentElement.hidden);
    if (first) insert(first);
  } else if (picking && event.key === "Escape") {
    picker.open = false;
    bodyOf(composer).focus();
  }
});

// A draft goes when its text is sent: with the page, or when the server gives an empty form back.
// What is typed or attached while a text is on its way stays, and all of it when it is refused.
const underWay = new WeakMap();
let later = null;

function sincePosted(form, isSent) {
  const posted = underWay.get(form);
  if (!posted) return null;
  const { value } = bodyOf(form);
  const files = filesOf(form);
  if (!isSent) return { text: value, files };
  const added = value.startsWith(posted.text) ? value.slice(posted.text.length).trimStart() : value;
  return { text: value === posted.text ? "" : added, files: files.filter((file) => !posted.files.includes(file)) };
}

function putBack(form, { text, files }) {
  bodyOf(form).value = text;
  const input = form.querySelector("input[type=file]");
  if (input && files.length) keepAndShow(input, files);
}

document.addEventListener("submit", (event) => {
  const composer = event.target.closest("[data-composer]");
  if (composer && !composer.hasAttribute("hx-post")) keep(composer, "");
});
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { target, requestConfig, xhr } = event.detail;
  if (!target?.matches("[data-composer]") || requestConfig.verb !== "post" || xhr.status !== 200) return;
  later = sincePosted(target, Boolean(xhr.getResponseHeader("HX-Trigger")));
  if (!later) return;
  keep(target, "");
  keep(target, later.text);
});
document.body.addEventListener("htmx:beforeSend", ({ detail: { elt } }) => {
  if (elt.matches("[data-composer]")) underWay.set(elt, { text: bodyOf(elt).value, files: filesOf(elt) });
});
document.body.addEventListener("htmx:afterSwap", ({ target }) => {
  if (!later || !target.matches("[data-composer]")) return;
  putBack(target, later);
  later = null;
});
document.body.addEventListener("htmx:afterSettle", (event) => {
  const place = event.detail.target;
  const composer = document.querySelector("[data-composer]");
  if (event.detail.elt.matches?.("[data-composer]") || place?.matches?.("[data-composer]")) begin();
  else if (composer && place && composer.contains(place)) {
    countAll(composer);
    offerSender(composer);
    const picker = place.closest("[data-quick]");
    if (picker && picker.dataset.slash !== undefined) filterQuick(picker, picker.dataset.slash);
    else picker?.querySelector("[data-quick-search]")?.focus();
  }
});

window.addEventListener("storage", ({ key }) => followAll(key));
window.addEventListener("pageshow", ({ persisted }) => { if (persisted) followAll(); });

begin();

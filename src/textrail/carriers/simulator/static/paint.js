// Turns the carrier's answers into elements. Text only ever becomes text, never markup.

const ICON = "M4 6a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H10l-4 4v-4a2 2 0 0 1-2-2z";

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

function icon() {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  picture.setAttribute("viewBox", "0 0 24 24");
  path.setAttribute("d", ICON);
  picture.append(path);
  return make("span", { class: "face", "aria-hidden": "true" }, picture);
}

const painted = new WeakMap();

// Keeps what is unchanged, so that focus, scrolling and a screen reader's place survive.
export function reconcile(list, rows, build) {
  const present = new Map([...list.children].map((child) => [child.dataset.key, child]));
  rows.forEach((row, place) => {
    const key = String(row.key);
    const content = JSON.stringify(row);
    let child = present.get(key);
    if (!child || painted.get(child) !== content) {
      const fresh = build(row);
      fresh.dataset.key = key;
      painted.set(fresh, content);
      if (child) {
        const hadFocus = child.contains(document.activeElement);
        child.replaceWith(fresh);
        if (hadFocus) fresh.querySelector("button, a")?.focus();
      }
      child = fresh;
    }
    present.delete(key);
    if (list.children[place] !== child) list.insertBefore(child, list.children[place] ?? null);
  });
  for (const leftover of present.values()) leftover.remove();
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });

export const timeOf = (at) => clock.format(at);
export const dayOf = (at) => (new Date(at).toDateString() === new Date().toDateString() ? "Today" : weekday.format(at));
export const shortTime = (at) => (dayOf(at) === "Today" ? timeOf(at) : dayOf(at));

export function threadRow(thread, onOpen) {
  const button = make(
    "button",
    { type: "button", class: thread.unread ? "unread" : false },
    icon(),
    make("strong", {}, thread.shown),
    make("time", {}, thread.at ? shortTime(thread.at) : ""),
    make("span", { class: "line" }, thread.line),
    thread.unread ? make("span", { class: "dot", role: "img", "aria-label": `${thread.unread} unread` }) : "",
  );
  button.addEventListener("click", () => onOpen(thread.number));
  return make("li", {}, button);
}

export function identityRow(identity, current, onPick) {
  const button = make(
    "button",
    { type: "button", "aria-current": identity.phone === current ? "true" : false },
    identity.shown,
    identity.unread ? make("span", { class: "dot", role: "img", "aria-label": `${identity.unread} unread` }) : "",
  );
  button.addEventListener("click", () => onPick(identity.phone));
  return make("li", {}, button);
}

export function itemRow(item) {
  if (item.kind === "day") return make("li", { class: "day" }, item.label);
  return item.kind === "call" ? callRow(item) : bubbleRow(item);
}

function callRow(call) {
  const words = {
    ringing: "Call, still ringing",
    answered: `Call, ${duration(call.seconds)}`,
    missed: "Call, nobody answered",
    voicemail: "Call, you left a voicemail",
    failed: "Call failed: the number is not in service",
  };
  return make(
    "li",
    { class: "event" },
    `${words[call.outcome]} · ${timeOf(call.at)}`,
    call.voicemail ? make("q", {}, call.voicemail) : "",
  );
}

function bubbleRow(text) {
  const words = text.parts.map((part) =>
    part.href
      ? make("a", { href: part.href, target: "_blank", rel: "noopener noreferrer" }, part.text)
      : part.text,
  );
  const pictures = text.media.map((source) =>
    source ? make("img", { src: source, alt: "Picture" }) : make("span", { class: "gone" }, "Picture not loaded"),
  );
  return make(
    "li",
    { class: text.mine ? "bubble mine" : "bubble", title: timeOf(text.at) },
    make("span", { class: "hidden" }, text.mine ? "You:" : "They:"),
    ...pictures,
    words.length ? make("p", {}, ...words) : "",
    text.note ? make("span", { class: `state ${text.state}` }, text.note) : "",
  );
}

export function duration(seconds) {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
}

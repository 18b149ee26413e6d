// The arithmetic of vocabulary/segments.py, with its table; a test runs the same texts through both.
import { BASIC, EXTENDED, GSM_ROOM, JOINING, LONGEST, NAMES, PLAIN, UNICODE_ROOM } from "./segments-table.js";

const basic = new Set(BASIC);
const extended = new Set(EXTENDED);
const SHOWN = 3;
const JOINER = 0x200d;

function joins(code) {
  let low = 0;
  let high = JOINING.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (code < JOINING[middle][0]) high = middle - 1;
    else if (code > JOINING[middle][1]) low = middle + 1;
    else return true;
  }
  return false;
}

const controls = (code) => code < 0x20 || (code >= 0x7f && code < 0xa0);
const pictures = (code) => (code >= 0x1f000 && code <= 0x1faff) || (code >= 0x2190 && code <= 0x2bff);

function belongs(held, code, pairs) {
  const last = held[held.length - 1].codePointAt(0);
  if (controls(last)) return false;
  if (joins(code) || pairs) return true;
  return last === JOINER && pictures(code) && pictures(held[0].codePointAt(0));
}

function clusterSizes(characters, part) {
  const sizes = [];
  let held = [];
  let flags = 0;
  const close = () => {
    const units = held.reduce((sum, character) => sum + character.length, 0);
    if (units <= part) sizes.push(units);
    else sizes.push(...held.map((character) => character.length));
  };
  for (const character of characters) {
    const code = character.codePointAt(0);
    const isFlag = code >= 0x1f1e6 && code <= 0x1f1ff;
    if (held.length && !belongs(held, code, isFlag && flags % 2 === 1)) {
      close();
      held = [];
      flags = 0;
    }
    held.push(character);
    flags = isFlag ? flags + 1 : 0;
  }
  if (held.length) close();
  return sizes;
}

// `foreign` are the characters that make it Unicode, each once, with where it stands first (from 1).
export function segment(text) {
  const characters = [...text];
  const places = new Map();
  characters.forEach((c, index) => {
    if (!basic.has(c) && !extended.has(c) && !places.has(c)) places.set(c, index + 1);
  });
  const foreign = [...places].map(([character, at]) => ({ character, at }));
  const [single, part] = foreign.length ? UNICODE_ROOM : GSM_ROOM;
  const sizes = foreign.length ? clusterSizes(characters, part) : characters.map((c) => (extended.has(c) ? 2 : 1));
  const units = sizes.reduce((sum, each) => sum + each, 0);
  const alphabet = foreign.length ? "UCS-2" : "GSM-7";
  if (units <= single) return { alphabet, segments: 1, units, left: single - units, foreign };
  let segments = 1;
  let used = 0;
  for (const each of sizes) {
    if (used + each > part) {
      segments += 1;
      used = 0;
    }
    used += each;
  }
  return { alphabet, segments, units, left: part - used, foreign };
}

export const hasPlain = (character) => Object.hasOwn(PLAIN, character);

export function inPlain(text) {
  return [...text].map((c) => (hasPlain(c) ? PLAIN[c] : c)).join("");
}

export function nameOf(character) {
  const name = NAMES[character] ?? "";
  if (/^[\p{C}\p{Z}]$/u.test(character)) {
    return name || `character U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  }
  return name ? `${name} ${character}` : character;
}

// How many characters must go before the text may be sent.
export const tooMany = (text) => Math.max(0, [...text].length - LONGEST);

const amount = (count, word) => `${count.toLocaleString("en-US")} ${word}${count === 1 ? "" : "s"}`;

export function countWords(text) {
  const { segments, left, foreign } = segment(text);
  const parts = [amount([...text].length, "character")];
  if (text) parts.push(`${segments} segment${segments === 1 ? "" : "s"}`);
  const over = tooMany(text);
  parts.push(over ? `${over.toLocaleString("en-US")} too many` : `${left} left`);
  if (foreign.length) {
    const named = foreign.slice(0, SHOWN).map(({ character, at }) => `${nameOf(character)} at ${at}`);
    const rest = foreign.length - named.length;
    parts.push(`Unicode because of ${named.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`);
  }
  return parts.join(" · ");
}

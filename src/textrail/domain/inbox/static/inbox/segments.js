// The arithmetic of vocabulary/segments.py; the alphabets come from the page, so they cannot differ.
const GSM = { single: 160, part: 153 };
const UNICODE = { single: 70, part: 67 };
const SHOWN = 3;

export function segment(text, basic, extended) {
  const characters = [...text];
  const foreign = [...new Set(characters.filter((c) => !basic.includes(c) && !extended.includes(c)))];
  const { single, part } = foreign.length ? UNICODE : GSM;
  const size = foreign.length ? (c) => c.length : (c) => (extended.includes(c) ? 2 : 1);
  const sizes = characters.map(size);
  const units = sizes.reduce((sum, each) => sum + each, 0);
  if (units <= single) return { segments: units ? 1 : 0, left: single - units, foreign };
  let segments = 1;
  let used = 0;
  for (const each of sizes) {
    if (used + each > part) {
      segments += 1;
      used = 0;
    }
    used += each;
  }
  return { segments, left: part - used, foreign };
}

export function countWords(text, basic, extended) {
  const { segments, left, foreign } = segment(text, basic, extended);
  const length = [...text].length;
  const parts = [
    `${length.toLocaleString("en-US")} character${length === 1 ? "" : "s"}`,
    `${segments} segment${segments === 1 ? "" : "s"}`,
    `${left} left`,
  ];
  if (foreign.length) parts.push(`Unicode because of ${foreign.slice(0, SHOWN).join(" ")}`);
  return parts.join(" · ");
}

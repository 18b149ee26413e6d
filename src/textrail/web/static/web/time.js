// Keeps "5 min ago" true while the page stays open. The words are those of formats.py.
const MINUTE = 60_000;

function words(milliseconds) {
  const minutes = Math.floor(milliseconds / MINUTE);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  return minutes < 24 * 60 ? `${Math.floor(minutes / 60)} h ago` : null;
}

setInterval(() => {
  for (const element of document.querySelectorAll("time[data-relative]")) {
    const text = words(Date.now() - Date.parse(element.dateTime));
    if (text && text !== element.textContent) element.textContent = text;
  }
}, MINUTE / 2);

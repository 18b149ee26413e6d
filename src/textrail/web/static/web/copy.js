// Copy buttons, and phone numbers that are copied in E.164 form.
function say(text) {
  document.body.dispatchEvent(new CustomEvent("toast", { detail: { text } }));
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-block]");
  if (!button) return;
  const text = button.dataset.copy ?? button.closest(".code").querySelector("code").textContent;
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch {
    say("Copying is not allowed here. Select the text and copy it.");
  }
});

document.addEventListener("copy", (event) => {
  const selection = document.getSelection();
  const start = selection.anchorNode?.parentElement?.closest("[data-copy-as]");
  if (!start || start !== selection.focusNode?.parentElement?.closest("[data-copy-as]")) return;
  if (selection.toString().trim() !== start.textContent.trim()) return;
  event.clipboardData.setData("text/plain", start.dataset.copyAs);
  event.preventDefault();
});

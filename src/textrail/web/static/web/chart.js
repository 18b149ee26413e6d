// Draws each [data-chart] from the JSON beside it, in the theme's colours, and again when either
// changes. The drawing library is fetched only on a page that has a chart.
const dark = matchMedia("(prefers-color-scheme: dark)");
let library;

function theme(element) {
  const chosen = element.closest("[data-theme]")?.dataset.theme;
  return chosen ?? (dark.matches ? "dark" : "light");
}

async function draw(figure) {
  library ??= import(figure.dataset.bundle);
  const { embed } = await library;
  const page = JSON.parse(figure.querySelector("[data-chart-page]").content.textContent);
  await embed(figure.querySelector(".drawing"), page.spec, page.config[theme(figure)]);
}

function drawAll(which = "[data-chart]") {
  for (const figure of document.querySelectorAll(which)) {
    figure.dataset.drawn = "";
    draw(figure);
  }
}

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-chart-toggle]");
  if (!toggle) return;
  const figure = toggle.closest("[data-chart]");
  const asTable = toggle.getAttribute("aria-pressed") !== "true";
  toggle.setAttribute("aria-pressed", String(asTable));
  figure.querySelector(".data").hidden = !asTable;
  figure.querySelector(".drawing").hidden = asTable;
});

drawAll();
dark.addEventListener("change", () => drawAll());
document.addEventListener("theme", () => drawAll());
document.body.addEventListener("htmx:afterSettle", () => drawAll("[data-chart]:not([data-drawn])"));
document.body.addEventListener("htmx:beforeCleanupElement", (event) => event.target.vegaView?.finalize());

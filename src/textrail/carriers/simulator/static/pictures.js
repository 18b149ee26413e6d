// Pictures that wait in the composer: files from this device and the samples that come along.

const LARGEST = 2_000_000;
const by = (id) => document.getElementById(id);
let waiting = [];

export const pictures = {
  all: () => ({
    pictures: waiting.filter((one) => one.base64).map(({ content_type, base64 }) => ({ content_type, base64 })),
    samples: waiting.filter((one) => one.sample).map((one) => one.sample),
  }),
  // All of them, no longer in the composer; `putBack` returns them before those added since.
  take: () => {
    const taken = waiting;
    change([]);
    return taken;
  },
  putBack: (taken) => change([...taken, ...waiting]),
};

function change(next) {
  waiting = next;
  by("attached").replaceChildren(...waiting.map(chip));
}

function chip(picture) {
  const name = document.createElement("span");
  name.textContent = picture.name;
  const remove = document.createElement("button");
  remove.type = "button";
  remove.textContent = "×";
  remove.setAttribute("aria-label", `Remove ${picture.name}`);
  remove.addEventListener("click", () => change(waiting.filter((one) => one !== picture)));
  const element = document.createElement("div");
  element.className = "chip";
  element.append(name, remove);
  return element;
}

function complain(sentence) {
  by("composer-problem").hidden = !sentence;
  by("composer-problem").textContent = sentence;
}

function add(picture) {
  by("attach").open = false;
  if (waiting.length >= 5) return complain("A text carries at most 5 pictures.");
  complain("");
  change([...waiting, picture]);
  by("body").focus();
}

by("file").addEventListener("change", () => {
  const [file] = by("file").files;
  if (!file) return;
  by("file").value = "";
  if (file.size > LARGEST) return complain("The picture is larger than 2 MB. Choose a smaller one.");
  const reader = new FileReader();
  reader.addEventListener("load", () => {
    const base64 = reader.result.slice(reader.result.indexOf(",") + 1);
    add({ name: file.name, content_type: file.type, base64 });
  });
  reader.readAsDataURL(file);
});

for (const button of document.querySelectorAll("[data-sample]")) {
  const { sample } = button.dataset;
  button.addEventListener("click", () => add({ name: `${sample}.png`, sample }));
}

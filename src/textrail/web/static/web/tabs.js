// Tabs scroll where they have no room: the one that is open begins in sight.
for (const tab of document.querySelectorAll(".tabs > [aria-current]")) {
  const [row, open] = [tab.parentElement.getBoundingClientRect(), tab.getBoundingClientRect()];
  tab.parentElement.scrollLeft += open.left + open.width / 2 - (row.left + row.width / 2);
}

// Dates that were given the other way round are read from the earlier to the later. Their fields say
// so, too, as soon as nobody writes in them.
document.addEventListener("focusout", (event) => {
  const dates = event.target.closest?.(".filters .dates");
  if (!dates || dates.contains(event.relatedTarget)) return;
  const [first, last] = dates.querySelectorAll("input");
  if (last.value && first.value > last.value) [first.value, last.value] = [last.value, first.value];
});

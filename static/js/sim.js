// Copy buttons of the built-in exchange's key page; without scripts they stay hidden and the fields can be copied by hand.
async function copy(field) {
  field.select();
  // The clipboard interface is there only on secure addresses; a plain one in a home network needs the older way.
  if (navigator.clipboard) await navigator.clipboard.writeText(field.value);
  else document.execCommand("copy");
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await copy(document.getElementById(button.dataset.copy));
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

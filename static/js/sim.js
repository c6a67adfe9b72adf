// The built-in exchange's pages work without this: it copies keys and keeps figures fresh while somebody looks.
const REFRESH_MS = 3000;

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

// A reload must neither make a second key nor repeat old news.
const once = document.querySelector("[data-once]");
if (once) history.replaceState(null, "", once.dataset.once);
const said = document.getElementById("said");
if (said) {
  const here = new URL(location.href);
  history.replaceState(null, "", `${here.pathname}?lang=${here.searchParams.get("lang")}`);
  said.focus({ preventScroll: true });
}

// Change what differs and leave the rest: focus, what is being typed, and a button being pressed stay as they are.
function freshen(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || old.id !== fresh.id) {
    old.replaceWith(fresh);
    return;
  }
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  if (["INPUT", "SELECT", "TEXTAREA"].includes(old.nodeName)) return;
  if (old.className !== fresh.className) old.className = fresh.className;
  if (old.dateTime !== fresh.dateTime) old.dateTime = fresh.dateTime;
  if (old.nodeName === "TBODY") freshenRows(old, fresh);
  else freshenChildren(old, fresh);
}

function freshenChildren(old, fresh) {
  const olds = [...old.childNodes];
  const news = [...fresh.childNodes];
  news.forEach((node, index) => (index < olds.length ? freshen(olds[index], node) : old.append(node)));
  olds.slice(news.length).forEach((node) => node.remove());
}

// Rows are told by their id, so that a line that goes doesn't hand its button to the next one.
function freshenRows(old, fresh) {
  const kept = new Map([...old.children].map((row) => [row.id, row]));
  let place = null;
  for (const row of [...fresh.children]) {
    const same = kept.get(row.id);
    kept.delete(row.id);
    if (same) freshen(same, row);
    const shown = same ?? row;
    const next = place ? place.nextElementSibling : old.firstElementChild;
    if (next !== shown) old.insertBefore(shown, next);
    place = shown;
  }
  kept.forEach((row) => row.remove());
}

const main = document.querySelector("main[data-live]");
const state = document.querySelector("[data-live-state]");

function tell(connected) {
  if (!state.hidden && state.classList.contains("on") === connected) return;
  state.hidden = false;
  state.classList.toggle("on", connected);
  state.lastElementChild.textContent = connected ? state.dataset.on : state.dataset.off;
}

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(main.dataset.live, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const region of document.querySelectorAll("[data-region]")) {
      const fresh = page.getElementById(region.id);
      if (fresh) freshenChildren(region, fresh);
    }
    tell(true);
  } catch {
    tell(false);
  }
}

async function keepFresh() {
  await refresh();
  setTimeout(keepFresh, REFRESH_MS);
}

if (main) {
  tell(true);
  setTimeout(keepFresh, REFRESH_MS);
}

// What a page does beyond posting and reading: it keeps its times current, says whether it is live, and asks again
// while it is not. Everything works without this file.
(() => {
  "use strict";
  const language = document.documentElement.lang;
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "always", style: "short" });
  const steps = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

  // Chinese characters stand apart from a number, as in the pages' own words.
  function spaced(text) {
    return text.replace(/(\d)(?=\p{Script=Han})/gu, "$1 ");
  }

  function ago(at) {
    const seconds = Math.min(0, (new Date(at) - Date.now()) / 1000);
    const [unit, size] = steps.find(([, each]) => -seconds >= each) || steps[3];
    return spaced(relative.format(Math.trunc(seconds / size), unit));
  }

  // How long something has lasted, in the largest unit that fits, as the server writes it.
  const lengths = Object.fromEntries(["day", "hour", "minute", "second"].map((unit) => [
    unit, new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }),
  ]));
  function age(at) {
    const seconds = Math.max(1, Math.round((Date.now() - new Date(at)) / 1000));
    const [unit, size] = seconds >= 129600 ? steps[0] : seconds >= 5400 ? steps[1] : seconds >= 90 ? steps[2] : steps[3];
    return spaced(lengths[unit].format(Math.round(seconds / size)));
  }

  function put(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function tick() {
    for (const element of document.querySelectorAll("time[data-ago]")) put(element, ago(element.dateTime));
    for (const element of document.querySelectorAll("time[data-age]")) put(element, age(element.dateTime));
  }

  const clock = new Intl.DateTimeFormat(language, {
    month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  });
  function localise(root) {
    for (const element of root.querySelectorAll("time[data-clock]")) put(element, clock.format(new Date(element.dateTime)));
  }

  // A page that comes back says which events it shows already.
  const open = window.htmx && htmx.createWebSocket;
  if (open) htmx.createWebSocket = (url) => {
    const to = new URL(url);
    const shown = [...document.querySelectorAll("[data-event]")].map((each) => Number(each.dataset.event));
    to.searchParams.set("after", Math.max(Number(to.searchParams.get("after")), ...shown));
    return open(to.href);
  };

  // The dot in the header and the banner: live, connecting, or away.
  const main = document.getElementById("main");
  let away = null;
  function show(state) {
    const dot = document.getElementById("live-dot");
    if (!dot) return;
    dot.className = "live-dot " + state;
    put(dot.querySelector("span"), dot.dataset[{ on: "live", away: "away" }[state] || "waiting"]);
    document.getElementById("away").hidden = state !== "away";
  }

  function refresh() {
    document.body.dispatchEvent(new CustomEvent("nof1:refresh"));
  }

  document.addEventListener("htmx:wsOpen", () => {
    clearInterval(away);
    away = null;
    show("on");
  });
  document.addEventListener("htmx:wsClose", () => {
    if (away !== null) return;
    show("");
    let waited = 0;
    away = setInterval(() => {
      waited += 5;
      if (waited >= 10) show("away");
      fetch("/healthz").then((answer) => answer.ok && refresh(), () => undefined);
    }, 5000);
  });

  // Names an element by what it does, so that it is found again in the fragment that replaces it.
  let focused = null;
  function place(element) {
    return element.id || element.getAttribute("href") || element.form?.getAttribute("action") || element.closest("[id]")?.id;
  }

  // What a person has opened or focused stays so when its fragment is replaced.
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const old = event.detail.target;
    const fresh = event.detail.fragment;
    if (!old || !fresh) return;
    for (const open of old.querySelectorAll("details[open][id]")) {
      const same = fresh.querySelector("#" + CSS.escape(open.id));
      if (same) same.open = true;
    }
    for (const box of old.querySelectorAll("input[type=checkbox][id]:checked")) {
      const same = fresh.querySelector("#" + CSS.escape(box.id));
      if (same) same.checked = true;
    }
    // A list that was read again while its socket came back has some of the rows already.
    for (const row of fresh.querySelectorAll(":scope > [data-event]")) {
      if (old.querySelector(`[data-event="${CSS.escape(row.dataset.event)}"]`) && old.id === "rows") row.remove();
    }
    localise(fresh);
    focused = old.contains(document.activeElement) ? place(document.activeElement) : null;
  });
  document.addEventListener("htmx:oobAfterSwap", () => {
    const same = focused && [...document.querySelectorAll("a, button, summary")].find((each) => place(each) === focused);
    focused = null;
    if (same) same.focus({ preventScroll: true });
  });
  document.addEventListener("htmx:afterSettle", () => { localise(document); tick(); });

  // Without a secure context browsers refuse the clipboard: then the text is selected for the person's own copying.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    const said = button.querySelector("span");
    const before = said.textContent;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      put(said, button.dataset.done);
      setTimeout(() => put(said, before), 2000);
    } catch {
      const shown = button.previousElementSibling;
      put(shown, button.dataset.copy);
      getSelection().selectAllChildren(shown);
    }
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) {
      for (const box of event.target.form.querySelectorAll("input[name=id]")) box.checked = event.target.checked;
    }
    if (event.target.matches("select[data-submit]")) event.target.form.requestSubmit();
  });
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  if (main && !main.hasAttribute("ws-connect")) show("");
  localise(document);
  setInterval(tick, 1000);
})();

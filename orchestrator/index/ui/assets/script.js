"use strict";
// What pages gain by it: real addresses in examples, buttons that copy, lists that filter as one types.
(() => {
  const root = new URL(document.body.dataset.root, location.href).href;
  if (location.protocol.startsWith("http")) {
    for (const one of document.querySelectorAll(".place")) one.textContent = root + one.dataset.path;
    const trusted = location.protocol === "https:" || /^(localhost|127\.[\d.]+|\[::1\])$/.test(location.hostname);
    for (const one of document.querySelectorAll(".trust")) one.textContent = trusted ? "" : " --trusted-host " + location.host;
  }

  // The clipboard of pages that came without TLS can only be reached through a selection.
  const copied = async block => {
    const text = block.textContent;
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const range = document.createRange();
      range.selectNodeContents(block);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      const done = document.execCommand("copy");
      selection.removeAllRanges();
      return done;
    }
  };
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  said.className = "skip";
  for (const box of document.querySelectorAll(".copy")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy " + box.dataset.copy);
    button.addEventListener("click", async () => {
      const done = await copied(box.querySelector("code"));
      button.textContent = done ? "Copied" : "Failed";
      said.textContent = done ? "Copied " + box.dataset.copy : "It could not be copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    box.classList.add("on");
    box.append(button);
  }
  document.querySelector("main").append(said);

  const search = document.querySelector("input[type=search]");
  if (!search) return;
  document.addEventListener("keydown", event => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) return;
    event.preventDefault();
    search.focus();
    search.select();
  });
  const table = document.querySelector("table[data-whole]");
  if (!table) return;
  const rows = [...table.tBodies[0].rows];
  const count = document.getElementById("count");
  const all = count.textContent;
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean).map(word => word.replace(/[-_.]+/g, "-"));
    let shown = 0;
    for (const row of rows) {
      const name = row.querySelector("[data-name]").dataset.name.toLowerCase();
      row.hidden = !words.every(word => name.includes(word));
      shown += !row.hidden;
    }
    count.textContent = words.length ? shown + " of " + all : all;
  };
  search.addEventListener("input", filter);
  const form = search.form;
  if (form.hidden) {
    form.hidden = false;
    form.addEventListener("submit", event => event.preventDefault());
  }
  if (search.value) filter();
})();

"use strict";
// Live progress, and files that are dropped. Every page works without this script.
(() => {
  const filled = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const size = (bytes) => {
    const [count, unit] = bytes < 1e6 ? [Math.ceil(bytes / 1000), "KB"] : [bytes / 1e6, "MB"];
    return `${count.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} ${unit}`;
  };

  // Each file goes by itself, so that one that fails takes no other with it.
  const send = (form, file, several) => new Promise((done) => {
    const line = document.createElement("div");
    const words = document.createElement("p");
    const bar = document.createElement("progress");
    bar.max = 1;
    line.append(words, bar);
    form.querySelector(".sent").append(line);
    const told = (text) => { words.textContent = text; };
    const body = new FormData();
    if (several || form.elements.parcial.checked) body.append("parcial", "1");
    body.append("archivo", file);
    const request = new XMLHttpRequest();
    const failed = (text) => { bar.remove(); line.className = "fault"; told(text); done(null); };
    request.open("POST", form.getAttribute("action"));
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      bar.value = event.total ? event.loaded / event.total : 0;
      bar.setAttribute("aria-label", file.name);
      words.textContent = filled(form.dataset.sending, { name: file.name, percent: Math.floor(100 * bar.value) });
    });
    request.addEventListener("load", () => {
      if (request.status === 201) {
        bar.value = 1;
        told(filled(form.dataset.received, { name: file.name }));
        done(request.response[0].href);
      } else if (request.response && request.response.fault) failed(request.response.fault);
      else failed(filled(form.dataset.broken, { name: file.name }));
    });
    request.addEventListener("error", () => failed(filled(form.dataset.broken, { name: file.name })));
    request.send(body);
  });

  const refuse = (form, text) => {
    const line = document.createElement("p");
    line.className = "fault";
    line.textContent = text;
    form.querySelector(".sent").append(line);
  };

  const sendAll = async (form, chosen) => {
    form.querySelector(".sent").replaceChildren();
    const limit = Number(form.dataset.limit);
    const most = Number(form.dataset.most);
    if (chosen.length > most) {
      refuse(form, filled(form.dataset.tooMany, { n: chosen.length, most }));
      return;
    }
    const files = chosen.filter((file) => {
      if (file.size <= limit) return true;
      refuse(form, filled(form.dataset.tooLarge, { name: file.name, size: size(file.size), limit: size(limit) }));
      return false;
    });
    const button = form.querySelector("button");
    button.disabled = true;
    const places = [];
    for (const file of files) places.push(await send(form, file, chosen.length > 1));
    button.disabled = false;
    const there = places.filter(Boolean);
    if (there.length && there.length === chosen.length) location.assign(there.length === 1 ? there[0] : "/cargas");
  };

  for (const form of document.querySelectorAll("form.drop")) {
    const input = form.querySelector("input[type=file]");
    for (const hint of form.querySelectorAll(".drop-hint")) hint.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      sendAll(form, [...input.files]);
    });
    form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("over"); });
    form.addEventListener("dragleave", () => form.classList.remove("over"));
    form.addEventListener("drop", (event) => {
      event.preventDefault();
      form.classList.remove("over");
      sendAll(form, [...event.dataTransfer.files]);
    });
  }

  // A page that waits for a check asks how far it is, and shows the findings once they are there.
  const watched = document.querySelector("[data-watch]");
  const look = async () => {
    let pause = 1000;
    try {
      const answer = await fetch(watched.dataset.watch, { headers: { Accept: "application/json" } });
      if (answer.redirected || !answer.ok) { location.reload(); return; }
      const now = await answer.json();
      if (!now.under_way) { location.reload(); return; }
      for (const item of watched.querySelectorAll("[data-step]")) item.className = now.steps[item.dataset.step];
      const said = document.getElementById("progress-said");
      if (said.textContent !== now.sentence) said.textContent = now.sentence;
    } catch {
      pause = 4000;
    }
    setTimeout(look, pause);
  };
  if (watched) setTimeout(look, 500);
})();

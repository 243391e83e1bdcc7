"use strict";
// Hides what the filters leave out; without this script everything is shown.
(() => {
  const form = document.getElementById("filters");
  if (!form) return;
  const severity = document.getElementById("by-severity");
  const cause = document.getElementById("by-cause");
  const product = document.getElementById("by-product");
  const count = document.getElementById("count");
  const items = [...document.querySelectorAll("[data-code]")];
  const holders = [...document.querySelectorAll("[data-hides]")];
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const texts = new Map(holders.map((one) => [one, plain(one.dataset.text || "")]));
  const total = Number(count.dataset.total);
  const figure = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, count.dataset.separator);

  const apply = () => {
    const wanted = product ? plain(product.value.trim()) : "";
    let shown = 0;
    for (const item of items) {
      const block = item.closest("[data-text]");
      const fits = (!severity.value || item.dataset.group === severity.value)
        && (!cause.value || item.dataset.code === cause.value)
        && (!wanted || (block && texts.get(block).includes(wanted)));
      item.toggleAttribute("data-away", !fits);
      if (fits && (wanted ? block : !block)) shown += Number(item.dataset.count);
    }
    for (const holder of holders) {
      holder.toggleAttribute("data-away", !holder.querySelector("[data-code]:not([data-away])"));
    }
    const words = shown ? count.dataset.shown : count.dataset.none;
    count.textContent = words.replace("{n}", figure(shown)).replace("{total}", figure(total));
  };

  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  // A link to something filtered away brings it back.
  addEventListener("hashchange", () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.closest("[data-away]")) {
      form.reset();
      apply();
      target.scrollIntoView();
    }
  });
  apply();
})();

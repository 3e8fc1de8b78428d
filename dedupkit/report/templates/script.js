"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  const records = [...document.querySelectorAll("article.record")];
  const [filter, text, source, verdict, kind, count, missing] = ["filter", "filter-text", "filter-source",
    "filter-verdict", "filter-kind", "filter-count", "missing"].map(find);

  if (filter) {
    const words = new Map(records.map((record) => [record, record.textContent.toLowerCase()]));
    const show = () => {
      const wanted = text.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const record of records) {
        const { source: from, verdict: became, kinds } = record.dataset;
        const holds = (!source.value || from === source.value) && (!verdict.value || became === verdict.value)
          && (!kind.value || kinds.split(" ").includes(kind.value))
          && wanted.every((word) => words.get(record).includes(word));
        record.hidden = !holds;
        shown += holds;
      }
      count.textContent = `${shown.toLocaleString("en")} of ${records.length.toLocaleString("en")} records`;
    };
    const clear = () => {
      for (const control of [text, source, verdict, kind]) control.value = "";
      show();
    };
    for (const control of [text, source, verdict, kind]) control.addEventListener("input", show);
    find("filter-clear").addEventListener("click", clear);
    filter.hidden = false;
    clear();

    const go = () => {
      const id = decodeURIComponent(location.hash.slice(1));
      const target = id && find(id);
      missing.hidden = Boolean(target) || !/^[0-9a-f]{4,16}$/.test(id);
      if (!missing.hidden) {
        missing.textContent = `The record ${id} is not among those that this page holds: dedupkit explain FOLDER ${id}`;
        missing.scrollIntoView();
      }
      if (!target) return;
      for (let around = target; around; around = around.parentElement) if (around.tagName === "DETAILS") around.open = true;
      if (target.matches("article.record")) {
        if (target.hidden) clear();
        target.querySelector("details")?.setAttribute("open", "");
        target.focus({ preventScroll: true });
      }
      target.scrollIntoView();
    };
    addEventListener("hashchange", go);
    go();
  }
  addEventListener("beforeprint", () => { for (const each of document.querySelectorAll("details:not(#records details)")) each.open = true; });
})();

"use strict";
const form = document.getElementById("filter");
function show() {
  const wanted = new FormData(form);
  const field = wanted.get("field").trim().toLowerCase();
  let count = 0;
  for (const section of document.querySelectorAll("section[data-model]")) {
    let rows = 0;
    for (const row of section.querySelectorAll("tr[data-field]")) {
      const shown =
        (!wanted.get("model") || section.dataset.model === wanted.get("model")) &&
        (!wanted.get("status") || row.dataset.status === wanted.get("status")) &&
        (!wanted.get("permission") || row.dataset.permission.split(" ").includes(wanted.get("permission"))) &&
        row.dataset.field.includes(field);
      row.hidden = !shown;
      rows += shown;
    }
    section.hidden = rows === 0;
    count += rows;
  }
  form.elements.count.value = count + " fields";
}
form.addEventListener("input", show);
form.addEventListener("submit", (event) => event.preventDefault());
show();

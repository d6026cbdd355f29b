// Everything works without this script but telling the page around an embedded one that it is done.
"use strict";
(() => {
  const around = () =>
    window.opener ? window.opener : window.parent !== window ? window.parent : null;

  // The target is any origin on purpose: the frame cannot know who holds it, and the token is worth
  // nothing without an API key of the environment that the link was made in.
  const tell = (message) => {
    const target = around();
    if (target) target.postMessage(message, "*");
    return target !== null;
  };

  const done = document.querySelector("[data-activation-token]");
  if (done) {
    tell({ type: "success", data: { activation_token: done.dataset.activationToken } });
  }

  for (const button of document.querySelectorAll("[data-close]")) {
    if (!around()) continue;
    button.hidden = false;
    button.addEventListener("click", () => tell({ type: "close" }));
  }

  // A form that is on its way is not sent twice.
  for (const form of document.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", () => {
      const button = form.querySelector("button[type=submit]");
      if (!button) return;
      button.setAttribute("aria-disabled", "true");
      if (button.dataset.busy) button.textContent = button.dataset.busy;
      form.addEventListener("submit", (event) => event.preventDefault());
    });
  }

  // A page with something that runs looks again, unless a person is in the middle of something.
  const seconds = Number(document.body.dataset.refresh);
  if (seconds > 0) {
    const again = () => {
      const busy = document.hidden || document.activeElement?.matches("input, select, textarea");
      if (busy || String(window.getSelection())) setTimeout(again, seconds * 1000);
      else location.reload();
    };
    setTimeout(again, seconds * 1000);
  }
})();

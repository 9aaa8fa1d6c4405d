// What pages can do where scripts run, beside htmx. Every page works without it.
document.documentElement.classList.add("scripted");

// htmx notes the page's address here, which may hold a reader's token: nothing of ours stays in a browser.
addEventListener("pagehide", () => sessionStorage.clear());

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copied]");
  if (button && navigator.clipboard) {
    await navigator.clipboard.writeText(location.href);
    button.textContent = button.dataset.copied;
  }
});

// Where a part of a page takes keys, each presses the button or link of that key; only while the part has the focus.
document.addEventListener("keydown", (event) => {
  const part = event.target.closest("[data-keys]");
  if (!part || event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, textarea, select")) return;
  const asked = [...part.querySelectorAll("[data-key]")].find((one) => one.dataset.key.split(" ").includes(event.key));
  if (asked) {
    event.preventDefault();
    asked.click();
  }
});

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

// Choose what on a publisher's page is a call by a click on a still of the page; without scripts, the choices do it.
const place = document.querySelector("[data-pick]");
if (place) {
  const frame = place.querySelector("iframe");
  const choices = [...document.querySelectorAll("input[name=card]")];

  const mark = () => {
    const page = frame.contentDocument;
    for (const one of page.querySelectorAll(".kv-picked")) one.classList.remove("kv-picked");
    const chosen = choices.find((one) => one.checked);
    if (chosen) for (const one of page.querySelectorAll(chosen.value)) one.classList.add("kv-picked");
  };

  frame.addEventListener("load", () => {
    mark();
    frame.contentDocument.addEventListener("click", (event) => {
      const hit = choices.find((one) => event.target.closest(one.value));
      if (hit) hit.checked = true;
      mark();
    });
  });
  for (const one of choices) one.addEventListener("change", mark);
  frame.src = place.dataset.pick;
  place.hidden = false;
}

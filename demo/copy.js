// A button on every block of lines that copies them.

/** @param {HTMLElement} section */
export function copyable(section) {
  for (const pre of section.querySelectorAll("pre")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${pre.getAttribute("aria-label")}`);
    const said = document.createElement("span");
    said.setAttribute("role", "status");
    button.addEventListener("click", async () => {
      const lines = pre.textContent ?? "";
      try {
        await navigator.clipboard.writeText(lines);
        said.textContent = "Copied.";
      } catch {
        // Not every page may write there; every visitor can.
        getSelection()?.selectAllChildren(pre);
        said.textContent = "Selected: copy it with the keyboard.";
      }
      setTimeout(() => (said.textContent = ""), 4000);
    });
    const bar = document.createElement("p");
    bar.className = "buttons";
    bar.append(button, said);
    pre.before(bar);
  }
}

// What went wrong, said in the page and not in the console.

/**
 * Shows it, or hides the message where there is nothing to say.
 * @param {HTMLElement} element
 * @param {string} [text]
 * @param {string} [command]  to be typed
 */
export function tell(element, text, command) {
  element.hidden = !text;
  element.replaceChildren(text ?? "");
  if (!command) return;
  const code = document.createElement("code");
  code.textContent = command;
  element.append(code);
}

/** @param {unknown} error */
export function describe(error) {
  const { code, name, message } = /** @type {{ code?: string, name?: string, message?: string }} */ (error ?? {});
  return `${code ?? name ?? "error"}: ${message ?? error}`;
}

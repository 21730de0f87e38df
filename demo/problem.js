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

/** What browsers call it when a fetch, or the fetch of a script, comes to nothing. */
const UNANSWERED = /Failed to fetch|NetworkError|Load failed|dynamically imported module|Importing a module script failed/;

/** Whether it is a download that did not come to its end. @param {unknown} error */
export const brokeOff = (error) => ["network", "truncated"].includes(String(/** @type {{ code?: string }} */ (error).code));

/**
 * What visitors understand stands first, where there is such a sentence; what the program says, behind it.
 * @param {unknown} error
 */
export function describe(error) {
  const { code, name, message } = /** @type {{ code?: string, name?: string, message?: string }} */ (error ?? {});
  const text = `${code ?? name ?? "error"}: ${message ?? error}`;
  return code === "network" || UNANSWERED.test(text) ? `The server does not answer. Is it still running? (${text})` : text;
}

// byteferry.global.js: for pages without modules. `byteferry.Ferry` and all else that byteferry.js exports.

/** Where this script is: what import.meta.url is to a module. Once it has run, nobody can tell any more. */
export const here = /** @type {HTMLScriptElement | null} */ (document.currentScript)?.src ?? document.baseURI;

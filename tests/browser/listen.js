// Goes in front of a page's own scripts: remembers all that went wrong in it, from the first line on, in window.problems.
window.problems = [];
for (const level of ["error", "warn"]) {
  const say = console[level];
  console[level] = (...what) => (problems.push(`console.${level}: ${what.join(" ")}`), say.apply(console, what));
}
// Capturing, since a script or picture that cannot be loaded tells only itself.
addEventListener("error", ({ message, target }) => problems.push(message ?? `${target.src ?? target.href} was not loaded`), true);
addEventListener("unhandledrejection", ({ reason }) => problems.push(`unhandled: ${reason}`));
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => problems.push(`${violatedDirective} forbids ${blockedURI}`));

// Runs the suite that the address names, `?suite=decode`, and leaves its outcome in window.report.
const { mocha, location } = window;
const suite = new URL(location.href).searchParams.get("suite");
mocha.setup({ ui: "bdd", timeout: 60000, cleanReferencesAfterRun: false });

const report = [];
// A stack has the message in Chromium only.
const full = (error) => (String(error?.stack).includes(error?.message) ? error.stack : `${error}\n${error?.stack}`);
const tell = (title, error, notes = [], skipped = false) => report.push({ title, error, notes, skipped });
try {
  await import(`./${suite}.js`);
  const runner = mocha.run(() => (window.report = report));
  runner.on("pending", (test) => tell(test.fullTitle(), null, test.notes, true));
  runner.on("pass", (test) => tell(test.fullTitle(), null, test.notes));
  runner.on("fail", (test, error) => tell(test.fullTitle(), full(error), test.notes));
} catch (error) {
  tell(`${suite} could not be loaded`, `${suite}.js: ${full(error)}`);
  window.report = report;
}

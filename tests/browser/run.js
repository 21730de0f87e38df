// Runs the suite that the address names, `?suite=decode`, and leaves its outcome in window.report.
const { mocha, Mocha, location } = window;
const suite = new URL(location.href).searchParams.get("suite");
mocha.setup({ ui: "bdd", timeout: 60000, cleanReferencesAfterRun: false });

const report = [];
const tell = (title, error, notes = []) => report.push({ title, error, notes });
try {
  await import(`./${suite}.js`);
  const runner = mocha.run(() => (window.report = report));
  runner.on("pass", (test) => tell(test.fullTitle(), null, test.notes));
  runner.on("fail", (test, error) => tell(test.fullTitle(), `${error.stack ?? error}`, test.notes));
} catch (error) {
  tell(`${suite} could not be loaded`, `${error.stack ?? error}`);
  window.report = report;
}

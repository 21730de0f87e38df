// The harness's own test: what a suite that goes wrong in every way must look like. tests/browser.rs expects exactly this.
describe("a stand-in", () => {
  it("passes", function () {
    this.test.notes = ["a figure"];
  });
  it("fails", () => {
    throw new Error("on purpose");
  });
  it("is rejected with nothing", () => Promise.reject());
  it("never settles", function () {
    this.timeout(100);
    return new Promise(() => {});
  });
  it("is skipped", function () {
    this.skip();
  });
  describe("with a hook that fails", () => {
    before(() => {
      throw new Error("no ground to stand on");
    });
    it("is never run", () => {});
  });
});

/**
 * Mocha's own `spec` output, and the counts as JSON in the file that ONENET_RESULT_FILE names. When the tests
 * are over but something they left open keeps the process alive, names it, counts it and ends the process.
 */
const { writeFileSync } = require("node:fs");
const { reporters } = require("mocha");

const LEFTOVER_MS = 10_000;

function skipReason(test) {
  for (let each = test; each; each = each.parent) if (each.skipReason) return each.skipReason;
  return "skipped in the test's source";
}

class SpecAndCount extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const result = { passed: 0, failed: [], skipped: [] };
    runner.on("pass", () => {
      result.passed += 1;
    });
    runner.on("fail", (test) => result.failed.push(test.fullTitle()));
    runner.on("pending", (test) =>
      result.skipped.push({ title: test.fullTitle(), reason: skipReason(test) }),
    );
    runner.once("end", () => {
      write(result);
      watchLeftovers(result);
    });
  }
}

function write(result) {
  if (process.env.ONENET_RESULT_FILE) writeFileSync(process.env.ONENET_RESULT_FILE, JSON.stringify(result));
}

function watchLeftovers(result) {
  const timer = setTimeout(() => {
    const resources = process.getActiveResourcesInfo().filter((kind) => !/^(TTYWrap|PipeWrap)$/.test(kind));
    const title = `the tests left something open: ${resources.join(", ") || "only pipes"}`;
    console.error(title);
    write({ ...result, failed: [...result.failed, title] });
    process.exit(1);
  }, LEFTOVER_MS);
  timer.unref();
}

module.exports = SpecAndCount;

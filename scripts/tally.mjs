/** Counts what passed, failed and was skipped over a whole test run, and says it at the end. */
import { writeFileSync } from "node:fs";

/** Whether a skipped test is a failed one. */
export const NOTHING_SKIPPED = process.env.ONENET_CI === "1" || process.env.CI === "true";

export class Tally {
  passed = 0;
  failed = [];
  skipped = [];

  /** Counts one check that is no mocha test (lint, coverage, …). */
  check(title, ok, detail = "") {
    console.log(`${ok ? "  ✔" : "  ✖"} ${title}`);
    if (ok) this.passed += 1;
    else this.failed.push(title);
    if (!ok && detail) console.log(detail.replace(/^/gm, "    "));
  }

  /** Adds the result of a mocha run (scripts/mocha-reporter.cjs); undefined when it died before its end. */
  addSuite(name, result, exitCode) {
    if (!result) {
      this.failed.push(`${name}: the test run ended before its end (exit code ${exitCode})`);
      return;
    }
    this.passed += result.passed;
    this.failed.push(...result.failed.map((title) => `${name}: ${title}`));
    this.skipped.push(...result.skipped.map(({ title, reason }) => ({ title: `${name}: ${title}`, reason })));
    const silentFailure = exitCode !== 0 && result.failed.length === 0;
    if (silentFailure) this.failed.push(`${name}: mocha's exit code was ${exitCode}`);
  }

  /** Skipped tests become failed ones where nothing may be skipped. */
  settle() {
    if (!NOTHING_SKIPPED) return;
    this.failed.push(
      ...this.skipped.map(({ title, reason }) => `skipped, and nothing may be: ${title} (${reason})`),
    );
    this.skipped = [];
  }

  get summary() {
    const skipped = this.skipped.length > 0 ? `, ${this.skipped.length} skipped` : "";
    return `${this.passed} passed, ${this.failed.length} failed${skipped}`;
  }

  /** Prints what failed and what was skipped, by name, then the closing line. */
  print() {
    for (const [reason, titles] of this.#skippedByReason()) {
      list(`SKIPPED, NOT TESTED on this machine (${titles.length}) — ${reason}:`, titles);
    }
    list(`FAILED (${this.failed.length}):`, this.failed);
    console.log(`\n${this.summary}`);
  }

  #skippedByReason() {
    const groups = new Map();
    for (const { title, reason } of this.skipped) groups.set(reason, [...(groups.get(reason) ?? []), title]);
    return groups;
  }

  /** For scripts/test-matrix.mjs, which sums several runs. */
  writeCounts(file) {
    const { passed, failed, skipped } = this;
    writeFileSync(file, JSON.stringify({ passed, failed: failed.length, skipped: skipped.length }));
  }
}

function list(title, lines) {
  if (lines.length === 0) return;
  console.log(`\n${title}`);
  for (const line of lines) console.log(`  ${line}`);
}

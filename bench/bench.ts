/**
 * `npm run bench`: our nodes beside Node-RED's own and MQTT.js, on a real mosquitto, in the same minutes. Exit code 1
 * when a target is missed; the last line says which.
 */
import { rmSync } from "node:fs";
import { Bench } from "./harness/bench";
import { readChoices, USAGE } from "./harness/choices";
import { summarizeProfiles } from "./harness/profile-summary";
import { conclude, HEADER, notesOf, type Reported, tableLines, textTable } from "./harness/report";
import type { Outcome } from "./harness/row";
import { describeSurroundings } from "./harness/surroundings";
import { appendResults } from "./harness/write-results";
import { rows } from "./rows";

function lastLine(reported: readonly Reported[]): string {
  const idsOf = (verdict: Reported["verdict"]) =>
    reported.filter((each) => each.verdict === verdict).map(({ row }) => row.id);
  const missed = idsOf("miss");
  const missing = idsOf("not available");
  const notYet = missing.length === 0 ? "" : `; not available: ${missing.join(", ")}`;
  return missed.length === 0
    ? `bench: every target met${notYet}`
    : `bench: missed ${missed.join(", ")}${notYet}`;
}

/** A row that cannot be measured is a row that misses; the others go on. */
function failed(thrown: unknown): Outcome {
  return { figures: [], failure: thrown instanceof Error ? thrown.message : String(thrown) };
}

async function main(): Promise<number> {
  const choices = readChoices(
    process.argv.slice(2),
    rows.map(({ id }) => id),
  );
  const log = (line: string) => console.error(`  ${line}`);
  const bench = new Bench(choices, log);
  if (choices.profileFolder !== undefined) rmSync(choices.profileFolder, { recursive: true, force: true });
  const reported: Reported[] = [];
  for (const line of describeSurroundings()) console.log(line);
  try {
    for (const row of rows.filter(({ id }) => choices.rows.includes(id))) {
      log(`${row.id}: ${row.what}`);
      const result = conclude(row, await row.measure(bench).catch(failed));
      reported.push(result);
      console.log(textTable(tableLines(result)));
      for (const note of notesOf(result)) console.log(`    ${note}`);
    }
  } finally {
    await bench.stop();
  }
  console.log(`\n${textTable([[...HEADER], ...reported.flatMap(tableLines)])}`);
  if (choices.profileFolder !== undefined) console.log(`\n${summarizeProfiles(choices.profileFolder)}\n`);
  if (choices.write) appendResults(reported, choices);
  console.log(lastLine(reported));
  return reported.some(({ verdict }) => verdict === "miss") ? 1 : 0;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (thrown) => {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    console.error(USAGE);
    process.exitCode = 1;
  },
);

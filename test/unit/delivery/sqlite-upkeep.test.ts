import assert from "node:assert/strict";
import { statSync } from "node:fs";
import path from "node:path";
import type { Database } from "../../../lib/delivery/sqlite-database";
import { describeStore } from "../../support/stores";
import { makeTempFolder } from "../../support/temp-folder";

const MIB = 1024 * 1024;

describeStore("disk store, upkeep", () => {
  let file: string;
  let database: Database;

  beforeEach(async () => {
    const { connect, upgrade } = await import("../../../lib/delivery/sqlite-database.js");
    file = path.join(makeTempFolder("store"), "outbox.sqlite");
    database = connect(file, 0);
    upgrade(database, file);
  });
  afterEach(() => database.close());

  async function startUpkeep() {
    const { Upkeep } = await import("../../../lib/delivery/sqlite-upkeep.js");
    return new Upkeep(database);
  }

  /** A transaction with so many bytes; it stands in the log. */
  function write(bytes: number): void {
    const insert = database.prepare("INSERT INTO message (queued_at, bytes, body) VALUES (0, 0, ?)");
    database.exec("BEGIN");
    for (let written = 0; written < bytes; written += 100_000) insert.run(new Uint8Array(100_000));
    database.exec("COMMIT");
  }

  it("copies a long log into the file", async () => {
    const upkeep = await startUpkeep();
    const before = statSync(file).size;
    write(5 * MIB);
    upkeep.committed(3 * MIB, 0);
    upkeep.betweenAnswers();
    assert.equal(statSync(file).size, before);
    upkeep.committed(2 * MIB, 0);
    upkeep.betweenAnswers();
    assert.ok(statSync(file).size > 5 * MIB);
  });

  it("counts removals, too", async () => {
    const upkeep = await startUpkeep();
    write(2 * MIB);
    upkeep.committed(0, 100_000);
    upkeep.betweenAnswers();
    assert.ok(statSync(file).size > 2 * MIB);
  });

  it("copies a short log when nothing is asked", async () => {
    const upkeep = await startUpkeep();
    write(MIB);
    upkeep.committed(MIB, 0);
    upkeep.whenIdle();
    assert.ok(statSync(file).size > MIB);
    upkeep.whenIdle();
  });

  it("makes an empty file small again, and never one that holds something", async () => {
    const upkeep = await startUpkeep();
    write(10 * MIB);
    upkeep.whenIdle();
    database.exec("DELETE FROM message WHERE id > 1");
    upkeep.whenIdle();
    upkeep.committed(0, 100);
    upkeep.whenIdle();
    assert.ok(statSync(file).size > 10 * MIB);
    database.exec("DELETE FROM message");
    upkeep.whenIdle();
    assert.ok(statSync(file).size < 100_000);
    assert.equal(statSync(`${file}-wal`).size, 0);
  });
});

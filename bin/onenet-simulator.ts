#!/usr/bin/env node
import { runCommandLine } from "../lib/simulator/cli";

void runCommandLine(process).then((code) => {
  process.exitCode = code;
});

import type { Row } from "../harness/row";
import { backlogRow } from "./backlog";
import { queueRow, rejectionRow } from "./bad-messages";
import { catchUpRow } from "./catch-up";
import { commandRows } from "./commands";
import { connectionRows } from "./connections";
import { datapointRows } from "./datapoints";
import { diskSpeedRows } from "./disk-speed";
import { gatewayRow } from "./gateway";
import { historyRow } from "./history-backlog";
import { killRow } from "./kills";
import { lossRows } from "./loss";
import { publishSpeedRows } from "./publish-speed";
import { receiveMaximumRow } from "./receive-maximum";
import { replayRows } from "./replay";
import { troubleRow } from "./troubles";
import { validationRow } from "./validation";

const all = [
  ...lossRows,
  backlogRow,
  receiveMaximumRow,
  ...publishSpeedRows,
  ...diskSpeedRows,
  ...datapointRows,
  ...commandRows,
  ...connectionRows,
  ...replayRows,
  killRow,
  catchUpRow,
  historyRow,
  rejectionRow,
  queueRow,
  troubleRow,
  validationRow,
  gatewayRow,
];

/** Every row there is: P1–P14, R1–R9 of targets.md (R2B: its row for *disk while offline or behind*), S2–S9 of the issues; M1 of the thing model. */
export const rows: readonly Row[] = all.sort((a, b) => a.id.localeCompare(b.id, "en", { numeric: true }));

/** Every workload by its name: what a worker process can be told to do. */
import { backlog } from "./backlog";
import { batch } from "./batch";
import { burst } from "./burst";
import { catchUp } from "./catch-up";
import { commands } from "./commands";
import { commandsBehind } from "./commands-behind";
import { connections } from "./connections";
import { deploys } from "./deploys";
import { feed } from "./feed";
import { flood } from "./flood";
import { gateway } from "./gateway";
import { historyBacklog } from "./history-backlog";
import { paced } from "./paced";
import { rawFlood } from "./raw-flood";
import { rawReplay } from "./raw-replay";
import { replay } from "./replay";
import { soak } from "./soak";
import { validation } from "./validation";

export const workloads = {
  flood,
  rawFlood,
  burst,
  paced,
  commands,
  connections,
  deploys,
  replay,
  rawReplay,
  backlog,
  feed,
  soak,
  catchUp,
  batch,
  commandsBehind,
  historyBacklog,
  validation,
  gateway,
};

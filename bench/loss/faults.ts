import type { Site } from "./site";

/** What goes wrong in a run. Times are seconds of a run of ten, and shrink with it. */
export interface Fault {
  readonly name: string;
  /** The broker keeps sessions and messages on disk. */
  readonly persistence?: boolean;
  /** The broker cannot be reached when Node-RED starts. */
  readonly startsDown?: boolean;
  readonly killsNodeRed?: boolean;
  /** The broker forgets what it knew of the session: all of it, or the last second before it was killed. */
  readonly losesSession?: boolean;
  /** The link or the broker was away and is back: the time to the first message counts. */
  readonly recovers?: boolean;
  /** QoS 0 can lose what was in the socket; behind a black hole, all that was sent into it. */
  readonly swallows?: boolean;
  happen(site: Site, at: (second: number) => Promise<void>): Promise<void>;
}

function brokerAway(name: string, how: "kill" | "term", persistence: boolean): Fault {
  return {
    name,
    persistence,
    recovers: true,
    losesSession: how === "kill",
    async happen(site, at) {
      await at(3);
      await site.brokerDown(how);
      await at(6);
      await site.brokerUp();
    },
  };
}

/** The nine rows of targets.md, in its order. */
export const FAULTS: readonly Fault[] = [
  { name: "none", happen: async () => undefined },
  brokerAway("broker SIGKILL 3–6 s, no persistence", "kill", false),
  brokerAway("broker SIGKILL 3–6 s, persistence", "kill", true),
  brokerAway("broker SIGTERM 3–6 s, persistence", "term", true),
  {
    name: "link reset, refused for 5 s",
    recovers: true,
    async happen(site, at) {
      await at(3);
      await site.linkDown();
      await at(8);
      await site.linkUp();
    },
  },
  {
    name: "black hole 5 s, then reset",
    swallows: true,
    async happen(site, at) {
      await at(3);
      site.blackHole();
      await at(8);
      site.endBlackHole();
    },
  },
  {
    name: "Node-RED SIGKILL while connected",
    killsNodeRed: true,
    async happen(site, at) {
      await at(5);
      await site.killNodeRed();
      await site.startFeeding();
    },
  },
  {
    name: "link down 3–9 s, Node-RED SIGKILL at 5 s",
    killsNodeRed: true,
    async happen(site, at) {
      await at(3);
      await site.linkDown();
      await at(5);
      await site.killNodeRed();
      await site.startFeeding();
      await at(9);
      await site.linkUp();
    },
  },
  {
    name: "broker down for the first 10 s",
    startsDown: true,
    recovers: true,
    async happen(site, at) {
      await at(10);
      await site.linkUp();
    },
  },
];

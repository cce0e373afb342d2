import type { AboutDevice } from "./events";
import type { FaultBoard, FaultEffects, FaultKind } from "./faults";
import type { Link } from "./link";

/** The faults that strike a whole link: evict, goSilent, cutLink. */
export class LinkFaults implements FaultEffects {
  readonly #board: FaultBoard;
  readonly #links: () => readonly Link[];
  /** Logins that wait for their device's silence to end. */
  readonly #held = new Map<() => void, AboutDevice>();

  constructor(board: FaultBoard, links: () => readonly Link[]) {
    this.#board = board;
    this.#links = links;
    board.attach(this);
  }

  started(kind: FaultKind): void {
    if (kind === "evict" || kind === "goSilent" || kind === "cutLink") {
      for (const link of this.#links()) this.strike(link, "now");
    }
  }

  ended(kind: FaultKind): void {
    if (kind !== "goSilent") return;
    for (const link of this.#links()) if (link.device && !this.#isSilent(link.device)) link.silent = false;
    for (const [proceed, device] of [...this.#held]) {
      if (this.#isSilent(device)) continue;
      this.#held.delete(proceed);
      proceed();
    }
  }

  /** Strikes a link that is logged in, or has just logged in, with what is on. */
  strike(link: Link, when: "now" | "login"): void {
    const { device } = link;
    if (!device || !link.isOpen) return;
    if (this.#board.strike("goSilent", device)) link.silent = true;
    if (this.#board.strike("evict", device)) link.close("evicted", "by a fault");
    else if (this.#board.strike("cutLink", device, (fault) => fits(fault.when, when))) {
      link.close("fault", "cut", true);
    }
  }

  /** Goes on with a login, at once or when its device's silence ends. */
  holdLogin(device: AboutDevice | undefined, proceed: () => void): void {
    if (device && this.#isSilent(device)) this.#held.set(proceed, device);
    else proceed();
  }

  #isSilent(device: AboutDevice): boolean {
    return this.#board.isOn("goSilent", device);
  }
}

/** A cut "now" strikes a present link, and if there is none the next login. */
function fits(wanted: "now" | "publish" | "login" = "now", when: "now" | "login"): boolean {
  return wanted === when || (wanted === "now" && when === "login");
}

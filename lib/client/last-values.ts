import type { Pack } from "../delivery/pack";
import { isPost } from "../delivery/pack";
import type { Packer } from "../delivery/packer";
import type { Datapoint } from "../protocol/datapoint";
import { deviceKey } from "../protocol/identity";
import type { JsonObject, JsonValue } from "../protocol/json";
import type { DeviceIdentity } from "../protocol/topic";

/** Values remembered, over all devices; the device that was heard of longest ago goes first. */
const REMEMBERED_VALUES = 200_000;
/** Posts whose reply may still come. */
const REMEMBERED_POSTS = 128;

interface LastValue {
  readonly value: JsonValue;
  readonly atMs: number | undefined;
}

/**
 * The last values that the platform has accepted, by device and property. Kept only from the moment somebody asks for
 * them: most flows never do.
 */
export class LastValues {
  #isKept = false;
  readonly #devices = new Map<string, Map<string, LastValue>>();
  #size = 0;
  /** What posts that have no reply yet carry. */
  readonly #posts = new Map<string, Pack["parts"]>();
  readonly #maxValues: number;

  constructor(maxValues = REMEMBERED_VALUES) {
    this.#maxValues = maxValues;
  }

  /** Somebody will ask. */
  keep(): void {
    this.#isKept = true;
  }

  /** @param device a sub-device; undefined: the own one. @returns those of the identifiers that have a value */
  find(device: DeviceIdentity | undefined, identifiers: readonly string[]): JsonObject {
    const values = this.#devices.get(nameOf(device));
    return Object.fromEntries(
      identifiers.flatMap((name) => {
        const last = values?.get(name);
        return last === undefined ? [] : [[name, last.value]];
      }),
    );
  }

  /** Wraps a packer, to know what its posts carry. */
  noting(packer: Packer): Packer {
    return {
      postsInFlightMax: packer.postsInFlightMax,
      pack: (first, line) => {
        const packs = packer.pack(first, line);
        if (this.#isKept) for (const pack of packs) this.#note(pack);
        return packs;
      },
      packParts: (parts, from) => {
        const pack = packer.packParts(parts, from);
        if (this.#isKept) this.#note(pack);
        return pack;
      },
      unpack: (post) => packer.unpack(post),
    };
  }

  #note(pack: Pack): void {
    if (pack.replyKey === undefined || !isPost(pack)) return;
    this.#posts.set(pack.replyKey, pack.parts);
    const oldest = this.#posts.keys().next().value;
    if (this.#posts.size > REMEMBERED_POSTS && oldest !== undefined) this.#posts.delete(oldest);
  }

  /** The platform's word on a post. */
  replied(replyKey: string, isAccepted: boolean): void {
    const parts = this.#posts.get(replyKey);
    if (parts === undefined) return;
    this.#posts.delete(replyKey);
    if (!isAccepted) return;
    for (const { points } of parts) for (const point of points) this.#record(point);
    this.#forgetOldest();
  }

  #record({ stream, value, atMs, event, device }: Datapoint): void {
    if (event) return;
    const name = nameOf(device);
    const values = this.#devices.get(name) ?? new Map<string, LastValue>();
    // To the end of the line, as the one heard of last.
    this.#devices.delete(name);
    this.#devices.set(name, values);
    const last = values.get(stream);
    if (last === undefined) this.#size += 1;
    // A backlog may be accepted after what was measured later.
    else if (last.atMs !== undefined && atMs !== undefined && atMs < last.atMs) return;
    values.set(stream, { value, atMs });
  }

  #forgetOldest(): void {
    for (const [name, values] of this.#devices) {
      if (this.#size <= this.#maxValues) return;
      this.#devices.delete(name);
      this.#size -= values.size;
    }
  }
}

function nameOf(device: DeviceIdentity | undefined): string {
  return device === undefined ? "" : deviceKey(device);
}

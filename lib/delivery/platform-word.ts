import type { FlightParts } from "./flight-parts";
import type { Rejection } from "./message";
import { isPost, type Pack } from "./pack";
import { repack } from "./repack";
import { splitRejected } from "./splitter";

/** The platform rejects a post as a whole: the guilty datapoints fail, the others go again. */
export function rejectPack(parts: FlightParts, pack: Pack, rejection: Rejection): void {
  const { settlement, packer, badStreams, onSendAgain } = parts;
  if (!isPost(pack)) return settlement.failPack(pack, { kind: "rejected", rejection });
  const { guilty, again, unknown } = splitRejected(pack, rejection);
  for (const part of guilty) settlement.failPart(part, { kind: "rejected", rejection });
  if (unknown !== undefined) badStreams.add(unknown, rejection);
  onSendAgain(repack(packer, pack, again));
}

/** What it takes of one device it knows: of a whole product, where another one's post was rejected before. */
export function noteAccepted({ badStreams }: FlightParts, pack: Pack): void {
  if (badStreams.size === 0) return;
  for (const { points } of pack.parts) {
    for (const point of points) {
      badStreams.forget(point);
      if (point.device !== undefined) badStreams.forget({ device: point.device });
    }
  }
}

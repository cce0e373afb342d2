import type { Pack, PackPart } from "./pack";
import type { Packer } from "./packer";

/** A post holds fewer datapoints than this has in 1: parts of one post keep their order before the next post. */
const POINT_ORDER = 1e-6;

/** Lists of parts of a post that was sent, each as a post of its own, in the order of the one they come from. */
export function repack(packer: Packer, from: Pack, lists: readonly (readonly PackPart[])[]): Pack[] {
  const { order, closedLinks } = from;
  let next = order;
  return lists.map((parts) => {
    const pack = Object.assign(packer.packParts(parts, from), { order: next, closedLinks });
    for (const { points } of parts) next += points.length * POINT_ORDER;
    return pack;
  });
}

/** The pack without what has been told as expired, or dropped: that is not sent again with the others of its post. */
export function withoutSettled(packer: Packer, pack: Pack): Pack {
  if (!hasSettled(pack)) return pack;
  const open = pack.parts.filter(({ message }) => !message.settled);
  const [rest = pack] = repack(packer, pack, [open]);
  rest.timeouts = pack.timeouts;
  return rest;
}

function hasSettled(pack: Pack): boolean {
  for (const { message } of pack.parts) if (message.settled) return true;
  return false;
}

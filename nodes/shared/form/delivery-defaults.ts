/** What counts where a connection's delivery fields are empty: one table for the form and the runtime. */
import { UPLINK_PER_SECOND } from "../../../lib/protocol/limits";
import { PLATFORMS, type PlatformName } from "../../../lib/protocol/platform";

/** What a queue holds: memory is dear, a disk is not. */
export const QUEUE_BOUNDS = {
  memory: { messages: 10_000, mib: 16 },
  disk: { messages: 1_000_000, mib: 1024 },
} as const;

/**
 * Messages a second; undefined: as fast as the link takes them. The simulator keeps the platform's limits only when
 * told to, and a broker has none.
 */
export function usualMessagesPerSecond(platform: PlatformName): number | undefined {
  return PLATFORMS[platform].isOneNet && platform !== "simulator" ? UPLINK_PER_SECOND : undefined;
}

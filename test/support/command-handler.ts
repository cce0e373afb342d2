import type { CommandHandler, IncomingCommand } from "../../lib/client/command";
import type { OneNetError } from "../../lib/errors";
import { EventLog } from "./events";

/** A handler whose commands and misses come as events. */
export function commandHandler(options: Partial<CommandHandler> = {}) {
  const commands = new EventLog<IncomingCommand>("commands");
  const missed = new EventLog<OneNetError>("missed");
  const own: CommandHandler = {
    kinds: new Set(["command", "property-set", "property-get"]),
    identifiers: undefined,
    answersItself: false,
    deadlineMs: 4000,
    unhandled: "fail",
    failure: { kind: "standard" },
    deliver: (command) => commands.push(command),
    unanswered: (error) => missed.push(error),
    ...options,
  };
  return { own, commands, missed };
}

import {
  type HostChoice,
  PLATFORMS,
  type PlatformName,
  type Transport,
} from "../../../lib/protocol/platform";
import { type ReadField, textOf } from "./reason";

/** What the rows of the connection form, and its rules, depend on. */
export type ConnectionFacts = ReturnType<typeof connectionFacts>;

export function platformOf(read: ReadField): PlatformName {
  const name = textOf(read("platform"));
  return Object.hasOwn(PLATFORMS, name) ? (name as PlatformName) : "onenet";
}

/** A platform with one way to its host has no choice to make: the saved one does not count. */
export function hostChoiceOf(read: ReadField): HostChoice {
  const { hostChoices } = PLATFORMS[platformOf(read)];
  const saved = textOf(read("hostChoice"));
  return hostChoices.find((choice) => choice === saved) ?? hostChoices[0] ?? "own";
}

export function transportOf(read: ReadField): Transport {
  const { transports } = PLATFORMS[platformOf(read)];
  const saved = textOf(read("transport"));
  return transports.find((transport) => transport === saved) ?? "mqtt";
}

export function connectionFacts(read: ReadField) {
  const platform = platformOf(read);
  const profile = PLATFORMS[platform];
  const transport = transportOf(read);
  const tls = transport === "mqtts" || transport === "wss";
  const trust = textOf(read("tlsTrust")) || "pinned-root";
  const ownHost = hostChoiceOf(read) === "own";
  return {
    onenet: profile.isOneNet || platform === "simulator",
    cloud: platform === "onenet" || platform === "onenet-studio",
    simulator: platform === "simulator",
    hostChoice: profile.hostChoices.length > 1,
    ownHost,
    port: ownHost || textOf(read("port")) !== "",
    tls,
    websocket: transport === "ws" || transport === "wss",
    pinned: tls && trust === "pinned-root",
    tlsConfig: tls && trust === "tls-config",
    token: textOf(read("keyKind")) === "token",
    mqtt5: textOf(read("protocolVersion")) === "5",
    cleanSession: read("cleanSession") !== false,
    disk: textOf(read("store")).startsWith("disk-"),
  };
}

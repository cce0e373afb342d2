import {
  type HostChoice,
  PLATFORMS,
  type PlatformName,
  type ProductKind,
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

export function productKindOf(read: ReadField): ProductKind {
  return textOf(read("productKind")) === "data-stream" ? "data-stream" : "thing-model";
}

export function connectionFacts(read: ReadField) {
  const platform = platformOf(read);
  const profile = PLATFORMS[platform];
  const transport = transportOf(read);
  const tls = transport === "mqtts" || transport === "wss";
  const trust = textOf(read("tlsTrust")) || "pinned-root";
  const ownHost = hostChoiceOf(read) === "own";
  const onenet = profile.isOneNet || platform === "simulator";
  const thingModel = onenet && productKindOf(read) === "thing-model";
  const modelSource = textOf(read("modelSource"));
  const hardwareReport = textOf(read("hardwareReport"));
  const hardware = onenet && (hardwareReport === "login" || hardwareReport === "message");
  return {
    onenet,
    thingModel,
    modelPasted: thingModel && modelSource === "pasted",
    modelFile: thingModel && modelSource === "file",
    modelThere: thingModel && (modelSource === "pasted" || modelSource === "file"),
    hardware,
    suffix:
      onenet &&
      (hardwareReport === "own" || (hardwareReport !== "login" && textOf(read("clientIdSuffix")) !== "")),
    cellular: !["", "0"].includes(textOf(read("hardwareNetwork"))),
    modelCoerce: textOf(read("modelCheck")) !== "strict" && textOf(read("modelCheck")) !== "off",
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

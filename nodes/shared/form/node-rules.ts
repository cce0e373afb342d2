import { OneNetError } from "../../../lib/errors";
import { PLATFORMS } from "../../../lib/protocol/platform";
import { checkDevicePublish, checkPublishTopic } from "../../../lib/protocol/topic";
import { checkDatapoint, isStreamName } from "../../../lib/protocol/value";
import { type ChosenConnection, connectionReason } from "./connection-choice";
import { checkKnownEvent, checkKnownProperty } from "./known-identifier";
import { MESSAGE_RANGES } from "./ranges";
import {
  type FindConnection,
  holdsEnv,
  numberIn,
  oneOf,
  type ReadField,
  type Reason,
  type Rule,
  type Rules,
  reasonOf,
  textOf,
} from "./reason";
import { reportRowsRule } from "./report-rules";

const { expirySeconds, messageExpirySeconds, deadlineSeconds, failureCode } = MESSAGE_RANGES;

export function connection(needsOneNet: boolean): Rule {
  return (value, _read, find) => {
    const id = textOf(value);
    return holdsEnv(id) ? undefined : connectionReason(id, find(), needsOneNet);
  };
}

const priority = oneOf(["", "normal", "high"]);

/** The product kind to judge names by; while no connection is chosen, the more generous one of the two. */
function kindOf(find: FindConnection) {
  return find()?.productKind ?? "thing-model";
}

/** What is wrong with a name that is written out: it cannot be one, or the model has no property of that name. */
export function streamReason(name: string, find: FindConnection): Reason | undefined {
  const rules = { kind: kindOf(find), booleansAsNumbers: true };
  const reason = reasonOf(() => checkDatapoint({ stream: name, value: 0 }, rules));
  const model = find()?.model;
  return reason ?? (model && reasonOf(() => checkKnownProperty(model, name)));
}

/** Fixed text only: what another type of input will give is judged when it is known. */
const stream: Rule = (value, read, find) => {
  const text = textOf(value);
  if (text === "" || holdsEnv(text) || textOf(read("streamType")) !== "str") return undefined;
  return streamReason(text, find);
};

const postRules = {
  connection: connection(true),
  completeWhen: oneOf(["queued", "sent", "acknowledged", "accepted"]),
  qos: oneOf(["0", "1"]),
  expirySeconds: numberIn(expirySeconds),
  priority,
} satisfies Rules;

export const datapointPublishRules: Rules = {
  ...postRules,
  stream,
  reportRules: reportRowsRule(streamReason),
};

const event: Rule = (value, _read, find) => {
  const text = textOf(value);
  if (text === "" || holdsEnv(text)) return undefined;
  const rules = { kind: "thing-model", booleansAsNumbers: false } as const;
  const reason = reasonOf(() => checkDatapoint({ stream: text, value: 0 }, rules));
  const model = find()?.model;
  return reason ?? (model && reasonOf(() => checkKnownEvent(model, text)));
};

export const eventPostRules: Rules = {
  ...postRules,
  connection: (value, read, find) =>
    postRules.connection(value, read, find) ??
    (find()?.productKind === "data-stream"
      ? { key: "reason.connection-data-stream", params: { name: find()?.name ?? "" } }
      : undefined),
  event,
};

/** The identifiers of a text, parted by commas or blanks, Chinese ones too. */
export function splitIdentifiers(text: string): string[] {
  return text.split(/[\s,，、;；]+/).filter((part) => part !== "");
}

/** A list of identifiers: each can be one, and stands in the model where there is one. */
export function identifiers(takesServices: boolean): Rule {
  return (value, _read, find) => {
    if (holdsEnv(value) || kindOf(find) !== "thing-model") return undefined;
    const names = splitIdentifiers(textOf(value));
    const impossible = names.find((name) => !isStreamName(name, "thing-model"));
    if (impossible !== undefined) return { key: "reason.identifier", params: { identifier: impossible } };
    const model = find()?.model;
    if (model === undefined) return undefined;
    const unknown = names.map((name) =>
      takesServices && model.services.has(name) ? undefined : reasonOf(() => checkKnownProperty(model, name)),
    );
    return unknown.find((reason) => reason !== undefined);
  };
}

/** Whether a form is about the connection's own device, not a sub-device: the connection's model is its own. */
export function isOwnDevice(read: ReadField): boolean {
  return ["", "_ADD_"].includes(textOf(read("subdevice")));
}

/** The fields that tick what a command subscribe node receives, and whether an old flow without them does. */
const RECEIVES = {
  receiveSets: true,
  receiveGets: false,
  receiveServices: false,
  receiveTopology: false,
  receiveOta: false,
  receiveCustom: false,
} as const;

/** Whether a command subscribe node receives this; a field that an old flow does not have counts as its default. */
export function receives(read: ReadField, field: keyof typeof RECEIVES): boolean {
  const value = read(field);
  return typeof value === "boolean" ? value : RECEIVES[field];
}

const receiveSets: Rule = (_value, read, find) => {
  const fields = Object.keys(RECEIVES) as (keyof typeof RECEIVES)[];
  const receivesNothing = !fields.some((field) => receives(read, field));
  return receivesNothing && kindOf(find) === "thing-model" ? { key: "reason.receivesNothing" } : undefined;
};

/** An output for each identifier: the form must know them all. */
const outputMode: Rule = (value, read, find) => {
  const wrong = oneOf(["one", "each"])(value);
  if (wrong !== undefined || textOf(value) !== "each" || kindOf(find) !== "thing-model") return wrong;
  const isNamed = splitIdentifiers(textOf(read("identifiers"))).length > 0 && !holdsEnv(read("identifiers"));
  const needsNames =
    receives(read, "receiveSets") || receives(read, "receiveGets") || receives(read, "receiveServices");
  return isNamed || !needsNames ? undefined : { key: "reason.outputsUnnamed" };
};

export const commandSubscribeRules: Rules = {
  connection: connection(true),
  identifiers: identifiers(true),
  receiveSets,
  outputMode,
  payloadAs: oneOf(["auto", "json", "text", "buffer"]),
  getAnswer: oneOf(["flow", "last"]),
  deadlineSeconds: numberIn(deadlineSeconds),
  asyncSeconds: numberIn(deadlineSeconds),
  unhandled: oneOf(["fail", "ignore"]),
  failureAnswer: oneOf(["body", "silence"]),
};

export const commandResponseRules: Rules = {
  outcome: oneOf(["auto", "success", "failure"]),
  failureCode: (value, read) =>
    textOf(read("outcome")) === "success" ? undefined : numberIn(failureCode)(value),
};

function checkDeviceTopic(topic: string, chosen: ChosenConnection): void {
  const { productId, deviceName, productKind } = chosen;
  if (productId === "" || deviceName === "" || holdsEnv(productId) || holdsEnv(deviceName)) return;
  checkDevicePublish(topic, { productId, deviceName }, productKind);
}

const topic: Rule = (value, read, find) => {
  const text = textOf(value);
  if (text === "" || holdsEnv(text)) return undefined;
  const chosen = find();
  const isLawful = chosen && PLATFORMS[chosen.platform].isOneNet && read("sendAnyway") !== true;
  return reasonOf(() => {
    checkPublishTopic(text);
    if (isLawful) checkDeviceTopic(text, chosen);
  });
};

/** What the platform of the chosen connection cannot do is refused here, unless the node may lower it. */
function supported(check: (value: string, chosen: ChosenConnection) => void): Rule {
  return (value, read, find) => {
    const chosen = find();
    if (!chosen || textOf(read("whenUnsupported")) === "lower") return undefined;
    return reasonOf(() => check(textOf(value), chosen));
  };
}

const qos = supported((value, { platform }) => {
  const { maxQos } = PLATFORMS[platform];
  if (Number(value) > maxQos)
    throw new OneNetError("ONENET_QOS_UNSUPPORTED.qos", { qos: value, platform: "OneNET", maxQos });
});

const retain = supported((value, { platform }) => {
  if (value === "true" && !PLATFORMS[platform].retain)
    throw new OneNetError("ONENET_QOS_UNSUPPORTED.retain", { platform: "OneNET" });
});

function mqtt5(rule: Rule): Rule {
  return (value, read, find) => (find()?.mqtt5 ? rule(value, read, find) : undefined);
}

const responseTopic: Rule = (value) =>
  textOf(value) === "" || holdsEnv(value) ? undefined : reasonOf(() => checkPublishTopic(textOf(value)));

const userProperties: Rule = (value) => {
  const text = textOf(value);
  if (text === "" || holdsEnv(text)) return undefined;
  const refused = { key: "reason.json", params: { example: '{"unit": "°C"}' } };
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? undefined : refused;
  } catch {
    return refused;
  }
};

export const mqttOutRules: Rules = {
  connection: connection(false),
  topic,
  qos: (value, read, find) => oneOf(["", "0", "1", "2"])(value) ?? qos(value, read, find),
  retain: (value, read, find) => oneOf(["", "true", "false"])(value) ?? retain(value, read, find),
  whenUnsupported: oneOf(["refuse", "lower"]),
  completeWhen: oneOf(["queued", "sent", "acknowledged"]),
  expirySeconds: numberIn(expirySeconds),
  priority,
  responseTopic: mqtt5(responseTopic),
  userProperties: mqtt5(userProperties),
  messageExpirySeconds: mqtt5(numberIn(messageExpirySeconds)),
};

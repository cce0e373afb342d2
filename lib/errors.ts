/**
 * The closed list of what can go wrong, and the one error class that says it.
 *
 * A key is `CODE` or `CODE.reason`. The code is public (`msg.error.code` in a Catch flow) and never changes;
 * the reason picks the text. Every text says what was expected, what came and what to do, and holds no secret:
 * never pass a key, token or password as a parameter.
 *
 * These English texts are the fallback and the en-US catalogue (the build copies them there); zh-CN and zh-TW
 * stand in `locales/<lang>/shared.json` under `errors`.
 */
export const ERROR_TEXTS = {
  // configuration
  ONENET_ENV_UNSET:
    "Environment variable {{name}}, used in “{{field}}”, is not set. Set it where Node-RED is started (or in the flow's environment) and restart the flows.",
  "ONENET_CONFIG_INVALID.missing": "“{{field}}” is empty. Fill it in in the node's form.",
  "ONENET_CONFIG_INVALID.number":
    "“{{field}}” must be a number from {{min}} to {{max}}, but is “{{got}}”. Correct it in the node's form.",
  "ONENET_CONFIG_INVALID.integer":
    "“{{field}}” must be a whole number from {{min}} to {{max}}, but is “{{got}}”. Correct it in the node's form.",
  "ONENET_CONFIG_INVALID.choice":
    "“{{field}}” must be one of {{expected}}, but is “{{got}}”. Open the node's form and choose again.",
  "ONENET_CONFIG_INVALID.text":
    "“{{field}}” must be {{expected}}, but is “{{got}}”. Correct it in the node's form.",
  "ONENET_CONFIG_INVALID.json":
    "“{{field}}” must be valid JSON ({{expected}}), but it could not be read: {{detail}}. Correct it in the node's form.",
  ONENET_CONNECTION_MISSING:
    "No connection is chosen for this node. Open its form and choose or add a connection.",
  ONENET_CONNECTION_KIND:
    "This node needs a OneNET connection, but “{{platform}}” is a plain MQTT broker. Choose a OneNET or simulator connection.",
  "ONENET_HOST_INVALID.typo":
    "“{{host}}” is a known misspelling and cannot be reached. Use “{{suggestion}}” instead.",
  "ONENET_HOST_INVALID.scheme":
    "The host must be a name or an address only, but is “{{host}}”. Leave out the protocol, port and path.",
  "ONENET_HOST_INVALID.characters":
    "The host must be a name or an address, but is “{{host}}”. Check it for spaces and other characters.",
  ONENET_KEY_INVALID:
    "“{{field}}” must be a base64 text as shown in the OneNET console (usually 44 characters), but it is not base64. Copy it again, without blanks.",
  "ONENET_TOKEN_INVALID.format":
    "The token must look like version=…&res=…&et=…&method=…&sign=…, but {{missing}} is missing or unreadable. Generate it again, or choose a key instead of a token.",
  "ONENET_TOKEN_INVALID.resource":
    "The token is for “{{res}}”, but this device needs “{{expected}}”. Generate it for this product and device.",
  "ONENET_TOKEN_INVALID.method":
    "The token's sign method is “{{method}}”; the platform knows md5, sha1 and sha256. Generate it again with one of these.",
  ONENET_TOKEN_EXPIRED:
    "The token expired at {{expiredAt}} (this machine's clock says {{now}}). Generate a new one, or paste the device key instead: then every login gets a fresh token.",
  "ONENET_CERTIFICATE_INVALID.format":
    "The root certificate must be one PEM text (-----BEGIN CERTIFICATE-----…), but it could not be read: {{detail}}.",
  "ONENET_CERTIFICATE_INVALID.fingerprint":
    "The root certificate's SHA-256 fingerprint is {{got}}, but OneNET's root is {{expected}}. Download the root from OneNET's documentation again, or use a TLS configuration of your own.",
  ONENET_PROFILE_CONFLICT:
    "{{device}} is already connected with other settings ({{differences}}). A device can be logged in once only: use one connection for it, or make the settings equal.",
  ONENET_CLOCK_WRONG:
    "This machine's clock says {{now}}, which is before this package was built ({{buildDate}}). The login is signed from the build date on; set the clock (NTP), the node then logs in again by itself.",

  // the link
  "ONENET_AUTH_FAILED.device":
    "OneNET refused the login (CONNACK {{returnCode}}) of device “{{deviceName}}” of product “{{productId}}” at {{host}}. The login said res={{res}}, valid until {{expiresAt}}, {{method}}. Check product id, device name, that the key is the {{keyKind}}, and that the product lives at this host.",
  "ONENET_AUTH_FAILED.broker":
    "The broker {{host}} refused the login (return code {{returnCode}}: {{reason}}). Check user, password, client id and certificate.",
  ONENET_PROTOCOL_VERSION:
    "{{host}} does not speak MQTT {{version}} (return code {{returnCode}}). Choose the other protocol version in the connection.",
  ONENET_SERVER_BUSY:
    "{{host}} says it cannot serve now (return code {{returnCode}}). The node tries again by itself.",
  "ONENET_UNREACHABLE.refused":
    "{{host}}:{{port}} refused the connection: nothing listens there. Check host, port and that the server runs.",
  "ONENET_UNREACHABLE.dns":
    "The name {{host}} cannot be found. Check the host (the smart domain contains the product id), and this machine's DNS and network.",
  "ONENET_UNREACHABLE.timeout":
    "{{host}}:{{port}} did not answer within {{timeoutSeconds}} s. Check host, port, network and firewall.",
  "ONENET_UNREACHABLE.network":
    "{{host}}:{{port}} cannot be reached ({{reason}}). Check this machine's network.",
  "ONENET_UNREACHABLE.closed":
    "{{host}}:{{port}} closed the connection before answering the login. Check that it is an MQTT server, that TLS is set as the port wants it, and that the login limit is not exceeded.",
  "ONENET_TLS_FAILED.untrusted":
    "The certificate of {{host}} is not signed by the root this connection trusts ({{reason}}). Paste the right root certificate or choose other TLS settings.",
  "ONENET_TLS_FAILED.hostname":
    "The certificate of {{host}} is for another name ({{reason}}). Check the host, or use a root certificate of your own.",
  "ONENET_TLS_FAILED.expired":
    "The certificate of {{host}} is not valid at this time ({{reason}}). Check this machine's clock, then the server.",
  "ONENET_TLS_FAILED.other":
    "TLS with {{host}}:{{port}} failed ({{reason}}). Check that this port speaks TLS and which certificates are wanted.",
  ONENET_KICKED:
    "{{device}} was thrown out by another login with the same name: some other program or machine uses this device ({{times}} times now). Stop the other one, or give each its own device.",
  "ONENET_LINK_LOST.closed":
    "The connection to {{host}} was closed by the other side. The node logs in again by itself.",
  "ONENET_LINK_LOST.silent":
    "{{host}} did not answer for {{seconds}} s. The connection is given up; the node logs in again by itself.",
  "ONENET_LINK_LOST.protocol":
    "{{host}} sent something that is not MQTT ({{detail}}). Check that host and port belong to an MQTT server.",
  ONENET_SUBSCRIBE_REFUSED:
    "{{host}} refused the subscription to “{{filter}}” (SUBACK {{returnCode}}). Check that the product kind in the connection (thing model or data stream) is the product's.",

  // delivery
  "ONENET_QUEUE_FULL.refused":
    "The queue of {{device}} is full ({{messages}} messages, {{bytes}} bytes; allowed {{maxMessages}} and {{maxBytes}}), so this message was not taken. Send less, raise the bounds, or find out why the link is down.",
  "ONENET_QUEUE_FULL.dropped":
    "The queue of {{device}} is full ({{maxMessages}} messages, {{maxBytes}} bytes), so this message, the oldest, was dropped for a new one.",
  ONENET_EXPIRED:
    "The message waited {{ageSeconds}} s and its life time was {{expirySeconds}} s, so it was not sent.",
  ONENET_PURGED: "The queue of {{device}} was emptied by hand before this message was sent.",
  "ONENET_ACK_TIMEOUT.puback":
    "{{host}} did not acknowledge the message after {{attempts}} attempts of {{timeoutSeconds}} s. It may have arrived all the same.",
  "ONENET_ACK_TIMEOUT.reply":
    "OneNET did not say whether it accepted the message after {{attempts}} attempts of {{timeoutSeconds}} s. It may have been stored all the same.",
  ONENET_REJECTED: "OneNET rejected the message: code {{platformCode}}, {{platformMessage}}.",
  ONENET_PUBLISH_REFUSED:
    "The broker refused the message to “{{topic}}” (reason code {{reasonCode}}: {{reason}}).",
  ONENET_PUBLISH_CLOSED_LINK:
    "The platform closed the link each time this message to “{{topic}}” was sent, so it was given up. Check topic, product kind and size.",
  ONENET_STORE_UNSUPPORTED:
    "Keeping messages on disk needs Node.js 22.13 or later, but this is {{version}}. Update Node.js, or choose the memory store in the connection.",
  ONENET_STORE_LOCKED:
    "The message store {{file}} is in use by another process, so it was not opened: two Node-RED on one user directory would send everything twice. Stop the other one, or give each a user directory of its own.",
  ONENET_STORE_UNWRITABLE:
    "The message store {{file}} must be a file that can be written, but it cannot ({{reason}}). Check who owns the folder, its permissions and that its file system is not read-only.",
  ONENET_STORE_CORRUPT:
    "The message store {{file}} was damaged ({{reason}}). It was set aside as {{setAside}} and a new one was made; {{rescued}} messages could be read and are kept. Check the disk; messages beyond these may be lost.",
  ONENET_STORE_VERSION:
    "The message store {{file}} has version {{version}}, but this package knows versions up to {{known}}: a newer one has made it. Update the package again, or move the file away.",
  ONENET_STORE_FULL:
    "There is no room on the disk for the message store {{file}} ({{reason}}), so the message was not taken. Free some space; later messages are taken as soon as there is.",
  ONENET_STORE_FAILED:
    "The message store {{file}} could not be read or written ({{reason}}). Check the disk and the system's log.",
  ONENET_CLOSED: "The connection was closed (deploy or stop) before this message was delivered.",
  ONENET_PAYLOAD_TOO_LARGE:
    "The message has {{bytes}} bytes, the limit is {{maxBytes}}. OneNET would cut the link, so it was not sent. Send it in parts.",
  ONENET_PAYLOAD_INVALID:
    "The payload must be a Buffer, text, number, boolean or an object with a JSON form, but is {{type}}.",
  "ONENET_TOPIC_INVALID.empty": "There is no topic: set one in the node's form or in msg.topic.",
  "ONENET_TOPIC_INVALID.type": "msg.topic must be text, but is {{type}}.",
  "ONENET_TOPIC_INVALID.wildcard":
    "A message cannot be published to “{{topic}}”: + and # stand in subscriptions only.",
  "ONENET_TOPIC_INVALID.null": "The topic “{{topic}}” contains a null character.",
  "ONENET_TOPIC_INVALID.length": "The topic has {{bytes}} bytes, the limit is {{maxBytes}}.",
  "ONENET_TOPIC_INVALID.levels": "The topic “{{topic}}” has {{levels}} levels, OneNET allows {{maxLevels}}.",
  "ONENET_TOPIC_INVALID.characters":
    "The topic “{{topic}}” has characters that OneNET refuses: letters, digits, _ - / and $ only.",
  "ONENET_TOPIC_FORBIDDEN.foreign":
    "“{{topic}}” is not a topic of this device ({{prefix}}/…). OneNET would cut the link of everybody on this connection, so it was not sent.",
  "ONENET_TOPIC_FORBIDDEN.platform":
    "“{{topic}}” is a topic on which only the platform publishes. OneNET would cut the link, so it was not sent.",
  "ONENET_TOPIC_FORBIDDEN.kind":
    "“{{topic}}” belongs to the other product kind (this product is {{productKind}}). OneNET would cut the link, so it was not sent. Check the product kind in the connection.",
  "ONENET_TOPIC_FORBIDDEN.unknown":
    "“{{topic}}” is no topic OneNET knows. It would cut the link, so it was not sent.",
  "ONENET_QOS_UNSUPPORTED.qos":
    "QoS {{qos}} was asked for, but {{platform}} supports at most QoS {{maxQos}}. Choose QoS {{maxQos}}, or let the node lower it.",
  "ONENET_QOS_UNSUPPORTED.retain":
    "A retained message was asked for, but {{platform}} does not support retain. Switch it off, or let the node leave it out.",
  "ONENET_QOS_UNSUPPORTED.value": "QoS must be 0, 1 or 2, but is {{got}}.",
  ONENET_MESSAGE_INVALID: "{{property}} must be {{expected}}, but is {{got}}.",
  ONENET_PROPERTY_UNRESOLVED: "{{property}} could not be evaluated: {{detail}}.",

  // datapoints
  "ONENET_DATAPOINT_INVALID.empty":
    "There is no datapoint in the message: expected a value, an object {stream: value} or an array of {stream, value, at}.",
  "ONENET_DATAPOINT_INVALID.stream-missing":
    "The datapoint has no stream name: set one in the node's form, in msg.topic, or send {stream: value}.",
  "ONENET_DATAPOINT_INVALID.event-missing":
    "The event has no identifier: set one in the node's form (Event), in msg.event or in msg.topic.",
  "ONENET_DATAPOINT_INVALID.stream-name": "“{{stream}}” cannot be a stream name: {{expected}}.",
  "ONENET_DATAPOINT_INVALID.not-finite": "Datapoint “{{stream}}”: expected a finite number, got {{got}}.",
  "ONENET_DATAPOINT_INVALID.type":
    "Datapoint “{{stream}}”: {{got}} has no JSON form that OneNET takes; expected {{expected}}.",
  "ONENET_DATAPOINT_INVALID.too-deep":
    "Datapoint “{{stream}}”: objects may be {{maxDepth}} levels deep, this one is deeper.",
  "ONENET_DATAPOINT_INVALID.circular": "Datapoint “{{stream}}”: the value contains itself.",
  "ONENET_DATAPOINT_INVALID.key":
    "Datapoint “{{stream}}”: the key “{{key}}” has {{bytes}} bytes, the limit is {{maxBytes}}.",
  "ONENET_DATAPOINT_INVALID.time":
    "Datapoint “{{stream}}”: the time must be milliseconds since 1970 (seconds × 1000), a Date or ISO text, but is {{got}}.",
  "ONENET_DATAPOINT_INVALID.some":
    "{{failed}} of {{total}} datapoints failed ({{streams}}); the first: {{first}} See msg.error.cause.failed for each.",
  "ONENET_DATAPOINT_INVALID.all-or-nothing":
    "{{failed}} of {{total}} datapoints failed, and this node sends all or nothing; the first: {{first}} See msg.error.cause.failed for each.",

  // thing model
  "ONENET_MODEL_INVALID.empty":
    "The thing model is empty. Expected the JSON that the console exports (产品开发 › 物模型 › 导出): paste it, or choose the file.",
  "ONENET_MODEL_INVALID.file":
    "The thing model's file {{file}} could not be read ({{reason}}). Check the path, and that Node-RED's user may read it; until then values are not checked.",
  "ONENET_MODEL_INVALID.too-large":
    "The thing model has {{length}} characters, the limit is {{maxLength}}. Expected the JSON that the console exports; check that it is the right file.",
  "ONENET_MODEL_INVALID.json":
    "The thing model is no valid JSON: line {{line}}, column {{column}} must be one of {{expected}}, but is {{got}} (EOF: the end of the text). Export it again from the console, or correct it there.",
  "ONENET_MODEL_INVALID.answer":
    "This is not a thing model but an answer of OneNET's API that reports a failure: code {{code}}, {{message}}. Query the model again, or export it from the console.",
  "ONENET_MODEL_INVALID.type":
    "Thing model, {{path}}: expected {{expected}}, but there is {{got}}. Correct it, or export the model again.",
  "ONENET_MODEL_INVALID.missing":
    "Thing model: {{path}} is missing (expected {{expected}}). Add it, or export the model again.",
  "ONENET_MODEL_INVALID.identifier":
    "Thing model, {{path}}: “{{got}}” cannot be an identifier. Expected letters, digits and _ ($ first for the system's), at most 128.",
  "ONENET_MODEL_INVALID.duplicate":
    "Thing model, {{path}}: “{{got}}” stands twice in this list. Give each an identifier of its own, or remove one.",
  "ONENET_MODEL_INVALID.choice":
    "Thing model, {{path}}: expected one of {{expected}}, but there is {{got}}. Correct it, or export the model again.",
  "ONENET_MODEL_INVALID.number":
    "Thing model, {{path}}: expected {{expected}}, but there is {{got}}. Correct it, or export the model again.",
  "ONENET_MODEL_INVALID.range":
    "Thing model, {{path}}: the smallest value {{min}} is above the largest {{max}}. Exchange or correct them.",
  "ONENET_MODEL_INVALID.label":
    'Thing model, {{path}}: {{got}} is not a whole number. The values of an enum and the bits of a bitMap are, each with its name: {"0": "auto"}.',
  "ONENET_MODEL_INVALID.depth":
    "Thing model, {{path}}: types may be nested {{maxDepth}} levels deep, these are deeper. OneNET knows one level of struct.",
  "ONENET_MODEL_NOTE.ignored":
    "Thing model, {{path}}: expected {{expected}}, but there is {{got}}; it was ignored.",
  "ONENET_MODEL_NOTE.assumed": "Thing model: {{path}} is missing; “{{assumed}}” was assumed.",
  "ONENET_MODEL_NOTE.specs-missing":
    "Thing model: {{path}} is missing, so values are checked to be {{type}} and for nothing else.",
  "ONENET_MODEL_NOTE.nesting":
    "Thing model, {{path}}: OneNET documents no {{type}} here ({{expected}}); it was taken as it stands.",
  "ONENET_MODEL_NOTE.too-many":
    "The thing model has {{count}} properties, events and services, and OneNET allows {{max}} for one product. More go as members of structs, on sub-devices, or on a data-stream product.",

  // values checked against the thing model
  "ONENET_VALUE_INVALID.unknown":
    "“{{identifier}}” is no property of the thing model; the nearest there: {{limit}}. Correct the name, or import the model as it is published now.",
  "ONENET_VALUE_INVALID.unknown-event":
    "“{{identifier}}” is no event of the thing model; the nearest there: {{limit}}. Correct the name, or import the model as it is published now.",
  "ONENET_VALUE_INVALID.unknown-service":
    "“{{identifier}}” is no service of the thing model; the nearest there: {{limit}}. Correct the name, or import the model as it is published now.",
  "ONENET_VALUE_INVALID.is-event":
    "“{{identifier}}” is an event of the thing model, not a property. Send it with the event post node.",
  "ONENET_VALUE_INVALID.is-service":
    "“{{identifier}}” is a service of the thing model, not a property: the platform calls it, and its outputs go with the command response node.",
  "ONENET_VALUE_INVALID.is-property":
    "“{{identifier}}” is a property of the thing model, not an event. Send it with the datapoint publish node.",
  "ONENET_VALUE_INVALID.read-only":
    "“{{identifier}}” can only be read (accessMode {{limit}}), so it cannot be set to {{value}}. Publish it instead, or make it rw in the thing model.",
  "ONENET_VALUE_INVALID.required":
    "“{{identifier}}” must be {{limit}}, but is {{value}}: OneNET takes no empty value. Leave it out, or send one.",
  "ONENET_VALUE_INVALID.type": "“{{identifier}}” must be {{limit}}, but is {{value}}. Convert it before.",
  "ONENET_VALUE_INVALID.bool": "“{{identifier}}” must be true or false, but is {{value}}. Convert it before.",
  "ONENET_VALUE_INVALID.whole":
    "“{{identifier}}” must be a whole number ({{limit}}), but is {{value}}. Round it before, or tick “Round numbers to their step” in the connection.",
  "ONENET_VALUE_INVALID.precision":
    "“{{identifier}}” is {{value}}: a number beyond {{limit}} has lost its last digits. Send it as text or as a BigInt.",
  "ONENET_VALUE_INVALID.min":
    "“{{identifier}}” must be at least {{limit}}, but is {{value}}. Check the value, and the range in the thing model.",
  "ONENET_VALUE_INVALID.max":
    "“{{identifier}}” must be at most {{limit}}, but is {{value}}. Check the value, and the range in the thing model.",
  "ONENET_VALUE_INVALID.step":
    "“{{identifier}}” must be a multiple of its step {{limit}}, but is {{value}}. Round it before, or tick “Round numbers to their step” in the connection.",
  "ONENET_VALUE_INVALID.label":
    "“{{identifier}}” must be one of {{limit}}, but is {{value}}. Send one of these numbers, or its name as the thing model has it.",
  "ONENET_VALUE_INVALID.length":
    "“{{identifier}}” has a length of {{value}}, the limit is {{limit}}. Shorten the text, or raise the limit in the thing model.",
  "ONENET_VALUE_INVALID.items":
    "“{{identifier}}” has {{value}} elements, the limit is {{limit}}. Send fewer, or raise the limit in the thing model.",
  "ONENET_VALUE_INVALID.date":
    "“{{identifier}}” must be a time in milliseconds since 1970 ({{limit}}), a Date or ISO 8601 text, but is {{value}}. Seconds are to be multiplied by 1000.",
  "ONENET_VALUE_INVALID.member-missing":
    "“{{identifier}}” is missing. The thing model wants each of {{limit}}.",
  "ONENET_VALUE_INVALID.member-unknown":
    "“{{identifier}}” ({{value}}) is not in the thing model, which knows here: {{limit}}. Leave it out, or correct the name.",

  // commands
  ONENET_COMMAND_MISSING:
    "The message carries no msg.command to answer. Wire this node behind a command subscribe node and keep msg.command.",
  ONENET_COMMAND_EXPIRED:
    "The answer to command {{id}} came too late or its link is gone (deadline {{deadline}}), so it was not sent.",
  ONENET_COMMAND_ANSWERED: "Command {{id}} has been answered already; each is answered once.",
  ONENET_COMMAND_AMBIGUOUS:
    "{{nodes}} nodes of {{device}} answer {{kind}} by themselves; at most one may. Switch it off in all but one.",
  ONENET_COMMAND_UNANSWERED:
    "Nobody answered {{kind}} {{id}} within {{seconds}} s ({{identifiers}}), so it was answered with a failure. Wire a command response node, or let the node answer by itself.",
  ONENET_COMMAND_UNHANDLED:
    "No node handles {{identifiers}} of {{kind}} {{id}}, so it was answered with failure 100. Add a command subscribe node for it.",
  ONENET_COMMAND_INVALID: "What came on {{topic}} could not be read: {{detail}}.",
  "ONENET_ANSWER_INVALID.data": "The answer to {{kind}} {{id}} must be {{expected}}, but is {{got}}.",
  ONENET_DESIRED_REFUSED:
    "The desired values of {{identifiers}} were refused by the flow (code {{code}}, {{message}}), so they were not deleted and come again at the next get.",
  ONENET_ANSWER_REJECTED:
    "OneNET did not take the answer to command {{id}}: code {{platformCode}}, {{platformMessage}}.",

  // sub-devices
  ONENET_SUBDEVICE_MISSING:
    "The sub-device chosen in this node's form no longer exists or is switched off. Open the form and choose again.",
  "ONENET_SUBDEVICE_UNCLEAR.unnamed":
    "The sub-device chosen in the form stands for any device of product {{productId}}, and msg.device does not say which. Set msg.device to the device's name.",
  "ONENET_SUBDEVICE_UNCLEAR.product":
    "msg.device is only the name “{{deviceName}}”, and no sub-device is chosen in the form to say of which product. Choose one, or set msg.device to {productId, deviceName}.",
  "ONENET_SUBDEVICE_UNCLEAR.other":
    "msg.device is {{got}}, but the sub-device chosen in the form is {{expected}}. Leave msg.device out, or choose a sub-device of the product without a name in the form.",
  "ONENET_SUBDEVICE_UNCLEAR.none":
    "No sub-device is named: choose one with a name in the form, or set msg.device to a name, to {productId, deviceName} or to a list of these.",
  "ONENET_SUBDEVICE_UNCLEAR.self":
    "{{device}} is the gateway itself, not a sub-device of it. Name one of its sub-devices.",
  "ONENET_SUBDEVICE_UNCLEAR.connection":
    "The sub-device {{device}} is set up under another connection than this node's. Choose a sub-device of the same connection.",
  ONENET_SUBDEVICE_KIND:
    "{{device}} belongs to a data-stream product; a gateway with sub-devices is a thing-model product. Check the product kind in the connection.",
  "ONENET_SUBDEVICE_KEY.unknown":
    "Adding {{device}} to the topology, or taking it out, must be signed with its key or its product's, and no sub-device node under this connection is for it. Add one, with the key.",
  "ONENET_SUBDEVICE_KEY.missing":
    "Adding {{device}} to the topology, or taking it out, must be signed with its key or its product's, and the sub-device node has none. Fill in its key.",
  "ONENET_SUBDEVICE_KEY.one-device":
    "A device key belongs to one device, but the sub-device node stands for any device of product {{productId}}. Give the device a name there, or use the product key.",
  ONENET_SUBDEVICE_LOGIN:
    "Sub-device {{device}} could not be logged in (sub/login): {{reason}} It is tried again with its next datapoints after a minute.",
  "ONENET_TOPOLOGY_FAILED.some":
    "{{action}} failed for {{failed}} of {{total}} sub-devices ({{devices}}); the first: {{first}} See msg.error.cause.failed for each.",

  // simulator
  ONENET_SIMULATOR_ADDRESS:
    "The simulator cannot listen at {{host}}:{{port}} ({{reason}}). Choose another port, or stop what uses it.",
  "ONENET_SIMULATOR_CONFLICT.product":
    "Product {{productId}} is simulated at this address with other settings ({{difference}}). Make them equal or use another address.",
  "ONENET_SIMULATOR_CONFLICT.settings":
    "A simulator runs at {{host}}:{{port}} already with another setting ({{difference}}). Make them equal or use another address.",
  ONENET_SIMULATOR_CONFIG: "The simulator's {{field}} must be {{expected}}, but is {{got}}.",
  ONENET_SIMULATOR_REQUEST: "The simulator does not understand {{got}}; expected {{expected}}.",

  // admin API
  ONENET_CONNECTION_UNKNOWN:
    "There is no connection “{{id}}”. Expected the id of a connection node, or a key as GET onenet/connections lists it, url-encoded.",
  ONENET_CONNECTION_IDLE:
    "The connection “{{id}}” is not open, because no node uses it, so there is nothing to {{action}}. Let a node use it, or purge what it has on disk.",
  ONENET_ACTION_UNKNOWN: "A connection can do {{expected}}, but not “{{action}}”.",
  ONENET_REQUEST_FOREIGN:
    "The request came from a web page without a token and without a JSON content type, so it was refused. Send it with an Authorization header, or with Content-Type: application/json.",

  ONENET_INTERNAL:
    "Something went wrong inside the package: {{detail}}. Please report it with what led to it.",
} as const;

export type ErrorKey = keyof typeof ERROR_TEXTS;
/** `ONENET_REJECTED`, `ONENET_QUEUE_FULL`, …: what a Catch flow compares. */
export type ErrorCode = ErrorKey extends infer K ? (K extends `${infer C}.${string}` ? C : K) : never;
/** What fills the `{{…}}` of a text. Numbers stay numbers for whoever reads `params`. Never a secret. */
export type ErrorParams = Readonly<Record<string, string | number | boolean>>;

export interface ErrorExtras {
  readonly cause?: unknown;
}

export class OneNetError extends Error {
  override readonly name = "OneNetError";
  readonly key: ErrorKey;
  readonly code: ErrorCode;
  readonly params: ErrorParams;

  constructor(key: ErrorKey, params: ErrorParams = {}, extras: ErrorExtras = {}) {
    super(
      fillText(ERROR_TEXTS[key], params),
      extras.cause === undefined ? undefined : { cause: extras.cause },
    );
    this.key = key;
    this.code = key.split(".", 1)[0] as ErrorCode;
    this.params = params;
  }
}

/** Replaces each `{{name}}` of a text by its parameter; an unknown name stays as it is. */
export function fillText(text: string, params: ErrorParams): string {
  return text.replace(/\{\{([\w-]+)\}\}/g, (whole, name: string) => {
    const value = params[name];
    return value === undefined ? whole : String(value);
  });
}

/** Any thrown value as a {@link OneNetError}: one of ours unchanged, the rest as ONENET_INTERNAL with its cause. */
export function asOneNetError(thrown: unknown): OneNetError {
  if (thrown instanceof OneNetError) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new OneNetError("ONENET_INTERNAL", { detail }, { cause: thrown });
}

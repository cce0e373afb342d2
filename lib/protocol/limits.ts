/**
 * Every number the platform or MQTT imposes, with its unit and its source.
 *
 * "docs 2022", "docs 921", "C SDK" … are the sources of `device-mqtt.md`. Where two pages disagree the stricter
 * number carries the plain name and is the default; the other one is in {@link LENIENT_LIMITS}.
 */

// ---- payloads and topics

/** Bytes of a PUBLISH payload; one more and the platform cuts the link. @see docs 2022 and docs 921, both 256 KB */
export const MAX_PAYLOAD_BYTES = 262_144;
/** Levels of a topic or filter, `$sys` being the first. @see docs 2022, topic rules */
export const MAX_TOPIC_LEVELS = 8;
/** Bytes (UTF-8) of a topic filter. @see docs 2022, topic rules */
export const MAX_FILTER_BYTES = 512;
/** Filters in one SUBSCRIBE or UNSUBSCRIBE. @see docs 2022, topic rules */
export const MAX_FILTERS_PER_SUBSCRIBE = 8;
/** Bytes (UTF-8) of any MQTT topic or filter. @see MQTT 3.1.1 §1.5.3 */
export const MQTT_MAX_TOPIC_BYTES = 65_535;

/** Bytes of any MQTT packet after its fixed header. @see MQTT 3.1.1 §2.2.3 */
export const MQTT_MAX_PACKET_BYTES = 268_435_455;

// ---- connection

/** Seconds; below it the platform drops the connection. @see docs 2022, CONNECT */
export const KEEP_ALIVE_MIN_SECONDS = 10;
/** Seconds; above it the platform drops the connection. @see docs 2022, CONNECT */
export const KEEP_ALIVE_MAX_SECONDS = 1800;
/** Seconds; what the C SDK sends (C SDK 2.1.3 sends 120). */
export const KEEP_ALIVE_DEFAULT_SECONDS = 60;
/** Seconds; the field is 16 bits wide, 0 switches it off. @see MQTT 3.1.1 §3.1.2.10 */
export const MQTT_KEEP_ALIVE_MAX_SECONDS = 65_535;
/** Silence of this many keep alives ends a connection. @see docs 2022, CONNECT; MQTT-3.1.2-24 */
export const KEEP_ALIVE_GRACE_FACTOR = 1.5;
/** Milliseconds between two logins, before jitter: keeps below {@link LOGINS_PER_5_SECONDS}. */
export const LOGIN_SPACING_MIN_MS = 2000;
/** Milliseconds of the platform's ban after too many logins (RST, black list). @see docs 2022, use_limits */
export const LOGIN_BAN_MS = 300_000;

// ---- names

/** Characters of a device name: `A-Z a-z 0-9 _ -`. @see docs 2022, registDevice */
export const MAX_DEVICE_NAME_LENGTH = 64;
/** Characters of a product id: letters and digits; 10 today, 6 digits once, 8–32 by the C SDK 2.1.3 readme. */
export const MAX_PRODUCT_ID_LENGTH = 32;
/**
 * Characters of a thing-model identifier. No source states a limit; a generous one, so that it refuses nothing
 * that a console let a user create and still catches a text that was never an identifier.
 */
export const MAX_IDENTIFIER_LENGTH = 128;
/** Bytes of a data stream's id, a leading `$` counted. @see docs 2022, data points (internal design text) */
export const MAX_STREAM_ID_BYTES = 30;

// ---- values

/** Levels of objects in a value (a number has none, `{"a":1}` has one); arrays are counted too, to be safe. @see docs 2022 */
export const MAX_VALUE_DEPTH = 5;
/** Bytes (UTF-8) of a key inside a data stream's value. @see docs 2022, data points */
export const MAX_VALUE_KEY_BYTES = 30;
/** Milliseconds; a smaller "time" (before 1973-03-03) is one in seconds. The platform answers 2415 to those. */
export const MIN_TIME_MS = 100_000_000_000;
/** Milliseconds; a larger "time" (after the year 9999) is one in microseconds. Ours; the platform's bound is unknown. */
export const MAX_TIME_MS = 253_402_300_799_999;

// ---- the thing model

/** Properties, events and services of a thing model together. @see device-mqtt.md §7 */
export const MAX_FUNCTION_POINTS = 100;
/** Characters of a thing-model file; ours: a hundred function points, each of them a struct, have a tenth of it. */
export const MAX_MODEL_LENGTH = 4_194_304;

// ---- message ids

/** The largest `id` of a data-stream post, a positive int32. @see docs 2022, data points */
export const MAX_MESSAGE_ID = 2_147_483_647;
/** Digits of a OneJSON `id`, a string. @see docs 2022, log code 312 */
export const MAX_MESSAGE_ID_DIGITS = 13;

// ---- batches and gateways

/** Devices, the own one included, in one `pack/post` or `history/post`. @see docs 901 */
export const MAX_BATCH_DEVICES = 10;
/** Identifiers of one device in a `pack/post` or `history/post`; properties and events counted together, to be safe. @see docs 901 */
export const MAX_BATCH_IDENTIFIERS = 100;
/** Samples of one identifier in a `history/post`. @see docs 901 */
export const MAX_HISTORY_SAMPLES = 100;
/** Sub-devices of one gateway. @see docs 901 */
export const MAX_SUB_DEVICES = 1500;
/** Properties in one `sub/property/set` or `get`. @see docs 901 */
export const MAX_SUB_PROPERTIES = 50;

// ---- commands

/** Bytes of a command's answer: documented "below 1 KB", while a design text says 20 KB; so a warning, no refusal. */
export const MAX_COMMAND_REPLY_BYTES = 1024;
/** Milliseconds after arrival within which a command is answered; ours, below {@link PROPERTY_SET_TIMEOUT_MS}. */
export const COMMAND_DEADLINE_DEFAULT_MS = 4000;
/** Milliseconds the platform waits for a set_reply, get_reply or invoke_reply (the field measured about 10 s). @see docs 901 */
export const PROPERTY_SET_TIMEOUT_MS = 5000;
/** Milliseconds the platform waits for `ota/inform_reply`. @see C SDK 2.1.3 */
export const OTA_REPLY_TIMEOUT_MS = 20_000;
/** Seconds an application may let `datapoint/synccmds` wait: from … @see docs 2022, synccmds */
export const COMMAND_TIMEOUT_MIN_SECONDS = 5;
/** … to. */
export const COMMAND_TIMEOUT_MAX_SECONDS = 30;
/** `code` of a OneJSON success. @see docs 901 */
export const SUCCESS_CODE = 200;
/** `code` with which a device says that it failed: the official SDKs use it, the documents say "user-defined". */
export const DEVICE_FAILURE_CODE = 100;

// ---- rates; the stricter column of device-mqtt.md §4.3 (Studio limits page)

/** Logins of one device in 5 s. @see Studio limits page (its own use_limits.md says 10) */
export const LOGINS_PER_5_SECONDS = 3;
/** PUBLISH packets up in one second; what is more waits for the next second. @see Studio limits page */
export const UPLINK_PER_SECOND = 1;
/** Filters of one session; one more is refused. @see Studio limits page */
export const MAX_FILTERS_PER_SESSION = 10;

/** Rates of one device. What a page does not state is Infinity. */
export interface RateLimits {
  readonly loginsPer5Seconds: number;
  /** PUBLISH packets up in 5 s at QoS 0 and at QoS 1. */
  readonly qos0PublishesPer5Seconds: number;
  readonly qos1PublishesPer5Seconds: number;
  readonly filtersPerSession: number;
  /** SUBSCRIBE and UNSUBSCRIBE packets in 5 s. */
  readonly subscribesPer5Seconds: number;
  readonly pingsPer5Seconds: number;
  readonly uplinkBytesPerSecond: number;
  /** `property/set` from applications; what is more fails at the API. */
  readonly propertySetsPerSecond: number;
}

/** @see Studio limits page (docs 921 was not found); which column is enforced today is unknown. */
export const STRICT_LIMITS: RateLimits = {
  loginsPer5Seconds: LOGINS_PER_5_SECONDS,
  qos0PublishesPer5Seconds: 5 * UPLINK_PER_SECOND,
  qos1PublishesPer5Seconds: 5 * UPLINK_PER_SECOND,
  filtersPerSession: MAX_FILTERS_PER_SESSION,
  subscribesPer5Seconds: 10,
  pingsPer5Seconds: 5,
  uplinkBytesPerSecond: 524_288,
  propertySetsPerSecond: 1,
};

/** @see docs 2022, MQTT物联网套件 */
export const LENIENT_LIMITS: RateLimits = {
  loginsPer5Seconds: 10,
  qos0PublishesPer5Seconds: 300,
  qos1PublishesPer5Seconds: 100,
  filtersPerSession: 15,
  subscribesPer5Seconds: 10,
  pingsPer5Seconds: 10,
  uplinkBytesPerSecond: Number.POSITIVE_INFINITY,
  propertySetsPerSecond: Number.POSITIVE_INFINITY,
};

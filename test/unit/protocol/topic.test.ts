import assert from "node:assert/strict";
import type { ErrorKey } from "../../../lib/errors";
import { MAX_FILTER_BYTES, MAX_TOPIC_LEVELS, MQTT_MAX_TOPIC_BYTES } from "../../../lib/protocol/limits";
import {
  checkDeviceFilter,
  checkDevicePublish,
  checkPublishTopic,
  type DeviceIdentity,
  deviceFilters,
  devicePrefix,
  extraFilters,
  matchesFilter,
  type ProductKind,
  parseTopic,
  TOPICS,
  type TopicRow,
  topicOf,
  topics,
} from "../../../lib/protocol/topic";
import { refuses } from "./expect";

const DEVICE: DeviceIdentity = { productId: "Ab12Cd34Ef", deviceName: "dev-01" };
const P = "$sys/Ab12Cd34Ef/dev-01";
const KINDS: readonly ProductKind[] = ["thing-model", "data-stream"];
const ROWS = Object.entries(TOPICS) as [keyof typeof TOPICS, TopicRow][];

/** A row's topic with its varying level filled. */
const topicOfRow = (row: TopicRow) => `${P}/${row.suffix.replace(/\{\w+\}/, "x1")}`;

describe("topic table", () => {
  for (const [kind, row] of ROWS) {
    const topic = topicOfRow(row);

    it(`reads ${row.suffix} as ${kind}`, () => {
      const name = /\{(\w+)\}/.exec(row.suffix)?.[1];
      assert.deepEqual(parseTopic(topic), { kind, device: DEVICE, ...(name ? { [name]: "x1" } : {}) });
    });

    for (const productKind of KINDS) {
      it(`judges a publish to ${row.suffix} on a ${productKind} product`, () => {
        const publish = () => checkDevicePublish(topic, DEVICE, productKind);
        if (row.direction === "down") refuses(publish, "ONENET_TOPIC_FORBIDDEN.platform", { topic });
        else if (row.product === "both" || row.product === productKind) publish();
        else refuses(publish, "ONENET_TOPIC_FORBIDDEN.kind", { topic, productKind });
      });
    }
  }

  it("keeps the law of names: /reply by the platform, _reply by the device", () => {
    for (const [, { suffix, direction }] of ROWS) {
      if (suffix.endsWith("/reply")) assert.equal(direction, "down", suffix);
      // custome/up_reply is the platform's own exception
      if (suffix.includes("_reply") && suffix !== "custome/up_reply") assert.equal(direction, "up", suffix);
    }
  });
});

describe("topics", () => {
  it("builds by kind, with the varying level", () => {
    assert.equal(devicePrefix(DEVICE), P);
    assert.equal(topicOf(DEVICE, "ota-inform-reply", {}), `${P}/ota/inform_reply`);
    assert.equal(
      topicOf(DEVICE, "service-invoke-reply", { identifier: "reboot" }),
      `${P}/thing/service/reboot/invoke_reply`,
    );
    assert.equal(topicOf(DEVICE, "command-response", { commandId: "$&$1" }), `${P}/cmd/response/$&$1`);
  });

  const built: Readonly<Record<string, string>> = {
    [topics.datapointPost(DEVICE)]: "dp/post/json",
    [topics.datapointAccepted(DEVICE)]: "dp/post/json/accepted",
    [topics.datapointRejected(DEVICE)]: "dp/post/json/rejected",
    [topics.datapointReplyFilter(DEVICE)]: "dp/post/json/+",
    [topics.commandRequest(DEVICE, "c1")]: "cmd/request/c1",
    [topics.commandResponse(DEVICE, "c1")]: "cmd/response/c1",
    [topics.commandResponseAccepted(DEVICE, "c1")]: "cmd/response/c1/accepted",
    [topics.commandResponseRejected(DEVICE, "c1")]: "cmd/response/c1/rejected",
    [topics.commandFilter(DEVICE)]: "cmd/#",
    [topics.propertyPost(DEVICE)]: "thing/property/post",
    [topics.propertyPostReply(DEVICE)]: "thing/property/post/reply",
    [topics.propertySet(DEVICE)]: "thing/property/set",
    [topics.propertySetReply(DEVICE)]: "thing/property/set_reply",
    [topics.propertyGet(DEVICE)]: "thing/property/get",
    [topics.propertyGetReply(DEVICE)]: "thing/property/get_reply",
    [topics.eventPost(DEVICE)]: "thing/event/post",
    [topics.packPost(DEVICE)]: "thing/pack/post",
    [topics.historyPost(DEVICE)]: "thing/history/post",
    [topics.customUp(DEVICE)]: "custome/up",
    [topics.thingFilter(DEVICE)]: "thing/#",
  };
  for (const [topic, suffix] of Object.entries(built)) {
    it(`builds ${suffix}`, () => assert.equal(topic, `${P}/${suffix}`));
  }

  for (const kind of KINDS) {
    it(`subscribes on a ${kind} product what the platform grants and all it sends there`, () => {
      const filters = deviceFilters(DEVICE, kind);
      assert.ok(filters.every((filter) => checkDeviceFilter(filter, DEVICE, kind)));
      const wanted =
        kind === "thing-model"
          ? ["property-set", "property-get", "property-post-reply", "service-invoke"]
          : ["datapoint-accepted", "datapoint-rejected", "command-request", "command-response-rejected"];
      for (const [name, row] of ROWS.filter(([name]) => wanted.includes(name))) {
        assert.ok(
          filters.some((filter) => matchesFilter(filter, topicOfRow(row))),
          name,
        );
      }
    });
  }

  it("subscribes nothing of what it publishes where a plain broker would send it back", () => {
    const filters = deviceFilters(DEVICE, "data-stream", { echoes: true });
    assert.deepEqual(filters, [`${P}/dp/post/json/+`, `${P}/cmd/request/+`, `${P}/cmd/response/+/+`]);
    for (const [, row] of ROWS.filter(([, { direction }]) => direction === "up")) {
      assert.equal(
        filters.some((filter) => matchesFilter(filter, topicOfRow(row))),
        false,
        row.suffix,
      );
    }
  });

  it("subscribes extras where they are wanted, of either kind", () => {
    const down = {
      ota: ["ota/inform"],
      custom: ["custome/up_reply", "custome/down/+"],
      cmp: ["cmp/property/post/reply"],
    } as const;
    const all = { ota: ["ota/#"], custom: ["custome/#"], cmp: ["cmp/#"] } as const;
    for (const extra of ["ota", "custom", "cmp"] as const) {
      const under = (suffixes: readonly string[]) => suffixes.map((suffix) => `${P}/${suffix}`);
      assert.deepEqual(extraFilters(DEVICE, extra), under(all[extra]));
      assert.deepEqual(extraFilters(DEVICE, extra, { echoes: true }), under(down[extra]));
      for (const kind of KINDS)
        for (const filter of under([...all[extra], ...down[extra]]))
          assert.ok(checkDeviceFilter(filter, DEVICE, kind), filter);
    }
  });

  const strangers = [
    "",
    "$sys",
    P,
    `${P}/`,
    `${P}/thing`,
    `${P}/thing/property/post/`,
    `${P}/thing/property/set/reply`,
    `${P}/cmd/request/`,
    `${P}/cmd/request/a/b`,
    `$sys//dev-01/dp/post/json`,
    `$sys/Ab12Cd34Ef//dp/post/json`,
    `sys/Ab12Cd34Ef/dev-01/dp/post/json`,
    `$subdev/Ab12Cd34Ef/dev-01/dp`,
    `${P}/DP/post/json`,
  ];
  for (const topic of strangers) {
    it(`reads ${topic || "nothing"} as none of the table`, () => assert.equal(parseTopic(topic), undefined));
  }
});

describe("checkPublishTopic", () => {
  it("hands back what any broker takes", () => {
    const longest = "x".repeat(MQTT_MAX_TOPIC_BYTES);
    for (const topic of ["a", "/", "温度/1", "$sys/x", " ", longest])
      assert.equal(checkPublishTopic(topic), topic);
    // What it has just taken it takes again, but not where less is allowed.
    assert.equal(checkPublishTopic(longest), longest);
    refuses(() => checkPublishTopic(longest, { maxBytes: 100 }), "ONENET_TOPIC_INVALID.length");
  });

  const refused: readonly (readonly [what: string, topic: unknown, key: ErrorKey])[] = [
    ["no topic", undefined, "ONENET_TOPIC_INVALID.empty"],
    ["null", null, "ONENET_TOPIC_INVALID.empty"],
    ["an empty one", "", "ONENET_TOPIC_INVALID.empty"],
    ["a number", 7, "ONENET_TOPIC_INVALID.type"],
    ["an object", {}, "ONENET_TOPIC_INVALID.type"],
    ["a +", "a/+/b", "ONENET_TOPIC_INVALID.wildcard"],
    ["a #", "a/#", "ONENET_TOPIC_INVALID.wildcard"],
    ["a null character", "a\0b", "ONENET_TOPIC_INVALID.null"],
    ["one byte too many", "温".repeat(21845 + 1), "ONENET_TOPIC_INVALID.length"],
  ];
  for (const [what, topic, key] of refused) {
    it(`refuses ${what}`, () => refuses(() => checkPublishTopic(topic), key));
  }

  it("repeats no endless topic", () => {
    const topic = `${"温".repeat(119)}…`;
    refuses(() => checkPublishTopic(`${"温".repeat(200)}#`), "ONENET_TOPIC_INVALID.wildcard", { topic });
    refuses(
      () => checkDevicePublish("温".repeat(200), DEVICE, "thing-model"),
      "ONENET_TOPIC_FORBIDDEN.foreign",
      { topic },
    );
  });

  it("takes a stricter length", () => {
    assert.equal(checkPublishTopic("abc", { maxBytes: 3 }), "abc");
    refuses(() => checkPublishTopic("abcd", { maxBytes: 3 }), "ONENET_TOPIC_INVALID.length", {
      bytes: 4,
      maxBytes: 3,
    });
  });
});

describe("checkDevicePublish", () => {
  const refused: readonly (readonly [topic: string, key: ErrorKey])[] = [
    ["home/temperature", "ONENET_TOPIC_FORBIDDEN.foreign"],
    ["温室/温度", "ONENET_TOPIC_FORBIDDEN.foreign"],
    ["$sys/Ab12Cd34Ef/dev-02/dp/post/json", "ONENET_TOPIC_FORBIDDEN.foreign"],
    ["$sys/Ab12Cd34Ef/dev-011/dp/post/json", "ONENET_TOPIC_FORBIDDEN.foreign"],
    [P, "ONENET_TOPIC_FORBIDDEN.foreign"],
    [`${P}/`, "ONENET_TOPIC_FORBIDDEN.unknown"],
    [`${P}/dp/post/binary`, "ONENET_TOPIC_FORBIDDEN.unknown"],
    [`${P}/thing/json/up`, "ONENET_TOPIC_FORBIDDEN.unknown"],
    [`${P}/dp/post/json `, "ONENET_TOPIC_INVALID.characters"],
    [`${P}/dp/温度`, "ONENET_TOPIC_INVALID.characters"],
    [`${P}/1/2/3/4/5/6`, "ONENET_TOPIC_INVALID.levels"],
  ];
  for (const [topic, key] of refused) {
    it(`refuses ${topic}`, () => {
      for (const kind of KINDS) refuses(() => checkDevicePublish(topic, DEVICE, kind), key);
    });
  }

  it("counts every topic of the table within the levels and characters", () => {
    for (const [, row] of ROWS) {
      assert.ok(topicOfRow(row).split("/").length <= MAX_TOPIC_LEVELS, row.suffix);
      assert.match(row.suffix, /^[a-z_/{}A-Z]+$/);
    }
  });
});

describe("checkDeviceFilter", () => {
  const cases: readonly (readonly [filter: string, thingModel: boolean, dataStream: boolean])[] = [
    [`${P}/#`, true, true],
    [`${P}/+`, true, true],
    [`${P}/+/property/set`, true, true],
    [`${P}/thing/#`, true, false],
    [`${P}/thing/property/set`, true, false],
    [`${P}/thing/service/+/invoke`, true, false],
    [`${P}/cmd/#`, false, true],
    [`${P}/cmd/request/+`, false, true],
    [`${P}/dp/post/json/+`, true, true],
    [`${P}/dp/post/json/accepted`, true, true],
    [`${P}/custome/#`, true, true],
    [`${P}/thing/property/post_reply`, true, false],
    [`${P}/1/2/3/4/5`, true, true],
    [`${P}/1/2/3/4/5/6`, false, false],
    [`${P}/x/${"y".repeat(MAX_FILTER_BYTES - P.length - 3)}`, true, true],
    [`${P}/x/${"y".repeat(MAX_FILTER_BYTES - P.length - 2)}`, false, false],
    [P, false, false],
    [`${P}/`, false, false],
    [`${P}/dp#`, false, false],
    [`${P}/#/dp`, false, false],
    [`${P}/dp/a+`, false, false],
    [`${P}/dp/a\0`, false, false],
    ["", false, false],
    ["#", false, false],
    ["$sys/#", false, false],
    ["$sys/Ab12Cd34Ef/#", false, false],
    ["$sys/Ab12Cd34Ef/+/thing/#", false, false],
    ["$sys/+/dev-01/thing/#", false, false],
    ["+/Ab12Cd34Ef/dev-01/thing/#", false, false],
    ["$sys/Ab12Cd34Ef/dev-02/thing/#", false, false],
    ["home/#", false, false],
  ];
  for (const [filter, thingModel, dataStream] of cases) {
    it(`judges ${filter.length > 80 ? `${filter.length} bytes` : JSON.stringify(filter)}`, () => {
      assert.equal(checkDeviceFilter(filter, DEVICE, "thing-model"), thingModel);
      assert.equal(checkDeviceFilter(filter, DEVICE, "data-stream"), dataStream);
    });
  }
});

describe("matchesFilter", () => {
  const cases: readonly (readonly [filter: string, topic: string, matches: boolean])[] = [
    // MQTT 3.1.1 §4.7.1.2
    ["sport/tennis/player1/#", "sport/tennis/player1", true],
    ["sport/tennis/player1/#", "sport/tennis/player1/ranking", true],
    ["sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true],
    ["sport/#", "sport", true],
    ["#", "a/b", true],
    // §4.7.1.3
    ["sport/tennis/+", "sport/tennis/player1", true],
    ["sport/tennis/+", "sport/tennis/player1/ranking", false],
    ["sport/+", "sport", false],
    ["sport/+", "sport/", true],
    ["+/+", "/finance", true],
    ["/+", "/finance", true],
    ["+", "/finance", false],
    ["sport/+/player1/#", "sport/tennis/player1/ranking", true],
    ["sport/+/player1/#", "sport/tennis/player1", true],
    ["sport/+/player1", "sport/tennis", false],
    ["sport/+/player1", "sport/tennis/player2", false],
    // §4.7.2
    ["#", "$SYS/broker", false],
    ["+/monitor/Clients", "$SYS/monitor/Clients", false],
    ["$SYS/#", "$SYS/broker", true],
    ["$SYS/monitor/+", "$SYS/monitor/Clients", true],
    // §4.7.3
    ["ACCOUNTS", "Accounts", false],
    ["a/b", "a/b", true],
    ["a/b", "a/b/c", false],
    ["a/b/c", "a/b", false],
    ["a//b", "a//b", true],
  ];
  for (const [filter, topic, matches] of cases) {
    it(`${filter} ${matches ? "takes" : "leaves"} ${topic}`, () =>
      assert.equal(matchesFilter(filter, topic), matches));
  }
});

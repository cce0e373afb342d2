import { PLATFORMS } from "../../../lib/protocol/platform";
import { devicePrefix, TOPICS, type TopicRow } from "../../../lib/protocol/topic";
import type { ChosenConnection } from "../form/connection-choice";
import { mqttOutRules } from "../form/node-rules";
import { holdsEnv, textOf } from "../form/reason";
import { make } from "./dom";
import type { OpenForm } from "./form";
import { makeNodeForm } from "./node-form";

interface DeviceTopic {
  readonly kind: string;
  readonly topic: string;
}

/** What the chosen device may publish to, as its topics are in the table of the protocol. */
function deviceTopics(chosen: ChosenConnection | undefined): DeviceTopic[] {
  if (
    !chosen ||
    !PLATFORMS[chosen.platform].isOneNet ||
    chosen.deviceName === "" ||
    holdsEnv(chosen.deviceName)
  )
    return [];
  const rows: readonly (readonly [kind: string, row: TopicRow])[] = Object.entries(TOPICS);
  return rows
    .filter(
      ([, { direction, product }]) =>
        direction === "up" && (product === "both" || product === chosen.productKind),
    )
    .map(([kind, { suffix }]) => ({ kind, topic: `${devicePrefix(chosen)}/${suffix}` }));
}

/** Proposes the device's topics, each with what it is for; what is typed is looked for in both. */
function wireTopics(form: OpenForm): void {
  form.field("topic").autoComplete({
    minLength: 0,
    search: (typed, done) => {
      const wanted = typed.trim().toLowerCase();
      const found = deviceTopics(form.find())
        .map(({ kind, topic }) => ({ topic, meaning: form.translate(`topic.${kind}`) }))
        .filter(({ topic, meaning }) => `${topic} ${meaning}`.toLowerCase().includes(wanted));
      done(found.map(({ topic, meaning }) => ({ value: topic, label: topicLabel(topic, meaning) })));
    },
  });
}

function topicLabel(topic: string, meaning: string): JQuery {
  const details = make("span", "onenet-completion-details", meaning);
  return $(
    make("div", "onenet-completion onenet-topic", make("span", "onenet-completion-value", topic), details),
  );
}

/** A disabled option that is chosen would read as no value at all, so the chosen one stays and is refused with its reason. */
function disable(select: JQuery, value: string, isDisabled: boolean): void {
  select.find(`option[value="${value}"]`).prop("disabled", isDisabled && select.val() !== value);
}

/** What the platform cannot do is greyed out, so that it is seen and not chosen. */
function limitChoices(form: OpenForm): void {
  const chosen = form.find();
  const isStrict = textOf(form.read("whenUnsupported")) !== "lower";
  const profile = chosen ? PLATFORMS[chosen.platform] : undefined;
  disable(form.field("qos"), "2", isStrict && profile !== undefined && profile.maxQos < 2);
  disable(form.field("retain"), "true", isStrict && profile?.retain === false);
}

export const mqttOutForm = makeNodeForm({
  type: "onenet-mqtt-out",
  prefix: "node-input",
  rules: mqttOutRules,
  facts(read, find) {
    const chosen = find();
    const isOneNet = chosen !== undefined && PLATFORMS[chosen.platform].isOneNet;
    return {
      onenet: isOneNet,
      sendAnyway: isOneNet && read("sendAnyway") === true,
      mqtt5: chosen?.mqtt5 === true,
      unacknowledged: textOf(read("qos")) === "0" && textOf(read("completeWhen")) === "acknowledged",
    };
  },
  nodeLabel: (node) => textOf(node["topic"]),
  open(form) {
    wireTopics(form);
    return { update: () => limitChoices(form) };
  },
});

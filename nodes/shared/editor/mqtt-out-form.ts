import { PLATFORMS } from "../../../lib/protocol/platform";
import { devicePrefix, TOPICS, type TopicRow } from "../../../lib/protocol/topic";
import type { ChosenConnection } from "../form/connection-choice";
import { mqttOutRules } from "../form/node-rules";
import { holdsEnv, textOf } from "../form/reason";
import type { OpenForm } from "./form";
import { makeNodeForm } from "./node-form";

/** What the chosen device may publish to, as its topics are in the table of the protocol. */
function deviceTopics(chosen: ChosenConnection | undefined): string[] {
  if (
    !chosen ||
    !PLATFORMS[chosen.platform].isOneNet ||
    chosen.deviceName === "" ||
    holdsEnv(chosen.deviceName)
  )
    return [];
  const rows: readonly TopicRow[] = Object.values(TOPICS);
  return rows
    .filter(
      ({ direction, product }) =>
        direction === "up" && (product === "both" || product === chosen.productKind),
    )
    .map(({ suffix }) => `${devicePrefix(chosen)}/${suffix}`);
}

function wireTopics(form: OpenForm): void {
  form.field("topic").autoComplete({
    minLength: 0,
    search: (typed, done) => {
      const found = deviceTopics(form.find()).filter((topic) =>
        topic.toLowerCase().includes(typed.trim().toLowerCase()),
      );
      done(found.map((topic) => ({ value: topic, label: topic })));
    },
  });
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

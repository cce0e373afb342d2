import type { EventDef } from "../../../lib/protocol/thing-model";
import { eventPostRules } from "../form/node-rules";
import { textOf } from "../form/reason";
import { completeField } from "./completion";
import { make, note, place } from "./dom";
import type { FormParts, OpenForm } from "./form";
import { makeNodeForm } from "./node-form";
import { withSubdevice } from "./subdevice-choice";
import { typeText } from "./texts";

const TONES = { info: "info", alert: "warning", error: "error" } as const;

function eventNote({ translate }: OpenForm, { name, eventType, outputs }: EventDef): HTMLElement {
  const list = make("dl", "onenet-facts");
  for (const { identifier, name: outputName, dataType } of outputs.values()) {
    const text = outputName === identifier ? "" : `${outputName} · `;
    list.append(
      make("dt", "", make("code", "", identifier)),
      make("dd", "", `${text}${typeText(translate)(dataType)}`),
    );
  }
  const title = make("div", "", make("b", "", name), ` · ${translate(`eventType.${eventType}`)}`);
  const inside = outputs.size === 0 ? make("div", "", translate("event.noOutputs")) : list;
  return note(TONES[eventType], title, inside);
}

/** What the model says of the event that is named in the form: its type, and what the payload must hold. */
function wireEvent(form: OpenForm): FormParts {
  completeField(form, form.field("event"), "event");
  const slot = form.element.find("#onenet-event-post-event").get(0);
  return {
    update() {
      const event = form.find()?.model?.events.get(textOf(form.read("event")));
      const state =
        event === undefined
          ? ""
          : JSON.stringify([event.identifier, event.name, event.eventType, event.outputs.size]);
      place(slot, state, () => (event === undefined ? [] : [eventNote(form, event)]));
    },
  };
}

export const eventPostForm = makeNodeForm({
  type: "onenet-event-post",
  prefix: "node-input",
  rules: withSubdevice(eventPostRules),
  facts: (read) => ({
    unacknowledged: textOf(read("qos")) === "0" && textOf(read("completeWhen")) === "acknowledged",
  }),
  nodeLabel: (node) => textOf(node["event"]),
  open: wireEvent,
});

import { platformOf } from "../form/connection-facts";
import { QUEUE_BOUNDS, usualMessagesPerSecond } from "../form/delivery-defaults";
import type { FormParts, OpenForm } from "./form";

/** Empty delivery fields show what counts for them, which depends on the store and the platform. */
export function wireDelivery(form: OpenForm): FormParts {
  const numbers = new Intl.NumberFormat(RED.i18n.lang());
  return {
    update(facts) {
      const bounds = facts["disk"] ? QUEUE_BOUNDS.disk : QUEUE_BOUNDS.memory;
      form.field("queueMaxMessages").attr("placeholder", numbers.format(bounds.messages));
      form.field("queueMaxMiB").attr("placeholder", numbers.format(bounds.mib));
      const pace = usualMessagesPerSecond(platformOf(form.read));
      const text = pace === undefined ? form.translate("placeholder.unlimited") : numbers.format(pace);
      form.field("messagesPerSecond").attr("placeholder", text);
    },
  };
}

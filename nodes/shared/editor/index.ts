/**
 * The editor's half of every node, bundled into `resources/editor.js` as `window.OneNET`.
 *
 * Each node's html loads the bundle, so it may run several times in one page: the first run counts.
 */
import { commandResponseForm, commandSubscribeForm } from "./command-forms";
import { connectionForm } from "./connection-form";
import { connectionStatusForm } from "./connection-status-form";
import { datapointPublishForm } from "./datapoint-publish-form";
import { desiredForm } from "./desired-form";
import { eventPostForm } from "./event-post-form";
import { gatewayForm, subdeviceForm } from "./gateway-forms";
import { mqttOutForm } from "./mqtt-out-form";
import type { NodeForm } from "./node-form";
import { simulatorForm } from "./simulator-form";
import styles from "./styles.css";

const FORMS: Readonly<Record<string, NodeForm>> = {
  "onenet-connection": connectionForm,
  "onenet-connection-status": connectionStatusForm,
  "onenet-datapoint-publish": datapointPublishForm,
  "onenet-event-post": eventPostForm,
  "onenet-command-subscribe": commandSubscribeForm,
  "onenet-command-response": commandResponseForm,
  "onenet-subdevice": subdeviceForm,
  "onenet-gateway": gatewayForm,
  "onenet-desired": desiredForm,
  "onenet-mqtt-out": mqttOutForm,
  "onenet-simulator": simulatorForm,
};

export interface OneNetEditor {
  /** The form of a node type, for its `RED.nodes.registerType`. */
  form(type: string): NodeForm;
}

declare global {
  interface Window {
    OneNET?: OneNetEditor;
  }
}

function addStyles(): void {
  const style = document.createElement("style");
  style.id = "onenet-editor-styles";
  style.textContent = styles;
  document.head.append(style);
}

function formOf(type: string): NodeForm {
  const form = FORMS[type];
  if (form === undefined) throw new Error(`OneNET has no form for ${type}`);
  return form;
}

if (window.OneNET === undefined) {
  addStyles();
  window.OneNET = { form: formOf };
}

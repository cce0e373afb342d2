import {
  type CommandOutput,
  commandOutputs,
  outputMap,
  UNNAMED_KINDS,
  type UnnamedKind,
} from "../form/command-outputs";
import { type ModelPoint, modelPoints, pointText } from "../form/model-points";
import {
  commandResponseRules,
  commandSubscribeRules,
  isOwnDevice,
  receives,
  splitIdentifiers,
} from "../form/node-rules";
import { type FindConnection, type ReadField, textOf } from "../form/reason";
import { make } from "./dom";
import { findConnection, type OpenForm } from "./form";
import { wireIdentifierList } from "./identifier-list";
import { makeNodeForm } from "./node-form";
import { withSubdevice } from "./subdevice-choice";
import { type Translate, textsOf, typeText } from "./texts";

const TYPE = "onenet-command-subscribe";

/** Names in the node's label: more would make it wider than it need be. */
const MAX_NAMES_SHOWN = 3;

const RECEIVES_KIND: Readonly<Record<UnnamedKind, Parameters<typeof receives>[1]>> = {
  "topo-change": "receiveTopology",
  ota: "receiveOta",
  custom: "receiveCustom",
};

/** The outputs that these fields ask for. */
function outputsOf(read: ReadField, find: FindConnection): readonly CommandOutput[] {
  return commandOutputs({
    productKind: find()?.productKind ?? "thing-model",
    each: textOf(read("outputMode")) === "each",
    identifiers: splitIdentifiers(textOf(read("identifiers"))),
    unnamedKinds: UNNAMED_KINDS.filter((kind) => isOwnDevice(read) && receives(read, RECEIVES_KIND[kind])),
  });
}

/** What the ticked kinds may name: properties to set, all properties to get, services. */
function pointsFor(read: ReadField, find: FindConnection): readonly ModelPoint[] {
  const model = find()?.model;
  if (model === undefined) return [];
  const [sets, gets] = [receives(read, "receiveSets"), receives(read, "receiveGets")];
  return modelPoints(model, typeText(textsOf(TYPE))).filter(({ kind, settable }) =>
    kind === "service" ? receives(read, "receiveServices") : gets || (sets && settable),
  );
}

function labelOf(output: CommandOutput, translate: Translate): string {
  if (output.of === "all") return "";
  return output.of === "kind" ? translate(`port.${output.kind}`) : output.identifier;
}

/** The outputs as the workspace will show them, each with what the model says of it. */
function drawOutputs(form: OpenForm, outputs: readonly CommandOutput[]): void {
  const points = new Map(pointsFor(form.read, form.find).map((point) => [point.identifier, point]));
  const lines = outputs.map((output) => {
    const point = output.of === "identifier" ? points.get(output.identifier) : undefined;
    const more = point ? pointText(point).slice(point.identifier.length) : "";
    return make(
      "li",
      "",
      make("span", "onenet-port"),
      make("code", "", labelOf(output, form.translate)),
      make("span", "", more),
    );
  });
  form.element
    .find("#onenet-command-outputs")
    .get(0)
    ?.replaceChildren(...lines);
}

export const commandSubscribeForm = makeNodeForm({
  type: TYPE,
  prefix: "node-input",
  rules: withSubdevice(commandSubscribeRules),
  facts(read, find) {
    const kind = find()?.productKind;
    const isThing = kind !== "data-stream";
    const isManual = read("autoAnswer") !== true;
    const gets = isThing && receives(read, "receiveGets");
    const services = isThing && receives(read, "receiveServices");
    const own = isOwnDevice(read) || !isThing;
    const notices = own && (receives(read, "receiveOta") || (isThing && receives(read, "receiveTopology")));
    const outputs = outputsOf(read, find);
    return {
      thingModel: isThing,
      dataStream: !isThing,
      own,
      gets,
      services,
      notices,
      named: gets || services || receives(read, "receiveSets"),
      eachOutput: outputs[0]?.of !== "all",
      model: find()?.model !== undefined,
      manual: isManual,
      // what is never answered at once has a deadline all the same
      deadline: isManual || (gets && textOf(read("getAnswer")) !== "last"),
      body: !isThing && isManual && textOf(read("failureAnswer")) !== "silence",
    };
  },
  nodeLabel(node) {
    const names = splitIdentifiers(textOf(node["identifiers"]));
    return [...names.slice(0, MAX_NAMES_SHOWN), ...(names.length > MAX_NAMES_SHOWN ? ["…"] : [])].join(", ");
  },
  outputLabel(node, index) {
    const outputs = outputsOf(
      (field) => node[field],
      () => findConnection(node["connection"]),
    );
    const output = outputs[index];
    return output && labelOf(output, textsOf(TYPE));
  },
  open(form) {
    const saved = outputsOf(
      (field) => form.node[field],
      () => findConnection(form.node["connection"]),
    );
    wireIdentifierList(form, "onenet-command-model", () => pointsFor(form.read, form.find));
    return {
      update() {
        const outputs = outputsOf(form.read, form.find);
        form.field("outputs").val(outputMap(saved, outputs));
        drawOutputs(form, outputs);
      },
    };
  },
});

export const commandResponseForm = makeNodeForm({
  type: "onenet-command-response",
  prefix: "node-input",
  rules: commandResponseRules,
  facts: (read) => ({ failure: textOf(read("outcome")) !== "success" }),
  nodeLabel: () => "",
});
